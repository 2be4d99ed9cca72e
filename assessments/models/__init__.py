"""Every model of the app, under one name."""

from assessments.models.answer_versions import AnswerVersion
from assessments.models.answers import Answer
from assessments.models.assignments import Assignment, AssignmentStudent
from assessments.models.catalogue import (
    Boundary,
    BoundarySet,
    Duration,
    ExamPaper,
    QuestionType,
)
from assessments.models.class_feedback import ClassExtract, ClassFeedback
from assessments.models.concerns import Concern
from assessments.models.events import Event
from assessments.models.exemplars import Exemplar
from assessments.models.kept_figures import KeptFigure
from assessments.models.marks import Mark
from assessments.models.papers import Assessment, AssessmentQuestion
from assessments.models.questions import (
    PlanBox,
    Question,
    QuestionSource,
    StimulusPoint,
)
from assessments.models.releases import Release, ReleasedScript
from assessments.models.scheme_edits import SchemeEdit
from assessments.models.schemes import Ceiling, Level, MarkingPoint, MarkScheme, Strand
from assessments.models.scripts import Script

__all__ = [
    "Answer",
    "AnswerVersion",
    "Assessment",
    "AssessmentQuestion",
    "Assignment",
    "AssignmentStudent",
    "Boundary",
    "BoundarySet",
    "Ceiling",
    "ClassExtract",
    "ClassFeedback",
    "Concern",
    "Duration",
    "Event",
    "ExamPaper",
    "Exemplar",
    "KeptFigure",
    "Level",
    "Mark",
    "MarkScheme",
    "MarkingPoint",
    "PlanBox",
    "Question",
    "QuestionSource",
    "QuestionType",
    "Release",
    "ReleasedScript",
    "SchemeEdit",
    "Script",
    "StimulusPoint",
    "Strand",
]

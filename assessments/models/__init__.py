"""Every model of the app, under one name."""

from assessments.models.answers import Answer, AnswerVersion
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
from assessments.models.kept_figures import KeptFigure
from assessments.models.marks import Event, Mark, Release, ReleasedScript
from assessments.models.papers import (
    Assessment,
    AssessmentQuestion,
    Exemplar,
    PlanBox,
    Question,
    QuestionSource,
    StimulusPoint,
)
from assessments.models.schemes import (
    Ceiling,
    Level,
    MarkingPoint,
    MarkScheme,
    SchemeEdit,
    Strand,
)
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

"""Every model of the app, under one name."""

from assessments.models.marks import Event, Mark, Release, ReleasedScript
from assessments.models.papers import (
    Assessment,
    AssessmentQuestion,
    Ceiling,
    Level,
    MarkScheme,
    PlanBox,
    Question,
    QuestionSource,
    QuestionType,
    StimulusPoint,
    Strand,
)
from assessments.models.scripts import Answer, AnswerVersion, Assignment, Script

__all__ = [
    "Answer",
    "AnswerVersion",
    "Assessment",
    "AssessmentQuestion",
    "Assignment",
    "Ceiling",
    "Event",
    "Level",
    "Mark",
    "MarkScheme",
    "PlanBox",
    "Question",
    "QuestionSource",
    "QuestionType",
    "Release",
    "ReleasedScript",
    "Script",
    "StimulusPoint",
    "Strand",
]

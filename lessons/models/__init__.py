"""Every model of the app, under one name."""

from lessons.models.apparatus import (
    Box,
    Figure,
    HistoriansNote,
    KeyPerson,
    PartnerTask,
    Picture,
    Reading,
    Term,
    TimelineEvent,
)
from lessons.models.lessons import Lesson, Mnemonic, MnemonicPoint, Section, Source
from lessons.models.stored import RenderedBody, ShippedRow
from lessons.models.study import (
    Card,
    RetrievalAnswer,
    RetrievalQuestion,
    SectionRead,
    TaskNote,
)

__all__ = [
    "Box",
    "Card",
    "Figure",
    "HistoriansNote",
    "KeyPerson",
    "Lesson",
    "Mnemonic",
    "MnemonicPoint",
    "PartnerTask",
    "Picture",
    "Reading",
    "RenderedBody",
    "RetrievalAnswer",
    "RetrievalQuestion",
    "Section",
    "SectionRead",
    "ShippedRow",
    "Source",
    "TaskNote",
    "Term",
    "TimelineEvent",
]

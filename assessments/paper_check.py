"""What is wrong with a paper, before it is set (pure).

A paper is compared with the exam paper that it is made after: its forms, marks,
minutes and everything printed with its questions. A fault keeps a paper from being
set, except for one alone: a question that is not published is left out of it. A hint
keeps it from nothing.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

# Less of the time than this is worth a word: something may be missing.
LEAST_SHARE = 80


class Printed(NamedTuple):
    """A text printed with a question: `text` is the same for the same text only."""

    kind: str  # "source" or "interpretation"
    letter: str
    text: object

    @property
    def name(self) -> str:
        return f"{self.kind.capitalize()} {self.letter}"


class Asked(NamedTuple):
    """A question of a paper, with what its form wants of it."""

    form: str
    number: str
    board: str
    tariff: int
    spag: int
    objectives: tuple[int, int, int, int]
    minutes: int
    wording: str
    bullets: int = 0
    printed: tuple[Printed, ...] = ()
    form_bullets: int = 0
    form_sources: int = 0
    form_interpretations: int = 0
    is_published: bool = True
    is_point_marked: bool = False
    levels: int = 0
    points: int = 0
    has_spag_scheme: bool = False

    @property
    def where(self) -> str:
        return f"Question {self.number}"


class ExamPaper(NamedTuple):
    """The board's paper: `forms` are (code, number) in the order of the paper."""

    name: str
    board: str
    marks: int
    forms: tuple[tuple[str, str], ...]


class Paper(NamedTuple):
    """A paper of the school; `model` is None for a test that follows no exam paper."""

    model: ExamPaper | None
    minutes: int | None
    questions: tuple[Asked, ...]


class Fault(NamedTuple):
    """Where something is wrong, and a sentence that says what to do about it."""

    where: str
    sentence: str


THE_PAPER = "The paper"


def faults(paper: Paper) -> list[Fault]:
    """Return everything that is wrong with a paper, as (where, sentence)."""
    return obstacles(paper) + unpublished(paper)


def unpublished(paper: Paper) -> list[Fault]:
    """Return the faults that a paper can be set with: its questions left out."""
    return [
        Fault(
            asked.where,
            f"Question {asked.number} is not published. Publish it, or students get "
            "the paper without it.",
        )
        for asked in paper.questions
        if not asked.is_published
    ]


def obstacles(paper: Paper) -> list[Fault]:
    """Return the faults that keep a paper from being set.

    Marks and minutes follow from the forms: they are looked at once those are right.
    What an unpublished question lacks is said by `hints`.
    """
    published = [asked for asked in paper.questions if asked.is_published]
    if not paper.questions:
        return [Fault(THE_PAPER, "It has no question. Add one.")]
    found = _form_faults(paper)
    if not found:
        found = _mark_faults(paper) + _too_little_time(paper)
    for asked in published:
        found += _question_faults(asked)
    found += _letter_faults(published)
    if not published:
        found.append(
            Fault(THE_PAPER, "None of its questions is published. Publish one.")
        )
    return found


def hints(paper: Paper) -> list[Fault]:
    """Return what a teacher may want to know, and may leave as it is."""
    found = []
    minutes = sum(asked.minutes for asked in paper.questions)
    if paper.minutes and minutes * 100 < paper.minutes * LEAST_SHARE:
        found.append(
            Fault(
                THE_PAPER,
                f"Its questions take {minutes} of {paper.minutes} minutes. Add a "
                "question, or shorten the time.",
            )
        )
    for asked in paper.questions:
        if not asked.is_published:
            found += _question_faults(asked)
        elif asked.printed and _is_from_memory(asked):
            found.append(
                Fault(
                    asked.where,
                    f"In the exam nothing is printed with question {asked.number}; "
                    f"here you print {_list(item.name for item in asked.printed)}.",
                )
            )
    return found


def _form_faults(paper: Paper) -> list[Fault]:
    """Compare the questions with the exam paper: each form once, and in order."""
    if paper.model is None:
        return []
    found = []
    wanted = dict(paper.model.forms)
    counted = Counter(asked.form for asked in paper.questions)
    for asked in paper.questions:
        if asked.board != paper.model.board:
            found.append(
                Fault(
                    asked.where,
                    f"Question {asked.number} is one of {asked.board}, the paper one "
                    f"of {paper.model.board}. Take it out.",
                )
            )
        elif asked.form not in wanted:
            found.append(
                Fault(
                    asked.where,
                    f"Question {asked.number} belongs to another paper of "
                    f"{asked.board}. Take it out.",
                )
            )
    for form, number in wanted.items():
        if counted[form] > 1:
            found.append(
                Fault(
                    f"Question {number}",
                    f"Question {number} stands here {counted[form]} times. Keep one.",
                )
            )
        elif not counted[form]:
            found.append(
                Fault(
                    f"Question {number}",
                    f"There is no question {number}. Add one of that form.",
                )
            )
    return found or _order_faults(paper, list(wanted))


def _order_faults(paper: Paper, wanted: list[str]) -> list[Fault]:
    """Name the first question that stands where another belongs."""
    numbers = dict(paper.model.forms)
    for asked, form in zip(paper.questions, wanted, strict=True):
        if asked.form != form:
            return [
                Fault(
                    asked.where,
                    f"Question {asked.number} stands where question {numbers[form]} "
                    "belongs. Put them in the order of the exam.",
                )
            ]
    return []


def _mark_faults(paper: Paper) -> list[Fault]:
    found = [
        Fault(
            asked.where,
            f"AO1 to AO4 of question {asked.number} add up to "
            f"{sum(asked.objectives)}, its marks are {asked.tariff}. Put its form "
            "right.",
        )
        for asked in paper.questions
        if sum(asked.objectives) != asked.tariff
    ]
    marks = sum(asked.tariff + asked.spag for asked in paper.questions)
    if paper.model is not None and marks != paper.model.marks:
        found.append(
            Fault(
                THE_PAPER,
                f"Its questions have {marks} marks with SPaG, {paper.model.name} has "
                f"{paper.model.marks}. Look at the forms’ marks.",
            )
        )
    return found


def _too_little_time(paper: Paper) -> list[Fault]:
    minutes = sum(asked.minutes for asked in paper.questions)
    if not paper.minutes or minutes <= paper.minutes:
        return []
    return [
        Fault(
            THE_PAPER,
            f"Its questions take {minutes} minutes, the paper has {paper.minutes}. "
            "Give it more time, or take a question out.",
        )
    ]


def _question_faults(asked: Asked) -> list[Fault]:
    """Look at one question for itself."""
    number = asked.number
    sentences = []
    if not asked.wording.strip():
        sentences.append(f"Question {number} has no wording. Write it.")
    if asked.bullets != asked.form_bullets:
        sentences.append(
            _count_sentence(number, "bullet", asked.bullets, asked.form_bullets)
        )
    if not _is_from_memory(asked):
        kinds = Counter(item.kind for item in asked.printed)
        for kind, wanted in (
            ("source", asked.form_sources),
            ("interpretation", asked.form_interpretations),
        ):
            if kinds[kind] != wanted:
                sentences.append(_count_sentence(number, kind, kinds[kind], wanted))
    if not (asked.points if asked.is_point_marked else asked.levels):
        lacking = "points" if asked.is_point_marked else "levels"
        sentences.append(
            f"The mark scheme of question {number} has no {lacking}. Choose another "
            "scheme, or write them."
        )
    if asked.spag and not asked.has_spag_scheme:
        sentences.append(
            f"Question {number} has SPaG marks and no SPaG scheme. Choose one."
        )
    return [Fault(asked.where, sentence) for sentence in sentences]


def _count_sentence(number: str, thing: str, there: int, wanted: int) -> str:
    do = "Add what is missing." if there < wanted else "Take out what is too many."
    return (
        f"Question {number} prints {_counted(there, thing)}, its form wants "
        f"{wanted or 'none'}. {do}"
    )


def _counted(n: int, thing: str) -> str:
    return f"{n or 'no'} {thing}{'' if n == 1 else 's'}"


def _letter_faults(questions: Sequence[Asked]) -> list[Fault]:
    """Find letters that mean one text here and another there."""
    found, first, told = [], {}, set()
    for asked in questions:
        for item in asked.printed:
            before, text = first.setdefault(item.name, (asked, item.text))
            if text != item.text and item.name not in told:
                told.add(item.name)
                found.append(
                    Fault(
                        asked.where,
                        f"{item.name} is one text in question {before.number} and "
                        f"another in question {asked.number}. Change one of the two "
                        "letters.",
                    )
                )
    return found


def _is_from_memory(asked: Asked) -> bool:
    """Whether the form prints no text. A lesson's source beside it does no harm."""
    return not (asked.form_sources or asked.form_interpretations)


def _list(names) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def scaled(minutes: Sequence[int], usual: int, chosen: int) -> list[int]:
    """Return each question's minutes when a paper lasts `chosen`, not `usual`.

    In proportion, to the nearest minute; a half goes up, and nothing falls below one.
    """
    return [max(1, (2 * part * chosen + usual) // (2 * usual)) for part in minutes]

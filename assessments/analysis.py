"""What a class's marks say (pure): spread, objectives, questions, second drafts.

Every figure is one that a teacher could work out on paper from the mark book; how is
said beside it in `docs/teaching.md`. Whose marks these are, and whether anybody may
see them yet, is decided before they come here.
"""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

# Below this many marks a column of a plot would be one student.
FEW = 5
# A student is worth a look below this share of the marks.
LOW_SHARE = 0.4


class Given(NamedTuple):
    """One student's mark for one question; level 0 is none."""

    student: int
    mark: int
    tariff: int
    level: int
    objectives: tuple[int, int, int, int]
    maxima: tuple[int, int, int, int]
    spag: int | None = None
    spag_maximum: int | None = None

    @property
    def total(self) -> int:
        return self.mark + (self.spag or 0)

    @property
    def highest_total(self) -> int:
        return self.tariff + (self.spag_maximum or 0)

    @property
    def share(self) -> float:
        """The total as a share of what could be had."""
        return self.total / self.highest_total


def heat(mark: Given) -> int:
    """Return the step of the class table's scale, from 1 (under 20 %) to 5."""
    return 1 + min(4, mark.total * 5 // mark.highest_total)


class Band(NamedTuple):
    """A level and how many marks lie in it."""

    number: int
    low: int
    high: int
    students: int


class Spread(NamedTuple):
    """How often each mark from 0 to the tariff was given, SPaG apart."""

    counts: tuple[int, ...]
    bands: tuple[Band, ...]
    median: float
    lowest: int
    highest: int

    @property
    def students(self) -> int:
        return sum(self.counts)

    @property
    def tariff(self) -> int:
        return len(self.counts) - 1

    @property
    def are_few(self) -> bool:
        return self.students < FEW

    @property
    def commonest(self) -> Band | None:
        """The level with most marks, of two that tie the lower; none without levels."""
        return max(
            self.bands, key=lambda band: (band.students, -band.number), default=None
        )


def spread(marks: Sequence[Given], bands: Sequence[tuple[int, int]]) -> Spread | None:
    """Count marks along the ladder whose bands are given from level 1 upward."""
    if not marks:
        return None
    numbers = [mark.mark for mark in marks]
    tariff = max(mark.tariff for mark in marks)
    return Spread(
        counts=tuple(numbers.count(mark) for mark in range(tariff + 1)),
        bands=tuple(
            Band(number, low, high, sum(low <= mark <= high for mark in numbers))
            for number, (low, high) in enumerate(bands, 1)
        ),
        median=median(numbers),
        lowest=min(numbers),
        highest=max(numbers),
    )


class Share(NamedTuple):
    """Marks had of marks that could be had; number 0 is SPaG."""

    number: int
    had: int
    possible: int

    @property
    def share(self) -> float:
        return self.had / self.possible


def objectives(marks: Iterable[Given]) -> list[Share]:
    """Return AO1 to AO4, then SPaG, as far as these marks test them."""
    marks = list(marks)
    found = [
        Share(
            n + 1,
            sum(mark.objectives[n] for mark in marks),
            sum(mark.maxima[n] for mark in marks),
        )
        for n in range(4)
    ]
    found.append(
        Share(
            0,
            sum(mark.spag or 0 for mark in marks),
            sum(mark.spag_maximum or 0 for mark in marks),
        )
    )
    return [share for share in found if share.possible]


def weakest(shares: Iterable[Share]) -> Share | None:
    """Return the objective with the smallest share, if another has a larger one."""
    tested = sorted(
        (share for share in shares if share.number), key=lambda share: share.share
    )
    return tested[0] if tested and tested[0].share < tested[-1].share else None


class QuestionFigures(NamedTuple):
    """One question of a class: medians of totals, and the mean share of the marks."""

    students: int
    median: float
    lowest: int
    highest: int
    highest_total: int
    share: float
    # How far the share lies above or below that of all questions together.
    difference: float


def questions(columns: Sequence[Sequence[Given]]) -> list[QuestionFigures | None]:
    """Return figures for each column of marks; None for one without marks."""
    shares = [mark.share for marks in columns for mark in marks]
    overall = sum(shares) / len(shares) if shares else 0
    return [_question(marks, overall) if marks else None for marks in columns]


def _question(marks: Sequence[Given], overall: float) -> QuestionFigures:
    totals = [mark.total for mark in marks]
    share = mean_share(marks)
    return QuestionFigures(
        students=len(marks),
        median=median(totals),
        lowest=min(totals),
        highest=max(totals),
        highest_total=max(mark.highest_total for mark in marks),
        share=share,
        difference=share - overall,
    )


def mean_share(marks: Sequence[Given]) -> float:
    """Return the mean of the shares, so that a short question counts like a long one."""
    return sum(mark.share for mark in marks) / len(marks)


class Gains(NamedTuple):
    """What second drafts brought, in totals and in levels."""

    drafts: int
    higher: int
    same: int
    lower: int
    mean_gain: float
    levels_higher: int


def gains(pairs: Sequence[tuple[Given, Given]]) -> Gains | None:
    """Compare first with second drafts, given as (before, after)."""
    if not pairs:
        return None
    steps = [after.total - before.total for before, after in pairs]
    return Gains(
        drafts=len(pairs),
        higher=sum(step > 0 for step in steps),
        same=sum(step == 0 for step in steps),
        lower=sum(step < 0 for step in steps),
        mean_gain=sum(steps) / len(steps),
        levels_higher=sum(after.level > before.level for before, after in pairs),
    )


class Help(NamedTuple):
    """A student to look at first: the mean share, if any mark is shown, and gaps."""

    student: int
    share: float | None
    missing: int


def to_help(
    marks: Iterable[Given], missing: Sequence[int], most: int = 8
) -> list[Help]:
    """Return students low in marks or missing work twice or more, neediest first.

    `missing` names a student once for each task missing.
    """
    by_student: dict[int, list[Given]] = {}
    for mark in marks:
        by_student.setdefault(mark.student, []).append(mark)
    found = []
    for student in sorted({*by_student, *missing}):
        own = by_student.get(student)
        share = mean_share(own) if own else None
        gaps = missing.count(student)
        if gaps >= 2 or (share is not None and share < LOW_SHARE):
            found.append(Help(student, share, gaps))
    found.sort(
        key=lambda row: (-row.missing, row.share if row.share is not None else 0)
    )
    return found[:most]


class Step(NamedTuple):
    """How one student has come on in one form of question: first and newest mark."""

    first: Given
    newest: Given
    count: int

    @property
    def change(self) -> int:
        return self.newest.total - self.first.total


def progress(marks: Sequence[Given]) -> Step | None:
    """Compare the first with the newest of one form's marks; none with fewer than two."""
    if len(marks) < 2:
        return None
    return Step(marks[0], marks[-1], len(marks))

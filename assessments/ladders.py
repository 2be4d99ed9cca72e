"""How a student's marks for one form of question have gone, drawn and in words (pure).

Drawn as `lessons.canvas` draws, on the levels of the ladder: per cent across, em
down, nothing told by colour alone, and always with its table.
"""

from collections.abc import Sequence
from typing import NamedTuple

from assessments.plots import Dot, days_below, line_of
from lessons.canvas import Canvas, Spot, rule, words_at
from lessons.figures import Drawing

RUNG = 2.1  # em; the height of a level
LEFT = 0.24  # share of the width that the names of the levels take
RIGHT = 0.06
# More would touch each other in the narrowest box; the table has them all.
MOST = 8
TOP = 0.9  # em above the highest rung


class Attempt(NamedTuple):
    """One released mark; level 0 where the mark has none."""

    day: str
    mark: int
    level: int
    is_second: bool

    @property
    def kind(self) -> str:
        return "second draft" if self.is_second else "first draft"

    @property
    def level_words(self) -> str:
        return f"Level {self.level}" if self.level else "no level"


def trend(attempts: Sequence[Attempt], tariff: int, *, has_levels: bool) -> str:
    """Return in a sentence where these marks began and where they are now."""
    first, newest = attempts[0], attempts[-1]
    place = f"{newest.mark} of {tariff}"
    if has_levels:
        place = f"{newest.level_words[0].upper()}{newest.level_words[1:]}, {place}"
    if len(attempts) == 1:
        return f"{place}: your first result."
    if has_levels and newest.level != first.level:
        gain, unit = newest.level - first.level, "level"
    else:
        gain, unit = newest.mark - first.mark, "mark"
    if not gain:
        return f"{place}: as at first, after {len(attempts)} results."
    size = f"{abs(gain)} {unit}{'' if abs(gain) == 1 else 's'}"
    return f"{place}: {size} {'up from' if gain > 0 else 'below'} the first."


def draw(
    attempts: Sequence[Attempt],
    bands: Sequence[tuple[int, int]],
    tariff: int,
    title: str,
    uid: str,
) -> Drawing:
    """Draw the newest attempts on the rungs of the ladder, the lowest at the foot.

    Without bands (a form that is marked by points) there are just the marks.
    """
    shown = attempts[-MOST:]
    canvas = Canvas(uid, "marks")
    rungs = list(bands) or [(0, tariff)]
    base = TOP + RUNG * len(rungs)
    step = (1 - LEFT - RIGHT) / max(1, len(shown) - 1)
    _ladder(canvas, len(rungs), base, are_named=bool(bands))
    dots = [
        Dot(
            LEFT + 0.03 + step * place,
            base - RUNG * rungs_up(attempt.mark, rungs),
            str(attempt.mark),
            attempt.day,
            attempt.is_second,
        )
        for place, attempt in enumerate(shown)
    ]
    marks = [Spot(dot.value, dot.x, dot.y - 0.75) for dot in dots]
    canvas.add(line_of(dots), words_at(marks, "strong"), days_below(dots, base + 1.3))
    canvas.y = base + 1.8
    return Drawing(
        canvas.svg(title, trend(attempts, tariff, has_levels=bool(bands))),
        ("Handed in", "Draft", "Mark", *(("Level",) if bands else ())),
        tuple(
            (
                attempt.day,
                attempt.kind,
                f"{attempt.mark} / {tariff}",
                *((attempt.level_words,) if bands else ()),
            )
            for attempt in attempts
        ),
    )


def rungs_up(mark: int, rungs: Sequence[tuple[int, int]]) -> float:
    """Return how many rungs up a mark stands; 0 for one below the lowest."""
    for number, (low, high) in enumerate(rungs):
        if low <= mark <= high:
            return number + (mark - low + 0.5) / (high - low + 1)
    return 0


def _ladder(canvas: Canvas, rungs: int, base: float, *, are_named: bool) -> None:
    names = []
    for number in range(rungs):
        y = base - RUNG * (number + 1)
        canvas.add(rule(y, "grid"))
        if are_named:
            names.append(Spot(f"Level {number + 1}", 0, y + RUNG / 2 + 0.35, "start"))
    canvas.add(rule(base, "axis"), words_at(names, "quiet"))

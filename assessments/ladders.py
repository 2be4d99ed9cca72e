"""How a student's marks for one form of question have gone, drawn and in words (pure).

Drawn as `lessons.canvas` draws, on the levels of the ladder: per cent across, em
down, nothing told by colour alone, and always with its table.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from lessons.canvas import Canvas, Spot, em, rule, share, tag, words_at
from lessons.figures import Drawing

RUNG = 2.1  # em; the height of a level
LEFT = 0.24  # share of the width that the names of the levels take
RIGHT = 0.06
# More would touch each other in the narrowest box; the table has them all.
MOST = 8
DOT = 0.45  # em; radius


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
    top = 0.9
    rungs = [(0, tariff)] if not bands else list(bands)
    base = top + RUNG * len(rungs)
    step = (1 - LEFT - RIGHT) / max(1, len(shown) - 1)

    def across(place: int) -> float:
        return LEFT + 0.03 + (step * place if len(shown) > 1 else 0)

    def down(mark: int) -> float:
        for number, (low, high) in enumerate(rungs):
            if low <= mark <= high:
                part = (mark - low + 0.5) / (high - low + 1)
                return base - RUNG * (number + part)
        return base

    names = []
    for number in range(len(rungs)):
        y = base - RUNG * (number + 1)
        canvas.add(rule(y, "grid"))
        if bands:
            names.append(Spot(f"Level {number + 1}", 0, y + RUNG / 2 + 0.35, "start"))
    canvas.add(rule(base, "axis"), words_at(names, "quiet"))
    for place, (before, after) in enumerate(itertools.pairwise(shown)):
        canvas.add(
            tag(
                "line",
                class_="trend",
                x1=share(across(place)),
                y1=em(down(before.mark)),
                x2=share(across(place + 1)),
                y2=em(down(after.mark)),
            )
        )
    for place, attempt in enumerate(shown):
        canvas.add(
            tag(
                "circle",
                class_="point" if attempt.is_second else "solid",
                cx=share(across(place)),
                cy=em(down(attempt.mark)),
                r=em(DOT),
                data_value=str(attempt.mark),
            )
        )
    canvas.add(
        words_at(
            [
                Spot(str(attempt.mark), across(place), down(attempt.mark) - 0.75)
                for place, attempt in enumerate(shown)
            ],
            "strong",
        )
    )
    ends = [Spot(shown[0].day, across(0), base + 1.3, "start")]
    if len(shown) > 1:
        ends.append(Spot(shown[-1].day, across(len(shown) - 1), base + 1.3, "end"))
    canvas.add(words_at(ends, "quiet"))
    canvas.y = base + 1.8
    headings = ("Handed in", "Draft", "Mark", *(("Level",) if bands else ()))
    return Drawing(
        canvas.svg(title, trend(attempts, tariff, has_levels=bool(bands))),
        headings,
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

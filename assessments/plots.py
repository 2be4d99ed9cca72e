"""Small drawings of a class's and a student's marks, each with its table (pure).

Drawn as `lessons.canvas` draws: per cent across, em down, and nothing told by colour
alone. The numbers come from `assessments.analysis`.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from assessments.analysis import Spread
from lessons.canvas import (
    NARROW,
    Canvas,
    Spot,
    em,
    plain,
    rule,
    share,
    tag,
    width_of,
    words_at,
)
from lessons.figures import Drawing

HEIGHT = 5.0  # em; of the tallest column
COLUMN = 0.84  # share of its place that a column fills
DOT = 0.34  # em; radius


def percent(number: float) -> str:
    return f"{round(number * 100)}%"


def draw_spread(spread: Spread, title: str, uid: str) -> Drawing:
    """Draw how often each mark was given, on the bands of the ladder.

    Few marks are dots: a column would make one student look like a class.
    """
    canvas = Canvas(uid, "marks")
    places = spread.tariff + 1
    width = 1 / places
    if spread.bands:
        _bands(canvas, spread, width)
    base = canvas.y + 1.2 + HEIGHT
    paint = _dots if spread.are_few else _columns
    paint(canvas, spread, width, base)
    canvas.add(rule(base, "axis"))
    marked = _labels(spread)
    middle = (spread.median + 0.5) * width
    canvas.add(
        words_at(
            [Spot(str(mark), (mark + 0.5) * width, base + 1.2) for mark in marked],
            "quiet",
        ),
        words_at([Spot("▲", middle, base + 2.3)], "strong"),
    )
    canvas.y = base + 2.6
    return Drawing(canvas.svg(title, _spread_words(spread)), *_spread_table(spread))


def _bands(canvas: Canvas, spread: Spread, width: float) -> None:
    """Name the levels above the columns and part them by lines."""
    canvas.add(
        words_at(
            [
                Spot(f"L{band.number}", (band.low + band.high + 1) / 2 * width, 1.05)
                for band in spread.bands
            ],
            "quiet",
        ),
        *(
            tag(
                "line",
                class_="grid",
                x1=share(band.low * width),
                x2=share(band.low * width),
                y1=em(0.2),
                y2=em(1.45 + 1.2 + HEIGHT),
            )
            for band in spread.bands
        ),
    )
    canvas.y = 1.45


def _columns(canvas: Canvas, spread: Spread, width: float, base: float) -> None:
    most = max(spread.counts)
    spots = []
    for mark, count in enumerate(spread.counts):
        if count:
            canvas.y = base - HEIGHT * count / most
            left = (mark + (1 - COLUMN) / 2) * width
            canvas.add(
                canvas.bar(
                    left,
                    COLUMN * width,
                    base - canvas.y,
                    "solid",
                    data_value=str(count),
                )
            )
            spots.append(Spot(str(count), (mark + 0.5) * width, canvas.y - 0.3))
    if all(width_of(spot.words) <= width * NARROW for spot in spots):
        canvas.add(words_at(spots))


def _dots(canvas: Canvas, spread: Spread, width: float, base: float) -> None:
    for mark, count in enumerate(spread.counts):
        canvas.add(
            *(
                tag(
                    "circle",
                    class_="solid",
                    cx=share((mark + 0.5) * width),
                    cy=em(base - 0.55 - (DOT * 2 + 0.2) * place),
                    r=em(DOT),
                    data_value=str(mark),
                )
                for place in range(count)
            )
        )


def _labels(spread: Spread) -> list[int]:
    """Return the marks to write below: all that fit, or nought and each level's top."""
    if width_of(str(spread.tariff)) + 0.3 <= NARROW / (spread.tariff + 1):
        return list(range(spread.tariff + 1))
    return (
        [0, *(band.high for band in spread.bands)]
        if spread.bands
        else [0, spread.tariff]
    )


def _spread_words(spread: Spread) -> str:
    words = "1 mark" if spread.students == 1 else f"{spread.students} marks"
    return (
        f"{words}, lowest {spread.lowest}, median {plain(spread.median)}, highest "
        f"{spread.highest} of {spread.tariff}."
    )


def _spread_table(
    spread: Spread,
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    levels = {
        mark: f"Level {band.number}"
        for band in spread.bands
        for mark in range(band.low, band.high + 1)
    }
    rows = tuple(
        (str(mark), levels.get(mark, "–"), str(count))
        for mark, count in enumerate(spread.counts)
    )
    if not levels:
        return ("Mark", "Students"), tuple((mark, count) for mark, _l, count in rows)
    return ("Mark", "Level", "Students"), rows


class Dot(NamedTuple):
    """A result on a line: share across, em down; hollow for a second draft."""

    x: float
    y: float
    value: str
    day: str
    is_hollow: bool


DOT_ON_LINE = 0.45  # em; radius


def line_of(dots: Sequence[Dot]) -> str:
    """Draw results as dots, each joined to the one before."""
    return "".join(
        [
            tag(
                "line",
                class_="trend",
                x1=share(before.x),
                y1=em(before.y),
                x2=share(after.x),
                y2=em(after.y),
            )
            for before, after in itertools.pairwise(dots)
        ]
        + [
            tag(
                "circle",
                class_="point" if dot.is_hollow else "solid",
                cx=share(dot.x),
                cy=em(dot.y),
                r=em(DOT_ON_LINE),
                data_value=dot.value,
            )
            for dot in dots
        ]
    )


def days_below(dots: Sequence[Dot], y: float) -> str:
    """Name the days of the first and the last dot; between them is no room."""
    ends = [Spot(dots[0].day, dots[0].x, y, "start")]
    if len(dots) > 1:
        ends.append(Spot(dots[-1].day, dots[-1].x, y, "end"))
    return words_at(ends, "quiet")


class Point(NamedTuple):
    """One result of a student: when, for what, its total, and whether a second draft."""

    day: str
    what: str
    total: int
    highest: int
    is_redraft: bool

    @property
    def share(self) -> float:
        return self.total / self.highest


LEFT, RIGHT = 0.12, 0.03  # shares of the width beside a student's results
TOP = 0.8  # em above them


def draw_progress(points: Sequence[Point], title: str, uid: str) -> Drawing:
    """Draw a student's results in their order, as shares of the marks."""
    canvas = Canvas(uid, "share of the marks")
    room = 1 - LEFT - RIGHT
    step = room / max(1, len(points) - 1)
    start = LEFT if len(points) > 1 else LEFT + room / 2
    _share_lines(canvas)
    dots = [
        Dot(
            start + step * place,
            _down(point.share),
            percent(point.share),
            point.day,
            point.is_redraft,
        )
        for place, point in enumerate(points)
    ]
    canvas.add(line_of(dots), days_below(dots, _down(0) + 1.4))
    canvas.y = _down(0) + 1.9
    alt = (
        f"{len(points)} results from {points[0].day}: first {percent(points[0].share)}, "
        f"newest {percent(points[-1].share)} of the marks."
    )
    return Drawing(
        canvas.svg(title, alt),
        ("Released", "For", "Mark", "Share"),
        tuple(
            (
                point.day,
                point.what,
                f"{point.total} / {point.highest}",
                percent(point.share),
            )
            for point in points
        ),
    )


def _down(part: float) -> float:
    return TOP + (HEIGHT + 1) * (1 - part)


def _share_lines(canvas: Canvas) -> None:
    """Rule and name nothing, half and all of the marks."""
    parts = (0, 0.5, 1)
    for part in parts:
        canvas.add(
            tag(
                "line",
                class_="axis" if part == 0 else "grid",
                x1=share(LEFT - 0.02),
                x2="100%",
                y1=em(_down(part)),
                y2=em(_down(part)),
            )
        )
    names = [
        Spot(percent(part), LEFT - 0.03, _down(part) + 0.35, "end") for part in parts
    ]
    canvas.add(words_at(names, "quiet"))

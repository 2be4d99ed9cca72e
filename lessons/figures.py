"""Figures drawn as SVG from a table of data (pure).

A drawing has no width of its own: words keep the reader's size from a phone to a wall
while the shapes stretch. What has class "wide" shows only where there is room for it,
"narrow" only where there is not; classroom.css, ".chart", keeps to that. Colours are
classes, and no two fills differ in colour alone. Each mark has the number it stands
for as `data-value`.

The data are CSV (`lessons.sheets`). In three kinds a heading may end in a role:

- columns: the year, then `panel` (usual) to draw or `table` only to list;
- stacked: the year, then `part` (usual), `line` or `table`;
- bars: what a bar stands for, then `bar` (usual) or `table`.

The two others have columns of their own, `ESTIMATE_COLUMNS` and `camps.COLUMNS`.
"""

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lessons.camps import draw_map, project
from lessons.canvas import (
    NARROW,
    WIDE,
    Box,
    Canvas,
    Spot,
    em,
    find_room,
    group,
    plain,
    rule,
    share,
    tag,
    text,
    width_of,
    with_commas,
    words_at,
)
from lessons.sheets import FigureError, Row, Sheet, Table, largest, read, read_named

__all__ = ["KINDS", "Drawing", "FigureError", "draw", "project"]

PLOT = 10.0  # em; height of the tallest column
INSET = 0.02  # share of the width that is free at each end of the columns
COLUMN = 0.74  # share of its place that a column fills
BAR = 1.05  # em; thickness of a bar
DEFAULT_YEAR = 1938

ESTIMATE_COLUMNS = (
    "author",  # whose estimate
    "year",  # when it was published
    "counted",  # what is counted; only rows that count the same stand together
    "words",  # the estimate in words, such as "about 8 million"
    "low",  # its number, or the least; empty if there is none to draw
    "high",  # empty: the same; a number: the most; "more": low is the least
    "detail",  # what exactly it counts
    "basis",  # what it rests on
    "archives",  # "yes" or "no": made with the opened archives
)

Numbers = Sequence[float | None]  # None where nothing is known


class Drawing(NamedTuple):
    """A complete inline svg element, and the table of what it shows: every row has
    as many cells as there are headings, and its first cell names it."""

    svg: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def draw(
    kind: str,
    data: str,
    *,
    title: str,
    alt: str,
    unit: str,
    year: int | None = None,
    uid: str,
) -> Drawing:
    """Draw `data`, CSV text, as one of `KINDS`; raise FigureError if it is faulty.

    `title` names the drawing, `alt` says its message to those who do not see it.
    `unit` says what the numbers count ("people", "million people"). `year` is the
    year of a map, 1938 if there is none. `uid` begins the ids of this drawing; each
    on a page has another."""
    if kind not in KINDS:
        raise FigureError(f"“{kind}” is not a kind of figure.")
    if not re.fullmatch(r"[A-Za-z][\w-]*", uid, re.ASCII):
        raise FigureError(f"“{uid}” cannot begin an id.")
    canvas = Canvas(uid, unit)
    if kind == "map":
        table = draw_map(canvas, data, DEFAULT_YEAR if year is None else year)
    else:
        table = _PAINTERS[kind](canvas, data)
    return Drawing(canvas.svg(title, alt), table.headings, table.rows)


# Columns over years: panels of their own, or parts upon each other


class _Part(NamedTuple):
    """Numbers by year, drawn upon those of the part before."""

    fill: str
    numbers: Numbers


def _columns(canvas: Canvas, data: str) -> Table:
    sheet = read(data, ("panel", "table"))
    names = sheet.columns("panel", most=3)
    panels = [sheet.amounts(name) for name in names]
    largest(panels)
    fills = ("solid",) if len(panels) == 1 else ("hatch", "solid", "open")
    if len(panels) > 1:
        canvas.write("Each panel has a scale of its own.", "quiet")
    for fill, name, numbers in zip(fills, names, panels, strict=False):
        canvas.y += 0.5
        canvas.write(f"{name} ({canvas.unit})", "strong")
        _panel(canvas, sheet, [_Part(fill, numbers)])
    return sheet.table()


def _stacked(canvas: Canvas, data: str) -> Table:
    sheet = read(data, ("part", "line", "table"))
    names = sheet.columns("part", most=3)
    parts = [
        _Part(fill, sheet.amounts(name))
        for fill, name in zip(("solid", "hatch", "open"), names, strict=False)
    ]
    line: Numbers = []
    for part, name in reversed(list(zip(parts, names, strict=True))):
        canvas.key(part.fill, name)
    for name in sheet.columns("line", least=0, most=1):
        canvas.key("line", name)
        line = sheet.amounts(name)
    canvas.write(f"Number of {canvas.unit}", "quiet")
    _panel(canvas, sheet, parts, line)
    return sheet.table()


def _panel(
    canvas: Canvas, sheet: Sheet, parts: list[_Part], line: Numbers = ()
) -> None:
    """Add columns on a base with the years below, and a line across them."""
    totals = [
        sum(number or 0 for number in column)
        for column in zip(*(part.numbers for part in parts), strict=True)
    ]
    top = largest([totals, line])
    canvas.y += PLOT + 1.3
    scale = _Scale(len(totals), PLOT / top, canvas.y)
    walls = {width: scale.walls(totals, line, width) for width in (NARROW, WIDE)}
    ticks = _ticks(top)
    marks = find_room(_wishes_at_ticks(scale, ticks), NARROW, walls[NARROW]).values()
    canvas.add(*(rule(scale.y(tick), "grid") for tick in ticks if marks))
    for part, below in zip(parts, _below(parts), strict=True):
        canvas.add(_pillars(canvas, scale, part, below))
    canvas.add(_trend(scale, line), words_at(marks, "quiet"))
    wishes = [*_wishes_above(scale, parts, totals), *_wishes_along(scale, line)]
    few = find_room(wishes, NARROW, walls[NARROW], marks)
    rest = [wish for number, wish in enumerate(wishes) if number not in few]
    more = find_room(rest, WIDE, walls[WIDE], [*marks, *few.values()])
    canvas.add(words_at(few.values()), words_at(more.values(), "wide"))
    canvas.add(rule(scale.base, "axis"))
    canvas.add(_years(scale, sheet, totals.index(max(totals))))
    canvas.y += 1.9


class _Scale(NamedTuple):
    """Places for columns across, and heights of numbers above the base."""

    places: int
    em: float  # what 1 is high
    base: float  # em from the top of the drawing

    def x(self, place: int, part: float = 0.5) -> float:
        """Return a share of the width; `part` is how far across the column."""
        slots = place + 0.5 + (part - 0.5) * COLUMN
        return INSET + slots / self.places * (1 - 2 * INSET)

    def y(self, number: float) -> float:
        return self.base - number * self.em

    def walls(self, totals: Numbers, line: Numbers, width: float) -> list[Box]:
        """Return what words keep clear of: the columns and the line's points."""
        columns = [
            Box(
                self.x(place, 0) * width,
                self.x(place, 1) * width,
                self.y(total or 0),
                self.base,
            )
            for place, total in enumerate(totals)
        ]
        points = [
            (self.x(place) * width, self.y(number))
            for place, number in enumerate(line)
            if number is not None
        ]
        return columns + [Box(x - 0.4, x + 0.4, y - 0.3, y + 0.3) for x, y in points]


def _ticks(top: float) -> list[float]:
    """Return one to three round numbers up to the top."""
    step = 10.0 ** math.floor(math.log10(top) - 1)
    step *= next(times for times in (2, 5, 10, 20, 50) if top < step * times * 4)
    return [step * times for times in (1, 2, 3) if step * times <= top]


def _wishes_at_ticks(scale: _Scale, ticks: list[float]) -> list[list[Spot]]:
    """Return where the round numbers could stand: at either end of their line."""
    return [
        [
            Spot(with_commas(tick), x, scale.y(tick) - 0.25, anchor)
            for x, anchor in ((0, "start"), (1, "end"))
        ]
        for tick in ticks
    ]


def _below(parts: list[_Part]) -> Iterable[list[float]]:
    """Yield for each part what it stands on, by year."""
    heights = [0.0] * len(parts[0].numbers)
    for part in parts:
        yield heights
        heights = [
            height + (number or 0)
            for height, number in zip(heights, part.numbers, strict=True)
        ]


def _pillars(canvas: Canvas, scale: _Scale, part: _Part, below: list[float]) -> str:
    return group(
        (
            tag(
                "rect",
                x=share(scale.x(place, 0)),
                y=em(scale.y(below[place] + number)),
                width=share(scale.x(place, 1) - scale.x(place, 0)),
                height=em(number * scale.em),
                data_value=plain(number),
            )
            for place, number in enumerate(part.numbers)
            if number is not None
        ),
        **canvas.filled(part.fill),
    )


def _trend(scale: _Scale, line: Numbers) -> str:
    """Return a line from year to year, broken where a number is missing."""
    points = [
        None if number is None else (share(scale.x(place)), em(scale.y(number)), number)
        for place, number in enumerate(line)
    ]
    pieces = [
        tag("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1])
        for start, end in itertools.pairwise(points)
        if start and end
    ]
    dots = [
        tag("circle", cx=point[0], cy=point[1], r=".28em", data_value=plain(point[2]))
        for point in points
        if point
    ]
    return (
        group(pieces, class_="halo")
        + group(pieces, class_="trend")
        + group(dots, class_="point")
    )


def _wishes_above(
    scale: _Scale, parts: list[_Part], totals: list[float]
) -> list[list[Spot]]:
    """Return where the number of each column could stand, the largest first: on its
    middle, or leaning away from a neighbour that is nearly as tall."""
    wishes = []
    for total, place in sorted(
        zip(totals, itertools.count(), strict=False), reverse=True
    ):
        left, right = [0.0, *totals][place], [*totals, 0.0][place + 1]
        ways = [(0.5, "middle"), (0, "start"), (1, "end")]
        if max(left, right) > total * 0.75:
            ways.sort(key=lambda way: way[0], reverse=right > left)
        if any(part.numbers[place] is not None for part in parts):
            y = scale.y(total) - 0.3
            words = with_commas(total)
            wishes.append(
                [Spot(words, scale.x(place, x), y, anchor) for x, anchor in ways]
            )
    return wishes


def _wishes_along(scale: _Scale, line: Numbers) -> list[list[Spot]]:
    """Return where the line's first and last number could stand."""
    known = [place for place, number in enumerate(line) if number is not None]
    wishes = []
    for place in dict.fromkeys([*known[:1], *known[-1:]]):
        number = line[place] or 0
        x, y, words = scale.x(place), scale.y(number), with_commas(number)
        wishes.append(
            [
                Spot(words, x, y + down, anchor)
                for down in (-0.6, 1.3)
                for anchor in ("middle", "start", "end")
            ]
        )
    return wishes


def _years(scale: _Scale, sheet: Sheet, peak: int) -> str:
    """Return the names of the places; a narrow box shows some, the peak's among them."""
    names = [row.cells[sheet.first] for row in sheet.rows]
    room = NARROW / scale.places
    stride = math.ceil((max(map(width_of, names)) + 0.4) / room)
    spots = [
        Spot(name, scale.x(place), scale.base + 1.2) for place, name in enumerate(names)
    ]
    few = [spot for place, spot in enumerate(spots) if (place - peak) % stride == 0]
    return words_at(few) + words_at((s for s in spots if s not in few), "wide")


# Bars from left to right


def _reach(bars: Iterable[tuple[float, str]]) -> float:
    """Return the share of the width that 1 is long, such that each bar leaves room
    for its words in a narrow box, unless they are very long."""
    return min(
        max(NARROW - 0.6 - width_of(words), 3) / NARROW / number
        for number, words in bars
        if number
    )


def _after(canvas: Canvas, x: float, words: str, gap: float = 0.4, **more: str) -> str:
    """Return words after a bar; `x` is a share of the width, `gap` in em."""
    place = {"x": share(x) if x else "", "y": em(canvas.y + 0.87)}
    return text(words, **place, dx=em(gap) if x else "", **more)


def _bars(canvas: Canvas, data: str) -> Table:
    sheet = read(data, ("bar", "table"))
    names = sheet.columns("bar", most=2)
    fills = ("hatch", "solid")[-len(names) :]
    series = [sheet.amounts(name) for name in names]
    largest(series)
    reach = _reach(
        (number, with_commas(number))
        for numbers in series
        for number in numbers
        if number
    )
    for fill, name in zip(fills, names, strict=True):
        canvas.key(fill, f"{name} ({canvas.unit})")
    for place, row in enumerate(sheet.rows):
        canvas.y += 0.5
        canvas.write(row.cells[sheet.first], "strong")
        canvas.y += 0.1
        for fill, numbers in zip(fills, series, strict=True):
            number = numbers[place]
            if number is not None:
                end = number * reach
                canvas.add(canvas.bar(0, end, BAR, fill, data_value=plain(number)))
                canvas.add(_after(canvas, end, with_commas(number)))
                canvas.y += BAR + 0.15
    return sheet.table()


# Estimates, each below what it counts


class _Estimate(NamedTuple):
    """`low` and `high` are the same where there is one number, 0 where none."""

    row: Row
    low: float
    high: float
    is_open: bool

    @property
    def words(self) -> str:
        return self.row.cells["words"]


def _estimate(row: Row) -> _Estimate:
    for column in ("author", "year", "counted", "words"):
        row.words(column)
    if row.cells["archives"] not in ("yes", "no"):
        raise FigureError("this must be yes or no.", row.line, "archives")
    low = row.amount("low") or 0
    if row.cells["high"] == "more":
        return _Estimate(row, low, low, bool(low))
    high = row.amount("high") or low
    if high < low or (high and not low):
        raise FigureError("the most is less than the least.", row.line, "high")
    return _Estimate(row, low, high, False)


def _estimates(canvas: Canvas, data: str) -> Table:
    sheet = read_named(data, ESTIMATE_COLUMNS)
    every = [_estimate(row) for row in sheet.rows]
    largest([[estimate.high for estimate in every]])
    reach = _reach((estimate.high, f"→ {estimate.words}") for estimate in every)
    canvas.key("solid", "worked out with the archives")
    canvas.key("open", "worked out without them")
    canvas.key("hatch", "between lowest and highest")
    canvas.write(f"Bars: {canvas.unit}. Compare only bars under one heading.", "quiet")
    for counted in dict.fromkeys(row.cells["counted"] for row in sheet.rows):
        canvas.y += 0.7
        canvas.add(rule(canvas.y, "grid"))
        canvas.y += 0.2
        canvas.write(counted, "strong")
        for estimate in every:
            if estimate.row.cells["counted"] == counted:
                _add_estimate(canvas, estimate, reach)
    return Table(
        ("Author", "Published", "What is counted", "Estimate", "Exactly", "Rests on"),
        tuple(
            tuple(
                row.cells[name] or "–"
                for name in ("author", "year", "counted", "words", "detail", "basis")
            )
            for row in sheet.rows
        ),
    )


def _add_estimate(canvas: Canvas, estimate: _Estimate, reach: float) -> None:
    cells = estimate.row.cells
    low, high = estimate.low, estimate.high
    canvas.y += 0.35
    canvas.write(f"{cells['year']}: {cells['author']}")
    canvas.y += 0.05
    if low:
        fill = "solid" if cells["archives"] == "yes" else "open"
        canvas.add(canvas.bar(0, low * reach, BAR, fill, data_value=plain(low)))
    if high > low:
        ends = {"data_from": plain(low), "data_value": plain(high)}
        x, width = low * reach, (high - low) * reach
        canvas.add(canvas.bar(x, width, BAR, "hatch", **ends))
    words = f"→ {estimate.words}" if estimate.is_open else estimate.words
    canvas.add(_after(canvas, high * reach, words, class_="strong"))
    canvas.y += BAR + 0.05
    canvas.write(cells["detail"], "quiet")
    canvas.write(f"Basis: {cells['basis']}" if cells["basis"] else "", "quiet")


_PAINTERS = {
    "columns": _columns,
    "stacked": _stacked,
    "bars": _bars,
    "estimates": _estimates,
}
KINDS = (*_PAINTERS, "map")

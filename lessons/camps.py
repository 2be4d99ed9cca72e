"""The map of camps: a circle for each camp that existed in a year (pure).

A circle's area stands for the most prisoners that the camp ever had in one year. It
is measured in em of the group of circles, whose size classroom.css, ".dots", lets grow
with the map.
"""

import math
from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from lessons import outline
from lessons.canvas import (
    LINE,
    WIDE,
    Box,
    Canvas,
    Spot,
    em,
    find_room,
    group,
    plain,
    share,
    tag,
    text,
    width_of,
    with_commas,
    words_at,
)
from lessons.sheets import Row, Sheet, Table, largest, read_named

LARGEST = 0.95  # em of the circles; radius of the largest camp of all years
DOT = 1.53  # em of the words in one em of the circles, in a wide box
KEY_LINES = 6  # of the names that have no room on a wide map
NUMBERED = 9  # camps with a number on a narrow map and a line in its key

COLUMNS = (
    "id",
    "name",
    "hub",  # where its administration was
    "lat",  # degrees north
    "lon",  # degrees east
    "from",  # first year
    "to",  # last year
    "peak",  # most prisoners in any one year
    "peak_year",
    "peak41",  # most up to 1941; empty if the camp came later
    "work",
    "remark",
)
HEADINGS = (
    "Camp",
    "On the map",
    "Place",
    "Years",
    "Most prisoners",
    "In",
    "Most up to 1941",
    "Work",
    "Note",
)


class _Camp(NamedTuple):
    """A camp that existed in the year of the map; `rank` 1 is the largest."""

    rank: int
    row: Row
    peak: float
    x: float  # share of the map's width, as `down` is
    down: float
    radius: float  # em of the circles

    @property
    def name(self) -> str:
        return self.row.cells["name"].partition(" (")[0]

    @property
    def years(self) -> str:
        return f"{self.row.cells['from']}–{self.row.cells['to']}"

    @property
    def fill(self) -> str:
        """Hatched if the camp was at its largest only after 1941."""
        return "hatch" if (self.row.amount("peak41") or 0) < self.peak else "solid"

    @property
    def description(self) -> str:
        cells = self.row.cells
        most = f"at most {with_commas(self.peak)} ({cells['peak_year']})"
        words = (
            f"{cells['name']}, {cells['hub']}, {self.years}, {most}: {cells['work']}"
        )
        return f"{words}. {cells['remark']}" if cells["remark"] else words

    @property
    def box(self) -> Box:
        """What names keep clear of, in em of the words of a wide map."""
        x, y, reach = self.x * WIDE, self.down * WIDE, self.radius * DOT * 0.85
        return Box(x - reach, x + reach, y - reach, y + reach)

    @property
    def number(self) -> Spot:
        """Its rank inside its circle."""
        return Spot(str(self.rank), self.x, 0.34, "middle", 0, self.down)

    def inside(self) -> list[Spot]:
        """Return the number if the circle is wide enough for it on a wide map."""
        is_roomy = self.radius * DOT > width_of(self.number.words) / 2
        return [self.number] if is_roomy else []

    def beside(self, words: str) -> list[Spot]:
        """Return where words could stand around its circle on a wide map."""
        gap = self.radius * DOT + 0.2
        return [
            Spot(words, self.x, y, anchor, dx, self.down)
            for dx, y, anchor in (
                (gap, 0.35, "start"),
                (-gap, 0.35, "end"),
                (0, -gap, "middle"),
                (0, gap + 0.75, "middle"),
                (gap * 0.8, -gap * 0.6, "start"),
                (gap * 0.8, gap * 0.6 + 0.6, "start"),
                (-gap * 0.8, -gap * 0.6, "end"),
                (-gap * 0.8, gap * 0.6 + 0.6, "end"),
            )
        ]


def project(lat: float, lon: float) -> tuple[float, float]:
    """Return where a place in degrees north and east lies in units of the outline:
    Albers' equal-area conic on a sphere, x eastwards and y southwards."""
    first, second, origin, north, east = map(
        math.radians,
        (
            *outline.STANDARD_PARALLELS,
            outline.ORIGIN_LATITUDE,
            lat,
            (lon - outline.CENTRAL_MERIDIAN + 180) % 360 - 180,
        ),
    )
    cone = (math.sin(first) + math.sin(second)) / 2
    constant = math.cos(first) ** 2 + 2 * cone * math.sin(first)
    from_pole, from_pole_to_origin = (
        math.sqrt(constant - 2 * cone * math.sin(latitude)) / cone
        for latitude in (north, origin)
    )
    x = from_pole * math.sin(cone * east)
    y = from_pole * math.cos(cone * east) - from_pole_to_origin
    return (
        outline.ORIGIN[0] + outline.EARTH_RADIUS * x,
        outline.ORIGIN[1] + outline.EARTH_RADIUS * y,
    )


def draw_map(canvas: Canvas, data: str, year: int) -> Table:
    """Draw the camps of the year on the map; return them as a table."""
    sheet = read_named(data, COLUMNS)
    most = largest([sheet.amounts("peak")])
    camps = _camps(sheet, year, most)
    known = f"{len(camps)} camps" if camps else "no camp in the list"
    canvas.class_ = "map"
    canvas.add(
        _land(),
        _circles(canvas, camps),
        *_words(camps),
        text(f"{year}: {known}", y="1em", class_="strong"),
        tag("svg", _key(canvas, most) + _list(camps), y="100%", overflow="visible"),
    )
    return Table(HEADINGS, tuple(map(_cells, camps)))


def _camps(sheet: Sheet, year: int, most: float) -> list[_Camp]:
    """Check every row; return the camps of the year, the largest first."""
    camps = []
    for row in sheet.rows:
        for column in ("id", "name", "hub", "work"):
            row.words(column)
        x, y = project(row.between("lat", 35, 82), row.between("lon", 19, 191))
        first = row.between("from", 1900, 2000)
        last = row.between("to", first, 2000)
        row.between("peak_year", first, last)
        row.amount("peak41")
        peak = row.between("peak", 1, most)
        radius = LARGEST * math.sqrt(peak / most)
        place = (x / outline.WIDTH, y / outline.WIDTH)
        if first <= year <= last:
            camps.append(_Camp(0, row, peak, *place, radius))
    camps.sort(key=lambda camp: (-camp.peak, camp.name))
    return [camp._replace(rank=rank) for rank, camp in enumerate(camps, start=1)]


def _cells(camp: _Camp) -> tuple[str, ...]:
    cells = camp.row.cells
    by_1941 = camp.row.amount("peak41")
    return (
        cells["name"],
        str(camp.rank),
        cells["hub"],
        camp.years,
        with_commas(camp.peak),
        cells["peak_year"],
        "–" if by_1941 is None else with_commas(by_1941),
        cells["work"],
        cells["remark"] or "–",
    )


def _land() -> str:
    """Return the outline with the Arctic Circle, stretched over the whole drawing."""
    arctic = "L".join(
        f"{x:.0f} {y:.0f}"
        for x, y in (project(66.56, lon) for lon in range(30, 191, 8))
    )
    return tag(
        "svg",
        tag("path", class_="land", d=outline.PATH)
        + tag("path", class_="arctic", d=f"M{arctic}"),
        viewBox=f"0 0 {outline.WIDTH} {outline.HEIGHT}",
        preserveAspectRatio="none",
    )


def _circles(canvas: Canvas, camps: Iterable[_Camp]) -> str:
    """Return the circles, large ones below small ones."""
    return group(
        (
            tag(
                "circle",
                tag("title", escape(camp.description)),
                cx=share(camp.x),
                cy=share(camp.down / outline.RATIO),
                r=em(camp.radius),
                data_value=plain(camp.peak),
                data_camp=camp.row.cells["id"],
                **canvas.filled(camp.fill),
            )
            for camp in camps
        ),
        class_="dots",
    )


def _words(camps: list[_Camp]) -> Iterable[str]:
    """Yield numbers and names: the largest camps have their number in the circle; a
    wide map has names beside the circles, and numbers where a name has no room."""
    walls = [camp.box for camp in camps]
    names = find_room([camp.beside(camp.name) for camp in camps], WIDE, walls)
    inside = find_room([camp.inside() for camp in camps], WIDE, [])
    few = {place: camp.number for place, camp in enumerate(camps[:NUMBERED])}
    more = {place: spot for place, spot in inside.items() if place not in few}
    rest = [
        [] if place in {*names, *few, *more} else camp.beside(str(camp.rank))
        for place, camp in enumerate(camps)
    ]
    beside = find_room(rest, WIDE, walls, names.values())
    for class_, fill in (("on", "solid"), ("", "hatch")):
        for found, when in ((few, ""), (more, " wide")):
            spots = [spot for at, spot in found.items() if camps[at].fill == fill]
            yield words_at(spots, f"{class_}{when}".strip(), outline.RATIO)
    yield words_at([*names.values(), *beside.values()], "wide", outline.RATIO)
    numbered = sorted({*few, *more, *beside} - {*names})
    yield _unnamed([camps[place] for place in numbered[:KEY_LINES]])


def _unnamed(camps: list[_Camp]) -> str:
    """Return the names that had no room on a wide map, to stand beside its key."""
    lines = (
        text(f"{camp.rank} {camp.name}", y=em(LINE * line))
        for line, camp in enumerate(camps, start=1)
    )
    inside = group(lines, class_="wide")
    return tag("svg", inside, x="60%", y="100%", overflow="visible") if camps else ""


def _key(canvas: Canvas, most: float) -> str:
    """Return what size, hatching and the broken line stand for; `most` prisoners are
    in the largest circle."""
    number = 10.0 ** math.floor(math.log10(most))
    kilometres = share(1000 / 6371 * outline.EARTH_RADIUS / outline.WIDTH)
    return "".join(
        [
            text("Area: the most prisoners in any year", y="1.5em"),
            _key_circle(canvas, "solid", 3.4, LARGEST * math.sqrt(number / most)),
            text(with_commas(number), x="2.6em", y="3.75em"),
            _key_circle(canvas, "hatch", 5.4, LARGEST / 2),
            text("at its largest only after 1941", x="2.6em", y="5.75em"),
            tag("line", class_="arctic", x2="2.2em", y1="7.4em", y2="7.4em"),
            text("Arctic Circle", x="2.6em", y="7.75em"),
            tag("line", class_="axis", x2=kilometres, y1="8.85em", y2="8.85em"),
            text("1,000 km", x=kilometres, dx=".4em", y="9.2em"),
        ]
    )


def _key_circle(canvas: Canvas, fill: str, y: float, radius: float) -> str:
    circle = tag("circle", r=em(radius), **canvas.filled(fill))
    inside = group([circle], class_="dots")
    return tag("svg", inside, x="1.1em", y=em(y), overflow="visible")


def _list(camps: list[_Camp]) -> str:
    """Return the names of the largest camps, for a map too narrow to have them."""
    lines = []
    for camp in camps[:NUMBERED]:
        y = em(9.7 + LINE * camp.rank)
        lines += [
            text(str(camp.rank), y=y),
            text(camp.name, x="1.6em", y=y),
            text(with_commas(camp.peak), x="100%", y=y, text_anchor="end"),
        ]
    return group(lines, class_="narrow")

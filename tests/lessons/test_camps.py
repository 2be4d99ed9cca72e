import math
import re

import pytest

from lessons import camps, outline
from lessons.figures import FigureError, project
from tests.lessons.test_figures import (
    SHIPPED,
    drawn,
    marks,
    measured,
    parsed,
    shipped,
    words,
)

HEAD = ",".join(camps.COLUMNS) + "\n"
ROW = "X01,Test (TST),Somewhere,60,90,1931,1940,5000,1935,5000,logging,"

# By hand from the table of camps: those with from <= year <= to.
EXISTED = {
    1922: "",
    1923: "01",
    1928: "01 17",
    1931: "01 02 06 07 08 11 15 16 17 23",
    1938: "02 03 04 05 06 07 08 09 10 11 12 13 16 18 19 20 21 22 23 24 26 28 29 30",
    1942: "05 07 08 09 10 12 13 14 16 18 19 20 21 22 23 24 25 26 27 28 29 30",
    1950: "05 07 08 09 10 12 13 14 18 19 20 21 22 28 29 30 31 32 33",
    1960: "07 09 18 19 20 21 22 28 32",
    1961: "",
}


def circles(drawing):
    return {
        place["data-camp"]: (value, place) for value, place in marks(drawing, "circle")
    }


def rings():
    """Return the outline's shapes as lists of points."""
    for shape in outline.PATH.split("M")[1:]:
        start, steps = shape.rstrip("z").split("l")
        x, y = map(int, start.split())
        points = [(x, y)]
        numbers = list(map(int, re.findall(r"-?\d+", steps)))
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            points.append((x, y))
        yield points


def is_on_land(x, y):
    inside = False
    for points in rings():
        for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


@pytest.mark.parametrize("year", EXISTED)
def test_the_map_shows_exactly_the_camps_of_the_year(year):
    drawing = shipped("map", year=year)

    expected = {f"C{number}" for number in EXISTED[year].split()}
    assert set(circles(drawing)) == expected
    assert len(drawing.rows) == len(expected)
    known = f"{len(expected)} camps" if expected else "no camp in the list"
    assert f"{year}: {known}" in words(drawing)


def test_the_map_opens_at_1938():
    assert shipped("map").svg == shipped("map", year=1938).svg
    assert shipped("map", year=0).rows == ()


def test_areas_are_proportional_to_the_largest_count():
    found = circles(shipped("map"))
    data = {
        line.split(",")[0]: line.split(",")
        for line in SHIPPED["map"]["data"].split("\n")
    }

    for camp, (value, place) in found.items():
        assert value == int(data[camp][7])
        assert measured(place["r"]) == pytest.approx(
            0.95 * math.sqrt(value / 200907), abs=0.0006
        )


def test_a_circle_has_the_same_size_in_every_year():
    one, other = (circles(shipped("map", year=year)) for year in (1938, 1950))

    for camp in one.keys() & other.keys():
        assert one[camp][1]["r"] == other[camp][1]["r"]


def test_large_circles_lie_below_small_ones():
    values = [value for value, _ in marks(shipped("map"), "circle")]

    assert values == sorted(values, reverse=True)


def test_hatching_marks_what_was_largest_after_1941():
    found = circles(shipped("map"))

    hatched = {camp for camp, (_, place) in found.items() if place["class"] == "hatch"}
    assert hatched == {"C08", "C09", "C10", "C18", "C21", "C22", "C28"}


def test_each_circle_says_what_it_is():
    titles = {
        circle.get("data-camp"): circle.find("title").text
        for circle in parsed(shipped("map", year=1931)).iter("circle")
        if circle.get("data-camp")
    }

    assert titles["C15"] == (
        "Svirlag, Lodeynoye Pole, 1931–1937, at most 47,400 (1932): firewood for Leningrad"
    )
    assert titles["C01"].endswith("worked on the mainland")


def test_the_table_lists_the_camps_the_largest_first():
    drawing = shipped("map")

    assert drawing.headings == camps.HEADINGS
    assert drawing.rows[0] == (
        "BAMlag",
        "1",
        "Svobodny",
        "1932–1938",
        "200,907",
        "1938",
        "200,907",
        "railways in the Far East",
        "–",
    )
    assert [row[1] for row in drawing.rows] == [str(rank) for rank in range(1, 25)]
    assert shipped("map", year=1950).rows[-2][6] == "–"


def test_the_largest_have_their_number_in_the_circle_and_a_line_below():
    drawing = shipped("map")
    lines = next(
        ["".join(text.itertext()) for text in group]
        for group in parsed(drawing).iter("g")
        if group.get("class") == "narrow"
    )

    assert lines[:3] == ["1", "BAMlag", "200,907"]
    assert lines[::3] == [str(number) for number in range(1, 10)]
    assert lines[1::3] == [row[0].split(" (")[0] for row in drawing.rows[:9]]
    for number in range(1, 10):
        assert words(drawing).count(str(number)) == 2


def test_every_number_on_a_wide_map_has_its_name_there():
    for year in range(1923, 1961):
        drawing = shipped("map", year=year)
        found = words(drawing)
        names = {row[1]: row[0].split(" (")[0] for row in drawing.rows}

        shown = {word for word in found if word in names}
        assert shown >= {str(n) for n in range(1, min(9, len(names)) + 1)}
        for number in shown:
            name = names[number]
            assert name in found or f"{number} {name}" in found


class TestProjection:
    def test_it_gives_the_published_example(self, monkeypatch):
        """Snyder, Map Projections: A Working Manual (1987), page 291, on a sphere."""
        monkeypatch.setattr(outline, "STANDARD_PARALLELS", (29.5, 45.5))
        monkeypatch.setattr(outline, "ORIGIN_LATITUDE", 23)
        monkeypatch.setattr(outline, "CENTRAL_MERIDIAN", -96)
        monkeypatch.setattr(outline, "ORIGIN", (0, 0))
        monkeypatch.setattr(outline, "EARTH_RADIUS", 1)

        x, y = project(35, -75)

        assert (x, -y) == pytest.approx((0.2952720, 0.2416774), abs=1e-7)

    @pytest.mark.parametrize(
        ("place", "lat", "lon", "expected"),
        [
            ("Moscow", 55.75, 37.62, True),
            ("Minsk", 53.9, 27.57, True),
            ("Kyiv", 50.45, 30.52, True),
            ("Tbilisi", 41.72, 44.79, True),
            ("Tashkent", 41.3, 69.3, True),
            ("Norilsk", 69.3, 88.2, True),
            ("Yakutsk", 62.03, 129.73, True),
            ("Egvekinot, east of 180°", 66.4, -179.1, True),
            ("Warsaw", 52.23, 21.01, False),
            ("Helsinki", 60.17, 24.94, False),
            ("Ankara", 39.93, 32.86, False),
            ("Ulan Bator", 47.9, 106.9, False),
            ("Harbin", 45.8, 126.5, False),
            ("Nome in Alaska", 64.5, -165.4, False),
            ("middle of the Black Sea", 43, 34, False),
            ("middle of the Caspian Sea", 42, 51, False),
        ],
    )
    def test_cities_lie_where_they_should(self, place, lat, lon, expected):
        assert is_on_land(*project(lat, lon)) is expected, place

    def test_all_camps_lie_on_land_or_at_the_coast(self):
        for line in SHIPPED["map"]["data"].strip().split("\n")[1:]:
            lat, lon = map(float, line.split(",")[3:5])
            x, y = project(lat, lon)
            near = min(math.dist((x, y), point) for ring in rings() for point in ring)
            assert is_on_land(x, y) or near < 12, line

    def test_the_outline_fills_its_box(self):
        points = [point for ring in rings() for point in ring]

        assert min(x for x, _ in points) >= 0
        assert max(x for x, _ in points) <= outline.WIDTH
        assert min(y for _, y in points) >= 0
        assert max(y for _, y in points) <= outline.HEIGHT
        assert len(outline.PATH) < 12_000

    def test_a_thousand_kilometres_are_a_thousand(self):
        moscow, gorky = project(55.75, 37.62), project(56.33, 44.0)

        kilometres = math.dist(moscow, gorky) * 6371 / outline.EARTH_RADIUS
        assert kilometres == pytest.approx(401, rel=0.02)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("60,90", "5,90", "column “lat”: the number must be from 35 to 82"),
        ("60,90", "60,", "column “lon”: this cell must not be empty"),
        ("1931,1940", "1931,1930", "column “to”: the number must be from 1931 to 2000"),
        ("1935,5000", "1945,5000", "column “peak_year”: the number must be from"),
        ("5000,1935", "0.5,1935", "column “peak”: the number must be from 1"),
        ("logging", "", "column “work”: this cell must not be empty"),
        ("1935,5000", "1935,x", "column “peak41”: “x” is not a number"),
    ],
)
def test_a_faulty_row_is_named(old, new, place):
    with pytest.raises(FigureError, match=f"Line 2, {re.escape(place)}"):
        drawn("map", HEAD + ROW.replace(old, new))


def test_a_missing_column_is_named():
    with pytest.raises(FigureError, match="column “remark”: this column is missing"):
        drawn("map", HEAD.replace(",remark", "") + ROW)


def test_a_short_list_is_drawn():
    drawing = drawn("map", HEAD + ROW)

    assert drawing.rows[0][:3] == ("Test (TST)", "1", "Somewhere")
    assert "1,000" in words(drawing)

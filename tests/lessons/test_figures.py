import csv
import io
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given, strategies as st

from lessons.canvas import NARROW, WIDE
from lessons.figures import KINDS, Drawing, FigureError, draw

FIXTURE = Path(__file__).parents[2] / "fixtures" / "terror_figures.yaml"
SHIPPED = {
    row["fields"]["slug"]: row["fields"]
    for row in yaml.safe_load(FIXTURE.read_text(encoding="utf-8"))
}
HOSTILE = """</title><script>alert("1")</script>&'<"""
YEARS = "Year,Arrests,Shot\n1936,100,1\n1937,400,80\n1938,,60\n"
ESTIMATES = "author,year,counted,words,low,high,detail,basis,archives\n"


def drawn(kind, data, uid="f", unit="people", **options) -> Drawing:
    return draw(
        kind, data, title="A title", alt="An alt", unit=unit, uid=uid, **options
    )


def shipped(slug, **options) -> Drawing:
    row = SHIPPED[slug]
    return draw(
        row["kind"],
        row["data"],
        title=row["title"],
        alt=row["alt_text"],
        unit=row["unit"],
        uid=slug,
        **options,
    )


def parsed(drawing):
    return ElementTree.fromstring(drawing.svg)  # noqa: S314 (made by the code tested)


def marks(drawing, kind="rect"):
    """Return (value, attributes) of each mark, in the order of the drawing."""
    return [
        (float(element.get("data-value")), element.attrib)
        for element in parsed(drawing).iter(kind)
        if element.get("data-value")
    ]


def measured(attribute):
    return float(attribute.removesuffix("em").removesuffix("%"))


def cells(slug):
    """Return the shipped data as lists of cells, read without the project's code.
    Only for data without quoted cells."""
    lines = SHIPPED[slug]["data"].strip().split("\n")
    return lines[0].split(","), [line.split(",") for line in lines[1:]]


def column(slug, place):
    """Return the numbers of a column of shipped data."""
    return [float(row[place]) for row in cells(slug)[1] if row[place]]


def with_hostile_cells(data, is_head_set):
    """Return the data with every cell of words spoilt, and the headings too unless
    their names are set."""
    head, *rows = csv.reader(io.StringIO(data))
    lines = [head if is_head_set else [HOSTILE + name for name in head]]
    for row in rows:
        lines.append(
            [
                cell + HOSTILE if re.search("[A-Za-z]{5}", cell) or not place else cell
                for place, cell in enumerate(row)
            ]
        )
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def words(drawing):
    return ["".join(e.itertext()) for e in parsed(drawing).iter("text")]


class TestWhatIsShipped:
    def test_there_is_a_figure_of_every_kind(self):
        assert {row["kind"] for row in SHIPPED.values()} == set(KINDS)
        assert list(SHIPPED) == ["arrests", "camps", "operations", "estimates", "map"]

    @pytest.mark.parametrize("slug", SHIPPED)
    def test_it_is_small_and_needs_no_style_or_script(self, slug):
        svg = shipped(slug).svg

        limit = 22 * 1024 if slug == "map" else 6 * 1024
        assert len(svg.encode()) <= limit
        assert not re.search(r"style|<script|\son\w+=|href", svg)

    @pytest.mark.parametrize("slug", SHIPPED)
    def test_it_is_named_and_described(self, slug):
        svg = parsed(shipped(slug))
        title, description = svg[0], svg[1]

        assert svg.tag == "svg"
        assert svg.get("role") == "img"
        assert (
            svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        )
        assert (title.tag, title.text) == ("title", SHIPPED[slug]["title"])
        assert (description.tag, description.text) == (
            "desc",
            SHIPPED[slug]["alt_text"],
        )

    @pytest.mark.parametrize("slug", SHIPPED)
    def test_the_table_is_complete(self, slug):
        drawing = shipped(slug)

        assert all(len(row) == len(drawing.headings) for row in drawing.rows)
        assert all(cell for row in drawing.rows for cell in row)
        if slug != "map":
            lines = SHIPPED[slug]["data"].strip().split("\n")
            assert len(drawing.rows) == len(lines) - 1

    def test_arrests_and_death_sentences_are_those_of_the_data(self):
        values = [value for value, _ in marks(shipped("arrests"))]

        assert values == column("arrests", 1) + column("arrests", 2)
        assert sum(values[7:9]) == 1575259
        assert sum(values[19:21]) == 681692

    def test_the_rows_of_convictions_add_up(self):
        for row in cells("arrests")[1]:
            _, _, death, convicted, *others = map(int, row)

            assert death + sum(others) == convicted

    def test_camps_and_colonies_are_those_of_the_data(self):
        drawing = shipped("camps")

        values = [value for value, _ in marks(drawing)]
        assert values == column("camps", 1) + column("camps", 2)
        assert [value for value, _ in marks(drawing, "circle")] == column("camps", 5)
        for row in cells("camps")[1]:
            assert int(row[1]) + int(row[2] or 0) == int(row[3])

    def test_sentenced_and_shot_are_those_of_the_data(self):
        values = [value for value, _ in marks(shipped("operations"))]

        assert values[::2] == column("operations", 1)
        assert values[1::2] == column("operations", 2)
        assert values[:2] == [1344923, 681692]

    def test_estimates_are_those_of_the_data(self):
        values = [value for value, _ in marks(shipped("estimates"))]

        assert values == [8, 2, 3.5, 0.95, 1.2, 18, 6]

    def test_the_table_shows_numbers_as_readers_write_them(self):
        by_year = {row[0]: row for row in shipped("arrests").rows}

        assert by_year["1937"][:4] == ("1937", "936,750", "353,074", "790,665")
        assert shipped("camps").rows[0] == ("1930", "179,000", "–", "179,000", "–", "–")
        assert shipped("operations").rows[1][4] == "00447"


class TestColumns:
    def test_heights_are_proportional_in_each_panel(self):
        found = marks(shipped("arrests"))

        for panel in (found[:12], found[12:]):
            tallest = max(panel)[0]
            for value, place in panel:
                assert measured(place["height"]) == pytest.approx(
                    value / tallest * 10, abs=0.0006
                )

    def test_all_columns_of_a_panel_stand_on_its_base(self):
        found = marks(shipped("arrests"))

        for panel in (found[:12], found[12:]):
            bases = [measured(p["y"]) + measured(p["height"]) for _, p in panel]
            assert max(bases) - min(bases) < 0.002

    def test_columns_follow_each_other_without_touching(self):
        panel = [place for _, place in marks(shipped("arrests"))[:12]]

        for left, right in pairwise(panel):
            end = measured(left["x"]) + measured(left["width"])
            assert end < measured(right["x"])
        assert measured(panel[-1]["x"]) + measured(panel[-1]["width"]) <= 100

    def test_two_panels_differ_in_pattern_and_say_so(self):
        drawing = drawn("columns", YEARS)

        assert drawing.svg.count('class="hatch"') == 1
        assert drawing.svg.count('class="solid"') == 1
        assert "Each panel has a scale of its own." in words(drawing)
        assert {"Arrests (people)", "Shot (people)"} <= set(words(drawing))

    def test_one_panel_says_nothing_about_scales(self):
        drawing = drawn("columns", "year,arrests,shot | table\n1937,5,1\n")

        assert 'class="hatch"' not in drawing.svg
        assert drawing.headings == ("Year", "Arrests", "Shot")
        assert not any("scale" in line for line in words(drawing))

    def test_what_is_not_known_is_not_drawn(self):
        drawing = drawn("columns", YEARS)

        assert [value for value, _ in marks(drawing)] == [100, 400, 1, 80, 60]
        assert drawing.rows[2] == ("1938", "–", "60")

    def test_the_years_at_the_peak_are_labelled_in_every_width(self):
        drawing = shipped("arrests")
        narrow = re.sub(r'<g class="wide">.*?</g></g>', "", drawing.svg)

        for number in ("936,750", "638,509", "353,074", "328,618", "1937"):
            assert f">{number}</text>" in narrow

    def test_many_years_leave_room_between_their_names(self):
        rows = "".join(f"{year},{year % 7 + 1}\n" for year in range(1900, 1960))
        drawing = drawn("columns", f"Year,Number\n{rows}")

        narrow = re.sub(r'<g class="wide">.*?</g></g>', "", drawing.svg)
        assert len(re.findall(r">19\d\d</text>", narrow)) <= 7

    def test_a_scale_whose_ends_are_both_taken_has_no_lines(self):
        drawing = drawn("columns", "Year,Number\n1,900000\n2,900000\n3,900000\n")

        assert 'class="grid"' not in drawing.svg

    def test_numbers_with_decimals_keep_them(self):
        drawing = drawn("columns", "Year,Rate\n1932,4.8\n1933,15.3\n")

        assert [value for value, _ in marks(drawing)] == [4.8, 15.3]
        assert "15.3" in words(drawing)
        assert drawing.rows[0] == ("1932", "4.8")


class TestStacked:
    def test_parts_stand_on_each_other_in_proportion(self):
        found = marks(shipped("camps"))
        camps = {place["x"]: (value, place) for value, place in found[:12]}
        scale = 10 / 1929729

        for value, place in found:
            assert measured(place["height"]) == pytest.approx(value * scale, abs=6e-4)
        for _, place in found[12:]:
            _, below = camps[place["x"]]
            top = measured(below["y"])
            assert measured(place["y"]) + measured(place["height"]) == pytest.approx(
                top, abs=0.002
            )

    def test_the_line_is_on_the_scale_of_the_columns(self):
        drawing = shipped("camps")
        base = max(measured(p["y"]) + measured(p["height"]) for _, p in marks(drawing))

        for value, place in marks(drawing, "circle"):
            assert base - measured(place["cy"]) == pytest.approx(
                value * 10 / 1929729, abs=0.002
            )

    def test_the_line_breaks_where_a_number_is_missing(self):
        data = "Year,A,B | line\n1,5,1\n2,5,\n3,5,2\n4,5,3\n"

        svg = parsed(drawn("stacked", data))

        groups = {group.get("class"): group for group in svg.iter("g")}
        assert len(groups["trend"]) == len(groups["halo"]) == 1
        assert len(groups["point"]) == 3

    def test_without_a_line_there_is_none(self):
        svg = drawn("stacked", "Year,A,B\n1,5,1\n2,,\n").svg

        assert "trend" not in svg
        assert svg.count("<rect") == 2 + 2

    def test_parts_are_drawn_in_three_fills_at_most(self):
        svg = drawn("stacked", "Year,A,B,C\n1,5,1,1\n").svg

        assert {'class="solid"', 'class="hatch"', 'class="open"'} <= set(
            re.findall(r'class="\w+"', svg)
        )
        with pytest.raises(FigureError, match="4 columns have the role part"):
            drawn("stacked", "Year,A,B,C,D\n1,5,1,1,1\n")


class TestBars:
    def test_lengths_are_proportional(self):
        found = marks(shipped("operations"))
        longest = measured(found[0][1]["width"])

        for value, place in found:
            assert measured(place["width"]) == pytest.approx(
                value / 1344923 * longest, abs=0.0011
            )

    def test_the_longest_bar_leaves_room_for_its_number_on_a_phone(self):
        longest = measured(marks(shipped("operations"))[0][1]["width"])

        assert longest / 100 * NARROW + 5 < NARROW

    def test_an_empty_cell_has_no_bar_and_nothing_has_one_of_no_length(self):
        drawing = drawn("bars", "Operation,Sentenced,Shot\nOne,5,\nTwo,9,0\n")

        assert [value for value, _ in marks(drawing)] == [5, 9, 0]

    def test_one_column_is_solid(self):
        assert 'class="hatch"' not in drawn("bars", "Operation,Shot\nOne,5\n").svg

    def test_long_names_are_broken_into_lines(self):
        name = "Kulaks and other so-called anti-Soviet elements"

        drawing = drawn("bars", f"Operation,Shot\n{name},5\n")

        assert name not in words(drawing)
        assert name in " ".join(words(drawing))

    def test_a_very_long_unit_or_number_leaves_bars_some_length(self):
        drawing = drawn("bars", "Operation,Shot\nOne,123456789012.123456\n")

        assert measured(marks(drawing)[0][1]["width"]) > 10


class TestEstimates:
    def test_they_stand_below_what_they_count(self):
        found = words(shipped("estimates"))

        for heading, *below in (
            (
                "Prisoners at one time",
                "1968: Conquest",
                "about 8 million",
                "1993: Getty, Rittersporn, Zemskov",
            ),
            ("All victims, 1917–59", "1973: Solzhenitsyn", "tens of millions"),
            ("Deaths caused by the Gulag", "2017: Alexopoulos", "→ 6 million or more"),
        ):
            places = [found.index(line) for line in (heading, *below)]
            assert places == sorted(places)
        assert found.count("Prisoners at one time") == 1

    def test_lengths_and_ranges_are_proportional(self):
        found = marks(shipped("estimates"))
        per_million = measured(found[0][1]["width"]) / 8

        for value, place in found:
            end = measured(place.get("x", "0")) + measured(place["width"])
            assert end == pytest.approx(value * per_million, abs=0.002)
        spread = found[4][1]
        assert spread["class"] == "hatch"
        assert spread["data-from"] == "0.95"

    def test_what_was_worked_out_without_archives_looks_different(self):
        found = marks(shipped("estimates"))

        assert [place["class"] for _, place in found] == [
            "open",
            "solid",
            "solid",
            "solid",
            "hatch",
            "solid",
            "solid",
        ]

    def test_words_without_a_number_have_no_bar(self):
        data = (
            ESTIMATES
            + "A,1973,All,tens of millions,,more,,,no\nB,1993,All,2,2,,,,yes\n"
        )

        drawing = drawn("estimates", data)

        assert [value for value, _ in marks(drawing)] == [2]
        assert "tens of millions" in words(drawing)
        assert drawing.rows[0] == ("A", "1973", "All", "tens of millions", "–", "–")

    @pytest.mark.parametrize(
        ("row", "place", "reason"),
        [
            ("A,1973,All,many,1,,,,perhaps", "Line 2, column “archives”", "yes or no"),
            ("A,1973,All,many,2,1,,,yes", "Line 2, column “high”", "less than"),
            ("A,1973,All,many,,1,,,yes", "Line 2, column “high”", "less than"),
            ("A,1973,,many,1,,,,yes", "Line 2, column “counted”", "empty"),
            ("A,1973,All,many,-1,,,,yes", "Line 2, column “low”", "less than 0"),
            ("A,1973,All,many,,,,,yes", "There is no number", "to draw"),
        ],
    )
    def test_a_faulty_row_is_named(self, row, place, reason):
        with pytest.raises(FigureError) as fault:
            drawn("estimates", ESTIMATES + row)

        assert place in str(fault.value)
        assert reason in str(fault.value)


class TestSafety:
    @pytest.mark.parametrize("slug", SHIPPED)
    def test_words_from_outside_are_never_markup(self, slug):
        kind = SHIPPED[slug]["kind"]
        data = with_hostile_cells(SHIPPED[slug]["data"], kind in ("estimates", "map"))

        drawing = draw(kind, data, title=HOSTILE, alt=HOSTILE, unit=HOSTILE, uid="f")

        root = parsed(drawing)
        assert root[0].text == root[1].text == HOSTILE
        assert {element.tag for element in root.iter()} <= {
            "svg",
            "title",
            "desc",
            "pattern",
            "path",
            "g",
            "rect",
            "line",
            "circle",
            "text",
        }
        assert any(HOSTILE in cell for row in drawing.rows for cell in row)

    @pytest.mark.parametrize("slug", SHIPPED)
    def test_ids_are_unique_and_patterns_are_found(self, slug):
        row = SHIPPED[slug]
        both = [drawn(row["kind"], row["data"], uid=uid).svg for uid in ("one", "two")]

        ids = re.findall(r' id="([^"]+)"', "".join(both))
        assert len(ids) == len(set(ids)) == 6
        for uid, svg in zip(("one", "two"), both, strict=True):
            assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= {f"{uid}-h"}

    @pytest.mark.parametrize("uid", ["", "1a", 'a"b', "a b", "é"])
    def test_an_id_that_is_none_is_refused(self, uid):
        with pytest.raises(FigureError, match="cannot begin an id"):
            drawn("columns", YEARS, uid=uid)

    def test_an_unknown_kind_is_refused(self):
        with pytest.raises(FigureError, match="“pie” is not a kind of figure"):
            drawn("pie", YEARS)

    @pytest.mark.parametrize("kind", ["columns", "stacked", "bars"])
    def test_nothing_to_draw_is_said(self, kind):
        with pytest.raises(FigureError, match="no number above 0"):
            drawn(kind, "Year,Number\n1937,0\n1938,\n")

    def test_a_panel_of_zeros_is_said(self):
        with pytest.raises(FigureError, match="no number above 0"):
            drawn("columns", "Year,A,B\n1937,1,0\n")

    @given(
        st.sampled_from(KINDS),
        st.text(st.sampled_from('ab,"\n|-.0159 é<&'), max_size=80),
    )
    def test_any_text_is_drawn_or_refused(self, kind, data):
        try:
            drawing = drawn(kind, data)
        except FigureError as fault:
            assert str(fault)
        else:
            parsed(drawing)

    @given(
        st.lists(
            st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)),
            min_size=1,
            max_size=30,
        ).filter(lambda rows: sum(map(sum, rows)) > 0)
    )
    def test_any_numbers_are_drawn_in_proportion(self, rows):
        data = "Year,A,B\n" + "".join(f"{n},{a},{b}\n" for n, (a, b) in enumerate(rows))

        found = marks(drawn("stacked", data))

        top = max(map(sum, rows))
        assert [value for value, _ in found] == [a for a, _ in rows] + [
            b for _, b in rows
        ]
        for value, place in found:
            assert measured(place["height"]) == pytest.approx(
                value / top * 10, abs=6e-4
            )


def test_the_stylesheet_keeps_to_the_widths_that_drawings_are_laid_out_for():
    sheet = (
        FIXTURE.parents[1] / "terror_site" / "static" / "terror_site" / "classroom.css"
    ).read_text()
    block = sheet[sheet.index(".chart {") :]

    share = float(re.search(r"clamp\(12px, ([\d.]+)cqi", block)[1])
    least = float(re.search(r"min-width: (\d+)rem", block)[1])
    size = float(re.search(r"--t-xs: ([\d.]+)rem", sheet)[1])
    assert 100 / share >= NARROW
    assert least / size >= WIDE

import re
from xml.etree import ElementTree

import pytest

from assessments import analysis, plots
from assessments.analysis import Given
from assessments.plots import Point


def given(mark, tariff=12):
    return Given(1, mark, tariff, 0, (mark, 0, 0, 0), (tariff, 0, 0, 0))


def drawn(marks, tariff=12, bands=((1, 3), (4, 6), (7, 9), (10, 12))):
    spread = analysis.spread([given(mark, tariff) for mark in marks], list(bands))
    return plots.draw_spread(spread, "AQA 6", "s1")


def root_of(drawing):
    return ElementTree.fromstring(drawing.svg)  # noqa: S314 (made by the code tested)


def elements(drawing, name):
    return [item for item in root_of(drawing).iter() if item.tag == name]


def words(drawing):
    return [item.text for item in elements(drawing, "text")]


def test_each_mark_that_was_given_has_a_column_as_high_as_its_count():
    drawing = drawn([3, 5, 5, 8, 11])
    bars = [r for r in elements(drawing, "rect") if r.get("class") == "solid"]

    assert [bar.get("data-value") for bar in bars] == ["1", "2", "1", "1"]
    assert [bar.get("height") for bar in bars] == ["2.5em", "5em", "2.5em", "2.5em"]


def test_levels_are_named_above_and_the_median_marked_below():
    drawing = drawn([3, 5, 5, 8, 11])

    assert [word for word in words(drawing) if word.startswith("L")] == [
        "L1", "L2", "L3", "L4",
    ]  # fmt: skip
    median = next(t for t in elements(drawing, "text") if t.text == "▲")
    # The middle of the sixth of thirteen places: 5.5 / 13.
    assert median.get("x") == "42.308%"


def test_fewer_than_five_marks_are_dots_one_upon_another():
    drawing = drawn([3, 5, 5, 8])
    dots = [c for c in elements(drawing, "circle") if c.get("class") == "solid"]

    assert [dot.get("data-value") for dot in dots] == ["3", "5", "5", "8"]
    assert len({(dot.get("cx"), dot.get("cy")) for dot in dots}) == 4
    assert not [r for r in elements(drawing, "rect") if r.get("class") == "solid"]


def test_the_table_says_the_same():
    drawing = drawn([3, 5, 5, 8, 11])

    assert drawing.headings == ("Mark", "Level", "Students")
    assert drawing.rows[5] == ("5", "Level 2", "2")
    assert drawing.rows[0] == ("0", "–", "0")
    assert len(drawing.rows) == 13


def test_points_have_no_levels():
    drawing = drawn([1, 2, 3, 4, 4], 4, ())

    assert drawing.headings == ("Mark", "Students")
    assert drawing.rows[4] == ("4", "2")
    assert "0" in words(drawing)


@pytest.mark.parametrize(
    ("tariff", "bands", "labels"),
    [
        (4, ((1, 2), (3, 4)), ["0", "1", "2", "3", "4"]),
        (16, ((1, 4), (5, 8), (9, 12), (13, 16)), ["0", "4", "8", "12", "16"]),
        (40, (), ["0", "40"]),
    ],
)
def test_labels_are_left_out_where_they_do_not_fit(tariff, bands, labels):
    root = root_of(drawn([tariff] * 5, tariff, bands))
    quiet = [g for g in root.iter("g") if g.get("class") == "quiet"][-1]

    assert [text.text for text in quiet.iter("text")] == labels


def test_counts_that_do_not_fit_are_left_to_the_table():
    fitting = drawn([3] * 12 + [5])
    crowded = drawn([16] * 12 + [15] * 3, 16, ((1, 8), (9, 16)))

    assert "12" in words(fitting)
    assert "3" not in words(crowded)


def test_one_mark_is_one_mark():
    assert "1 mark, lowest 3, median 3, highest 3 of 12." in drawn([3]).svg


POINTS = [
    Point("3 Oct", "AQA 6", 3, 12, False),
    Point("9 Nov", "AQA 6, second draft", 6, 12, True),
    Point("2 Dec", "Edexcel 3d", 15, 20, False),
]


def test_progress_joins_the_results_and_rings_second_drafts():
    drawing = plots.draw_progress(POINTS, "Share of the marks", "p1")
    circles = elements(drawing, "circle")

    assert [(c.get("class"), c.get("data-value")) for c in circles] == [
        ("solid", "25%"),
        ("point", "50%"),
        ("solid", "75%"),
    ]
    assert len([x for x in elements(drawing, "line") if x.get("class") == "trend"]) == 2
    assert drawing.rows[1] == ("9 Nov", "AQA 6, second draft", "6 / 12", "50%")
    assert words(drawing)[-2:] == ["3 Oct", "2 Dec"]
    heights = [float(re.sub("em", "", c.get("cy"))) for c in circles]
    assert heights[0] > heights[1] > heights[2]


def test_one_result_stands_in_the_middle():
    drawing = plots.draw_progress(POINTS[:1], "Share", "p1")
    circle = elements(drawing, "circle")[0]

    # Between 12 % and 97 %.
    assert circle.get("cx") == "54.5%"
    assert words(drawing)[-1] == "3 Oct"


def test_words_are_escaped():
    drawing = plots.draw_progress([Point("<b>", "x", 1, 2, False)], "<i>", "p1")

    assert "<b>" not in drawing.svg
    assert "<i>" not in drawing.svg

"""A student's marks for one form of question: the sentence and the drawing."""

import re

import pytest

from assessments import ladders
from assessments.ladders import Attempt

AQA5 = [(1, 2), (3, 4), (5, 6), (7, 8)]


def attempt(mark, level, day="1 Nov 2026", *, is_second=False):
    return Attempt(day, mark, level, is_second)


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ([(3, 2)], "Level 2, 3 of 8: your first result."),
        ([(3, 2), (5, 3)], "Level 3, 5 of 8: 1 level up from the first."),
        ([(1, 1), (7, 4)], "Level 4, 7 of 8: 3 levels up from the first."),
        ([(5, 3), (2, 1)], "Level 1, 2 of 8: 2 levels below the first."),
        ([(3, 2), (4, 2)], "Level 2, 4 of 8: 1 mark up from the first."),
        ([(6, 3), (5, 3)], "Level 3, 5 of 8: 1 mark below the first."),
        ([(5, 3), (8, 4), (5, 3)], "Level 3, 5 of 8: as at first, after 3 results."),
        ([(2, 1), (0, 0)], "No level, 0 of 8: 1 level below the first."),
    ],
)
def test_the_trend_in_words(marks, words):
    attempts = [attempt(mark, level) for mark, level in marks]

    assert ladders.trend(attempts, 8, has_levels=True) == words


def test_where_there_are_no_levels_marks_are_counted():
    attempts = [attempt(1, 0), attempt(3, 0)]

    assert (
        ladders.trend(attempts, 4, has_levels=False)
        == "3 of 4: 2 marks up from the first."
    )


def dots(drawing):
    """Return (mark, across in per cent, down in em) of each dot."""
    found = re.findall(
        r'<circle class="(\w+)" cx="([\d.]+)%" cy="([\d.]+)em" r="[\d.]+em"'
        r' data-value="(\d+)"',
        drawing.svg,
    )
    return [(int(m), float(x), float(y), kind) for kind, x, y, m in found]


def test_a_better_mark_stands_higher_and_a_later_one_further_right():
    attempts = [
        attempt(3, 2, "1 Nov 2026"),
        attempt(4, 2, "8 Nov 2026"),
        attempt(6, 3, "9 Nov 2026", is_second=True),
        attempt(0, 0, "20 Nov 2026"),
    ]
    drawing = ladders.draw(attempts, AQA5, 8, "AQA 5", "a")
    found = dots(drawing)

    assert [mark for mark, *_rest in found] == [3, 4, 6, 0]
    across = [x for _mark, x, _y, _kind in found]
    assert across == sorted(across) and across[-1] <= 100
    down = {mark: y for mark, _x, y, _kind in found}
    assert down[6] < down[4] < down[3] < down[0]
    assert [kind for *_rest, kind in found] == ["solid", "solid", "point", "solid"]
    # Rungs are equally high: 2 to 4 of 8 lie one rung under 4 to 6 of 8.
    assert drawing.svg.count("Level ") >= 4
    assert drawing.headings == ("Handed in", "Draft", "Mark", "Level")
    assert drawing.rows[2] == ("9 Nov 2026", "second draft", "6 / 8", "Level 3")
    assert drawing.rows[3] == ("20 Nov 2026", "first draft", "0 / 8", "no level")


def test_one_mark_and_points_without_levels_are_drawn_too():
    drawing = ladders.draw([attempt(3, 0)], [], 4, "Edexcel 1", "a")

    assert len(dots(drawing)) == 1
    assert "trend" not in drawing.svg
    assert drawing.headings == ("Handed in", "Draft", "Mark")
    assert drawing.rows == (("1 Nov 2026", "first draft", "3 / 4"),)


def test_only_the_newest_are_drawn_and_all_are_in_the_table():
    attempts = [attempt(1 + n % 8, 1 + n % 8 // 2, f"{n} Nov 2026") for n in range(20)]
    drawing = ladders.draw(attempts, AQA5, 8, "AQA 5", "a")

    assert len(dots(drawing)) == ladders.MOST
    assert len(drawing.rows) == 20


def test_words_from_people_are_escaped():
    drawing = ladders.draw([attempt(1, 1)], AQA5, 8, "<b>AQA</b>", "a")

    assert "<b>" not in drawing.svg

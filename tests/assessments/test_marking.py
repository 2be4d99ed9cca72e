"""The examiner's rules, against cases worked by hand from the guide (section 2)."""

import itertools
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from assessments import marking


def ladder(*bands):
    return [
        SimpleNamespace(number=number, lowest_mark=low, highest_mark=high)
        for number, (low, high) in enumerate(bands, 1)
    ]


TWELVE = ladder((1, 3), (4, 6), (7, 9), (10, 12))
SIXTEEN = ladder((1, 4), (5, 8), (9, 12), (13, 16))
USEFUL = ladder((1, 2), (3, 5), (6, 8))
FOUR = ladder((1, 2), (3, 4))


@pytest.mark.parametrize(
    ("levels", "tariff"),
    [(TWELVE, 12), (SIXTEEN, 16), (USEFUL, 8), (FOUR, 4), (ladder((1, 1)), 1)],
)
def test_the_boards_ladders_have_no_fault(levels, tariff):
    assert marking.ladder_faults(levels, tariff) == []


@pytest.mark.parametrize(
    ("bands", "tariff", "level", "words"),
    [
        ([(1, 3), (5, 6)], 6, 2, "No level has mark 4. Let level 2 begin there."),
        ([(1, 3), (3, 6)], 6, 2, "Mark 3 is in two levels. Let level 2 begin at 4."),
        ([(2, 3)], 3, 1, "No level has mark 1. Let level 1 begin there."),
        ([(1, 3), (6, 4)], 6, 2, "Level 2 ends before it begins. Swap its marks."),
        ([(1, 3), (4, 5)], 6, 2, "The levels end at 5, but the question has 6 marks."),
        ([], 4, 0, "The levels end at 0, but the question has 4 marks."),
    ],
)
def test_a_faulty_ladder_is_explained(bands, tariff, level, words):
    fault = marking.ladder_faults(ladder(*bands), tariff)[0]

    assert fault.level == level
    assert fault.sentence.startswith(words)


def test_a_missing_number_is_explained():
    levels = [
        SimpleNamespace(number=1, lowest_mark=1, highest_mark=3),
        SimpleNamespace(number=3, lowest_mark=4, highest_mark=6),
    ]

    assert marking.ladder_faults(levels, 6) == [
        marking.SchemeFault(3, "Level 2 is missing. Number from 1.", "number")
    ]


@pytest.mark.parametrize(
    ("levels", "points", "words"),
    [
        (4, 0, ""),
        (0, 4, ""),
        (4, 4, "The scheme has levels and points. Delete the levels, or"),
        (0, 0, "The scheme has no levels yet. Add levels that cover 1 to 4, or"),
    ],
)
def test_a_scheme_has_levels_or_points(levels, points, words):
    found = marking.kind_fault(levels, points, 4)

    assert found.startswith(words) and bool(found) == bool(words)


def points(*orders, needs=()):
    """Return points at these places; `needs` pairs a place with the one it needs."""
    found = [
        SimpleNamespace(order=order, name=f"Point {order}", needs=None)
        for order in orders
    ]
    for place, needed in needs:
        found[place].needs = found[needed]
    return found


# Edexcel question 1: two inferences, each with a detail that needs it.
INFERENCES = points(1, 2, 3, 4, needs=[(1, 0), (3, 2)])


@pytest.mark.parametrize(
    ("given", "tariff", "expected"),
    [
        (INFERENCES, 4, []),
        (
            INFERENCES,
            5,
            [
                marking.RowFault(
                    None,
                    "There are 4 points, but the question has 5 marks. A point is one "
                    "mark: give 5 points, or set the tariff to 4.",
                    "order",
                )
            ],
        ),
        (
            points(4, 1, 3),
            3,
            [marking.RowFault(0, "Point 2 is missing. Number from 1.", "order")],
        ),
        (
            points(1, 2, needs=[(0, 1)]),
            2,
            [
                marking.RowFault(
                    0,
                    "“Point 1” needs “Point 2”, which does not come before it. Let it "
                    "need an earlier point.",
                    "needs",
                )
            ],
        ),
    ],
)
def test_points_are_one_mark_each(given, tariff, expected):
    assert marking.point_faults(given, tariff) == expected


@pytest.mark.parametrize(
    ("number", "highest", "field"),
    [
        (0, 12, None),
        (0, 13, "highest_mark"),
        (2, 4, None),
        (2, 6, None),
        (2, 3, "highest_mark"),
        (2, 7, "highest_mark"),
        (2, 13, "highest_mark"),
        (5, 6, "level_number"),
    ],
)
def test_a_ceiling_lies_inside_the_tariff_and_its_level(number, highest, field):
    sound = SimpleNamespace(condition="a", level_number=0, highest_mark=6)
    asked = SimpleNamespace(condition="b", level_number=number, highest_mark=highest)
    found = marking.ceiling_faults([sound, asked], TWELVE, 12)

    assert [(fault.place, fault.field) for fault in found] == (
        [(1, field)] if field else []
    )


def test_a_ceiling_for_a_level_of_a_scheme_without_levels_is_explained():
    asked = SimpleNamespace(condition="b", level_number=1, highest_mark=1)

    (fault,) = marking.ceiling_faults([asked], [], 4)
    assert fault.sentence.startswith("The scheme has no level 1 (it has: none).")


@pytest.mark.parametrize(
    ("mark", "level"), [(0, None), (1, 1), (3, 1), (4, 2), (12, 4)]
)
def test_a_mark_lies_in_one_level(mark, level):
    found = marking.level_of(TWELVE, mark)

    assert (found.number if found else None) == level


# "Begin in the middle; in a band of even width Edexcel takes the upper middle."
@pytest.mark.parametrize(
    ("level", "board", "start"),
    [
        (TWELVE[2], "AQA", 8),
        (TWELVE[3], "Edexcel", 11),
        (SIXTEEN[2], "Edexcel", 11),
        (SIXTEEN[0], "Edexcel", 3),
        (USEFUL[1], "Edexcel", 4),
        (USEFUL[0], "Edexcel", 2),
        (FOUR[1], "AQA", None),
        (FOUR[1], "Edexcel", 4),
    ],
)
def test_where_a_mark_begins(level, board, start):
    assert marking.starting_mark(level, board) == start


@pytest.mark.parametrize(
    ("strands", "level"),
    [
        ([3, 3, 2], 3),
        ([2, 3], 2),
        ([4, 3, 2], 2),
        ([1], 1),
        ([], None),
        ([4, 4, 1, 1], 1),
    ],
)
def test_best_fit_takes_most_strands_and_of_a_tie_the_lower(strands, level):
    assert marking.best_fit(strands) == level


def test_ceilings_close_levels():
    # AQA 6: one bullet alone stops at 6, so level 3 is closed.
    assert marking.highest_open_mark(12, [9, 6]) == 6
    assert marking.highest_open_mark(12, []) == 12
    assert list(marking.open_marks(TWELVE[1], 6)) == [4, 5, 6]
    assert list(marking.open_marks(TWELVE[2], 6)) == []
    # Edexcel 2: level 3 stops at 8.
    assert list(marking.open_marks(TWELVE[2], 8)) == [7, 8]


@pytest.mark.parametrize(
    ("mark", "maxima", "shares"),
    [
        (8, (6, 6, 0, 0), [4, 4, 0, 0]),
        (7, (6, 6, 0, 0), [4, 3, 0, 0]),
        (11, (0, 0, 0, 16), [0, 0, 0, 11]),
        (0, (6, 6, 0, 0), [0, 0, 0, 0]),
        (5, (8, 8, 0, 0), [3, 2, 0, 0]),
        (3, (0, 0, 0, 0), [0, 0, 0, 0]),
    ],
)
def test_a_mark_is_shared_in_proportion(mark, maxima, shares):
    assert marking.split_by_objective(mark, maxima) == shares


@given(
    st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any),
    st.integers(0, 100),
)
def test_shares_add_up_and_stay_within_their_maxima(maxima, percent):
    mark = sum(maxima) * percent // 100

    shares = marking.split_by_objective(mark, maxima)

    assert sum(shares) == mark
    assert all(0 <= share <= most for share, most in zip(shares, maxima, strict=True))


def judge(**changes):
    fields = {
        "mark": 8,
        "tariff": 12,
        "band": (7, 9),
        "has_levels": True,
        "objectives": (5, 3, 0, 0),
        "maxima": (6, 6, 0, 0),
        "ceiling": 12,
        "spag": None,
        "spag_maximum": None,
    }
    return marking.faults(marking.Judgement(**{**fields, **changes}))


def test_the_mockups_mark_is_allowed():
    assert judge() == {}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"mark": 13, "objectives": (6, 6, 0, 0)}, "mark", "between 0 and 12"),
        ({"mark": -1}, "mark", "between 0 and 12"),
        ({"mark": 10, "objectives": (5, 5, 0, 0)}, "mark", "outside this level (7–9)"),
        ({"mark": 0, "objectives": (0, 0, 0, 0)}, "level", "0 has no level"),
        ({"band": None}, "level", "A mark of 8 needs a level"),
        ({"ceiling": 6}, "mark", "stops this answer at 6"),
        ({"objectives": (5, 2, 0, 0)}, "objectives", "add up to 7, the mark is 8"),
        ({"objectives": (7, 1, 0, 0)}, "objectives", "AO1 lies between 0 and 6"),
        ({"objectives": (4, 3, 1, 0)}, "objectives", "AO3 lies between 0 and 0"),
        ({"spag": 2}, "spag", "no SPaG marks"),
        ({"spag_maximum": 4}, "spag", "between 0 and 4"),
        ({"spag_maximum": 4, "spag": 5}, "spag", "between 0 and 4"),
    ],
)
def test_an_impossible_mark_is_explained(changes, field, words):
    assert words in judge(**changes)[field]


def test_zero_has_no_level_and_points_need_none():
    assert judge(mark=0, band=None, objectives=(0, 0, 0, 0)) == {}
    assert judge(mark=3, band=None, has_levels=False, objectives=(2, 1, 0, 0)) == {}


def test_total_is_mark_and_spag():
    assert marking.total(11, 3) == 14
    assert marking.total(8, None) == 8


def test_every_mark_of_a_form_is_either_allowed_or_explained():
    allowed = {
        mark
        for mark, level in itertools.product(range(-1, 14), [None, *TWELVE])
        if not judge(
            mark=mark,
            band=level and (level.lowest_mark, level.highest_mark),
            objectives=tuple(marking.split_by_objective(max(mark, 0), (6, 6, 0, 0))),
        )
    }

    assert allowed == set(range(13))


# Nine totals of an invented series; none of them is a board's.
BOUNDARIES = {9: 44, 8: 39, 7: 34, 6: 29, 5: 24, 4: 20, 3: 14, 2: 9, 1: 4}


@pytest.mark.parametrize(
    ("total", "expected"),
    [(52, 9), (44, 9), (43, 8), (20, 4), (19, 3), (4, 1), (3, "U"), (0, "U")],
)
def test_a_grade_begins_at_its_boundary(total, expected):
    assert marking.grade(total, BOUNDARIES) == expected


@pytest.mark.parametrize("nothing", [None, {}])
def test_without_boundaries_there_is_no_grade(nothing):
    assert marking.grade(52, nothing) is None


@given(
    st.lists(st.integers(1, 168), min_size=9, max_size=9, unique=True),
    st.integers(0, 168),
)
def test_more_marks_never_give_a_lower_grade(totals, total):
    lowest = dict(zip(range(1, 10), sorted(totals), strict=True))
    assert marking.boundary_faults(lowest, 168) == []
    found = marking.grade(total, lowest)

    rank = 0 if found == "U" else found
    assert rank == sum(total >= least for least in lowest.values())
    after = marking.grade(total + 1, lowest)
    assert (0 if after == "U" else after) in range(rank, 10)


@pytest.mark.parametrize(
    ("changes", "grade", "sentence"),
    [
        ({7: None}, 7, "Grade 7 has no total. Enter the lowest that earns it."),
        (
            {9: 53},
            9,
            "Nobody reaches 53 for grade 9: the paper has 52 marks. Enter 52 or less.",
        ),
        (
            {1: 0},
            1,
            "Grade 1 from 0 would go to an empty script. Enter 1 or more.",
        ),
        (
            {5: 29},
            5,
            "Grade 5 begins at 29 and grade 6 at 29: a lower grade needs fewer marks. "
            "Enter less than 29.",
        ),
    ],
)
def test_a_faulty_boundary_is_explained(changes, grade, sentence):
    assert marking.boundary_faults(BOUNDARIES | changes, 52) == [
        marking.BoundaryFault(grade, sentence)
    ]


def test_ceilings_stop_the_level_they_are_written_for():
    anywhere = SimpleNamespace(level_number=0, highest_mark=9, is_firm=True)
    in_two = SimpleNamespace(level_number=2, highest_mark=5, is_firm=True)
    reminder = SimpleNamespace(level_number=0, highest_mark=1, is_firm=False)
    ceilings = [anywhere, in_two, reminder]

    assert marking.ceiling_for(12, 2, ceilings) == 5
    assert marking.ceiling_for(12, 4, ceilings) == 9
    assert marking.ceiling_for(12, 4, [reminder]) == 12


def test_a_point_that_supports_another_earns_nothing_without_it():
    needs = {1: None, 2: 1, 3: None}

    assert marking.idle_points([2, 3], needs) == [2]
    assert marking.idle_points([1, 2], needs) == []


GOOD = marking.Judgement(
    mark=5, tariff=12, band=(4, 6), has_levels=True, objectives=(3, 2, 0, 0),
    maxima=(6, 6, 0, 0), ceiling=12, spag=2, spag_maximum=4,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"points_given": 4}, "mark", "4 points are ticked and the mark is 5. Each"),
        ({"ceiling": 4}, "mark", "A ceiling that you ticked stops this answer at 4."),
        ({"objectives": (3, 1, 0, 0)}, "objectives", "The objectives add up to 4"),
        ({"spag": None}, "spag", "Give SPaG marks between 0 and 4."),
        ({"spag": 5}, "spag", "SPaG lies between 0 and 4."),
        ({"spag_ceiling": 1}, "spag", "A ceiling that you ticked stops SPaG at 1."),
        ({"spag_maximum": None}, "spag", "This question has no SPaG marks."),
    ],
)
def test_what_no_board_allows_is_said_at_its_field(changes, field, sentence):
    assert marking.faults(GOOD) == {}
    found = marking.faults(GOOD._replace(**changes))

    assert list(found) == [field]
    assert found[field].startswith(sentence)

"""A class of five, worked out by hand.

AQA 6 (12 marks, AO1 6 and AO2 6; levels 1–3, 4–6, 7–9, 10–12)

    student  mark  AO1  AO2  level  of 12
    1           3    2    1      1   25 %
    2           5    3    2      2   41.7 %
    3           5    2    3      2   41.7 %
    4           8    4    4      3   66.7 %
    5          11    6    5      4   91.7 %
    sum        32   17   15

    In order 3 5 5 8 11: the median is 5. Share of the marks 32/60 = 53.3 %.
    AO1 17/30 = 56.7 %, AO2 15/30 = 50 %.

Edexcel 3d (16 marks, all AO4, and 4 for SPaG; levels 1–4, 5–8, 9–12, 13–16);
student 5 has not handed it in

    student  mark  SPaG  total  of 20
    1           4     1      5   25 %
    2           9     2     11   55 %
    3          12     3     15   75 %
    4          13     4     17   85 %
    sum        38    10     48

    In order 5 11 15 17: the median is (11 + 15) / 2 = 13. Shares 2.4/4 = 60 %.
    AO4 38/64 = 59.4 %, SPaG 10/16 = 62.5 %.

All nine shares: 32/12 + 2.4 = 5.0667, by 9 is 56.3 %. AQA 6 lies 3.0 points below,
Edexcel 3d 3.7 points above.

Second drafts of AQA 6: 3→6 (level 1→2), 5→5, 5→4, 8→10 (level 3→4): +3, 0, −1, +2,
together +4 in four drafts, one mark each; two rose by a level.
"""

import pytest

from assessments import analysis
from assessments.analysis import Band, Given, Help

AO_12, AO_16 = (6, 6, 0, 0), (0, 0, 0, 16)


def aqa6(student, mark, level, ao1, ao2):
    return Given(student, mark, 12, level, (ao1, ao2, 0, 0), AO_12)


def edx3d(student, mark, level, spag):
    return Given(student, mark, 16, level, (0, 0, 0, mark), AO_16, spag, 4)


AQA6 = [
    aqa6(1, 3, 1, 2, 1),
    aqa6(2, 5, 2, 3, 2),
    aqa6(3, 5, 2, 2, 3),
    aqa6(4, 8, 3, 4, 4),
    aqa6(5, 11, 4, 6, 5),
]
EDX3D = [edx3d(1, 4, 1, 1), edx3d(2, 9, 3, 2), edx3d(3, 12, 3, 3), edx3d(4, 13, 4, 4)]
BANDS = [(1, 3), (4, 6), (7, 9), (10, 12)]


def test_a_spread_counts_marks_and_levels():
    spread = analysis.spread(AQA6, BANDS)

    assert spread.counts == (0, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0, 1, 0)
    assert spread.bands == (
        Band(1, 1, 3, 1),
        Band(2, 4, 6, 2),
        Band(3, 7, 9, 1),
        Band(4, 10, 12, 1),
    )
    assert (spread.median, spread.lowest, spread.highest) == (5, 3, 11)
    assert (spread.students, spread.tariff, spread.are_few) == (5, 12, False)
    assert spread.commonest.number == 2


def test_a_spread_leaves_spag_out_and_four_marks_are_few():
    spread = analysis.spread(EDX3D, [(1, 4), (5, 8), (9, 12), (13, 16)])

    assert spread.median == 10.5
    assert [band.students for band in spread.bands] == [1, 0, 2, 1]
    assert spread.are_few


def test_a_mark_of_nought_has_no_level_and_points_have_none_at_all():
    nought = Given(1, 0, 4, 0, (0, 0, 0, 0), (0, 0, 4, 0))

    assert [b.students for b in analysis.spread([nought], [(1, 2), (3, 4)]).bands] == [
        0,
        0,
    ]
    assert analysis.spread([nought], []).commonest is None
    assert analysis.spread([], BANDS) is None


def test_of_two_levels_with_equally_many_the_lower_is_the_commonest():
    spread = analysis.spread([AQA6[0], AQA6[3]], BANDS)

    assert spread.commonest.number == 1


def test_objectives_are_shares_of_the_marks_that_test_them():
    found = analysis.objectives(AQA6 + EDX3D)

    assert [(s.number, s.had, s.possible) for s in found] == [
        (1, 17, 30),
        (2, 15, 30),
        (4, 38, 64),
        (0, 10, 16),
    ]
    assert [round(s.share, 3) for s in found] == [0.567, 0.5, 0.594, 0.625]
    assert analysis.weakest(found).number == 2


def test_one_objective_alone_is_not_the_weakest_and_spag_never_is():
    assert analysis.weakest(analysis.objectives(EDX3D)) is None
    assert analysis.weakest(analysis.objectives(AQA6[3:4])) is None
    assert analysis.objectives([]) == []


def test_questions_are_compared_with_all_marks_together():
    aqa, none, edexcel = analysis.questions([AQA6, [], EDX3D])

    assert none is None
    assert (aqa.students, aqa.median, aqa.lowest, aqa.highest) == (5, 5, 3, 11)
    assert (edexcel.students, edexcel.median, edexcel.highest_total) == (4, 13, 20)
    assert (edexcel.lowest, edexcel.highest) == (5, 17)
    assert (round(aqa.share, 3), round(edexcel.share, 3)) == (0.533, 0.6)
    assert (round(aqa.difference, 3), round(edexcel.difference, 3)) == (-0.03, 0.037)
    assert analysis.questions([[]]) == [None]


def test_second_drafts_are_compared_in_marks_and_levels():
    after = [
        aqa6(1, 6, 2, 3, 3),
        aqa6(2, 5, 2, 3, 2),
        aqa6(3, 4, 2, 2, 2),
        aqa6(4, 10, 4, 5, 5),
    ]
    found = analysis.gains(list(zip(AQA6, after, strict=False)))

    assert found == analysis.Gains(4, 2, 1, 1, 1.0, 2)
    assert analysis.gains([]) is None


@pytest.mark.parametrize(
    ("mark", "step"),
    [
        (aqa6(1, 2, 1, 1, 1), 1),
        (AQA6[0], 2),
        (AQA6[1], 3),
        (AQA6[3], 4),
        (AQA6[4], 5),
        (edx3d(1, 3, 1, 1), 2),
        (edx3d(1, 3, 1, 0), 1),
        (edx3d(1, 14, 4, 2), 5),
        (edx3d(1, 16, 4, 4), 5),
    ],
)
def test_the_scale_has_five_steps_of_a_fifth(mark, step):
    assert analysis.heat(mark) == step


def test_help_goes_to_who_misses_work_and_then_to_the_lowest():
    # 1 has 25 % in both; 2 has (41.7 + 55) / 2 = 48.3 %; 5 misses two, 4 only one.
    found = analysis.to_help(AQA6 + EDX3D, [5, 4, 5, 6, 6, 6])

    assert found == [
        Help(6, None, 3),
        Help(5, 11 / 12, 2),
        Help(1, 0.25, 0),
    ]
    assert analysis.to_help(AQA6, [5, 5], most=1) == [Help(5, 11 / 12, 2)]
    assert analysis.to_help([], []) == []


def test_of_equally_many_gaps_the_lower_share_comes_first():
    found = analysis.to_help(AQA6, [1, 1, 2, 2, 7, 7])

    assert [row.student for row in found] == [7, 1, 2]


def test_progress_is_from_the_first_to_the_newest_mark():
    step = analysis.progress(AQA6[:4])

    assert (step.first.total, step.newest.total, step.count) == (3, 8, 4)
    assert step.change == 5
    assert analysis.progress(AQA6[:1]) is None

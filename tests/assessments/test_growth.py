"""Growth by hand: every figure below is worked out in the comment beside it."""

import json

import pytest
from hypothesis import given, strategies as st

from assessments import growth
from assessments.growth import Edit, Passage, Pause, Save, Step

LONG = (
    "The Great Purges took away everybody who could have replaced Stalin in the Party. "
)
assert len(LONG) == 82


def typed(*texts, every=3):
    return [Save(n * every, text, "tab", n) for n, text in enumerate(texts, 1)]


def test_steps_are_small_edits_counted_from_the_first_text():
    found = growth.grown(typed("Stalin", "Stalin ruled", "Lenin ruled", "Lenin"))

    assert found.steps == [
        Step(0, [Edit(0, 0, "Stalin")]),
        Step(3, [Edit(6, 0, " ruled")]),
        # "Stal" becomes "Len"; "in ruled" stays.
        Step(6, [Edit(0, 4, "Len")]),
        Step(9, [Edit(5, 6, "")]),
    ]
    assert found.pauses == found.passages == []


def test_nothing_grows_from_nothing_and_the_same_text_is_a_step_without_edits():
    assert growth.grown([]) == growth.Growth([], [], [])
    assert growth.grown(typed("a", "a")).steps == [
        Step(0, [Edit(0, 0, "a")]), Step(3, []),
    ]  # fmt: skip


def test_two_distant_changes_are_two_edits_where_one_would_be_large():
    middle = " so" * 60
    before, after = f"one{middle} two x", f"uno{middle} dos y x"
    found = growth.grown(typed(before, after)).steps[1].edits

    # 3 + 180 signs of which the last is the blank before "two": 184.
    assert found == [Edit(0, 3, "uno"), Edit(184, 3, "dos y")]
    assert growth.applied(before, found) == after


def test_a_large_change_ends_with_what_went_or_came_last():
    same = " so" * 60
    cases = [
        (f"one{same} gone, all", f"uno{same}"),
        (f"one{same}", f"uno{same} and more"),
        (f"a one{same} b", f"a{same} c"),
    ]
    for before, after in cases:
        edits = growth.grown(typed(before, after)).steps[1].edits
        assert growth.applied(before, edits) == after


TEXTS = st.text("ab c\n", max_size=400) | st.text(max_size=50)


@given(st.lists(TEXTS, max_size=8))
def test_the_edits_rebuild_every_text(texts):
    text = ""
    for expected, step in zip(texts, growth.grown(typed(*texts)).steps, strict=True):
        text = growth.applied(text, step.edits)
        assert text == expected


def test_a_pause_is_two_minutes_without_a_save():
    times = [10, 129, 249, 250]
    saves = [Save(at, "x" * n, "tab", n) for n, at in enumerate(times, 1)]

    # 129 − 10 = 119 s is none; 249 − 129 = 120 s is one, from 119 s after the first.
    assert growth.grown(saves).pauses == [Pause(2, 119, 120)]


def test_a_clock_put_back_makes_no_step_come_before_another():
    saves = [Save(100, "a", "tab", 1), Save(40, "ab", "tab", 2), Save(101, "b", "t", 3)]

    assert [step.seconds for step in growth.grown(saves).steps] == [0, 0, 1]


@pytest.mark.parametrize(
    ("length", "seconds", "is_passage"),
    [
        (80, 5, True),  # 16 signs a second
        (79, 1, False),  # too short to tell
        (90, 6, False),  # exactly 15 signs a second
        (91, 6, True),
        (1200, 81, False),  # 14.8 a second
        (1200, 79, True),  # 15.2 a second
    ],
)
def test_a_passage_is_long_and_faster_than_anyone_types(length, seconds, is_passage):
    new = "".join(chr(97 + n % 26) for n in range(length))
    saves = [Save(0, "1 2", "a", 1), Save(seconds, f"1 {new}2", "b", 1)]
    expected = [growth.Passage(1, 2, length)] if is_passage else []

    assert growth.grown(saves).passages == expected


def test_the_first_text_is_measured_from_when_the_task_was_begun():
    assert growth.grown([Save(5, LONG, "tab", 2)]).passages == [Passage(0, 0, 82)]
    assert growth.grown([Save(900, LONG, "tab", 1)]).passages == []


def test_after_a_pause_a_page_that_sent_by_itself_held_seconds_of_typing():
    # 600 s later, but the next try of the same page: 12 s × 15 = 180 signs at most.
    before, after = Save(0, "x", "tab", 4), Save(600, "x" + LONG * 3, "tab", 5)
    # Not the next try, another window, or a pressed button: typed offline, perhaps.
    others = [
        after._replace(number=6),
        after._replace(tab="other"),
        after._replace(is_prompt=False),
    ]

    assert growth.grown([before, after]).passages == [Passage(1, 1, 246)]
    for other in others:
        assert growth.grown([before, other]).passages == []
    short = after._replace(text="x" + LONG * 2)
    assert growth.grown([before, short]).passages == []


def test_what_was_brought_back_begun_from_or_moved_is_no_passage():
    start = [Save(1, LONG, "start", 0, is_typed=False)]
    assert growth.grown(start).passages == []

    other = "x" * 10
    cut = typed(f"{LONG}{other}", other, f"{other}\n{LONG}", every=1)
    cut[0] = cut[0]._replace(is_typed=False)
    assert growth.grown(cut).passages == []
    copied = typed(LONG, f"{LONG}{LONG}", every=1)
    copied[0] = copied[0]._replace(is_typed=False)
    assert growth.grown(copied).passages == []


def test_six_hundred_texts_of_an_essay_fit_into_60_kb():
    words = "Stalin ruled by fear and by hope because nobody dared to speak. " * 47
    texts = [words[: 5 * n] for n in range(1, 601)]
    found = growth.grown(typed(*texts, every=4))
    size = len(json.dumps([[step.seconds, *step.edits] for step in found.steps]))

    assert len(texts[-1]) == 3000
    assert size < 60_000

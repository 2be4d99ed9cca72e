"""The waits against a calculation by hand: 0 0 0 0 0, 15, 45, 105, 195, 315, 435 s."""

import pytest

from people import waits

# When a guesser who wastes no second gets each check, in seconds from the first.
CHECKS = [0, 0, 0, 0, 0, 15, 45, 105, 195, 315, 435, 555, 675]


def test_five_are_free_then_waits_grow_to_two_minutes():
    now, seen = 0, []
    for failures in range(len(CHECKS)):
        now += waits.wait_after(failures)
        seen.append(now)

    assert seen == CHECKS


def test_nine_guesses_fit_into_any_five_minutes():
    most = max(
        sum(start <= check < start + 300 for check in CHECKS) for start in CHECKS
    )

    assert most == 9


@pytest.mark.parametrize(
    ("failures", "since", "left"),
    [
        (4, 0, 0),
        (5, 0, 15),
        (5, 14.2, 1),
        (5, 15, 0),
        (9, 1, 119),
        (50, 119.5, 1),
        # Another server's clock is ahead by a moment; a clock was put right.
        (0, -0.2, 0),
        (4, -3600, 0),
        (5, -0.2, 15),
        (50, -119, 120),
        (50, -121, 0),
    ],
)
def test_what_is_left_is_whole_seconds(failures, since, left):
    assert waits.seconds_left(failures, since) == left


@pytest.mark.parametrize(
    ("checked_at", "last_turn", "due"),
    [
        (None, None, 100),
        (99.5, None, 100.5),
        (98, None, 100),
        (99.5, 104, 105),
        (99.5, 109, 110),
        (99.5, 109.5, None),
    ],
)
def test_the_slow_lane_moves_once_a_second_and_is_ten_long(checked_at, last_turn, due):
    assert waits.place_in_lane(100, checked_at, last_turn) == due

"""A clock that is set while people are signed in: reliability G7."""

import time

import pytest

from people.clock import Clock, ticks

BEGAN = 1_000_000


class Times:
    """What the computer's clock shows, and the seconds that really pass."""

    def __init__(self, monkeypatch):
        self.wall, self.passed = BEGAN, 50.0
        monkeypatch.setattr(time, "time", lambda: self.wall)
        self.clock = Clock(ticks=lambda: self.passed)

    def wait(self, seconds):
        self.wall += seconds
        self.passed += seconds
        self.clock.look()

    def set_by(self, seconds):
        self.wall += seconds
        self.clock.look()


@pytest.fixture
def times(monkeypatch):
    return Times(monkeypatch)


def test_time_passes(times):
    times.wait(3600)
    assert times.clock.since(BEGAN) == 3600
    assert times.clock.ahead == 0


@pytest.mark.parametrize(
    "jumps", [[3600], [-3600], [86_400], [3600, -3600, -3600, 3600]]
)
def test_what_has_not_passed_is_not_counted(times, jumps):
    times.wait(7200)
    for jump in jumps:
        times.set_by(jump)
        times.wait(60)
    # By hand: two hours, and a minute after each jump.
    assert times.clock.since(BEGAN) == 7200 + 60 * len(jumps)
    assert times.clock.ahead == max(0, sum(jumps))


def test_what_is_stamped_after_a_jump_counts_from_there(times):
    times.wait(600)
    times.set_by(86_400)
    stamp = times.wall
    times.wait(3601)
    assert times.clock.since(stamp) == 3601
    assert times.clock.since(BEGAN) == 600 + 3601


def test_a_stamp_of_a_clock_that_was_ahead_is_of_now_until_it_is_past(times):
    times.set_by(3600)
    stamp = times.wall
    times.set_by(-3600)
    assert times.clock.since(stamp) == 0
    times.wait(3600 + 61)
    assert times.clock.since(stamp) == 61


@pytest.mark.parametrize("jump", [-3600, 3600, 86_400])
@pytest.mark.parametrize("lag", [0, 1, 300])
def test_what_another_process_stamped_before_this_one_noticed_is_young(
    times, jump, lag
):
    times.wait(7200)
    times.wall += jump
    stamp = int(times.wall)
    times.wall += lag
    times.passed += lag
    # Not noticed yet, and then noticed.
    assert times.clock.since(stamp) <= max(0, -jump) + lag
    times.clock.look()
    assert times.clock.since(stamp) <= lag


def test_what_is_set_after_the_last_look_waits_for_the_next(times):
    times.wait(60)
    times.wall += 86_400
    assert times.clock.since(BEGAN) == 60
    times.clock.look()
    assert (times.clock.since(BEGAN), times.clock.ahead) == (60, 86_400)


def test_slow_corrections_are_no_jumps(times):
    for _minute in range(600):
        times.wait(60)
        times.set_by(1)
    assert times.clock.ahead == 0
    # Nobody would call a second in a minute a setting of the clock.
    assert times.clock.since(BEGAN) == 600 * 61


def test_the_ticks_are_those_of_the_computer():
    clock = Clock()
    clock.look()
    assert clock.since(int(time.time())) in (0, 1)


def test_where_the_computer_has_no_such_ticks_others_do(monkeypatch):
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")
    assert ticks() == pytest.approx(time.monotonic(), abs=1)
    assert Clock().since(int(time.time())) in (0, 1)

"""How long whoever guessed wrong has to wait (pure).

Nobody is locked out: Cyber Essentials allows ten guesses in five minutes, and
these waits let nine through, so that a classmate's attack ends with the attack.
"""

import math

FREE_TRIES = 5
WAITS = (15, 30, 60, 90, 120)
# After this long without a wrong try all of it is forgotten.
FORGOTTEN_AFTER = 15 * 60

# One address that fails on so many names within so long is spraying passwords.
NAMES_AT_ONCE = 40
NAMES_WITHIN = 10 * 60
# A wrong try that is put right so soon was a slip of the finger.
PUT_RIGHT_WITHIN = 60

# Then those new to their computer go one after another.
LANE_EVERY = 1.0
LANE_LENGTH = 10.0


def wait_after(failures):
    """Return how many seconds must pass after that many wrong tries in a row."""
    if failures < FREE_TRIES:
        return 0
    return WAITS[min(failures - FREE_TRIES, len(WAITS) - 1)]


def seconds_left(failures, since):
    """Return the whole seconds still to wait, `since` seconds after the last one.

    Below zero the two clocks differ: by a little between two servers, or a wrong clock
    was put right, and then nobody waits for it to come true.
    """
    if since < -WAITS[-1]:
        return 0
    return max(0, math.ceil(wait_after(failures) - max(0, since)))


def place_in_lane(now, checked_at, last_turn):
    """Return when the next in the slow lane may try; None when the lane is full.

    All are seconds of one clock; `checked_at` is the last try let through and
    `last_turn` the last one promised, None where there is none.
    """
    due = max(
        [now]
        + [then + LANE_EVERY for then in (checked_at, last_turn) if then is not None]
    )
    return due if due - now <= LANE_LENGTH else None

"""How long ago something was, by a clock that may be set meanwhile (pure)."""

import collections
import logging
import threading
import time

logger = logging.getLogger(__name__)

JUMP_SECONDS = 60
# More than anybody sets a clock while one process runs.
JUMPS_KEPT = 50


def ticks():
    """Return seconds of a clock that nobody sets.

    Where there is one, it goes on while the computer sleeps: those hours have passed.
    """
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Clock:
    """The computer's clock, and when it was set while this process ran."""

    def __init__(self, ticks=ticks):
        self.ticks = ticks
        self._looked = ticks()
        self._ahead = time.time() - self._looked
        self._jumps = collections.deque(maxlen=JUMPS_KEPT)
        self._lock = threading.Lock()

    def look(self):
        """Notice by how much the clock was set since the last look; write it down.

        Another process may have noticed before and stamped by the new time since. What
        could be such a stamp is taken for one: time is given, never taken.
        """
        with self._lock:
            ticks, looked, before = self.ticks(), self._looked, self._ahead
            self._looked, self._ahead = ticks, time.time() - ticks
            jump = self._ahead - before
            if abs(jump) < JUMP_SECONDS:
                return
            # Stamps are whole seconds, rounded down.
            below = ticks + before if jump > 0 else looked + self._ahead - 1
            self._jumps.append((below, round(jump)))
        logger.warning("The server's clock has jumped by %+.0f seconds.", jump)

    def now(self):
        """Return the time as of the last look: what was set since is not known yet."""
        return self.ticks() + self._ahead

    @property
    def ahead(self):
        """By how many seconds it shows more than have passed since this process began."""
        with self._lock:
            return max(0, sum(jump for _below, jump in self._jumps))

    def since(self, stamp):
        """Return the whole seconds since a time that this clock showed.

        A stamp that may be from either side of a jump back is taken for the later one.
        """
        with self._lock:
            jumps = sum(jump for below, jump in self._jumps if stamp < below)
            return max(0, int(self.now()) - stamp - jumps)


CLOCK = Clock()

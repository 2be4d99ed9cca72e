"""Who serves the site from this folder, told by a lock on a file; and its end."""

import contextlib
import queue
from pathlib import Path

from django.conf import settings

try:
    import fcntl
except ImportError:
    # Windows does not let a database be replaced while it is open.
    fcntl = None


def _open():
    Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
    return (Path(settings.VAR_DIR) / "serving.lock").open("w")


def hold():
    """Say that this process serves, until it ends; its workers inherit it."""
    file = _open()
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_SH)
    return file


@contextlib.contextmanager
def nobody_else():
    """Keep the site from being served; yields False where it is served already."""
    with _open() as file:
        if fcntl is None:
            yield True
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


class Interruption:
    """What the server waits on, as `threading.Event` is used, safe to set by a signal.

    An event takes a lock that it cannot take twice: a second signal that comes while the
    first is being dealt with would hang the server for good. `make` passes a signal on
    that its own group got already.
    """

    def __init__(self):
        self._is_set = False
        # Putting into this kind of queue may be interrupted by putting into it.
        self._told = queue.SimpleQueue()

    def set(self):
        self._is_set = True
        self._told.put(None)

    def clear(self):
        self._is_set = False

    def is_set(self):
        return self._is_set

    def wait(self):
        while not self._is_set:
            self._told.get()
        return True

"""Who serves the site from this folder: told by a lock on a file."""

import contextlib
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

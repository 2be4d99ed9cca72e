"""Files and folders put in the place of others, or all of it taken back (pure)."""

import contextlib
import os
import shutil


class HalfDoneError(Exception):
    """Neither could all be put in place, nor all of it be taken back."""


class Swap:
    """Moves files, noting each move before it is made.

    What was there goes into the folder `aside`. Of a folder the contents are moved,
    never the folder itself: it may be a disk of its own.
    """

    def __init__(self, aside):
        self.aside = aside
        self.moves = []

    def put(self, new, place):
        """Put a file, or the contents of a folder, where `place` is."""
        if not new.is_dir():
            self.put_aside(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            self._move(new, place)
            _sync_both(place)
            return
        place.mkdir(parents=True, exist_ok=True)
        for file in _files(place):
            self._move(file, self.aside / place.name / file.relative_to(place))
        _remove_empty(place)
        for file in _files(new):
            put = place / file.relative_to(new)
            self._move(file, put)
            _sync_both(put)

    def put_aside(self, place):
        if place.exists():
            self._move(place, self.aside / place.name)

    def _move(self, old, new):
        new.parent.mkdir(parents=True, exist_ok=True)
        self.moves.append((old, new))
        shutil.move(old, new)

    def take_back(self):
        """Move everything to where it was; raises `OSError`."""
        for old, new in reversed(self.moves):
            if old.exists():
                # The move broke off while it copied.
                new.unlink(missing_ok=True)
            else:
                old.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(new, old)
        _remove_empty(self.aside)


@contextlib.contextmanager
def swap(aside):
    """Yield a `Swap`; whatever goes wrong meanwhile is taken back and raised again.

    Raises `HalfDoneError` where that cannot be done.
    """
    made = Swap(aside)
    try:
        yield made
    except BaseException as error:
        try:
            made.take_back()
        except OSError as another:
            raise HalfDoneError(
                f"It could not all be put in place ({error}), nor all be put back "
                f"({another}). Leave the site stopped: what was there is in {aside}, "
                "and restoring again from the same backup is safe."
            ) from error
        raise


def _files(folder):
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


def _remove_empty(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with contextlib.suppress(OSError):
                path.rmdir()


def _sync_both(file):
    sync(file)
    sync(file.parent)


def sync(path):
    """Wait until a file, or a folder's list of names, is on the disk."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Room on the disk beside an SQLite database.

A few megabytes are kept back in a file. When the disk fills up they are given back,
and what is left then is for signing in: saves are refused as long as room is short.
PostgreSQL's disk is somebody else's.
"""

import contextlib
import os
import shutil
from pathlib import Path

from django.db import connection

KEPT_BYTES = 8 * 2**20
# Saves stop while there is still this much besides.
SPARE_BYTES = 4 * 2**20


def folder():
    """Return the folder of the database file; None where there is none."""
    name = connection.settings_dict["NAME"]
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return None
    return Path(name).parent


def kept_file():
    return folder() / "kept-free"


def keep():
    """Keep room back, where there is plenty."""
    if folder() is None or kept_file().exists():
        return
    if shutil.disk_usage(folder()).free < 4 * KEPT_BYTES:
        return
    half = kept_file().with_suffix(".new")
    # Not zeros: some file systems store those in no room at all.
    half.write_bytes(os.urandom(KEPT_BYTES))
    half.replace(kept_file())


def give_back():
    if folder() is not None:
        with contextlib.suppress(OSError):
            kept_file().unlink(missing_ok=True)


def give_back_if_short():
    """Let a start succeed on a full disk, so that at least reading works."""
    if is_short():
        give_back()


def is_short():
    """Whether what is left is for signing in only."""
    place = folder()
    if place is None or not place.is_dir():
        return False
    disk = shutil.disk_usage(place)
    # A part of the disk may be set aside for root.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    free = disk.total - disk.used if is_root else disk.free
    try:
        free += kept_file().stat().st_size
    except OSError:
        pass
    return free < KEPT_BYTES + SPARE_BYTES

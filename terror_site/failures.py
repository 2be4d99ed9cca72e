"""What an error of the database or the disk means for whoever waits for an answer."""

import errno
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _

RETRY_AFTER_SECONDS = 10
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Failure(NamedTuple):
    """A reason to answer 503: a code for scripts, words for people."""

    code: str
    title: str
    happened: str
    next_step: str


BUSY = Failure(
    "busy",
    _("The site is busy"),
    _("It could not answer just now."),
    _("Wait ten seconds, then try again."),
)
DISK_FULL = Failure(
    "disk-full",
    _("The server’s disk is full"),
    _("Nothing can be saved until somebody makes room on it."),
    _("Tell your teacher or the technician. You can go on reading."),
)
READ_ONLY = Failure(
    "read-only",
    _("The server cannot write to its disk"),
    _("Nothing can be saved until somebody has looked at it."),
    _("Tell your teacher or the technician. You can go on reading."),
)
DAMAGED = Failure(
    "damaged",
    _("The server cannot read its data"),
    _("Its database seems to be damaged."),
    _("Tell your teacher or the technician: they stop the site and repair it."),
)

# By the beginning of SQLite's name for an error, or PostgreSQL's five signs.
_BY_NAME = {
    "SQLITE_FULL": DISK_FULL,
    "53100": DISK_FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_IOERR": READ_ONLY,
    "SQLITE_CANTOPEN": READ_ONLY,
    "25006": READ_ONLY,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


def of(error):
    """Return the `Failure` behind an exception, or None for any other mistake."""
    if isinstance(error, DatabaseError | InterfaceError):
        cause = error.__cause__
        name = (
            getattr(cause, "sqlite_errorname", None)
            or getattr(cause, "sqlstate", None)
            or ""
        )
        for beginning, failure in _BY_NAME.items():
            if name.startswith(beginning):
                return failure
        is_away = isinstance(error, InterfaceError | OperationalError)
        return BUSY if is_away else None
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return DISK_FULL
        return READ_ONLY if error.errno == errno.EROFS else None
    return None

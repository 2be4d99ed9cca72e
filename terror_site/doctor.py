"""What can be wrong with a school's installation, looked for one thing at a time.

Each check returns a `Finding` in words for the technician. A fault puts work or people
at risk now; a warning wants to be decided on. Nothing here writes.
"""

import datetime
import os
import re
import shutil
import sqlite3
import stat
import sys
import zoneinfo
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.core.management.base import CommandError
from django.db import Error, connection
from django.utils import timezone

from assessments.models import AnswerVersion
from people.models import School
from terror_site import backups, room, storage
from terror_site.version import BUILT_ON, VERSION

OK, WARN, FAULT = "ok", "warning", "FAULT"
# Below it a rare fault of the write-ahead log can damage a database.
SOUND_SQLITE = (3, 51, 3)
LITTLE_ROOM = 2**30
# Locks of SQLite do not hold on these.
NETWORK = re.compile(
    r"(nfs\d?|cifs|smb\w*|afs|ceph|glusterfs|lustre|davfs|ncpfs|gfs2?|ocfs2"
    r"|fuse\.(sshfs|glusterfs|ceph\w*|s3fs|rclone|davfs\w*))\Z"
)
MOUNTS = Path("/proc/self/mountinfo")
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}


class Finding(NamedTuple):
    """One thing looked at: how it is, what was looked at, what to do."""

    state: str
    about: str
    said: str


def examine():
    """Look at everything; a check that fails to look is a fault itself."""
    first = _looked(database)
    is_there = first.state == OK
    return [first, *(_looked(check, is_there) for check in CHECKS)]


def _looked(check, is_there=True):
    about = check.__name__.replace("_", " ")
    # Opening what is not there would make it.
    if not is_there and check in INSIDE:
        return Finding(WARN, about, "not looked at: mend the database first.")
    try:
        state, said = check()
    except (Error, OSError) as error:
        state, said = FAULT, f"could not be looked at: {' '.join(str(error).split())}"
    return Finding(state, about, said)


def _pin(name):
    """Return the version of a package that the lock names."""
    lock = (settings.BASE_DIR / "requirements.txt").read_text()
    return re.search(rf"^{name}==([\w.]+)", lock, re.MULTILINE)[1]


def _numbers(version):
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def versions():
    django, wanted = metadata.version("django"), _pin("django")
    here = f"site {VERSION}, Django {django}, Python {sys.version.split()[0]}"
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return FAULT, f"{here}: install Python 3.11, 3.12 or 3.13."
    if _numbers(django) < _numbers(wanted):
        return FAULT, (
            f"{here}: this version of the site wants Django {wanted}, which mends "
            "known holes: run “make upgrade”."
        )
    return OK, here


def sqlite_version():
    if connection.vendor != "sqlite":
        return OK, f"{connection.vendor}, not SQLite"
    if sqlite3.sqlite_version_info < SOUND_SQLITE:
        return WARN, (
            f"SQLite {sqlite3.sqlite_version} has a rare fault of its log, mended in "
            "3.51.3: make a backup every night, or use PostgreSQL."
        )
    return OK, sqlite3.sqlite_version


def database_settings():
    wanted = {"journal_mode": "wal", "synchronous": 2, "mmap_size": 0}
    if connection.vendor != "sqlite":
        wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    found = {}
    with connection.cursor() as cursor:
        for name in wanted:
            ask = "PRAGMA" if connection.vendor == "sqlite" else "SHOW"
            cursor.execute(f"{ask} {name}")
            # A SQLite built without a part of it answers nothing.
            found[name] = (cursor.fetchone() or (wanted[name],))[0]
    wrong = [f"{name}={found[name]}" for name in wanted if found[name] != wanted[name]]
    if wrong:
        return FAULT, (
            f"{', '.join(wrong)}: a power cut could take back words that were called "
            "saved. Take your change of the database’s settings back."
        )
    return OK, ", ".join(f"{name}={value}" for name, value in found.items())


def database():
    try:
        storage.check()
    except CommandError as error:
        return FAULT, str(error)
    return OK, "whole, and of this version"


def mount_of(path):
    """Return (where, kind) of the file system that a path lies on, or None."""
    if not MOUNTS.exists():
        return None
    found = None
    for line in MOUNTS.read_text().splitlines():
        left, _, right = line.partition(" - ")
        where = re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), left.split()[4])
        is_below = path == Path(where) or Path(where) in path.parents
        if is_below and (found is None or len(where) >= len(found[0])):
            found = where, right.split()[0]
    return found


def file_system():
    folder = room.folder()
    if folder is None:
        return OK, "the database is PostgreSQL’s"
    mount = mount_of(folder.resolve())
    if mount is not None and NETWORK.match(mount[1]):
        return FAULT, (
            f"the database lies on {mount[0]}, a network disk ({mount[1]}), where "
            "SQLite gets damaged: move VAR_DIR to a disk of this computer, or use "
            "PostgreSQL."
        )
    return OK, mount[1] if mount else "not told by this system"


def free_space():
    places = {Path(settings.VAR_DIR), settings.BACKUP_DIR}
    free = {p: shutil.disk_usage(p).free for p in places if p.is_dir()}
    place = min(free, key=free.get)
    said = f"{free[place] / 2**30:.1f} GB free where {place} is"
    if room.is_short():
        return FAULT, f"{said}: nothing can be saved until there is more."
    if free[place] < LITTLE_ROOM:
        return WARN, f"{said}: make room before students meet a full disk."
    return OK, said


def clock():
    now = timezone.now()
    if now.date() < BUILT_ON:
        return FAULT, (
            f"it says {now:%d %b %Y}, before this version was made ({BUILT_ON:%d %b %Y}): "
            "set it, and let it follow a time server."
        )
    newest = AnswerVersion.objects.order_by("-pk").values_list("saved_at", flat=True)
    if (last := newest.first()) and last > now + datetime.timedelta(minutes=5):
        return FAULT, (
            f"it says {now:%d %b %Y %H:%M} UTC, but the newest text was saved at "
            f"{last:%d %b %Y %H:%M}: it is or was wrong; dates of work hang on it."
        )
    return OK, f"{now:%d %b %Y %H:%M} UTC"


def time_zone():
    name = School.objects.values_list("time_zone", flat=True).first()
    name = name or settings.TIME_ZONE
    try:
        zone = zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return FAULT, (
            f"“{name}” is none that this computer knows: choose the school’s again in "
            "its settings, or install the package tzdata."
        )
    return OK, f"{name}, where it is {timezone.now().astimezone(zone):%H:%M}"


def secret_key():
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 5:
        return FAULT, (
            "it is too short to keep sign-ins safe: delete it and start with “make "
            "run”, which makes a good one. Everybody signs in again."
        )
    path = settings.SECRET_KEY_FILE
    if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077:
        return FAULT, f"{path} can be read by others: chmod 600 {path}"
    return OK, "long, and nobody else’s to read"


def private_folder():
    """Whether the school's data can be read by others on this computer."""
    var = Path(settings.VAR_DIR)
    if os.name == "posix" and var.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return FAULT, (
            f"{var}, with every answer in it, can be read by others on this computer: "
            f"chmod 700 {var}"
        )
    return OK, f"{var}: nobody else’s to read"


def pictures():
    root = Path(settings.MEDIA_ROOT)
    if settings.S3_BUCKET:
        return OK, f"in the bucket {settings.S3_BUCKET}; back it up by itself"
    if not root.is_dir() or not os.access(root, os.W_OK | os.X_OK):
        return FAULT, (
            f"{root} is missing or cannot be written: give it to the user who runs the "
            "site (chown -R)."
        )
    return OK, str(root)


def last_backup():
    said = backups.last()
    if said is None:
        return WARN, "none was made: “manage.py backup”, every night by a timer."
    when = f"{said['file']}, made {said['made_at']:%d %b %Y %H:%M} UTC"
    if not (settings.BACKUP_DIR / said["file"]).exists():
        when += ", kept elsewhere"
    if said["is_old"]:
        return WARN, f"{when}: older than {backups.OLD_HOURS} hours. Is the timer on?"
    return OK, f"{when}; keep a copy outside this building"


def proxy():
    is_behind = settings.SECURE_PROXY_SSL_HEADER is not None
    if settings.IS_HTTPS and not is_behind:
        return FAULT, (
            "SITE_SCHEME=https, but no proxy is declared, so every page leads to itself "
            "for ever: BEHIND_PROXY=1 with a proxy, SITE_SCHEME=http without one."
        )
    is_open = os.environ.get("HOST", "127.0.0.1") in ("0.0.0.0", "::")  # noqa: S104 (compared)
    if is_behind and is_open:
        return WARN, (
            "BEHIND_PROXY=1 and HOST=0.0.0.0: whoever goes round the proxy can claim to "
            "come over HTTPS. HOST=127.0.0.1, or let only the proxy in."
        )
    return OK, "declared" if is_behind else "none"


def https():
    if not settings.IS_HTTPS:
        return WARN, (
            "off: whoever listens on the network can read passwords and answers. Fine "
            "inside the school only (docs/security.md)."
        )
    return OK, f"on; browsers keep to it for {settings.SECURE_HSTS_SECONDS} s"


def names():
    own = [name for name in settings.ALLOWED_HOSTS if name not in _LOCAL_NAMES]
    if settings.IS_HTTPS and not own:
        return WARN, (
            "the site answers to this computer only: ALLOWED_HOSTS=history.school.lan, "
            "with the name that people open."
        )
    return OK, ", ".join(own or settings.ALLOWED_HOSTS)


def static_files():
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if not stamp.exists():
        return FAULT, "styles and scripts are missing: run “manage.py prepare”."
    return OK, "collected"


def django_checks():
    found = [
        issue
        for issue in run_checks(include_deployment_checks=True)
        if issue.level >= WARNING and not issue.is_silenced()
    ]
    if found:
        return FAULT, "; ".join(f"{issue.id} {issue.msg}" for issue in found)
    return OK, "nothing found"


# What needs the database itself.
INSIDE = (database_settings, clock, time_zone)
CHECKS = (
    versions,
    sqlite_version,
    database_settings,
    file_system,
    free_space,
    clock,
    time_zone,
    secret_key,
    private_folder,
    pictures,
    static_files,
    last_backup,
    proxy,
    https,
    names,
    django_checks,
)

"""Whether the database can be trusted with anybody's words, asked at every start.

Each refusal is one sentence for the technician; `docs/reliability.md` ("Repair")
goes on from there. Nothing here writes, and a database is never made where
something else stands.
"""

import os
import sqlite3
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from terror_site import failures

GUIDE = "(docs/reliability.md, “Repair”)"
_HEADER = b"SQLite format 3\0"


def refuse(sentence):
    raise CommandError(f"{sentence} {GUIDE}")


def check(*, is_to_be_migrated=False):
    """Refuse to start on storage that is broken, unsafe or of another version."""
    try:
        if connection.vendor != "sqlite":
            check_durability()
        elif not check_file(is_to_be_made=is_to_be_migrated):
            return
        check_version(is_to_be_migrated=is_to_be_migrated)
    except (Error, OSError) as error:
        refuse_unusable(error)


def refuse_unusable(error):
    what = failures.of(error)
    if what is failures.DISK_FULL:
        refuse(f"The disk is full: make room where {settings.VAR_DIR} is.")
    refuse(
        f"The database cannot be used ({' '.join(str(error).split())}): with SQLite, "
        f"check that this user can write in {settings.VAR_DIR}; with PostgreSQL, that "
        "it runs and that DATABASE_URL is right."
    )


def check_file(*, is_to_be_made):
    """Look at an SQLite file without opening it for real, which would make one.

    Returns False where a new one is to be made.
    """
    if connection.is_in_memory_db():
        return True
    path = Path(connection.settings_dict["NAME"])
    if path.is_dir():
        refuse(
            f"The database {path} is a folder: correct DATABASE_URL so that it names "
            "the database’s file."
        )
    if not path.parent.is_dir():
        refuse(
            f"The folder {path.parent} of the database does not exist: make it, or "
            "correct DATABASE_URL."
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        refuse(
            f"The folder {path.parent} of the database cannot be written: give this "
            "user the right to write there."
        )
    log = path.with_name(f"{path.name}-wal")
    if not path.exists():
        if log.exists() and log.stat().st_size:
            refuse(
                f"The database {path} is missing but its log {log.name} is there: put "
                "the database back beside it before anything else."
            )
        # A new, empty one must not be taken for the school.
        for aside in path.parent.glob("before-restore-*"):
            if (aside / path.name).exists():
                refuse(
                    f"The database {path} is missing and an older one lies in {aside}: a "
                    "restore was interrupted. Run it again, or move all that lies there "
                    "back."
                )
        if not is_to_be_made:
            refuse(
                f"There is no database {path}: run “manage.py prepare” to make one, "
                "or correct DATABASE_URL."
            )
        return False
    if not os.access(path, os.R_OK | os.W_OK):
        refuse(
            f"The database {path} cannot be written: give this user the right to "
            "read and write it."
        )
    if path.stat().st_size == 0:
        refuse(
            f"The database {path} is empty: put back the latest backup, or delete the "
            "file if this site has never run."
        )
    with path.open("rb") as file:
        is_database = file.read(len(_HEADER)) == _HEADER
    if not is_database:
        refuse(
            f"The file {path} is not a database of this site: put back the latest "
            "backup, or correct DATABASE_URL."
        )
    if problem := _damage(path):
        refuse(
            f"The database {path} is damaged ({problem}): leave it as it is and repair "
            "it, or put back the latest backup."
        )
    return True


def _damage(path):
    """Return SQLite's own first complaint about a file, or None."""
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        try:
            said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            database.close()
    except sqlite3.OperationalError:
        # Locked, full or away: not damage. Opening it for real says it better.
        return None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if said == "ok" else " ".join(said.split())


def check_durability():
    """Refuse a PostgreSQL that confirms what a power cut could take back."""
    if os.environ.get("UNSAFE_DATABASE") == "1":
        return
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            is_off = cursor.fetchone()[0] == "off"
        if is_off:
            refuse(
                f"PostgreSQL runs with {name}=off, so a power cut could take back "
                "words that were called saved: switch it on, or start with "
                "UNSAFE_DATABASE=1 where nothing matters."
            )


def check_version(*, is_to_be_migrated):
    """Refuse a database that is newer than this code, or older and not updated."""
    executor = MigrationExecutor(connection)
    known = set(executor.loader.disk_migrations)
    for migration in executor.loader.disk_migrations.values():
        known.update(migration.replaces)
    applied = executor.loader.applied_migrations
    newer = sorted(".".join(key) for key in applied if key not in known)
    if newer:
        refuse(
            f"The database was used by a newer version of this site (it has "
            f"{newer[0]}): start that version, or put back a backup from before it."
        )
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan and not is_to_be_migrated:
        what = "is older than this version" if applied else "holds no school yet"
        refuse(
            f"The database {what} ({len(plan)} changes are missing): run "
            "“manage.py prepare”, or start with “make run”, which does."
        )

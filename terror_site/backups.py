"""A school's whole site in one file, and back again (docs/technician.md).

A backup is a zip: `manifest.json` with the size and SHA-256 of every other member, the
database, the secret key and the pictures. The zip's comment is the SHA-256 of all that
comes before it, so that no changed byte goes unnoticed. Every refusal is a
`BackupError`, in a sentence; nothing of the site is touched before all checks are done.
"""

import contextlib
import datetime
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from assessments import erasing
from terror_site import serving, swaps

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
KEY = "secret_key"
# Left behind by a restore for the next start, which writes it into the audit log.
RESTORED = "restored.txt"
MEDIA = "media/"
# After this the admin's front page and `doctor` warn: a night was missed.
OLD_HOURS = 26
_COMMENT_BYTES = 64
_BLOCK = 2**20

# Empties a schema without dropping it, for which the site may lack the right.
_WIPE = """
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT tablename AS name FROM pg_tables
      WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', found.name);
  END LOOP;
  FOR found IN SELECT sequencename AS name FROM pg_sequences
      WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP SEQUENCE IF EXISTS %I CASCADE', found.name);
  END LOOP;
  FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
      WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e') LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', found.name);
  END LOOP;
END $$;
"""


class BackupError(Exception):
    """Why a backup cannot be made or put back: one sentence for the technician."""


# Making


def make(folder, keep=0, say=lambda line: None):
    """Write a backup into a folder, check it, and return its path.

    `keep` > 0 deletes all but so many of the newest there.
    """
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"classroom-{timezone.localtime():%Y%m%d-%H%M%S}.zip"
    if path.exists():
        raise BackupError(f"{path} is there already: wait a second, then try again.")
    part = path.with_suffix(".part")
    try:
        with tempfile.TemporaryDirectory(dir=folder) as work:
            say("Copying the database …")
            database = _dump(Path(work))
            files = {database.name: database, **_files()}
            say(f"Packing {len(files)} files …")
            _pack(part, files)
        say("Checking what was written …")
        check(part)
        swaps.sync(part)
        part.replace(path)
        swaps.sync(folder)
    finally:
        part.unlink(missing_ok=True)
    _note(path)
    if keep:
        for old in newest_first(folder)[keep:]:
            old.unlink()
    return path


def newest_first(folder):
    return sorted(Path(folder).glob("classroom-*.zip"), reverse=True)


def _files():
    """Return the files besides the database, by their names in the zip."""
    found = {}
    if settings.SECRET_KEY_FILE.exists():
        found[KEY] = settings.SECRET_KEY_FILE
    if isinstance(default_storage, FileSystemStorage):
        root = Path(settings.MEDIA_ROOT)
        for file in sorted(root.rglob("*")):
            if file.is_file():
                found[MEDIA + file.relative_to(root).as_posix()] = file
    return found


def _dump(folder):
    """Copy the database as it is at this moment, while others go on writing."""
    target = folder / DATABASES[connection.vendor]
    if connection.vendor == "postgresql":
        _postgres("pg_dump", "--format=custom", "--no-owner", f"--file={target}")
        return target
    # All in one step: a copy in several begins anew with every save meanwhile.
    source = sqlite3.connect(connection.settings_dict["NAME"], timeout=60)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        # One file that needs no log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        copy.close()
        source.close()
    _look_into(target)
    return target


def _pack(part, files):
    manifest = {
        "format": FORMAT,
        "made_at": timezone.now().isoformat(),
        "database": connection.vendor,
        "migrations": sorted(
            ".".join(key) for key in MigrationLoader(connection).applied_migrations
        ),
        "files": {},
    }
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, file in files.items():
            packed.write(file, name)
            manifest["files"][name] = {
                "size": file.stat().st_size,
                "sha256": _sha256(file),
            }
        packed.writestr(MANIFEST, json.dumps(manifest, indent=1))
        packed.comment = b"0" * _COMMENT_BYTES
    os.chmod(part, 0o600)
    whole = _sha256(part, part.stat().st_size - _COMMENT_BYTES)
    with part.open("r+b") as file:
        file.seek(-_COMMENT_BYTES, os.SEEK_END)
        file.write(whole.encode())


# Checking


def check(path):
    """Read a whole backup and return its manifest; raises `BackupError`."""
    path = Path(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error
    broken = f"{path} is damaged or cut short: use another backup."
    if not size:
        raise BackupError(f"{path} is empty: use another backup.")
    if not zipfile.is_zipfile(path):
        raise BackupError(f"{path} is not a backup of this site, or it is cut short.")
    try:
        with zipfile.ZipFile(path) as packed:
            if MANIFEST not in packed.namelist():
                raise BackupError(f"{path} is not a backup of this site.")
            if packed.comment != _sha256(path, size - _COMMENT_BYTES).encode():
                raise BackupError(broken)
            manifest = json.loads(packed.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise BackupError(
                    f"{path} was made by another version of this site, which writes "
                    "backups in another form: put it back with that version."
                )
            if {*manifest["files"], MANIFEST} != set(packed.namelist()):
                raise BackupError(broken)
            for name, told in manifest["files"].items():
                with packed.open(name) as file:
                    if _digest(file) != told["sha256"]:
                        raise BackupError(broken)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError) as error:
        raise BackupError(broken) from error
    return manifest


def _look_into(path):
    """Refuse a copy of an SQLite database that SQLite itself finds fault with."""
    database = sqlite3.connect(path)
    try:
        said = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
        lost = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        said, lost = str(error), None
    finally:
        database.close()
    if said != "ok" or lost:
        raise BackupError(
            f"The database is damaged ({said if said != 'ok' else f'row of {lost[0]}'}): "
            "see docs/reliability.md, “Repair”."
        )


# Putting back


def restore(path, say=lambda line: None):
    """Put a backup in the place of what is there; return (manifest, folder put aside).

    What was there is moved aside, not deleted. Raises `BackupError` before anything is
    touched, or after everything was put back as it was.
    """
    say("Reading the backup …")
    manifest = check(path)
    _refuse_unfit(manifest, path)
    var = Path(settings.VAR_DIR)
    var.mkdir(parents=True, exist_ok=True)
    needed = sum(told["size"] for told in manifest["files"].values())
    if shutil.disk_usage(var).free < 1.1 * needed + 2**24:
        raise BackupError(
            f"There is no room for it: make {needed / 2**20:.0f} MB free where {var} is."
        )
    with serving.nobody_else() as is_alone:
        if not is_alone or _others_connected():
            raise BackupError(
                "The site is running: stop it, on every server, then try again."
            )
        with tempfile.TemporaryDirectory(dir=var, prefix="restoring-") as work:
            staged = Path(work)
            say("Unpacking it beside what is there …")
            with zipfile.ZipFile(path) as packed:
                packed.extractall(staged)
            # The list of the erased is not to go back in time with the rest.
            if connection.vendor != "sqlite" or Path(_sqlite_file()).exists():
                with contextlib.suppress(DatabaseError):
                    erasing.note_outside()
            aside = var / f"before-restore-{timezone.localtime():%Y%m%d-%H%M%S}"
            aside.mkdir(mode=0o700)
            note = f"backup of {manifest['made_at']}\n"
            (staged / RESTORED).write_text(note)
            connections.close_all()
            say(f"Putting what is there aside, in {aside.name} …")
            try:
                if connection.vendor == "postgresql":
                    _swap_postgres(staged, aside)
                else:
                    _swap_sqlite(staged, aside)
            finally:
                with contextlib.suppress(OSError):
                    aside.rmdir()
    return manifest, aside


def _sqlite_file():
    return connection.settings_dict["NAME"]


def _others_connected():
    """Whether PostgreSQL serves anybody but us: another app server, or a console."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone()[0])


def _refuse_unfit(manifest, path):
    """Refuse a backup that this version, or this database, cannot take."""
    if manifest["database"] != connection.vendor:
        raise BackupError(
            f"{path} is of a {manifest['database']} database, and DATABASE_URL names a "
            f"{connection.vendor} one: correct DATABASE_URL, or use another backup."
        )
    loader = MigrationLoader(None)
    known = {".".join(key) for key in loader.disk_migrations}
    for migration in loader.disk_migrations.values():
        known.update(".".join(key) for key in migration.replaces)
    newer = [name for name in manifest["migrations"] if name not in known]
    if newer:
        raise BackupError(
            f"{path} was made by a newer version of this site (it has {newer[0]}): "
            "install that version first, then put it back."
        )


def _places(staged):
    """Return (what was unpacked, where it belongs) of the files of a site."""
    pairs = [
        (staged / KEY, settings.SECRET_KEY_FILE),
        (staged / RESTORED, Path(settings.VAR_DIR) / RESTORED),
    ]
    with contextlib.suppress(FileNotFoundError):
        os.chmod(staged / KEY, 0o600)
    if isinstance(default_storage, FileSystemStorage):
        media = staged / MEDIA
        media.mkdir(exist_ok=True)
        pairs.append((media, Path(settings.MEDIA_ROOT)))
    return [(new, place) for new, place in pairs if new.exists()]


@contextlib.contextmanager
def _all_or_nothing(aside):
    """Yield a `Swap`; where it fails, say truly whether all is as it was."""
    try:
        with swaps.swap(aside) as swap:
            yield swap
    except (BackupError, OSError) as error:
        raise BackupError(
            f"It could not be put in place ({error}); everything is as it was."
        ) from error


def _swap_sqlite(staged, aside):
    """Put SQLite's file and the rest in their places, or everything back."""
    _look_into(staged / DATABASES["sqlite"])
    database = Path(_sqlite_file())
    with _all_or_nothing(aside) as swap:
        # Its log belongs to the old file and would be read into the new one.
        for end in ("-wal", "-shm"):
            swap.put_aside(database.with_name(f"{database.name}{end}"))
        swap.put(staged / DATABASES["sqlite"], database)
        for new, place in _places(staged):
            swap.put(new, place)


def _swap_postgres(staged, aside):
    """Put the files in place, then the dump into the database in one transaction."""
    dump = aside / DATABASES["postgresql"]
    _postgres("pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
    wipe, rows = staged / "wipe.sql", staged / "rows.sql"
    wipe.write_text(_WIPE)
    _postgres(
        "pg_restore", "--no-owner", "--no-privileges", f"--file={rows}",
        str(staged / DATABASES["postgresql"]), is_of_database=False,
    )  # fmt: skip
    with _all_or_nothing(aside) as swap:
        for new, place in _places(staged):
            swap.put(new, place)
        # Last: only files can be taken back.
        _postgres(
            "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
            "--single-transaction", f"--file={wipe}", f"--file={rows}",
        )  # fmt: skip


# What the operator knows


def _note(path):
    """Write down when the last backup was made and checked, for the front page."""
    said = {
        "file": path.name,
        "bytes": path.stat().st_size,
        "made_at": timezone.now().isoformat(),
        "checked_at": timezone.now().isoformat(),
    }
    settings.BACKUP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = settings.BACKUP_DIR / "last.json.new"
    half.write_text(json.dumps(said))
    half.replace(settings.BACKUP_DIR / "last.json")


def note_check(path):
    """Write down that the last backup, or a copy of it, was found sound again."""
    place = settings.BACKUP_DIR / "last.json"
    if (said := last()) is None or said["file"] != Path(path).name:
        return
    told = json.loads(place.read_text()) | {"checked_at": timezone.now().isoformat()}
    half = place.with_suffix(".json.new")
    half.write_text(json.dumps(told))
    half.replace(place)


def last():
    """Return the last backup's note with times, or None where none was made."""
    try:
        said = json.loads((settings.BACKUP_DIR / "last.json").read_text())
        for name in ("made_at", "checked_at"):
            said[name] = datetime.datetime.fromisoformat(said[name])
    except (OSError, ValueError, KeyError):
        return None
    said["is_old"] = timezone.now() - said["made_at"] > datetime.timedelta(
        hours=OLD_HOURS
    )
    return said


# Tools


def _digest(file, size=None):
    """Return the SHA-256 of what is left in an open file, or of its next bytes."""
    found = hashlib.sha256()
    left = size
    while block := file.read(_BLOCK if left is None else min(_BLOCK, left)):
        found.update(block)
        if left is not None:
            left -= len(block)
    return found.hexdigest()


def _sha256(path, size=None):
    with path.open("rb") as file:
        return _digest(file, size)


def postgres_program(name):
    """Return PostgreSQL's program of this name, the newest where there are several."""
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdecimal() else 0,
    )
    program = found[-1] if found else shutil.which(name)
    if program is None:
        raise BackupError(
            f"PostgreSQL’s {name} is missing: apt-get install postgresql-client."
        )
    return str(program)


def _postgres(name, *arguments, is_of_database=True):
    """Run one of PostgreSQL's programs on the site's database."""
    values = connection.settings_dict
    told = {
        "PGHOST": values["HOST"],
        "PGPORT": str(values["PORT"] or ""),
        "PGUSER": values["USER"],
        # Not as an argument, which everybody on the machine can read.
        "PGPASSWORD": values["PASSWORD"],
        "PGDATABASE": values["NAME"],
        "PGSSLMODE": values["OPTIONS"].get("sslmode", ""),
        "PGSSLROOTCERT": values["OPTIONS"].get("sslrootcert", ""),
    }
    environment = {k: v for k, v in told.items() if v} if is_of_database else {}
    ran = subprocess.run(
        [postgres_program(name), *arguments],
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        said = ran.stderr.strip().splitlines() or ["no reason given"]
        raise BackupError(f"PostgreSQL’s {name} failed: {said[-1]}")

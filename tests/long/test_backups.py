"""Backups on both databases: everything comes back, and nothing bad is put back."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psycopg
import pytest

from tests.bench import Browserless
from tests.long.databases import database, site_on
from tests.site import BASE
from tests.writers import NOTHING, Class, Stored, check, outcomes

pytestmark = pytest.mark.long

BOTH = ("SQLite", "PostgreSQL")
STUDENTS, TASKS = 500, 17  # of six questions each: 102 answers for each student


def goal(name, words):
    return [
        pytest.param(kind, marks=pytest.mark.goal(name, f"{kind}: {words}"))
        for kind in BOTH
    ]


def connect(place, site):
    if place.name == "SQLite":
        return sqlite3.connect(site.folder / "classroom.sqlite3")
    return psycopg.connect(place.cluster.address)


def rows_of(place, site):
    """Return table → (rows, hash of all of them in order), read past the product."""
    found = {}
    with connect(place, site) as rows:
        tables = rows.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if place.name == "SQLite"
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        for (table,) in sorted(tables):
            if table.startswith("sqlite_"):
                continue
            sql = f'SELECT * FROM "{table}" ORDER BY 1'  # noqa: S608 (our own names)
            every = rows.execute(sql).fetchall()
            text = "\n".join(repr(tuple(row)) for row in every)
            found[table] = (len(every), hashlib.sha256(text.encode()).hexdigest())
    rows.close()
    return found


def files_of(site):
    names = [site.folder / "secret_key", *(site.folder / "media").rglob("*")]
    return {
        str(name.relative_to(site.folder)): name.read_bytes()
        for name in names
        if name.is_file()
    }


def fill(site):
    """Give a school 500 students with 102 marked answers each, and a picture."""
    subprocess.run(
        [sys.executable, "-c", f"""
import django; django.setup()
from django.db import transaction
from assessments.models import Question
from people.models import TeachingGroup, User
from tests import bulk
six = Question.objects.filter(spag_scheme=None).published()[:6]
teacher = User.objects.with_role("teacher").first()
with transaction.atomic():
    for number in range({STUDENTS // 25}):
        group = TeachingGroup.objects.create(name=f"Big {{number}}", cohort=2030)
        students = bulk.make_students(group, 25, f"big{{number}}-")
        for task in range({TASKS}):
            made = bulk.make_task(group, teacher, six, f"big-{{number}}-{{task}}", task + 1)
            bulk.hand_in(made, students, teacher)
"""],
        cwd=BASE, env=site.environment, check=True,
    )  # fmt: skip
    pictures = site.folder / "media" / "pictures"
    pictures.mkdir(parents=True)
    (pictures / "ä poster.webp").write_bytes(bytes(range(256)) * 4000)


def wipe(place, site):
    """Lose the computer: the folder and, on PostgreSQL, all that is in the database."""
    shutil.rmtree(site.folder)
    site.folder.mkdir()
    if place.name == "PostgreSQL":
        with psycopg.connect(place.cluster.address, autocommit=True) as rows:
            rows.execute("DROP SCHEMA public CASCADE")
            rows.execute("CREATE SCHEMA public")


@pytest.mark.parallel
@pytest.mark.parametrize(
    "name",
    goal(
        "G33",
        "backup, everything lost, restore: every row and file as before, sign-in works; "
        "500 students × 102 answers ≤ 2 min",
    ),
)
def test_everything_comes_back(name, var, tmp_path, reached):
    with database(name) as place, site_on(place, var) as site:
        fill(site)
        site.stop()
        before, files = rows_of(place, site), files_of(site)
        accounts = (site.folder / "demo-accounts.csv").read_bytes()
        began = time.monotonic()
        said = site.manage("backup", str(tmp_path / "safe"))
        saved = time.monotonic() - began
        (backup,) = (tmp_path / "safe").glob("*.zip")
        assert said.splitlines()[-1].startswith("Backed up and checked: ")

        wipe(place, site)
        began = time.monotonic()
        said = site.manage("restore", str(backup))
        restored = time.monotonic() - began
        assert said.splitlines()[-1].startswith("Restored: the site of ")
        assert rows_of(place, site) == before
        assert files_of(site) == files

        (site.folder / "demo-accounts.csv").write_bytes(accounts)
        site.start()
        site.wait_until_ready()
        student = Browserless(site, "student")
        assert "Sign out" in student.get("/")[1]
        reached(
            f"{before['assessments_answer'][0]:,} answers, {len(before)} tables and "
            f"{len(files)} files identical; backup {saved:.0f} s, restore "
            f"{restored:.0f} s, {backup.stat().st_size / 2**20:.0f} MB"
        )
        assert before["assessments_answer"][0] > STUDENTS * 100
        assert saved + restored <= 120


def stored_in(backup, place, folder):
    """Return what a backup's database holds, unpacked where nothing else is."""
    with zipfile.ZipFile(backup) as packed:
        packed.extractall(folder)
    if place.name == "SQLite":
        return Stored.in_sqlite(folder / "database.sqlite3")
    with psycopg.connect(place.cluster.address, autocommit=True) as rows:
        rows.execute("DROP DATABASE IF EXISTS looked_into")
        rows.execute("CREATE DATABASE looked_into")
    other = place.cluster.address.rpartition("/")[0] + "/looked_into"
    # Where the user whom PostgreSQL's programs run as may read it.
    dump = Path(place.cluster.folder) / "looked_into.dump"
    dump.write_bytes((folder / "database.dump").read_bytes())
    dump.chmod(0o644)
    place.cluster.run("pg_restore", "--no-owner", f"--dbname={other}", str(dump))
    return Stored.in_postgres(lambda: psycopg.connect(other))


@pytest.mark.parametrize(
    "name",
    goal(
        "G34",
        "10 backups while 60 students save: 0 failed saves; each holds every write "
        "acknowledged before it began",
    ),
)
def test_a_backup_while_a_class_writes(name, var, tmp_path, reached):
    missing = 0
    with (
        database(name) as place,
        site_on(place, var) as site,
        Class(site, 60, pause=1.0) as students,
    ):
        for turn in range(10):
            students.wait_for_more(60)
            acknowledged = [c for c in list(students.history) if c.outcome == "ok"]
            folder = tmp_path / str(turn)
            site.manage("backup", str(folder))
            (backup,) = folder.glob("*.zip")
            stored = stored_in(backup, place, folder / "unpacked")
            missing += sum(
                stored.texts.get((call.answer, call.body["version"])) != call.text
                for call in acknowledged
            )
        students.finish()
        assert check(students.history, place.stored(site)) == NOTHING
        failed = [call for call in students.history if call.outcome != "ok"]
        reached(f"10 backups, {outcomes(students.history)}; {missing} missing")
        assert missing == 0
        assert failed == []


@pytest.mark.parallel
@pytest.mark.goal(
    "G35", "6 bad backups: each is refused in a sentence, the site is as it was"
)
def test_bad_backups_change_nothing(var, tmp_path, reached):
    with database("SQLite") as place, site_on(place, var) as site:
        site.manage("backup", str(tmp_path / "safe"))
        (good,) = (tmp_path / "safe").glob("*.zip")

        def refused(path):
            ran = subprocess.run(
                [sys.executable, "manage.py", "restore", str(path)],
                cwd=BASE, env=site.environment, capture_output=True, text=True,
            )  # fmt: skip
            assert ran.returncode == 1
            (line,) = ran.stderr.splitlines()
            return line.partition("Nothing was changed. ")[2]

        assert refused(good).startswith("The site is running")
        site.stop()
        before, files = rows_of(place, site), files_of(site)
        whole = good.read_bytes()
        bad = tmp_path / "bad.zip"
        said = {}

        def attempt(what, content):
            bad.write_bytes(content)
            said[what] = refused(bad)
            assert rows_of(place, site) == before
            assert files_of(site) == files

        attempt("cut short", whole[: len(whole) // 2])
        flipped = bytearray(whole)
        flipped[len(whole) // 3] ^= 1
        attempt("one byte flipped", bytes(flipped))
        attempt(
            "foreign file", (BASE / "docs/screenshots/lesson-1280.png").read_bytes()
        )
        attempt("empty", b"")
        attempt("wrong version", repacked(good, tmp_path, with_future))
        attempt("another database", repacked(good, tmp_path, of_postgres))
        said["not there"] = refused(tmp_path / "nowhere.zip")
        assert not list(site.folder.glob("before-restore-*"))
        assert len({*said.values()}) >= 5, said
        assert "newer version" in said["wrong version"]
        reached(f"{len(said) - 1} of 6 refused, nothing touched")


def with_future(manifest):
    manifest["migrations"].append("assessments.0999_the_future")


def of_postgres(manifest):
    manifest["database"] = "postgresql"


def repacked(backup, folder, change):
    """Return a backup that is whole in itself, with another manifest."""
    made = folder / "repacked.zip"
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                manifest = json.loads(content)
                change(manifest)
                content = json.dumps(manifest).encode()
            new.writestr(name, content)
        new.comment = b"0" * 64
    content = made.read_bytes()
    return content[:-64] + hashlib.sha256(content[:-64]).hexdigest().encode()

"""An update keeps every word and mark, also when the power goes meanwhile: goal G14."""

import contextlib
import hashlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import psycopg
import pytest

from tests.postgres import cluster
from tests.site import BASE, Site, running_site
from tests.writers import Stored

pytestmark = [pytest.mark.long, pytest.mark.parallel]

KILLS = 5
_WORK = (
    "SELECT id, answer_id, version_id, marker_id, mark, ao1, www, awarded_at"
    " FROM assessments_mark ORDER BY id",
    "SELECT script.release_id, script.script_id, mark.mark_id"
    " FROM assessments_releasedscript script JOIN assessments_releasedscript_marks mark"
    " ON mark.releasedscript_id = script.id ORDER BY 1, 2, 3",
    "SELECT id, public_id, marking_code, receipt_code, handed_in_at, student_id"
    " FROM assessments_script ORDER BY id",
    "SELECT id, answer_id, number, tab, tab_number, saved_at, checksum, writer_id"
    " FROM assessments_answerversion ORDER BY id",
)


class OldSQLite:
    """Copies of one database of the first release."""

    def __init__(self, folder):
        self.folder = folder
        self.old = self._address("old")

    def _address(self, name):
        return f"sqlite:///{self.folder / name}.sqlite3"

    def copy(self, name):
        shutil.copy(self.folder / "old.sqlite3", self.folder / f"{name}.sqlite3")
        return self._address(name)

    def connect(self, address):
        return contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///")))


class OldPostgreSQL:
    def __init__(self, running):
        self.address = running.address
        self.admin("CREATE DATABASE old")
        self.old = self._address("old")

    def _address(self, name):
        return f"{self.address.rpartition('/')[0]}/{name}"

    def admin(self, statement):
        with psycopg.connect(self.address, autocommit=True) as database:
            database.execute(statement)

    def copy(self, name):
        self.admin(f"CREATE DATABASE {name} TEMPLATE old")
        return self._address(name)

    def connect(self, address):
        return psycopg.connect(address)


def fingerprint(place, address):
    """Return the number of texts, and a hash of all texts, marks and releases."""
    digest = hashlib.sha256()
    with place.connect(address) as database:
        stored = Stored(database.execute(Stored._SQL).fetchall())
        for question in _WORK:
            digest.update(repr(database.execute(question).fetchall()).encode())
    digest.update(repr(sorted(stored.texts.items())).encode())
    digest.update(repr(sorted(stored.standing.items())).encode())
    return len(stored.texts), digest.hexdigest()


def migrate(site, kill_after=None):
    """Run what `prepare` runs; return whether it came to its end, and the seconds."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", "--no-input"],
        cwd=BASE,
        env=site.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, said = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return False, kill_after
    assert process.returncode == 0, said
    return True, time.monotonic() - began


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.goal(
                "G14",
                f"{name}: a database of the first release, updated and 5 times "
                "interrupted by SIGKILL: texts, marks and releases identical",
            ),
        )
        for name in ("SQLite", "PostgreSQL")
    ],
)
def test_an_update_keeps_every_word(name, tmp_path, reached):
    with contextlib.ExitStack() as stack:
        if name == "SQLite":
            place = OldSQLite(tmp_path)
        else:
            place = OldPostgreSQL(stack.enter_context(cluster()))
        maker = Site(tmp_path, DATABASE_URL=place.old)
        code = "exec(open('tests/old_release.py').read())"
        maker.manage("shell", "--no-imports", "-c", code)
        texts, before = fingerprint(place, place.old)
        assert texts == 30 * 2 * 12

        whole = Site(tmp_path, DATABASE_URL=place.copy("whole"))
        _, seconds = migrate(whole)
        assert fingerprint(place, whole.environment["DATABASE_URL"]) == (texts, before)

        interrupted = tries = 0
        while interrupted < KILLS and tries < 4 * KILLS:
            address = place.copy(f"kill{tries}")
            site = Site(tmp_path, DATABASE_URL=address)
            # The first quarter is Python getting up.
            point = 0.25 + 0.75 * (tries % KILLS + random.random()) / (KILLS + 1)
            done, took = migrate(site, kill_after=seconds * point)
            if done:
                # The machine has become quicker since it was measured.
                seconds = min(seconds, took)
            interrupted += not done
            tries += 1
            assert migrate(site)[0]
            assert fingerprint(place, address) == (texts, before), point

        # And with all the rest that a start does.
        with running_site(tmp_path, DATABASE_URL=address, DEMO="0"):
            pass
        assert fingerprint(place, address) == (texts, before)

    reached(f"{texts} texts identical; {interrupted} of {KILLS} updates interrupted")
    assert interrupted == KILLS

"""Both databases under the same tests: how a site is told of one, and read past it."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.postgres import cluster
from tests.site import Site
from tests.writers import Stored


class SQLite:
    name = "SQLite"

    def __init__(self):
        self.environment = {}

    def kill(self):
        """There is no server to kill."""

    def start(self):
        """There is none to start."""

    def stored(self, site):
        return Stored.in_sqlite(site.folder / "classroom.sqlite3")

    def check(self, site):
        """Check the files as they lie there; a copy, so that nothing is mended."""
        with tempfile.TemporaryDirectory() as folder:
            for file in site.folder.glob("classroom.sqlite3*"):
                shutil.copy(file, folder)
            database = sqlite3.connect(Path(folder) / "classroom.sqlite3")
            said = database.execute("PRAGMA integrity_check").fetchall()
            database.close()
        assert said == [("ok",)], said


class PostgreSQL:
    name = "PostgreSQL"

    def __init__(self, running):
        self.cluster = running
        self.environment = {"DATABASE_URL": running.address}
        self.kill, self.start = running.kill, running.start

    def connect(self):
        return psycopg.connect(self.cluster.address)

    def stored(self, site):
        return Stored.in_postgres(self.connect)

    def check(self, site):
        """PostgreSQL repairs itself when it starts; there are no files to check."""


@contextlib.contextmanager
def database(name):
    if name == "SQLite":
        yield SQLite()
    else:
        with cluster() as running:
            yield PostgreSQL(running)


@contextlib.contextmanager
def site_on(place, folder, *command, **environment):
    """Run a site on a database; it may be killed and started again meanwhile."""
    site = Site(folder, *command, **place.environment, **environment)
    site.start()
    try:
        site.wait_until_ready()
        yield site
    finally:
        site.kill()


def can_mount():
    """Whether a disk in memory can be mounted here; a container may forbid it."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        if subprocess.run(command, capture_output=True).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
    return True

"""Both databases under the same tests: how a site is told of one, and read past it."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.bench import cpu_seconds
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

    def cpu_seconds(self):
        """SQLite works in the site's own processes."""
        return 0

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

    def cpu_seconds(self):
        return cpu_seconds(self.cluster.process)

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


class Neighbours:
    """How much of the machine other programs used while a site was measured."""

    def __init__(self, site, place):
        self.site, self.place = site, place
        self.began, self.ours, self.all = self._now()

    def _now(self):
        fields = Path("/proc/stat").read_text().split()[1:9]
        user, nice, system, _idle, _wait, irq, soft, steal = map(int, fields)
        busy = (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")
        ours = (
            time.process_time()
            + cpu_seconds(self.site.process)
            + self.place.cpu_seconds()
        )
        return time.monotonic(), ours, busy

    def share(self):
        now, ours, busy = self._now()
        others = busy - self.all - (ours - self.ours)
        return max(0, others) / (now - self.began) / os.cpu_count()


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

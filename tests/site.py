"""The real site for tests that need one: the production server, its own folder."""

import contextlib
import csv
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
START_SECONDS = 90


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Site:
    """A running site: its address and its demonstration accounts."""

    def __init__(self, address, folder, process, database):
        self.address = address
        self.folder = folder
        self.database = database
        self.process = process

    def account(self, role):
        """Return the first demonstration account of a role as a dict."""
        with (self.folder / "demo-accounts.csv").open(newline="") as file:
            return next(row for row in csv.DictReader(file) if row["role"] == role)


def wait_until_ready(address, process):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"The site stopped: {process.stdout.read()}")
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{address}/health/ready", timeout=5),
        ):
            return
        time.sleep(0.05)
    raise AssertionError("The site did not start.")


def processes(process):
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [process.pid, *(int(pid) for pid in children.split())]


def cpu_seconds(process):
    """Return the CPU time that a server and its workers have used so far."""
    ticks = 0
    for pid in processes(process):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mb(process):
    """Return the proportional memory of a server and its workers, in MB."""
    total = 0
    for pid in processes(process):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1])
    return total / 1024


@contextlib.contextmanager
def running_site(folder=None, **environment):
    """Serve a fresh demonstration school, or what is in `folder`, until the end."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(folder or temporary)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        log = (folder / "server.log").open("w+")
        environment.setdefault(
            "DATABASE_URL", f"sqlite:///{folder / 'classroom.sqlite3'}"
        )
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--prepare"],
            cwd=BASE,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("COV_")},
                "DJANGO_SETTINGS_MODULE": "terror_site.settings",
                "HOST": "127.0.0.1",
                # As terror_site/bootstrap.py starts it.
                "MALLOC_ARENA_MAX": "1",
                "MALLOC_TRIM_THRESHOLD_": "65536",
                "PORT": str(port),
                "SECRET_KEY": "only-for-tests-" + "x" * 50,
                "SITE_SCHEME": "http",
                "VAR_DIR": str(folder),
                **environment,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        process.stdout = log
        try:
            wait_until_ready(address, process)
            yield Site(address, folder, process, environment["DATABASE_URL"])
        finally:
            process.terminate()
            process.wait(timeout=20)
            log.close()

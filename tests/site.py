"""The real site for tests that need one: the production server, its own folder."""

import contextlib
import csv
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
START_SECONDS = 90
# Set by tests/conftest.py: where all workers of a run find the school made once.
shared_folder = None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Site:
    """A site that can be run, killed and run again: its address and accounts."""

    def __init__(self, folder, *command, **environment):
        self.folder = Path(folder)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.command = command or (sys.executable, "manage.py", "serve", "--prepare")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("COV_")},
            "DJANGO_SETTINGS_MODULE": "terror_site.settings",
            "HOST": "127.0.0.1",
            # As terror_site/bootstrap.py starts it.
            "MALLOC_ARENA_MAX": "1",
            "MALLOC_TRIM_THRESHOLD_": "65536",
            "PORT": str(self.port),
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "SITE_SCHEME": "http",
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'classroom.sqlite3'}",
            **environment,
        }
        self.process = None

    @property
    def database(self):
        return self.environment["DATABASE_URL"]

    @property
    def log(self):
        return (self.folder / "server.log").read_text()

    def account(self, role):
        """Return the first demonstration account of a role as a dict."""
        with (self.folder / "demo-accounts.csv").open(newline="") as file:
            return next(row for row in csv.DictReader(file) if row["role"] == role)

    def start(self):
        """Start the server in a process group of its own, without waiting for it."""
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=BASE,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait_until_ready(self):
        """Wait until a page can be had; return after how many seconds."""
        began = time.monotonic()
        # Not `address`: a test may reach the site through a relay of its own.
        ready = f"http://{self.environment['HOST']}:{self.port}/health/ready"
        while time.monotonic() < began + START_SECONDS:
            if self.process.poll() is not None:
                raise AssertionError(f"The site stopped: {self.log}")
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(ready, timeout=5),
            ):
                return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError("The site did not start.")

    def send(self, number):
        """Send a signal to the server and all its workers."""
        os.killpg(self.process.pid, number)

    def kill(self):
        """End the server and its workers as a power cut would: no signal is heard."""
        with contextlib.suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)

    def manage(self, *arguments, text=None):
        """Run a management command beside the server; return what it prints."""
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            raise AssertionError(result.stderr)
        return result.stdout


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


def copy_school(folder):
    """Fill an empty folder with a demonstration school, stopped properly.

    Making it takes ten times as long as copying it, so a run makes one.
    """
    made = shared_folder / "school"
    with (shared_folder / "school.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            half = shared_folder / "school-half"
            half.mkdir()
            site = Site(half).start()
            try:
                site.wait_until_ready()
            finally:
                site.stop()
            (half / "server.log").unlink()
            half.rename(made)
    shutil.copytree(made, folder, dirs_exist_ok=True)


@contextlib.contextmanager
def running_site(folder=None, **environment):
    """Serve a fresh demonstration school, or what is in `folder`, until the end."""
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None and shared_folder is not None:
            copy_school(temporary)
        site = Site(folder or temporary, **environment).start()
        try:
            site.wait_until_ready()
            yield site
        finally:
            site.stop()
            # What a stop that hangs leaves behind.
            site.kill()

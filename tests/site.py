"""The real site for tests that need one: the production server, its own folder."""

import contextlib
import csv
import os
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


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Site:
    """A site of its own folder and port: its address and demonstration accounts."""

    def __init__(self, folder, port, **environment):
        self.folder = folder
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.environment = environment
        self.process = None

    def account(self, role):
        """Return the first demonstration account of a role as a dict."""
        with (self.folder / "demo-accounts.csv").open(newline="") as file:
            return next(row for row in csv.DictReader(file) if row["role"] == role)

    def start(self, *options, **changes):
        """Start the server in a process group of its own, and wait until it answers."""
        self.environment.update(changes)
        log = (self.folder / "server.log").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", *options],
            cwd=BASE,
            env={
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
                **self.environment,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.process.stdout = log
        wait_until_ready(f"http://127.0.0.1:{self.port}", self.process)

    def send(self, number):
        """Send a signal to the server and all its workers."""
        os.killpg(self.process.pid, number)

    def stop(self, number=signal.SIGTERM):
        """End the server; SIGKILL is the power cut that a process can be given."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.send(number)
        self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process = None


def wait_until_ready(address, process):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            process.stdout.seek(0)
            raise AssertionError(f"The site stopped: {process.stdout.read()}")
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{address}/health/ready", timeout=5),
        ):
            return
        time.sleep(0.05)
    raise AssertionError("The site did not start.")


@contextlib.contextmanager
def running_site(folder=None, **environment):
    """Serve a fresh demonstration school, or what is in `folder`, until the end."""
    with tempfile.TemporaryDirectory() as temporary:
        site = Site(Path(folder or temporary), free_port(), **environment)
        try:
            site.start("--prepare")
            yield site
        finally:
            site.stop()

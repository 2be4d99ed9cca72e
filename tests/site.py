"""The real site for tests that need one: the production server, its own folder."""

import contextlib
import csv
import os
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

    def __init__(self, address, folder, process):
        self.address = address
        self.folder = folder
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


@contextlib.contextmanager
def running_site(folder=None, **environment):
    """Serve a fresh demonstration school, or what is in `folder`, until the end."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(folder or temporary)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        log = (folder / "server.log").open("w+")
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
                "DATABASE_URL": f"sqlite:///{folder / 'classroom.sqlite3'}",
                **environment,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        process.stdout = log
        try:
            wait_until_ready(address, process)
            yield Site(address, folder, process)
        finally:
            process.terminate()
            process.wait(timeout=20)
            log.close()

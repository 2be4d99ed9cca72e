"""`python -m tests.postgres COMMAND`: run a command on a throw-away PostgreSQL.

Makes a cluster in a temporary folder, starts it on a free port, passes its
address as DATABASE_URL, and takes everything away again. As root the cluster
runs as an unprivileged user, since PostgreSQL refuses anything else.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from tests.site import free_port


def programs():
    """Return the folder of PostgreSQL's server programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if initdb := shutil.which("initdb"):
        return Path(initdb).parent
    sys.exit("PostgreSQL's programs are missing: apt-get install postgresql")


def owner():
    """Return the user that may own a cluster: ourselves, or as root another."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    sys.exit("As root this needs a user “postgres” or “nobody” to run PostgreSQL.")


class Cluster:
    """A throw-away cluster that can be started, killed and started again."""

    def __init__(self, folder, listen="127.0.0.1"):
        self.folder = folder
        self.listen = listen
        self.data = f"{folder}/data"
        self.user = owner()
        self.programs = programs()
        if self.user:
            shutil.chown(folder, self.user)
        self.port = free_port()
        self.process = None
        self.address = f"postgres://classroom@127.0.0.1:{self.port}/postgres"
        self.run(
            "initdb", "-D", self.data, "-U", "classroom", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip

    def run(self, program, *arguments):
        result = subprocess.run(
            [self.programs / program, *arguments],
            **self._how,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if result.returncode:
            sys.exit(f"{program} failed: {result.stderr}")

    @property
    def _how(self):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        return {"user": self.user, "cwd": self.folder, "env": environment}

    def start(self):
        """Start it as our own child: PostgreSQL takes a zombie for one that runs."""
        log = Path(self.folder, "log")
        with log.open("a") as output:
            self.process = subprocess.Popen(
                [
                    self.programs / "postgres", "-D", self.data, "-p", str(self.port),
                    "-c", f"listen_addresses={self.listen}", "-k", self.folder,
                ],
                **self._how,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )  # fmt: skip
        while True:
            if self.process.poll() is not None:
                sys.exit(f"PostgreSQL stopped: {log.read_text()}")
            try:
                psycopg.connect(self.address).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return

    def stop(self):
        if self.process is not None:
            # Its “immediate” stop.
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=60)
            self.process = None

    def configure(self, name, value):
        """Change a setting as an administrator would, and wait until it holds."""
        with psycopg.connect(self.address, autocommit=True) as database:
            database.execute(f"ALTER SYSTEM SET {name} = {value}")
            database.execute("SELECT pg_reload_conf()")
            while database.execute(f"SHOW {name}").fetchone()[0] != value:
                time.sleep(0.01)

    def kill(self):
        """End the postmaster and all its processes as a power cut would."""
        first = self.process.pid
        # Halted first, so that it has no more children meanwhile.
        self.process.send_signal(signal.SIGSTOP)
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait(timeout=60)
        self.process = None
        while any(_is_running(process) for process in children):
            time.sleep(0.01)


def _is_running(process):
    """Whether a process is there and more than a zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@contextlib.contextmanager
def cluster():
    """Start a cluster; take it away at the end."""
    with tempfile.TemporaryDirectory(prefix="classroom-postgres-") as folder:
        running = Cluster(folder)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def main(command):
    with cluster() as running:
        environment = {**os.environ, "DATABASE_URL": running.address}
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

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

    def __init__(self, folder):
        self.folder = folder
        self.data = f"{folder}/data"
        self.user = owner()
        self.programs = programs()
        if self.user:
            shutil.chown(folder, self.user)
        self.port = free_port()
        self.address = f"postgres://classroom@127.0.0.1:{self.port}/postgres"
        self.run(
            "initdb", "-D", self.data, "-U", "classroom", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip

    def run(self, program, *arguments):
        result = subprocess.run(
            [self.programs / program, *arguments],
            user=self.user,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if result.returncode:
            sys.exit(f"{program} failed: {result.stderr}")

    def start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self.run(
            "pg_ctl", "-D", self.data, "-o", options, "-l", f"{self.folder}/log",
            "-w", "start",
        )  # fmt: skip

    def stop(self):
        if Path(self.data, "postmaster.pid").exists():
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def configure(self, name, value):
        """Change a setting as an administrator would, and wait until it holds."""
        with psycopg.connect(self.address, autocommit=True) as database:
            database.execute(f"ALTER SYSTEM SET {name} = {value}")
            database.execute("SELECT pg_reload_conf()")
            while database.execute(f"SHOW {name}").fetchone()[0] != value:
                time.sleep(0.01)

    def kill(self):
        """End the postmaster and all its processes as a power cut would."""
        first = int(Path(self.data, "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        everybody = [first, *map(int, children)]
        for process in everybody:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(_is_running(process) for process in everybody):
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

"""`python -m tests.postgres COMMAND`: run a command on a throw-away PostgreSQL.

Makes a cluster in a temporary folder, starts it on a free port, passes its
address as DATABASE_URL, and takes everything away again. As root the cluster
runs as an unprivileged user, since PostgreSQL refuses anything else.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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


@contextlib.contextmanager
def cluster():
    """Start a cluster; yield its DATABASE_URL."""
    user = owner()
    bin_folder = programs()
    with tempfile.TemporaryDirectory(prefix="classroom-postgres-") as folder:
        if user:
            shutil.chown(folder, user)
        port = free_port()

        def run(program, *arguments):
            result = subprocess.run(
                [bin_folder / program, *arguments],
                user=user,
                cwd=folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            if result.returncode:
                sys.exit(f"{program} failed: {result.stderr}")

        data = f"{folder}/data"
        run(
            "initdb", "-D", data, "-U", "classroom", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
        run("pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgres://classroom@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def main(command):
    with cluster() as address:
        environment = {**os.environ, "DATABASE_URL": address}
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

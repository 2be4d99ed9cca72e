"""From a folder of packages, with no network at all, to a page that answers."""

import os
import shutil
import subprocess
import textwrap

import pytest

from tests.long.test_first_start import (
    clean_environment,
    clone,  # noqa: F401 (a fixture)
)
from tests.site import free_port

pytestmark = [pytest.mark.long, pytest.mark.parallel]

# Runs where there is only a loopback: first that nothing else is there, then the site.
INSIDE = textwrap.dedent(
    """
    set -eu
    ip link set lo up
    if python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80), 2)'
    then echo "there is a network"; exit 1; fi 2>/dev/null
    make run > run.log 2>&1 &
    for second in $(seq 1 120); do
        if python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$PORT/health/ready')" 2>/dev/null
        then
            python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$PORT/sign-in/').status)"
            pkill -f "$PWD/manage.py" || true
            exit 0
        fi
        sleep 1
    done
    cat run.log; exit 1
    """
)


def test_the_wheelhouse_installs_where_there_is_no_network(clone, tmp_path):  # noqa: F811
    made = subprocess.run(
        ["make", "wheelhouse"],
        cwd=clone, env=clean_environment(), capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "packages for Python" in made.stdout
    carried = tmp_path / "carried"
    shutil.copytree(
        clone, carried, ignore=shutil.ignore_patterns(".venv", "var", "run.log")
    )
    # Root has namespaces; elsewhere a user namespace gives the same.
    apart = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "-r", "--net"]
    # Nothing of this machine's own stock of packages.
    bare = {
        name: value
        for name, value in clean_environment(PORT=str(free_port())).items()
        if not name.startswith("PIP_")
    } | {"PIP_CONFIG_FILE": os.devnull}
    ran = subprocess.run(
        [*apart, "--kill-child", "--fork", "--pid", "--mount-proc", "bash", "-c", INSIDE]
        if os.geteuid() == 0
        else [*apart, "bash", "-c", INSIDE],
        cwd=carried, env=bare, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.strip().endswith("200")

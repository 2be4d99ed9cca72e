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


def apart():
    """Return what runs a command where there is no network, as root or not."""
    ends_with_us = ["--kill-child", "--fork", "--pid", "--mount-proc"]
    for start in (
        ["unshare", "--net", *ends_with_us],
        ["unshare", "--map-root-user", "--net", *ends_with_us],
    ):
        if subprocess.run([*start, "true"], capture_output=True).returncode == 0:
            return start
    pytest.fail("This machine gives no network namespaces, not even to a user.")


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
    # Nothing of this machine's own stock of packages.
    bare = {
        name: value
        for name, value in clean_environment(PORT=str(free_port())).items()
        if not name.startswith("PIP_")
    } | {"PIP_CONFIG_FILE": os.devnull}
    ran = subprocess.run(
        [*apart(), "bash", "-c", INSIDE],
        cwd=carried, env=bare, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.strip().endswith("200")

"""From a fresh clone to a site, as a school does it, with Debian's own Python too."""

import contextlib
import csv
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.site import BASE, free_port

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of what git would give: tracked files and new ones, nothing else."""
    folder = tmp_path_factory.mktemp("fresh") / "classroom"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=BASE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, names):
        if (BASE / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(BASE / name, folder / name)
    return folder


def clean_environment(**changes):
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "LANG") or name.startswith("PIP_")
    }
    return {**kept, **changes}


@contextlib.contextmanager
def make_run(folder, **environment):
    """Run `make run` until the site answers; yield (address, seconds, output)."""
    port = free_port()
    log = folder / "run.log"
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=folder,
            env=clean_environment(PORT=str(port), **environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        while time.monotonic() - started < 240:
            assert process.poll() is None, log.read_text()
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{address}/sign-in/"),
            ):
                break
            time.sleep(0.02)
        yield address, time.monotonic() - started, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def refused(folder, **environment):
    """Run `make run` where it must fail; return what it says."""
    result = subprocess.run(
        ["make", "run"],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    return result.stderr


def database_rows(folder):
    """Return every row of every table, as text."""
    dump = subprocess.run(
        [
            folder / ".venv/bin/python",
            "-c",
            "import sqlite3; print(*sqlite3.connect('var/classroom.sqlite3').iterdump(),"
            " sep='\\n')",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return dump.stdout


class TestDemonstration:
    def test_first_start_makes_everything(self, clone):
        with make_run(clone) as (address, seconds, output):
            print(f"fresh clone to first page: {seconds:.1f} s")
            accounts = clone / "var" / "demo-accounts.csv"
            with accounts.open(newline="") as file:
                rows = list(csv.DictReader(file))

            assert address in output
            assert rows[0]["username"] in output and rows[0]["password"] in output
            assert {row["role"] for row in rows} == {
                "student", "teacher", "head", "SENCo", "data manager", "site manager",
            }  # fmt: skip
            for private in (accounts, clone / "var" / "secret_key"):
                assert stat.S_IMODE(private.stat().st_mode) == 0o600
            page = urllib.request.urlopen(f"{address}/sign-in/").read().decode()
            assert "Thornbridge School" in page and "Demonstration" in page
            assert re.search(r"classroom\.[0-9a-f]{12}\.css", page)

    def test_second_start_is_quick_offline_and_changes_nothing(self, clone):
        before = database_rows(clone)
        # Whoever asks the network now asks a port where nobody listens.
        offline = dict.fromkeys(
            ("PIP_INDEX_URL", "http_proxy", "https_proxy"), "http://127.0.0.1:9"
        )
        with make_run(clone, **offline, no_proxy="127.0.0.1") as (_, seconds, output):
            print(f"second start: {seconds:.2f} s")

            assert seconds < 3
            assert "Installing" not in output

        assert database_rows(clone) == before

    def test_remove_demo_leads_to_the_set_up_link(self, clone):
        result = subprocess.run(
            [clone / ".venv/bin/python", "manage.py", "remove_demo"],
            cwd=clone,
            env=clean_environment(),
            capture_output=True,
            text=True,
        )
        assert result.stdout.startswith("Demonstration removed: 62 people"), result

        with make_run(clone) as (_, _, output):
            assert "/set-up/" in output
        assert not (clone / "var" / "demo-accounts.csv").exists()


class TestRealSchool:
    def test_no_demo_and_a_link_that_opens_the_set_up_page(self, clone, tmp_path):
        with make_run(clone, DEMO="0", VAR_DIR=str(tmp_path / "var")) as (
            address,
            _,
            output,
        ):
            link = re.search(r"http://\S+/set-up/\S+", output)[0]
            page = urllib.request.urlopen(link).read().decode()

            assert link.startswith(address)
            assert "Set up your school" in page
            assert "Demonstration" not in page
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"{link[:-5]}wrong/")
        assert not (tmp_path / "var" / "demo-accounts.csv").exists()


class TestWhatCanBeWrong:
    def test_port_taken(self, clone):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]

            assert f"Port {port} is taken" in refused(clone, PORT=str(port))

    def test_port_or_host_that_is_none(self, clone):
        assert "is not a port" in refused(clone, PORT="eighty")
        assert "is not an address" in refused(clone, HOST="192.0.2.1", PORT="8999")

    def test_wrong_python(self, clone, tmp_path):
        old = tmp_path / "python3"
        old.write_text(
            '#!/bin/sh\nexec /usr/bin/env python3 -c "import sys; sys.version_info ='
            " (3, 9, 2, 'final', 0); sys.argv = sys.argv[1:];"
            ' import runpy; runpy.run_path(sys.argv[0], run_name=\'__main__\')" "$@"\n'
        )
        old.chmod(0o755)

        said = subprocess.run(
            ["make", "run", f"PYTHON={old}"],
            cwd=clone,
            env=clean_environment(),
            capture_output=True,
            text=True,
        ).stderr

        assert "needs Python 3.11, 3.12 or 3.13, but this is Python 3.9" in said
        assert "PYTHON=python3.11" in said

    def test_a_folder_that_cannot_be_written(self, clone, tmp_path):
        (tmp_path / "file").write_text("not a folder")

        said = refused(clone, VAR_DIR=str(tmp_path / "file" / "var"), PORT="8998")

        assert "cannot be written" in said

    def test_no_venv_module_and_no_pip(self, clone, tmp_path):
        bare = tmp_path / "python3"
        bare.write_text(
            '#!/bin/sh\nexec /usr/bin/env python3 -c "import importlib.util, sys;'
            " find = importlib.util.find_spec;"
            " importlib.util.find_spec = lambda name: None"
            " if name in ('ensurepip', 'pip') else find(name);"
            " sys.argv = sys.argv[1:];"
            ' import runpy; runpy.run_path(sys.argv[0], run_name=\'__main__\')" "$@"\n'
        )
        bare.chmod(0o755)
        fresh = tmp_path / "copy"
        shutil.copytree(clone, fresh, ignore=shutil.ignore_patterns(".venv", "var"))

        said = subprocess.run(
            ["make", "run", f"PYTHON={bare}"],
            cwd=fresh,
            env=clean_environment(PORT=str(free_port())),
            capture_output=True,
            text=True,
        ).stderr

        assert "sudo apt-get install python3-venv" in said


@pytest.mark.parametrize("python", ["/usr/bin/python3"])
def test_debians_own_python_without_ensurepip(clone, tmp_path, python):
    """Debian splits `ensurepip` off; its pip alone must be enough."""
    assert Path(python).exists(), f"{python} is missing: apt-get install python3"
    wrapper = tmp_path / "python3"
    wrapper.write_text(
        f'#!/bin/sh\nexec {python} -c "import importlib.util, sys;'
        " find = importlib.util.find_spec;"
        " importlib.util.find_spec = lambda name: None"
        " if name == 'ensurepip' else find(name);"
        f" sys.executable = '{python}'; sys.argv = sys.argv[1:];"
        ' import runpy; runpy.run_path(sys.argv[0], run_name=\'__main__\')" "$@"\n'
    )
    wrapper.chmod(0o755)
    fresh = tmp_path / "copy"
    shutil.copytree(clone, fresh, ignore=shutil.ignore_patterns(".venv", "var"))

    with make_run(fresh, PYTHON=str(wrapper)) as (address, seconds, output):
        print(f"Debian's Python, no ensurepip: {seconds:.1f} s")

        assert address in output
    version = subprocess.run(
        [fresh / ".venv/bin/python", "--version"], capture_output=True, text=True
    ).stdout
    assert (
        version
        == subprocess.run([python, "--version"], capture_output=True, text=True).stdout
    )

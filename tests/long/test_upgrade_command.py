"""`make upgrade`: from a checkout and from a folder of packages, forward and back."""

import json
import re
import subprocess

import pytest

from tests.long.test_first_start import (
    clean_environment,
    clone,  # noqa: F401 (a fixture)
    database_rows,
    make_run,
)

pytestmark = [pytest.mark.long, pytest.mark.parallel]

NEXT = """
from django.db import migrations

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("assessments", "{before}")]
    operations = [migrations.RunSQL("{sql}")]
"""
NOTHING_LISTENS = dict.fromkeys(
    ("PIP_INDEX_URL", "http_proxy", "https_proxy"), "http://127.0.0.1:9"
)


def git(folder, *arguments):
    run = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
    ran = subprocess.run(run, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def release(folder, number, sql):
    """Commit a next version: number, entry in the change log, migration, packages."""
    version = folder / "terror_site" / "version.py"
    version.write_text(
        re.sub('VERSION = ".+?"', f'VERSION = "{number}"', version.read_text())
    )
    log = folder / "CHANGELOG.md"
    log.write_text(
        log.read_text().replace(
            "## Not yet",
            f"## {number} – 1 Jan 2027\n\n- News of {number}.\n\n## Not yet",
            1,
        )
    )
    migrations = folder / "assessments" / "migrations"
    before = max(file.stem for file in migrations.glob("0*.py"))
    name = f"{int(before[:4]) + 1:04d}_next"
    (migrations / f"{name}.py").write_text(NEXT.format(before=before, sql=sql))
    lock = folder / "requirements.txt"
    lock.write_text(f"# {number}\n{lock.read_text()}")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", number)
    return git(folder, "rev-parse", "HEAD")


def make_upgrade(folder, *words, **environment):
    ran = subprocess.run(
        ["make", "upgrade", *words],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


def has_table(rows, name):
    return f"CREATE TABLE {name} " in rows


def test_forward_and_back(clone, tmp_path):  # noqa: F811
    git(clone, "init", "-q")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "0.1.0")
    wheels = tmp_path / "wheels"
    with make_run(clone):
        code, said = make_upgrade(clone, "APPLY=1")
        assert code and "The site is running" in said
    ran = json.loads((clone / "var" / "release.json").read_text())
    assert ran == {"version": "0.1.0", "commit": git(clone, "rev-parse", "HEAD")}
    subprocess.run(
        [clone / ".venv/bin/python", "-m", "pip", "download", "-q", "--require-hashes",
         "-r", "requirements.txt", "-d", wheels],
        cwd=clone, env=clean_environment(), check=True,
    )  # fmt: skip

    # It only shows.
    good = release(clone, "0.2.0", "CREATE TABLE next_things (x int)")
    before = database_rows(clone)
    code, said = make_upgrade(clone)
    assert code == 0
    assert "Version 0.1.0 ran last; this is 0.2.0." in said
    assert "- News of 0.2.0." in said
    assert "Nothing was changed yet" in said
    assert database_rows(clone) == before

    # From a folder of packages, with no network.
    code, said = make_upgrade(clone, "APPLY=1", f"WHEELS={wheels}", **NOTHING_LISTENS)
    assert code == 0, said
    assert re.search(r"Upgraded to version 0\.2\.0: [\d,]+ texts are all there", said)
    assert "Backed up and checked" in said
    after = database_rows(clone)
    assert has_table(after, "next_things")
    with make_run(clone, **NOTHING_LISTENS, no_proxy="127.0.0.1"):
        pass
    after = database_rows(clone)

    # One that destroys texts and then fails half-way.
    release(
        clone, "0.3.0", "DELETE FROM assessments_releasedscript_marks; SELECT nonsense"
    )
    python = (clone / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    code, said = make_upgrade(clone, "APPLY=1", f"WHEELS={wheels}", **NOTHING_LISTENS)
    assert code
    assert "The upgrade failed" in said and "The data is as it was" in said
    assert database_rows(clone) == after
    assert git(clone, "rev-parse", "HEAD") == good
    assert (clone / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == python
    assert not (clone / ".venv-before").exists()
    with make_run(clone, **NOTHING_LISTENS, no_proxy="127.0.0.1") as (address, _, _):
        assert address

    # One that comes to its end and has changed a text all the same.
    git(clone, "checkout", "-q", "-B", "main")
    release(
        clone,
        "0.4.0",
        "UPDATE assessments_answerversion SET checksum = 'x' WHERE id = 1",
    )
    before = database_rows(clone)
    code, said = make_upgrade(clone, "APPLY=1", f"WHEELS={wheels}", **NOTHING_LISTENS)
    assert code and "1 texts were missing" in said, said
    assert "go on with version 0.2.0" in said
    assert database_rows(clone) == before
    assert git(clone, "rev-parse", "HEAD") == good

    # One whose packages are not in the folder.
    code, said = make_upgrade(clone, "APPLY=1", f"WHEELS={tmp_path}")
    assert code and "There are no packages" in said

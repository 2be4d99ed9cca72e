"""The technician's guide is followed word by word: every block of it is run."""

import re
import subprocess

import pytest

from tests.long.test_first_start import (
    clean_environment,
    clone,  # noqa: F401 (a fixture)
    database_rows,
    make_run,
)
from tests.postgres import cluster
from tests.site import BASE

pytestmark = [pytest.mark.long, pytest.mark.parallel]

# What the last line of a block has to say, by a word in the block.
SAYS = {
    "make doctor": r"Looked at \d+ things: 0 to mend",
    "make backup": r"Backed up and checked: ",
    "backup --check": r"Sound: ",
    "make restore": r"Restored: the site of ",
    "make upgrade APPLY=1": r"Upgraded to version ",
    "manage.py move_database": r"Moved and compared: ",
    "make upgrade\n": r"Nothing was changed yet",
}


def blocks(name):
    text = (BASE / "docs" / name).read_text()
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_block_of_the_technicians_day(clone, tmp_path):  # noqa: F811
    stick = tmp_path / "stick"
    stick.mkdir()
    with make_run(clone):
        pass
    at_first = database_rows(clone)
    with cluster() as running:
        ran = 0
        for block in blocks("technician.md"):
            if block.strip() == "make run":
                with make_run(clone):
                    ran += 1
                continue
            made = sorted((clone / "var" / "backups").glob("classroom-*.zip"))
            newest = made[-1].name if made else "none.zip"
            words = re.sub(r"classroom-\d{8}-\d{6}\.zip", newest, block)
            words = words.replace("/media/stick", str(stick)).replace(
                "postgres://classroom@127.0.0.1/classroom", running.address
            )
            if "--check" in words or "FILE=/" in words:
                # The copy of the day.
                for file in made:
                    (stick / file.name).write_bytes(file.read_bytes())
            done = subprocess.run(
                ["bash", "-euc", words],
                cwd=clone, env=clean_environment(), capture_output=True, text=True,
                timeout=300,
            )  # fmt: skip
            assert done.returncode == 0, (block, done.stdout, done.stderr)
            last = done.stdout.strip().splitlines()[-1:]
            for word, says in SAYS.items():
                if word in block:
                    assert re.match(rf"\s*{says}", last[0]), (block, last)
            ran += 1
            if "make restore" in block:
                assert database_rows(clone) == at_first
    assert ran == len(blocks("technician.md")) >= 12

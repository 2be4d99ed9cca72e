"""The list of parts is that of the locks, and every part may be used: goal G72."""

import json
import re

from terror_site.version import VERSION
from tests import parts
from tests.site import BASE

# What a school and the MIT licence of the product can live with.
FINE = {
    "MIT", "MIT-CMU", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC",
    "MPL-2.0", "PSF-2.0", "LGPL-3.0-only", "0BSD", "HPND",
}  # fmt: skip


def test_both_files_are_those_of_todays_locks():
    for path, text in parts.written().items():
        assert path.read_text() == text, "run “make sbom”"


def test_every_package_of_every_lock_is_there_with_hashes_and_licence():
    listed = {
        part["name"]: part for part in json.loads(parts.SBOM.read_text())["components"]
    }
    pinned = set()
    for lock in sorted(BASE.glob("requirements*.txt")):
        if lock.name != "requirements-dev.txt":
            pinned |= set(
                re.findall(r"^([\w.-]+)(?:\[.+?\])?==", lock.read_text(), re.MULTILINE)
            )
            pinned |= set(re.findall(r"^([\w.-]+)\[", lock.read_text(), re.MULTILINE))

    assert {*listed} == pinned
    for name, part in listed.items():
        assert part["hashes"], name
        words = re.split(r" (?:AND|OR|WITH) ", part["licenses"][0]["expression"])
        assert {word.strip("()") for word in words} <= FINE, name


def test_it_is_of_this_version():
    told = json.loads(parts.SBOM.read_text())
    assert told["metadata"]["component"]["version"] == VERSION
    assert told["bomFormat"] == "CycloneDX"


def test_every_pin_has_a_hash_and_no_page_names_another_host():
    for lock in BASE.glob("requirements*.txt"):
        text = lock.read_text()
        blocks = re.findall(
            r"^[\w.-]+(?:\[[\w,]+\])?==.*?(?=^\S|\Z)", text, re.M | re.S
        )
        assert blocks
        assert all("--hash=sha256:" in block for block in blocks), lock.name
    for page in (BASE / "templates").rglob("*.html"):
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.read_text())

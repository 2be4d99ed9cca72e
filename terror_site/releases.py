"""Which version a folder of data was last used by, and what changed since (pure).

`make upgrade` asks before anything is installed: standard library only.
"""

import contextlib
import json
import re
import subprocess
from pathlib import Path

_NOTE = "release.json"
_HEADING = re.compile(r"^## +(.+?)\s*$", re.MULTILINE)


def _number(heading):
    """Return the version in a heading as numbers; what is not yet released is newest."""
    found = re.match(r"(\d+(?:\.\d+)+)", heading)
    return tuple(map(int, found[1].split("."))) if found else (float("inf"),)


def changes_since(text, version):
    """Return the parts of a change log that are newer than a version, newest first.

    Without a version that is all of it.
    """
    parts = _HEADING.split(text)[1:]
    newer = _number(version) if version else ()
    return [
        (heading, body.strip())
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
        if _number(heading) > newer
    ]


def version_of(base):
    """Return the version of the code in a folder."""
    text = (base / "terror_site" / "version.py").read_text(encoding="utf-8")
    return re.search(r'VERSION = "(.+?)"', text)[1]


def commit_of(base):
    """Return the commit of a checkout; None for an unpacked copy."""
    if not (base / ".git").exists():
        return None
    with contextlib.suppress(OSError):
        said = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=base, capture_output=True, text=True
        )
        return said.stdout.strip() or None
    return None


def last(var):
    """Return what `note` wrote: the version that last ran on this folder, or {}."""
    try:
        return json.loads((Path(var) / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def note(var, base):
    """Write down that this version has run on this folder."""
    put_back(var, {"version": version_of(base), "commit": commit_of(base)})


def put_back(var, said):
    """Write down what `last` said before; after a failed upgrade it is true again."""
    if said == last(var):
        return
    half = Path(var) / f"{_NOTE}.new"
    half.write_text(json.dumps(said), encoding="utf-8")
    half.replace(Path(var) / _NOTE)


def preview(var, base):
    """Return lines: from which version to which, and what changes for people."""
    old, new = last(var).get("version"), version_of(base)
    lines = [f"Version {old or 'unknown (before 0.1.0)'} ran last; this is {new}."]
    text = (base / "CHANGELOG.md").read_text(encoding="utf-8")
    for heading, body in changes_since(text, old):
        lines += ["", heading, "", body]
    return [*lines, ""]

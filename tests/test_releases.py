"""What changed between two versions, and which one ran last."""

import subprocess
from pathlib import Path

from django.conf import settings

from terror_site import releases, version

LOG = """# What changed

Newest first.

## Not yet released

- In the making.

## 0.10.0 – 1 Feb 2027

- Ten.

## 0.9.0 – 1 Jan 2027

- Nine.
- And more.
"""


def headings(since):
    return [heading for heading, _ in releases.changes_since(LOG, since)]


def test_only_what_is_newer_counts_by_number_not_by_letter():
    assert headings("0.10.0") == ["Not yet released"]
    assert headings("0.9.0") == ["Not yet released", "0.10.0 – 1 Feb 2027"]
    assert len(headings("0.8.7")) == len(headings(None)) == 3
    assert releases.changes_since(LOG, None)[2][1] == "- Nine.\n- And more."


def test_the_note_says_what_ran_last(tmp_path):
    assert releases.last(tmp_path) == {}
    releases.note(tmp_path, Path(settings.BASE_DIR))
    said = releases.last(tmp_path)

    assert said["version"] == version.VERSION
    file = tmp_path / "release.json"
    written = file.stat().st_mtime_ns
    releases.note(tmp_path, Path(settings.BASE_DIR))
    assert file.stat().st_mtime_ns == written
    file.write_text("{")
    assert releases.last(tmp_path) == {}


def test_the_commit_of_a_checkout_and_none_of_a_copy(tmp_path, monkeypatch):
    assert releases.commit_of(tmp_path) is None
    run = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", tmp_path]
    subprocess.run([*run, "init", "-q"], check=True)
    assert releases.commit_of(tmp_path) in (None, "HEAD")
    subprocess.run([*run, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    assert len(releases.commit_of(tmp_path)) == 40
    monkeypatch.setenv("PATH", str(tmp_path))
    assert releases.commit_of(tmp_path) is None


def test_the_preview_names_both_versions_and_shows_the_change_log(tmp_path):
    base = Path(settings.BASE_DIR)
    lines = releases.preview(tmp_path, base)
    assert (
        lines[0]
        == f"Version unknown (before 0.1.0) ran last; this is {version.VERSION}."
    )
    assert "- Sign in with a username and password" in "\n".join(lines)

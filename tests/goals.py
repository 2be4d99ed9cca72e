"""The table of goals at the end of `make test-long` (docs/reliability.md).

It holds the quick goals too, as the last `make test` reached them.

A test of a goal says which one it is and what it must reach in its marker, and what
it reached with the fixture `reached`:

    @pytest.mark.goal("G1", "20 kills among 1,000 saves: 0 acknowledged missing")
    def test_kills(reached):
        ...
        reached(f"{kills} kills, {acknowledged} acknowledged, {missing} missing")
"""

import datetime
import os
import platform
import re

import pytest

from tests.site import BASE

PAGE = BASE / "docs" / "reliability.md"
BEGIN, END = "<!-- goals: made by `make test-long` -->\n", "<!-- end of goals -->\n"


@pytest.fixture
def reached(record_property):
    """Note what a goal's test reached; several notes are joined."""
    return lambda words: record_property("reached", words)


def of(report):
    """Return (goal, figure, reached, passed) of a finished test of a goal, or None."""
    properties = {}
    # A file that could not be collected has none.
    for name, words in getattr(report, "user_properties", ()):
        properties.setdefault(name, []).append(words)
    if "goal" not in properties:
        return None
    goal, figure = properties["goal"][0]
    return goal, figure, "; ".join(properties.get("reached", ["–"])), report.passed


def in_order(row):
    return int(re.search(r"\d+", row[0])[0]), row[0], row[1]


def table(rows):
    lines = ["| goal | figure | reached | |", "|---|---|---|---|"]
    for goal, figure, words, passed in sorted(rows, key=in_order):
        lines.append(
            f"| {goal} | {figure} | {words} | {'yes' if passed else '**NO**'} |"
        )
    return "\n".join(lines) + "\n"


def keep(rows):
    """Put the table into the page of goals, in place of the last one."""
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    _old, end, after = rest.partition(END)
    machine = (
        f"{datetime.datetime.now(tz=datetime.UTC):%d %b %Y %H:%M} UTC, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}.\n\n"
    )
    PAGE.write_text(f"{before}{begin}\n{machine}{table(rows)}\n{end}{after}")

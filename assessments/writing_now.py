"""Who is writing a task at this moment, for the teacher's live list.

A writing desk gives a sign of life while it is open and in front, and a save is one
too (docs/saving.md). Two missed signs, and the list says that the line is gone: within
60 s (reliability G26).
"""

import datetime
from collections import defaultdict
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models import Answer

# The desk speaks every 15 s; the page of the list asks every 10 s.
SILENT = datetime.timedelta(seconds=40)
WRITES = datetime.timedelta(seconds=60)
# Nobody has been cut off for longer than a double lesson: they went home.
FORGOTTEN = datetime.timedelta(hours=2)
# The words that a page sends while it is being left arrive around its farewell.
FAREWELL = datetime.timedelta(seconds=5)


class State(NamedTuple):
    """A word for a student's desk, and the colour of `.status` that fits it."""

    name: str
    words: str
    colour: str


STATES = {
    state.name: state
    for state in (
        State("cut-off", _("no connection"), "late"),
        State("writing", _("writing"), "ready"),
        State("open", _("at the desk"), "sent"),
        State("by-hand", _("saves by hand"), "draft"),
        State("away", _("away from the desk"), "new"),
        State("not-started", _("not started"), "new"),
        State("handed-in", _("handed in"), "sent"),
    )
}


def state(script, saved_at, now):
    """Return the state of a script, None where none was begun.

    `saved_at` is when its last words came, None where none have.
    """
    if script is None:
        return STATES["not-started"]
    if script.is_handed_in:
        return STATES["handed-in"]
    seen_at, left_at = script.desk_seen_at, script.desk_left_at
    times = [at for at in (seen_at, saved_at) if at is not None]
    last = max(times, default=None)
    if last is None or now - last > FORGOTTEN:
        return STATES["away"]
    if left_at is not None and last - left_at < FAREWELL:
        return STATES["away"]
    if now - last <= SILENT:
        writes = saved_at is not None and now - saved_at <= WRITES
        return STATES["writing" if writes else "open"]
    # Without script a page gives no signs, and its silence says nothing.
    return STATES["by-hand" if seen_at is None else "cut-off"]


def page(assignment):
    """Return the rows of the list and how many there are of each state; 3 queries."""
    now = timezone.now()
    scripts = {
        script.student_id: script for script in assignment.scripts.filter(question=None)
    }
    words, saved = defaultdict(int), {}
    for student, count, *times in Answer.objects.filter(
        script__in=[script.pk for script in scripts.values()]
    ).values_list(
        "script__student",
        "current__words",
        "current__saved_at",
        "current_plan__saved_at",
    ):
        words[student] += count or 0
        saved[student] = max(filter(None, [*times, saved.get(student)]), default=None)
    rows = [
        {
            "student": student,
            "state": state(scripts.get(student.pk), saved.get(student.pk), now),
            "words": words.get(student.pk),
            "saved_at": saved.get(student.pk),
        }
        for student in assignment.expected_students()
    ]
    counts = [
        (known, sum(row["state"] is known for row in rows)) for known in STATES.values()
    ]
    return {
        "rows": rows,
        "counts": [(known, n) for known, n in counts if n],
        "now": now,
    }

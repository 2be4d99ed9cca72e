"""The kept texts of an answer as pages list them: when, how, and what each changed.

Students and staff see the same rows; only the clock differs (DECISIONS 13).
"""

from typing import NamedTuple

from django.core.paginator import Paginator
from django.db.models import Min
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from assessments import difference
from assessments.models import AnswerVersion, Event
from assessments.models.answer_versions import as_read
from assessments.models.releases import shown_release

TEXTS_A_PAGE = 50


class ExactClock:
    """Says the day and the time of day."""

    is_exact = True

    def words(self, version):
        return date_format(timezone.localtime(version.saved_at), "j M Y, H:i:s")


class DayClock:
    """Says the day, and how long after that day’s first text: no time of day.

    Counted for each day by itself, or an evening's length would give away when the
    first text was saved as soon as the writing goes past midnight.
    """

    is_exact = False

    def __init__(self, answer):
        self.first = dict(
            answer.versions.order_by()
            .annotate(day=TruncDate("saved_at"))
            .values_list("day")
            .annotate(Min("saved_at"))
        )

    def words(self, version):
        at = timezone.localtime(version.saved_at)
        passed = (version.saved_at - self.first[at.date()]).total_seconds()
        return f"{date_format(at, 'j M Y')}, +{hours_and_minutes(passed)}"


def hours_and_minutes(seconds):
    """Return a length of time like 1:02:03 (hours, minutes, seconds)."""
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def clock_for(answer, user):
    """Return the clock by which `user` may read this answer's history.

    A time of day could tell whose script it is, so staff see none before the name
    is open: by a release, by their own written-down look, or in practice.
    """
    script = answer.script
    if (
        script.is_practice
        or script.student_id == user.pk
        or shown_release(script) is not None
        or script.events.filter(kind=Event.Kind.REVEALED, actor=user).exists()
    ):
        return ExactClock()
    return DayClock(answer)


class Row(NamedTuple):
    """One kept text in a list. `tags` are (state, words), as a status shows them."""

    version: AnswerVersion
    when: str
    address: str
    change: difference.Change
    tags: list


def tags(answer, version):
    """Return what is to be said of a version's place, most important first."""
    found = []
    if version.pk == answer.handed_in_version_id:
        found.append(("sent", _("handed in")))
    elif version.pk in (answer.current_id, answer.current_plan_id):
        found.append(("ready", _("stands now")))
    if version.place != AnswerVersion.Place.STOOD:
        is_late = version.place == AnswerVersion.Place.LATE
        found.append(("late" if is_late else "draft", version.get_place_display()))
    return found


def listed(answer, part, page_number, clock, address):
    """Return (page, rows) of the texts of one part, newest first.

    Each row says what changed against the text of this part before it. The same
    number of queries for one text and for fifty, each whole text unpacked once.
    """
    history = answer.versions.filter(part=part).order_by("-number")
    page = Paginator(history, TEXTS_A_PAGE).get_page(page_number)
    start = max(page.start_index() - 1, 0)
    kept = list(history[start : start + TEXTS_A_PAGE + 1])
    read = {
        pk: as_read(part, text) for pk, text in AnswerVersion.texts_of(kept).items()
    }
    before = [*(read[version.pk] for version in kept[1:]), ""][: len(kept)]
    rows = [
        Row(
            version,
            clock.words(version),
            address(version.number),
            difference.change(text_before, read[version.pk]),
            tags(answer, version),
        )
        for version, text_before in zip(kept, before, strict=True)
    ]
    return page, rows[:TEXTS_A_PAGE]

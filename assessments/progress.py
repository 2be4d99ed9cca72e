"""What a student has been shown of their own marks: by form, and what to do next.

Everything here comes from releases that stand now (`shown_release`), never from a
mark itself, and costs the same however much a student has written.
"""

from django.db.models import Max, OuterRef, Prefetch, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments import ladders
from assessments.models import Answer, Event, Mark, Question, ReleasedScript
from assessments.models.releases import Release

# What the front page has room for.
MOST_TO_ACT_ON = 2
MOST_SUGGESTIONS = 3


class Result:
    """One released mark, with the release that shows it and what became of it."""

    def __init__(self, mark, row, redraft):
        self.mark = mark
        self.answer = mark.answer
        self.question = mark.answer.question
        self.script = row.script
        self.released_at = row.release.at
        self.is_read = row.newest_reading == Event.Kind.READ
        self.is_second = mark.answer.redraft_of_id is not None
        # Whether a second draft is handed in; None where none is begun.
        self.is_redrafted = redraft

    @property
    def day(self):
        at = timezone.localtime(self.script.handed_in_at)
        return date_format(at, "j M Y")

    @property
    def share(self):
        return self.mark.total / self.mark.highest_total

    @property
    def words(self):
        """Return e.g. “8 of 12, Level 3”."""
        words = _("%(mark)s of %(of)s") % {
            "mark": self.mark.total,
            "of": self.mark.highest_total,
        }
        return f"{words}, {self.mark.level}" if self.mark.level else words

    @property
    def is_to_act_on(self):
        """Not read yet, or read with advice that no second draft has taken up."""
        if not self.is_read:
            return True
        return bool(self.mark.ebi) and not self.is_second and self.is_redrafted is None

    def as_attempt(self):
        level = self.mark.level.number if self.mark.level else 0
        return ladders.Attempt(self.day, self.mark.mark, level, self.is_second)


def results(student):
    """Return a student's released marks, newest release first. Three queries."""
    newest = (
        ReleasedScript.objects.filter(script__student=student)
        .order_by()
        .values("script")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    reading = Event.objects.filter(
        script=OuterRef("script"), kind__in=(Event.Kind.RELEASED, Event.Kind.READ)
    )
    rows = (
        ReleasedScript.objects.filter(
            pk__in=newest, release__kind=Release.Kind.SHOWN, script__student=student
        )
        .select_related("release", "script")
        .annotate(newest_reading=Subquery(reading.order_by("-pk").values("kind")[:1]))
        .prefetch_related(
            Prefetch(
                "marks",
                Mark.objects.select_related(
                    "answer__question__type", "level", "marker", "scheme"
                )
                .prefetch_related("scheme__levels")
                .order_by("answer__order"),
            )
        )
        .order_by("-release__at", "-pk")
    )
    redrafts = Answer.objects.filter(script__student=student, redraft_of__isnull=False)
    begun = {}
    for original, handed_in_at in redrafts.order_by().values_list(
        "redraft_of", "script__handed_in_at"
    ):
        begun[original] = begun.get(original, False) or handed_in_at is not None
    return [
        Result(mark, row, begun.get(mark.answer_id))
        for row in rows
        for mark in row.marks.all()
    ]


def to_act_on(found):
    """Return the newest results that wait for their student, unread ones first."""
    waiting = [result for result in found if result.is_to_act_on]
    return sorted(waiting, key=lambda result: result.is_read)[:MOST_TO_ACT_ON]


def targets(found):
    """Return the results with advice, newest first."""
    return [result for result in found if result.mark.ebi]


def by_form(found):
    """Return for each form of question what its marks have been, in words and drawn."""
    forms = {}
    for result in sorted(found, key=lambda r: (r.script.handed_in_at, r.mark.pk)):
        forms.setdefault(result.question.type, []).append(result)
    return [
        _history(form, forms[form])
        for form in sorted(forms, key=lambda form: (form.board, form.number, form.pk))
    ]


def _history(form, found):
    attempts = [result.as_attempt() for result in found]
    # The ladder is that of the newest scheme; an older mark keeps its own number.
    newest = found[-1].mark
    bands = sorted(level.band for level in newest.scheme.levels.all())
    return {
        "form": form,
        "results": found,
        "words": ladders.trend(attempts, newest.tariff, has_levels=newest.has_levels),
        "drawing": ladders.draw(
            attempts, bands, newest.tariff, str(form), f"form-{form.pk}"
        ),
    }


def suggestions(student, found, ledger):
    """Return questions to practise: not answered, not waiting, weakest form first.

    `found` are the released results.
    """
    rows = [*ledger["to_write"], *ledger["handed_in"]]
    known = {question.pk for row in rows for question in row["questions"]}
    newest = {}
    for result in found:
        newest.setdefault(result.question.type_id, result)
    fresh = [
        question
        for question in Question.objects.visible_to(student).select_related("type")
        if question.pk not in known and question.is_listed
    ]
    # What was never tried comes after what went badly, before what went well.
    fresh.sort(
        key=lambda question: (
            newest[question.type_id].share if question.type_id in newest else 0.7
        )
    )
    return [
        {"question": question, "result": newest.get(question.type_id)}
        for question in fresh[:MOST_SUGGESTIONS]
    ]

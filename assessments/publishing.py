"""What a question lacks before students may be asked it, and a copy to change."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import bank_rules
from assessments.models import Question
from lessons.models import Lesson, Source

# What is copied with a question. Exemplars answer the question they were written for.
_PARTS = ("stimulus_points", "plan_boxes", "question_sources")


def faults(question):
    """Return a sentence for each thing that stands between a question and students."""
    used = list(question.question_sources.values_list("used_as", flat=True))
    has = bank_rules.Printed(
        stimulus=question.stimulus_points.count(),
        sources=used.count(Source.Form.SOURCE),
        interpretations=used.count(Source.Form.INTERPRETATION),
    )
    found = list(bank_rules.printed_faults(question.type, has).values())
    for scheme in filter(None, (question.mark_scheme, question.spag_scheme)):
        found += [
            _("Mark scheme “%(scheme)s”: %(fault)s")
            % {"scheme": scheme, "fault": fault.sentence}
            for fault in bank_rules.scheme_faults(
                scheme.tariff, scheme.levels.all(), scheme.points.all()
            )
        ]
    return found


@transaction.atomic
def publish(question):
    """Let students see a question, unless something is missing.

    Returns the faults; with any, nothing is changed.
    """
    found = faults(question)
    if not found:
        _set(question, timezone.now())
    return found


@transaction.atomic
def withdraw(question):
    """Hide a question again. Scripts that have it go on as they are."""
    _set(question, None)


def _set(question, when):
    Question.objects.filter(pk=question.pk).update(published_at=when)
    Lesson.objects.filter(pk=question.lesson_id).touch()


def _free_slug(slug):
    """Return the first address of the form slug-copy, slug-copy-2 … that is free."""
    base = f"{slug[:40]}-copy"
    taken = set(
        Question.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    )
    number = 1
    while (base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return base if number == 1 else f"{base}-{number}"


@transaction.atomic
def copy_question(question):
    """Return an unpublished copy with bullets, plan boxes and sources."""
    copy = Question.objects.get(pk=question.pk)
    copy.pk, copy._state.adding = None, True
    copy.slug = _free_slug(question.slug)
    copy.published_at = None
    copy.save()
    for name in _PARTS:
        for part in getattr(question, name).all():
            part.pk, part._state.adding = None, True
            part.question = copy
            part.save()
    return copy

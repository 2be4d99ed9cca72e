"""The only place that deletes scripts, with everything that hangs on them."""

from django.db import transaction

from assessments.models import (
    Answer,
    AnswerVersion,
    ClassExtract,
    Event,
    Mark,
    Release,
    ReleasedScript,
    Script,
)


@transaction.atomic
def erase(scripts):
    """Delete these scripts, their texts, marks and history; return how many."""
    # The rows are fixed first: what names them is deleted along the way.
    scripts = Script.objects.filter(pk__in=list(scripts.values_list("pk", flat=True)))
    answers = Answer.objects.filter(script__in=scripts)
    versions = AnswerVersion.objects.filter(answer__in=answers)
    Event.objects.filter(script__in=scripts).delete()
    releases = list(
        ReleasedScript.objects.filter(script__in=scripts)
        .order_by()
        .values_list("release", flat=True)
        .distinct()
    )
    ReleasedScript.objects.filter(script__in=scripts).delete()
    ClassExtract.objects.filter(answer__in=answers).delete()
    # An act of releasing that released nothing else is no record of anything.
    Release.objects.filter(pk__in=releases, scripts=None).delete()
    Mark.objects.filter(answer__in=answers).delete()
    Answer.objects.filter(redraft_of__in=answers).update(redraft_of=None)
    answers.update(
        current=None, current_plan=None, handed_in_version=None, latest_whole=None
    )
    versions.update(whole=None)
    versions.delete()
    answers.delete()
    return scripts.delete()[0]

"""The only place that deletes scripts, with everything that hangs on them."""

import contextlib

from django.db import connection, transaction

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


@contextlib.contextmanager
def _pointers_found():
    """Index the pointers of answers while versions are deleted.

    The database asks of every version that goes whether an answer points to it; saving
    is quicker without these indexes, so they exist here only. PostgreSQL makes no index
    while a table has checks that wait for the transaction's end.
    """
    names = ("current", "current_plan", "latest_whole")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(
                f"CREATE INDEX erasing_{name} ON assessments_answer ({name}_id)"
            )
        yield
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in names:
            cursor.execute(f"DROP INDEX erasing_{name}")
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


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
    with _pointers_found():
        versions.delete()
    answers.delete()
    return scripts.delete()[0]

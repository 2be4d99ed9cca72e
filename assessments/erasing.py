"""The only place that deletes scripts, and students, with all that hangs on them."""

import contextlib
import datetime
import functools
import json
import operator
import re
from pathlib import Path

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from assessments.models import (
    Answer,
    AnswerVersion,
    Assignment,
    AssignmentStudent,
    ClassExtract,
    ClassFeedback,
    Concern,
    Event,
    KeptFigure,
    Mark,
    Release,
    ReleasedScript,
    Script,
)
from assessments.models.releases import shown_release
from lessons.models import TaskNote
from people import audit
from people.erasures import Erasure
from people.models import AuditEntry, Enrolment, Student, User

# Tables in which a student's words or names lay (PostgreSQL writes them anew).
OVERWRITTEN = (
    AnswerVersion, Answer, Script, Mark, Event, Concern, ClassExtract, TaskNote,
    AssignmentStudent, LogEntry, User, Enrolment,
)  # fmt: skip


@contextlib.contextmanager
def pointers_found():
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
    Concern.objects.filter(answer__in=answers).delete()
    # An act of releasing that released nothing else is no record of anything.
    Release.objects.filter(pk__in=releases, scripts=None).delete()
    Mark.objects.filter(answer__in=answers).delete()
    Answer.objects.filter(redraft_of__in=answers).update(redraft_of=None)
    answers.update(
        current=None, current_plan=None, handed_in_version=None, latest_whole=None
    )
    versions.update(whole=None)
    with pointers_found():
        versions.delete()
    answers.delete()
    return scripts.delete()[0]


def open_work(person):
    """Return this student's scripts that are being written and not due for them yet."""
    scripts = (
        Script.objects.filter(student=person, handed_in_at=None)
        .exclude(assignment=None)
        .select_related("assignment")
        .with_due()
    )
    now = timezone.now()
    return [script for script in scripts if script.due_at and script.closes_at > now]


def carry_out_due():
    """Erase everybody whose delay is over; return (erased, held for open work)."""
    erased = held = 0
    for erasure in Erasure.objects.due():
        person = User.objects.filter(
            pk=erasure.person_id, date_joined=erasure.joined_at
        ).first()
        if person is not None and open_work(person):
            held += 1
            continue
        # Before the first row goes: what stops half-way is gone on with next time.
        _still_to_overwrite().touch()
        with transaction.atomic():
            left = erase_person(person, erasure.keeps_marks) if person else 0
            Erasure.objects.filter(pk=erasure.pk).update(done_at=timezone.now())
            audit.record(
                AuditEntry.Action.ERASURE,
                erasure.person_id,
                detail=f"done; {left} texts by others still hold the name",
            )
        erased += 1
    if erased:
        note_outside()
    if _still_to_overwrite().exists():
        overwrite_freed()
    return erased, held


def erase_again():
    """After a backup was put back: erase whom it brought back; return how many."""
    found = 0
    for pk, joined in _known_outside():
        person = User.objects.filter(
            pk=pk, date_joined=datetime.datetime.fromisoformat(joined)
        ).first()
        if person is None:
            continue
        _still_to_overwrite().touch()
        with transaction.atomic():
            erase_person(person, keeps_marks=False)
            Erasure.objects.waiting().filter(person_id=pk).delete()
            Erasure.objects.create(
                person_id=pk,
                joined_at=joined,
                due_at=timezone.now(),
                done_at=timezone.now(),
            )
            audit.record(
                AuditEntry.Action.ERASURE, pk, detail="done again after a restore"
            )
        found += 1
    if found:
        overwrite_freed()
    note_outside()
    return found


@transaction.atomic
def erase_person(person, keeps_marks):
    """Delete a student with everything that is theirs.

    Returns how many texts by others still hold the whole name: only a person can
    tell whether they are about this student.
    """
    if person.is_staff:
        raise ValueError("Only students are erased; a staff account is closed.")
    names = _whole_names(person)
    scripts = Script.objects.filter(student=person)
    if keeps_marks:
        _keep_figures(scripts)
    erase(scripts)
    for name in names:
        _forget_in_history(name)
    LogEntry.objects.filter(
        content_type__in=ContentType.objects.get_for_models(
            User, Student, for_concrete_models=False
        ).values(),
        object_id=str(person.pk),
    ).delete()
    person.delete()
    return sum(_mentions(name) for name in names)


def _whole_names(person):
    """Return a person's names as others write them, each of at least two words.

    One word alone may be anybody's, or part of another.
    """
    firsts = {person.first_name, person.preferred_name} - {""}
    return {f"{first} {person.last_name}" for first in firsts if person.last_name}


def _forget_in_history(name):
    """Delete the admin's history of rows and changes that were called by a name."""
    for spelled in {name, json.dumps(name)[1:-1]}:
        whole = re.compile(rf"(?<!\w){re.escape(spelled)}(?!\w)")
        found = LogEntry.objects.filter(
            Q(object_repr__contains=spelled) | Q(change_message__contains=spelled)
        )
        LogEntry.objects.filter(
            pk__in=[
                entry.pk
                for entry in found
                if whole.search(entry.object_repr) or whole.search(entry.change_message)
            ]
        ).delete()


def _keep_figures(scripts):
    """Keep what releases show now: numbers, question and exam year."""
    made = []
    for script in scripts.exclude(assignment=None).select_related("assignment__group"):
        shown = shown_release(script)
        if shown is None:
            continue
        made += [
            KeptFigure(
                question_id=mark.answer.question_id,
                cohort=script.assignment.group.cohort,
                total=mark.total,
                highest_total=mark.highest_total,
            )
            for mark in shown.marks.select_related("answer")
        ]
    KeptFigure.objects.bulk_create(made)


def _mentions(name):
    """Count the texts by staff that hold a name."""
    return sum(
        rows.filter(
            functools.reduce(
                operator.or_, (Q(**{f"{field}__contains": name}) for field in fields)
            )
        ).count()
        for rows, fields in (
            (Mark.objects, ("www", "ebi", "private_note", "reason")),
            (ClassFeedback.objects, ("strengths", "work_on", "tasks", "spellings")),
            (Assignment.objects, ("note",)),
            (AssignmentStudent.objects, ("note",)),
            (Concern.objects, ("note",)),
        )
    )


def overwrite_freed():
    """Have the database write over what was deleted: until then it lies in its file.

    Where somebody reads just now, the mark stays and the next night tries again.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, *_pages = cursor.fetchone()
            if is_busy:
                return
        else:
            cursor.execute("SET statement_timeout = 0")
            # Tables in use are waited for so long; else the next night tries again.
            cursor.execute("SET lock_timeout = '2min'")
            for model in OVERWRITTEN:
                cursor.execute(f"VACUUM FULL {model._meta.db_table}")
            cursor.execute("RESET statement_timeout")
            cursor.execute("RESET lock_timeout")
    _still_to_overwrite().unlink(missing_ok=True)


def _still_to_overwrite():
    """The mark that something deleted still lies in the database's file."""
    return Path(settings.VAR_DIR) / "overwrite-freed"


def _list():
    return Path(settings.VAR_DIR) / "erased.json"


def _known_outside():
    try:
        return [tuple(pair) for pair in json.loads(_list().read_text())]
    except (OSError, ValueError):
        return []


def note_outside():
    """Keep the list beside the database too: a restored one has forgotten it."""
    here = Erasure.objects.done().values_list("person_id", "joined_at")
    known = {*_known_outside(), *((pk, joined.isoformat()) for pk, joined in here)}
    half = _list().with_suffix(".json.new")
    half.write_text(json.dumps(sorted(known)))
    half.replace(_list())

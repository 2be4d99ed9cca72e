"""Whole classes at once, in bulk: rows for figures and for counting queries.

What is made is what the verbs would have made: texts handed in, marks awarded by the
written rule, some of it released.
"""

import datetime
import functools
import itertools

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from assessments import marking, versions
from assessments.models import (
    Answer,
    AnswerVersion,
    Assignment,
    Mark,
    Release,
    ReleasedScript,
    Script,
)
from people import roles
from people.models import Membership, User
from tests.factories import LONG_AGO, make_paper

COMMENTS = (
    (
        "You choose exact evidence: a name and a date.",
        "Weigh the two reasons at the end.",
    ),
    ("Clear explanation of why fear worked.", "Add a date or a name to each reason."),
    (
        "You keep to the question.",
        "Explain how propaganda made people obey.\nSp: propaganda",
    ),
    ("A clear judgement at the end.", "Write about both bullets, not only one."),
    ("", ""),
)
SENTENCES = (
    "Fear made Stalin’s hold on power stronger because nobody dared to speak.",
    "After Kirov was murdered in December 1934 trials without appeal were allowed.",
    "This meant that there was no rival left in the Party by 1938.",
    "Propoganda mattered as well, for portraits of Stalin hung in every school.",
    "In Source B nobody dares to be the first to stop clapping.",
    "The goverment controled what people read, so they could not compare.",
)
SURNAMES = (
    "Adeyemi", "Begum", "Byrne", "Carter", "Demir", "Douglas", "Fletcher", "Górski",
    "Hargreaves", "Hollis", "Iqbal", "Jacobs", "Kendall", "Lacey", "Mai", "Marlow",
    "Featherstonehaugh-Cholmondeley",
)  # fmt: skip


def make_students(group, count, prefix="s"):
    """Return new students of a class; their names are as long as names get."""
    people = User.objects.bulk_create(
        User(
            username=f"{prefix}{number:04d}",
            first_name=f"{'Aoibheann' if number % 7 else 'Maximiliana'} {number}",
            last_name=SURNAMES[number % len(SURNAMES)],
            password="!",
        )
        for number in range(count)
    )
    Membership.objects.bulk_create(
        Membership(person=person, group=group, role=roles.STUDENT, from_date=LONG_AGO)
        for person in people
    )
    return people


def make_task(group, teacher, questions, slug, days_ago=7):
    """Return a paper of these questions, set and due some days ago."""
    now = timezone.now()
    return Assignment.objects.create(
        assessment=make_paper(questions, slug=slug),
        group=group,
        opens_at=now - datetime.timedelta(days=days_ago + 7),
        due_at=now - datetime.timedelta(days=days_ago),
        set_by=teacher,
    )


def hand_in(task, students, teacher, *, marked=True, released=True, missing=0):
    """Make handed-in scripts of a task; the last `missing` of every ten hand in nothing.

    Returns the scripts. `marked` and `released` say how far the teacher got.
    """
    writers = [s for n, s in enumerate(students) if n % 10 < 10 - missing]
    asked = task.assessment.assessment_questions.select_related(
        "question__type", "question__mark_scheme", "question__spag_scheme"
    ).prefetch_related("question__mark_scheme__levels")
    questions = [item.question for item in asked]
    at = task.due_at - datetime.timedelta(hours=20)
    scripts = Script.objects.bulk_create(
        Script(
            student=student,
            assignment=task,
            started_at=at,
            handed_in_at=at,
            marking_started_at=at if marked else None,
        )
        for student in writers
    )
    answers = Answer.objects.bulk_create(
        Answer(script=script, question=question, order=order)
        for script in scripts
        for order, question in enumerate(questions, 1)
    )
    made = AnswerVersion.objects.bulk_create(
        _version(answer, number) for number, answer in enumerate(answers)
    )
    for answer, version in zip(answers, made, strict=True):
        answer.current = answer.handed_in_version = answer.latest_whole = version
        answer.last_number = 1
    only = Subquery(AnswerVersion.objects.filter(answer=OuterRef("pk")).values("pk"))
    Answer.objects.filter(script__assignment=task).update(
        current=only, handed_in_version=only, latest_whole=only, last_number=1
    )
    if marked:
        marks = Mark.objects.bulk_create(
            _mark(answer, teacher, number) for number, answer in enumerate(answers)
        )
        if released:
            _release(scripts, marks, teacher)
    return scripts


@functools.cache
def _text(first, paragraphs):
    """Return a text and how it is packed."""
    text = "\n\n".join(
        " ".join(itertools.islice(itertools.cycle(SENTENCES), first, first + 5))
        for _paragraph in range(paragraphs)
    )
    packed, _is_whole = versions.pack(text, None)
    return text, packed


def _version(answer, number):
    text, packed = _text(number % 6, 3 + number % 4)
    return AnswerVersion(
        answer=answer,
        number=1,
        packed=packed,
        length=len(text),
        words=versions.word_count(text),
        checksum=versions.checksum(text),
        writer_id=answer.script.student_id,
        origin=AnswerVersion.Origin.AUTOSAVE,
        tab="bulk",
        tab_number=1,
    )


def _mark(answer, teacher, number):
    mark = Mark.prepare(answer, teacher)
    mark.mark = (number * 7 + answer.script.student_id * 3) % (mark.tariff + 1)
    levels = mark.scheme.levels.all()
    mark.take_level(marking.level_of(levels, mark.mark))
    mark.ao1, mark.ao2, mark.ao3, mark.ao4 = marking.split_by_objective(
        mark.mark, mark.maxima
    )
    if mark.spag_maximum:
        mark.spag = number % (mark.spag_maximum + 1)
    mark.www, mark.ebi = COMMENTS[number % len(COMMENTS)]
    mark.awarded_at = timezone.now()
    return mark


def _release(scripts, marks, teacher):
    release = Release.objects.create(kind=Release.Kind.SHOWN, by=teacher)
    rows = {
        row.script_id: row
        for row in ReleasedScript.objects.bulk_create(
            ReleasedScript(release=release, script=script) for script in scripts
        )
    }
    pins = ReleasedScript.marks.through
    pins.objects.bulk_create(
        pins(releasedscript=rows[mark.answer.script_id], mark=mark) for mark in marks
    )

"""`manage.py shell` reads this: a database as the first release left it, with work.

The tables are those of the first migrations and the rows are written through their
own models, so nothing of today's code has touched them but the packing of texts.
"""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from assessments import versions

FIRST = [(app, "0001_initial") for app in ("people", "lessons", "assessments")]


def first_models():
    """Make the tables of the first release and return a look-up of its models."""
    executor = MigrationExecutor(connection)
    rest = [
        node
        for node in executor.loader.graph.leaf_nodes()
        if node[0] not in ("people", "lessons", "assessments")
    ]
    executor.migrate([*rest, *FIRST])
    apps = MigrationExecutor(connection).loader.project_state(FIRST).apps
    return lambda name: apps.get_model(*name.split(".")).objects


def write_history(rows, answer, student):
    """Append twelve versions, whole and as deltas; the last one stands."""
    text, whole = "", None
    for number in range(1, 13):
        text += (
            f"[{student.username}|{answer.pk}|{number}] Zeile {number}: é 😀 \t “x”\n"
        )
        packed, is_whole = versions.pack(text, whole[1] if whole else None)
        version = rows("assessments.AnswerVersion").create(
            answer=answer,
            number=number,
            packed=packed,
            whole_id=None if is_whole else whole[0],
            length=len(text),
            words=versions.word_count(text),
            checksum=versions.checksum(text),
            writer=student,
            origin="autosave",
            tab=f"tab-{answer.pk}",
            tab_number=number,
        )
        if is_whole:
            whole = version.pk, text
    answer.last_number = 12
    answer.current = answer.handed_in_version = version
    answer.latest_whole_id = whole[0]
    answer.save()


def mark(rows, answer, marker, scheme):
    """Award a first mark and correct it, as release 1 did: two rows, no link."""
    for given in (5, 6):
        row = rows("assessments.Mark").create(
            answer=answer,
            version=answer.handed_in_version,
            marker=marker,
            scheme=scheme,
            has_levels=False,
            tariff=12,
            ceiling=12,
            mark=given,
            ao1=given,
            ao1_maximum=12,
            www="Klar – “gut”.",
            awarded_at=timezone.now(),
        )
    return row


def main():
    rows = first_models()
    person = rows("people.User").create
    teacher = person(username="ada", password="!", is_staff=True)
    group = rows("people.TeachingGroup").create(name="10B/Hi1", cohort=2028)
    scheme = rows("assessments.MarkScheme").create(
        name="Points", series="2025", tariff=12
    )
    form = rows("assessments.QuestionType").create(
        code="own-1", board="Own", specification="1", paper="1", number="1",
        command_word="Explain", tariff=12, ao1=12, minutes=15,
    )  # fmt: skip
    task = rows("assessments.Assessment").create(title="A task")
    questions = [
        rows("assessments.Question").create(
            slug=f"own-{number}", wording="Why?", indicative_content="Because.",
            type=form, mark_scheme=scheme, published_at=timezone.now(),
        )
        for number in (1, 2)
    ]  # fmt: skip
    for order, question in enumerate(questions, 1):
        rows("assessments.AssessmentQuestion").create(
            assessment=task, question=question, order=order
        )
    assignment = rows("assessments.Assignment").create(
        assessment=task, group=group, set_by=teacher,
        due_at=timezone.now() + timezone.timedelta(days=7),
    )  # fmt: skip
    release = rows("assessments.Release").create(kind="shown", by=teacher)
    for number in range(30):
        student = person(username=f"seat-{number}", password="!")
        rows("people.Membership").create(person=student, group=group, role="student")
        script = rows("assessments.Script").create(
            student=student, assignment=assignment,
            handed_in_at=timezone.now(), marking_started_at=timezone.now(),
        )  # fmt: skip
        shown = rows("assessments.ReleasedScript").create(
            release=release, script=script
        )
        for order, question in enumerate(questions, 1):
            answer = rows("assessments.Answer").create(
                script=script, question=question, order=order
            )
            write_history(rows, answer, student)
            shown.marks.add(mark(rows, answer, teacher, scheme))


main()

"""`python -m tests.load.rows WHAT`: rows for the load, straight in the database.

Runs with the product's settings on the site's database; talks JSON.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "terror_site.settings")
django.setup()

# Models can be imported only once Django is set up.
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from assessments.models import (  # noqa: E402
    Answer,
    AnswerVersion,
    Assessment,
    Assignment,
    Question,
    Script,
)
from people import roles  # noqa: E402
from people.models import Membership, Session, TeachingGroup, User  # noqa: E402
from people.sessions import SessionStore  # noqa: E402
from tests.load.client import essay  # noqa: E402

PASSWORD = "four quiet words here"


@transaction.atomic
def make(count, prefix):
    """Make a class whose students are signed in and have begun what it was set."""
    password = make_password(PASSWORD)
    User.objects.bulk_create(
        User(username=f"{prefix}{number}", password=password) for number in range(count)
    )
    students = list(User.objects.filter(username__startswith=prefix).order_by("pk"))
    question = Question.objects.filter(published_at__isnull=False).order_by("pk")[0]
    now = timezone.now()
    assignment = Assignment.objects.create(
        assessment=Assessment.objects.of(question),
        group=TeachingGroup.objects.create(name=prefix, cohort=now.year + 1),
        due_at=now + timezone.timedelta(days=7),
        set_by=User.objects.filter(is_staff=True)[0],
    )
    Membership.objects.bulk_create(
        Membership(
            person=student, role=roles.STUDENT, group=assignment.group,
            from_date=now.date(),
        )
        for student in students
    )  # fmt: skip
    Script.objects.bulk_create(
        Script(student=student, assignment=assignment) for student in students
    )
    scripts = list(Script.objects.filter(student__in=students).order_by("student_id"))
    Answer.objects.bulk_create(
        Answer(script=script, question=question) for script in scripts
    )
    expires = now + timezone.timedelta(hours=12)
    sessions = []
    for student in students:
        store = SessionStore()
        data = {
            SESSION_KEY: str(student.pk),
            BACKEND_SESSION_KEY: "people.backends.RoleBackend",
            HASH_SESSION_KEY: student.get_session_auth_hash(),
        }
        sessions.append(
            Session(
                session_key=store._get_new_session_key(),
                session_data=store.encode(data),
                expire_date=expires,
                person=student,
            )
        )
    Session.objects.bulk_create(sessions)
    return [
        {
            "pk": student.pk,
            "username": student.username,
            "password": PASSWORD,
            "session": session.session_key,
            **_addresses(script),
        }
        for student, script, session in zip(students, scripts, sessions, strict=True)
    ]


def floor_rows():
    """Make the floor's own table: a row for each, so that none waits for another's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS floor_draft "
            "(student_id bigint PRIMARY KEY, text text NOT NULL)"
        )
        cursor.execute(
            "INSERT INTO floor_draft SELECT id, '' FROM people_user WHERE true "
            "ON CONFLICT DO NOTHING"
        )


def begin(students):
    """Give each of these a text, so that there is something to hand in."""
    for row in students:
        answer = Answer.objects.get(script__student=row["pk"])
        answer.keep(essay(1), writer=User(pk=row["pk"]), origin="autosave")


def open_again(students):
    """Give the same students new scripts, so that the next load begins afresh."""
    question = Question.objects.filter(published_at__isnull=False).order_by("pk")[0]
    Script.objects.bulk_create(
        scripts := [Script(student_id=row["pk"], question=question) for row in students]
    )
    Answer.objects.bulk_create(
        Answer(script=script, question=question) for script in scripts
    )
    return [
        {**row, **_addresses(script)}
        for row, script in zip(students, scripts, strict=True)
    ]


def _addresses(script):
    return {
        "script": script.pk,
        "save": reverse("assessments:answer-save", args=[script.public_id, 1]),
        "hand_in": reverse("assessments:script-hand-in", args=[script.public_id]),
    }


def lost(acknowledged):
    """Return in how many scripts the last acknowledged text does not stand."""
    standing = {
        str(answer.script_id): answer.text
        for answer in Answer.objects.filter(
            script__in=list(acknowledged)
        ).select_related("current__whole")
    }
    return sum(standing.get(pk) != essay(number) for pk, number in acknowledged.items())


def floor_lost(acknowledged):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT script.id, text FROM floor_draft "
            "JOIN assessments_script script USING (student_id)"
        )
        texts = {str(script): text for script, text in cursor.fetchall()}
    return sum(
        essay(number) not in texts.get(script, "")
        for script, number in acknowledged.items()
    )


def handed_in(students):
    """Return how many of these have handed in exactly what they wrote."""
    answers = Answer.objects.filter(
        script__student__in=[row["pk"] for row in students],
        script__handed_in_at__isnull=False,
    ).select_related("handed_in_version__whole")
    return sum(answer.handed_in_text == essay(1) for answer in answers)


def database_bytes():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute("PRAGMA freelist_count")
            free = cursor.fetchone()[0]
            cursor.execute("PRAGMA page_size")
            return (pages - free) * cursor.fetchone()[0]
        cursor.execute("VACUUM")
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


def typed_saves(text, minutes=40, keys_a_second=3, sentence=12):
    """Return the texts that a desk saves of an essay that is typed in this time.

    Sentence by sentence of twelve words, with equal pauses to think between them;
    saved 4 s after the last save while keys go down, and 1 s after the last key
    (docs/saving.md).
    """
    words = text.split()
    ends = [
        len(" ".join(words[:count])) for count in range(sentence, len(words), sentence)
    ]
    ends.append(len(text))
    if (minutes * 60 - len(text) / keys_a_second) / len(ends) <= 1:
        raise ValueError("Nobody types that much in this time.")
    each = 4 * keys_a_second
    places, begin = [], 0
    for end in ends:
        places += [*range(begin + each, end, each), end]
        begin = end
    return [text[:place] for place in places]


def without_a_pause(text, saves=600):
    """Return what is saved every 4 s for 40 minutes: more than that is impossible."""
    words = text.split()
    return [
        " ".join(words[: len(words) * number // saves])
        for number in range(1, saves + 1)
    ]


def storage(students, pauses):
    """Return the KB that an essay of 3 KB takes, written in 40 minutes.

    Some essays in turns, as a class writes: an index has no tidy order either.
    """
    texts = typed_saves(essay(1)) if pauses else without_a_pause(essay(1))
    answers = list(
        Answer.objects.filter(script__in=[row["script"] for row in students])
        .select_related("script__student")
        .order_by("pk")
    )
    compact()
    before = database_bytes()
    base = dict.fromkeys(answers)
    for number, text in enumerate(texts, 1):
        for answer in answers:
            kept = answer.keep(
                text, writer=answer.script.student, origin="autosave", tab="Xy3-5Zab",
                number=number, base=base[answer],
            )  # fmt: skip
            base[answer] = kept.version.number
    grown = database_bytes() - before
    versions = AnswerVersion.objects.filter(answer__in=answers)
    packed = sum(len(bytes(version.packed)) for version in versions.only("packed"))
    each = 1024 * len(answers)
    compact()
    return {
        "saves": len(texts),
        "kilobytes": grown / each,
        "compact": (database_bytes() - before) / each,
        "packed": packed / each,
    }


def compact():
    with connection.cursor() as cursor:
        cursor.execute("VACUUM" if connection.vendor == "sqlite" else "VACUUM FULL")


def main():
    work = globals()[sys.argv[1]]
    json.dump(work(**json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()

"""`manage.py shell` of a running site reads this: students with scripts, signed in.

Makes SEATS students of a class of their own, each with an open script of a shipped
paper, and prints for each what a browser would know. Sessions are written straight
into the database: hashing sixty passwords is not what is tested.
"""

import json
import os

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.urls import reverse
from django.utils import timezone

from assessments.models import Assessment, Assignment, Question, Script
from people import roles
from people.models import Membership, TeachingGroup, User
from people.sessions import SessionStore


def cookie_for(user):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "people.backends.RoleBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


def seat(number, assignment):
    student = User(username=f"seat-{number}", first_name="Seat", last_name=str(number))
    student.set_unusable_password()
    student.save()
    Membership.objects.create(
        person=student, group=assignment.group, role=roles.STUDENT
    )
    script = Script.start(student, assignment=assignment)
    return {
        "student": student.pk,
        "name": student.username,
        "script": script.public_id,
        "session": cookie_for(student),
        "answers": list(script.answers.order_by("order").values_list("pk", flat=True)),
    }


def to_mark(number, assignment):
    """Return the address of the marking desk for a script that was handed in."""
    student = User.objects.create(username=f"done-{number}")
    Membership.objects.create(
        person=student, group=assignment.group, role=roles.STUDENT
    )
    script = Script.start(student, assignment=assignment)
    for answer in script.answers.all():
        answer.keep("Terror. " * 200, writer=student, origin="autosave")
    script.hand_in()
    return reverse("admin:assessments_script_mark", args=[script.public_id, 1])


def main():
    teacher = User.objects.filter(memberships__role=roles.TEACHER).first()
    group = TeachingGroup.objects.create(name="Seats", cohort=2028)
    Membership.objects.create(person=teacher, group=group, role=roles.TEACHER)
    assignment = Assignment.objects.create(
        assessment=Assessment.objects.papers().filter(slug__isnull=False).first(),
        group=group,
        due_at=timezone.now() + timezone.timedelta(days=7),
        set_by=teacher,
    )
    seats = [seat(number, assignment) for number in range(int(os.environ["SEATS"]))]
    second = User.objects.filter(memberships__role=roles.TEACHER).last()
    Membership.objects.create(person=second, group=group, role=roles.TEACHER)
    print(
        json.dumps(
            {
                "seats": seats,
                "teachers": [cookie_for(teacher), cookie_for(second)],
                "desks": [to_mark(number, assignment) for number in range(4)],
                "questions": list(Question.objects.values_list("pk", flat=True)),
            }
        )
    )


main()

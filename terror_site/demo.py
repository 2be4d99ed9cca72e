"""The demonstration school: made in an empty database, taken out whole."""

import csv
import os
from pathlib import Path

import yaml
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from assessments.erasing import erase
from assessments.models import Assessment, Assignment, Script
from people import roles
from people.models import Membership, School, TeachingGroup, User
from people.passphrases import passphrase
from terror_site.demo_work import DemoClass, DemoStudent, Diary, Work

# The school day from which its people have belonged, seen from today.
SINCE = -45

# What the accounts file calls a role; the file is read by people and by tests.
FILE_ROLES = {
    roles.STUDENT: "student",
    roles.TEACHER: "teacher",
    roles.HEAD: "head",
    roles.SENCO: "SENCo",
    roles.DATA_MANAGER: "data manager",
    roles.SITE_MANAGER: "site manager",
}


def _exam_year(year_group):
    """Return the summer in which a year group sits its exam, at the end of year 11."""
    today = timezone.localdate()
    school_year_ends = today.year + (today.month >= 9)
    return school_year_ends + 11 - year_group


def accounts_file():
    return Path(settings.VAR_DIR) / "demo-accounts.csv"


def is_wanted():
    """Whether the database is empty and no demonstration was taken out of it."""
    school = School.objects.get_or_create(pk=1)[0]
    return (
        school.set_up_at is None
        and school.demo_removed_at is None
        and not User.objects.exists()
    )


def _data(name="demo_school"):
    text = (settings.BASE_DIR / "fixtures" / f"{name}.yaml").read_text("utf-8")
    return yaml.safe_load(text)


@transaction.atomic
def load():
    """Make the demonstration school and write its sign-ins to `accounts_file()`.

    The file is written before the transaction ends: without it nobody could
    sign in.
    """
    data = _data()
    diary = Diary()
    people = _make_people(data)
    groups = {
        item["name"]: _make_class(item, people, diary) for item in data["classes"]
    }
    Work(_data("demo_answers"), groups, diary).make(data["work"])
    lead = next(u for u, _password, role in people.values() if role == roles.SENCO)
    School.objects.update_or_create(
        pk=1,
        defaults={
            **data["school"],
            "demo_loaded_at": timezone.now(),
            "safeguarding_lead": lead,
        },
    )
    School.forget_current()
    _tell_planner()
    accounts = [
        (user.username, password, FILE_ROLES[role], str(user))
        for user, password, role in people.values()
    ]
    _write_accounts(accounts)
    return accounts


def _tell_planner():
    """Count the new rows for PostgreSQL, which else plans for empty tables until its
    own clean-up comes by: a join of its versions has taken more than 15 s.

    Our own tables: those that all databases share are locked until the transaction ends.
    """
    if connection.vendor == "postgresql":
        tables = ", ".join(map(connection.ops.quote_name, _own_tables()))
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")


def _own_tables():
    return connection.introspection.django_table_names(only_existing=True)


def _make_people(data):
    """Return user name → (account, password, role), staff first."""
    people = {}
    for item in data["staff"]:
        people[item["username"]] = _account(item, item["role"])
    for group in data["classes"]:
        for item in group["students"]:
            people[item["username"]] = _account(item, roles.STUDENT)
    User.objects.bulk_create(user for user, _password, _role in people.values())
    Membership.objects.bulk_create(
        Membership(person=user, role=role)
        for user, _password, role in people.values()
        if role in roles.SCHOOL_ROLES
    )
    return people


def _account(item, role):
    password = passphrase()
    user = User(
        username=item["username"],
        password=make_password(password),
        first_name=item["first_name"],
        last_name=item["last_name"],
        is_staff=role != roles.STUDENT,
        lends_extracts=item.get("lends_extracts", False),
        is_demonstration=True,
    )
    return user, password, role


def _make_class(item, people, diary):
    """Make a class whose people have belonged to it for a while."""
    row = TeachingGroup.objects.create(
        name=item["name"], cohort=_exam_year(item["year_group"]), is_demonstration=True
    )
    since = diary.day(SINCE)
    teacher = people[item["teacher"]][0]
    members = [Membership(person=teacher, role=roles.TEACHER, from_date=since)]
    cover = item.get("cover")
    if cover:
        members.append(
            Membership(
                person=people[cover["username"]][0],
                role=roles.TEACHER,
                from_date=diary.day(cover["since"]),
                until_date=diary.day(cover["until"]),
            )
        )
    students = []
    for entry in item["students"]:
        user = people[entry["username"]][0]
        students.append(DemoStudent(user, entry))
        joined = diary.day(entry.get("joined", SINCE))
        members.append(Membership(person=user, role=roles.STUDENT, from_date=joined))
    for member in members:
        member.group = row
    Membership.objects.bulk_create(members)
    return DemoClass(row, teacher, students)


def _write_accounts(accounts):
    path = accounts_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("username", "password", "role", "name"))
        writer.writerows(accounts)


@transaction.atomic
def remove():
    """Take the demonstration out and nothing else.

    Returns (people, classes, classes kept): a class with real people in it stays,
    and so do a name and a help text that somebody has put in since.
    """
    people = User.objects.filter(is_demonstration=True)
    real = Membership.objects.filter(person__is_demonstration=False)
    kept = TeachingGroup.objects.filter(
        is_demonstration=True, pk__in=real.values("group")
    )
    kept_classes = list(kept)
    TeachingGroup.objects.filter(pk__in=[group.pk for group in kept_classes]).update(
        is_demonstration=False
    )
    classes = TeachingGroup.objects.filter(is_demonstration=True)
    counts = people.count(), classes.count()
    erase(
        Script.objects.filter(Q(student__in=people) | Q(assignment__group__in=classes))
    )
    assignments = Assignment.objects.filter(
        Q(group__in=classes) | Q(set_by__in=people, scripts=None)
    )
    tasks = list(assignments.values_list("assessment", flat=True))
    assignments.delete()
    # Papers are the department's; a task that is listed nowhere goes with its use.
    Assessment.objects.filter(pk__in=tasks, slug=None, assignments=None).delete()
    classes.delete()
    for person in people:
        # Whoever has marked real work stays in its records, without a way in.
        try:
            with transaction.atomic():
                person.delete()
        except ProtectedError:
            person.memberships.all().delete()
            User.objects.filter(pk=person.pk).update(
                is_active=False, is_demonstration=False
            )
    school = _data()["school"]
    for name, value in school.items():
        School.objects.filter(pk=1, **{name: value}).update(**{name: ""})
    School.objects.filter(pk=1, demo_removed_at=None).exclude(
        demo_loaded_at=None
    ).update(demo_removed_at=timezone.now())
    School.forget_current()
    accounts_file().unlink(missing_ok=True)
    return *counts, kept_classes

"""The demonstration school: made in an empty database, taken out whole."""

import csv
import os
from pathlib import Path

import yaml
from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from assessments.erasing import erase
from assessments.models import Assignment, Script
from people import roles
from people.models import Membership, School, TeachingGroup, User
from people.passphrases import passphrase

# What the accounts file calls a role; the file is read by people and by tests.
FILE_ROLES = {
    roles.STUDENT: "student",
    roles.TEACHER: "teacher",
    roles.HEAD: "head",
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


def _data():
    text = (settings.BASE_DIR / "fixtures" / "demo_school.yaml").read_text("utf-8")
    return yaml.safe_load(text)


@transaction.atomic
def load():
    """Make the demonstration school and write its sign-ins to `accounts_file()`.

    The file is written before the transaction ends: without it nobody could
    sign in.
    """
    data = _data()
    accounts = []

    def make(person, role):
        password = passphrase()
        user = User.objects.create_user(
            person["username"],
            password=password,
            first_name=person["first_name"],
            last_name=person["last_name"],
            is_staff=role != roles.STUDENT,
            is_demonstration=True,
        )
        accounts.append((user.username, password, FILE_ROLES[role], str(user)))
        return user

    for person in data["staff"]:
        user = make(person, person["role"])
        if person["role"] in roles.SCHOOL_ROLES:
            Membership.objects.create(person=user, role=person["role"])
    for item in data["classes"]:
        group = TeachingGroup.objects.create(
            name=item["name"],
            cohort=_exam_year(item["year_group"]),
            is_demonstration=True,
        )
        teacher = User.objects.get(username=item["teacher"])
        Membership.objects.create(person=teacher, group=group, role=roles.TEACHER)
        for person in item["students"]:
            Membership.objects.create(
                person=make(person, roles.STUDENT), group=group, role=roles.STUDENT
            )
    School.objects.update_or_create(
        pk=1, defaults={**data["school"], "demo_loaded_at": timezone.now()}
    )
    School.forget_current()
    _write_accounts(accounts)
    return accounts


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
    Assignment.objects.filter(
        Q(group__in=classes) | Q(set_by__in=people, scripts=None)
    ).delete()
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

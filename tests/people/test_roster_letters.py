"""Awkward rosters and the letters they have to get, which were written first."""

import datetime
from pathlib import Path

import pytest
import time_machine
import yaml

from people import enrolling, roles, roster
from people.models import Enrolment, Membership, TeachingGroup, User
from tests.factories import make_group, make_membership, make_user

CASES = sorted(path for path in (Path(__file__).parents[1] / "data/rosters").iterdir())
# A Monday in the first week of a school year: Year 10 sits the exam in 2028.
MONDAY = "2026-09-07 09:00"
pytestmark = pytest.mark.django_db


def the_class(name):
    cohort = 2028 if name.startswith("10") else 2027
    return TeachingGroup.objects.filter(name=name).first() or make_group(name, cohort)


def make_known(student):
    """Make a student as a case's `school.yaml` describes one."""
    names = {
        "first_name": student["first"],
        "preferred_name": student.get("preferred", ""),
        "last_name": student["last"],
    }
    left = student.get("left")
    user = make_user(student["username"], is_active=left is None, **names)
    since = datetime.date(2026, 9, 1)
    for name in student["classes"]:
        make_membership(user, roles.STUDENT, the_class(name), since=since)
    told = student.get("roster", {})
    if told is None:
        return
    enrolment = Enrolment.objects.create(
        student=user,
        upn=student["upn"],
        admission_number=student["adno"],
        left_on=left,
        **{**names, **{f"{key}_name": told[key] for key in told if key != "classes"}},
    )
    classes = told.get("classes", student["classes"])
    enrolment.groups.set([the_class(name) for name in classes])


def make_school(case):
    """Make the school of a case and return what is said beside the file."""
    path = case / "school.yaml"
    school = yaml.safe_load(path.read_text()) if path.exists() else {}
    for name in school.get("classes", ()):
        the_class(name)
    for student in school.get("students", ()):
        make_known(student)
    return enrolling.Options(only=school.get("only", ""))


def roster_of(case):
    return next(case.glob("roster.*"))


def everything():
    """Return all that an import may change; signing in is no change."""
    return [
        sorted(
            model.objects.values_list(
                *(f.name for f in model._meta.fields if f.name != "last_login")
            ),
            key=repr,
        )
        for model in (User, Enrolment, Membership, TeachingGroup)
    ]


def test_there_are_as_many_cases_as_were_promised():
    assert len(CASES) >= 24


def letter_of(file, options):
    try:
        return enrolling.dry_run(enrolling.read(file.name, file.read_bytes(), options))
    except roster.FileError as error:
        return enrolling.Outcome(file.name, fault=str(error))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@time_machine.travel(MONDAY, tick=False)
def test_the_letter_reads_word_for_word(case):
    options = make_school(case)
    before = everything()
    outcome = letter_of(roster_of(case), options)
    assert outcome.letter == (case / "letter.txt").read_text()
    assert everything() == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@time_machine.travel(MONDAY, tick=False)
def test_the_same_file_again_changes_nothing(case):
    """After it was applied, doubts settled by the first choice there is."""
    options = make_school(case)
    file = roster_of(case)
    outcome = letter_of(file, options)
    if outcome.plan is None:
        return
    for _round in range(2):
        for doubt in outcome.plan.open_doubts:
            options.choices[doubt.key] = doubt.options[0].value
        outcome = letter_of(file, options)
    upload = enrolling.read(file.name, file.read_bytes(), options)
    done = enrolling.carry_out(upload)
    assert done.is_applied == outcome.plan.says_something
    before = everything()
    again = letter_of(file, enrolling.Options(only=options.only))
    assert not again.plan.says_something
    assert not again.plan.open_doubts
    assert not enrolling.carry_out(upload).is_applied
    assert everything() == before

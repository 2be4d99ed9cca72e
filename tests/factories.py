"""Rows for tests, as plain functions with sensible defaults."""

import datetime

from django.utils import timezone

from lessons.models import Lesson, Mnemonic, MnemonicPoint, Section, Source
from people import roles
from people.models import Membership, TeachingGroup, User

LONG_AGO = datetime.date(2026, 9, 1)


def make_user(username, *, staff=False, role=None, group=None, **fields):
    user = User.objects.create_user(
        username,
        password="a long secret",
        is_staff=staff,
        **{"first_name": username.title(), "last_name": "Test", **fields},
    )
    if role:
        make_membership(user, role, group)
    return user


def make_membership(person, role, group=None, since=LONG_AGO, until=None):
    return Membership.objects.create(
        person=person, role=role, group=group, from_date=since, until_date=until
    )


def make_group(name, cohort=2028):
    return TeachingGroup.objects.create(name=name, cohort=cohort)


def make_lesson(slug="a-lesson", *, published=True, sections=1, **fields):
    now = timezone.now() if published else None
    lesson = Lesson.objects.create(
        slug=slug,
        **{
            "title": f"The lesson {slug}",
            "standfirst": "What it is about.",
            "reading_minutes": 5,
            "published_at": now,
            **fields,
        },
    )
    for number in range(1, sections + 1):
        Section.objects.create(
            lesson=lesson,
            slug=f"part-{number}",
            title=f"Part {number}",
            order=number,
            text="Some *words*.\n\n{source a}\n\n{mnemonic why}\n",
            published_at=timezone.now(),
        )
    return lesson


def make_source(lesson, letter="A", **fields):
    return Source.objects.create(
        lesson=lesson,
        letter=letter,
        **{
            "kind": "a letter",
            "extract": "They came at night.",
            "who": "A neighbour",
            "what": "A letter",
            "when": "1937",
            "why": "To a sister",
            "licence": "Free of copyright",
            "published_at": timezone.now(),
            **fields,
        },
    )


def make_mnemonic(lesson, slug="why", points=2):
    mnemonic = Mnemonic.objects.create(
        lesson=lesson, slug=slug, phrase="**W**hy **U**s?"
    )
    for number, title in enumerate(("Whole", "Urgency", "Paranoia")[:points], 1):
        MnemonicPoint.objects.create(
            mnemonic=mnemonic,
            order=number,
            initial=title[0],
            title=title,
            text=f"{title} explained.",
        )
    return mnemonic


STAFF_ROLES = (roles.TEACHER, roles.ASSISTANT, *roles.SCHOOL_ROLES)

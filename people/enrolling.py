"""A roster meets the school: the letter first, then all of it or nothing.

The pure modules decide what a file means; here is what they are told about the
school, and the one transaction that carries a plan out.
"""

import datetime
import hashlib
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from people import audit, roles, roster, roster_letter
from people.models import (
    AuditEntry,
    Enrolment,
    Membership,
    School,
    TeachingGroup,
    User,
)
from people.roster_match import Known, Names, School as KnownSchool
from people.roster_plan import Plan, make_plan

_SALT = "people.roster"
PAYLOAD_SECONDS = 24 * 60 * 60
_BATCH = 500


@dataclass
class Options:
    """What a person says beside the file."""

    only: str = ""
    cohort: int | None = None
    choices: dict[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """What came of a file: its plan, or the sentence with which it was refused.

    `made` are the accounts that are new; their passwords are given out separately.
    """

    name: str
    plan: Plan | None = None
    fault: str = ""
    is_applied: bool = False
    made: list[User] = field(default_factory=list)
    changed: list[User] = field(default_factory=list)

    @property
    def letter(self):
        if self.plan is None:
            return roster_letter.unreadable(self.name, self.fault)
        return roster_letter.text(self.name, self.plan, self.is_applied)

    @property
    def digest(self):
        """Return what stands for the letter that a person has seen."""
        letter = roster_letter.text(self.name, self.plan)
        return hashlib.sha256(letter.encode()).hexdigest()


@dataclass
class Upload:
    """A file that was read, with what was said beside it."""

    name: str
    students: roster.Roster
    options: Options

    def pack(self):
        """Return it as signed text for a form's hidden field.

        It holds no more of the file than is needed, so nothing else is stored.
        """
        lines = [
            [*line[:-1], line.left_on and line.left_on.isoformat()]
            for line in self.students.lines
        ]
        refusals = [[*row[:-1], sorted(row.name)] for row in self.students.refusals]
        return signing.dumps(
            [
                self.name,
                [lines, refusals, *self.students[2:]],
                [self.options.only, self.options.cohort, self.options.choices],
            ],
            salt=_SALT,
            compress=True,
        )

    @classmethod
    def unpack(cls, text):
        """Return one; raises `signing.BadSignature` when it is forged or a day old."""
        name, (lines, refusals, feet, *others), options = signing.loads(
            text, salt=_SALT, max_age=PAYLOAD_SECONDS
        )
        students = roster.Roster(
            [roster.Line(*line[:7], tuple(line[7]), _date(line[8])) for line in lines],
            [roster.Refusal(*row[:-1], frozenset(row[-1])) for row in refusals],
            [tuple(foot) for foot in feet],
            *others,
        )
        return cls(name, students, Options(*options))


def _date(text):
    return text and datetime.date.fromisoformat(text)


def read(name, data, options):
    """Return a file's students; raises `roster.FileError` with a sentence."""
    return Upload(name, roster.read(data, options.only), options)


def dry_run(upload):
    """Return what a file would do."""
    plan = make_plan(
        upload.students,
        known_school(),
        timezone.localdate(),
        upload.options.choices,
        upload.options.cohort,
        upload.options.only,
    )
    return Outcome(upload.name, plan)


def carry_out(upload, seen=None):
    """Do what the letter says, if it still says the same as when it was seen."""
    try:
        with transaction.atomic():
            # One import at a time: the next one plans with what this one has done.
            School.objects.select_for_update().get_or_create(pk=1)
            outcome = dry_run(upload)
            if outcome.plan.can_be_applied and seen in (None, outcome.digest):
                _apply(outcome)
    except IntegrityError:
        # Somebody has made an account or a class of the same name meanwhile.
        return dry_run(upload)
    return outcome


def known_school():
    """Return what a roster is compared with: five queries, whatever the size."""
    groups = {
        group.pk: group
        for group in TeachingGroup.objects.current().only("name", "cohort")
    }
    keys = {pk: (group.name.lower(), group.cohort) for pk, group in groups.items()}
    places = {}
    for person, group in (
        Membership.objects.valid()
        .filter(role=roles.STUDENT, group__in=groups)
        .order_by()
        .values_list("person", "group")
    ):
        places.setdefault(person, set()).add(keys[group])
    told = {}
    for enrolment, group in Enrolment.groups.through.objects.values_list(
        "enrolment", "teachinggroup"
    ):
        if group in keys:
            told.setdefault(enrolment, set()).add(keys[group])
    students = [
        _known(user, places.get(user.pk, ()), told)
        for user in User.objects.filter(is_staff=False)
        .select_related("enrolment")
        .order_by("pk")
    ]
    return KnownSchool(
        students,
        frozenset(User.objects.order_by().values_list("username", flat=True)),
        {keys[pk]: group.name for pk, group in groups.items()},
    )


def _known(user, classes, told):
    enrolment = getattr(user, "enrolment", None)
    return Known(
        user.pk,
        user.username,
        Names(user.first_name, user.preferred_name, user.last_name),
        enrolment.upn if enrolment else "",
        enrolment.admission_number if enrolment else "",
        frozenset(classes),
        user.is_active,
        bool(enrolment and enrolment.left_on),
        Names(enrolment.first_name, enrolment.preferred_name, enrolment.last_name)
        if enrolment
        else None,
        frozenset(told.get(enrolment.pk, ())) if enrolment else frozenset(),
    )


def _apply(outcome):
    """Write a plan down, many rows at a time."""
    plan = outcome.plan
    today = timezone.localdate()
    groups = _groups(plan)
    new = [change for change in plan.changes if change.known is None]
    outcome.made = User.objects.bulk_create(
        [
            User(
                username=change.username,
                first_name=change.names.first,
                preferred_name=change.names.preferred,
                last_name=change.names.last,
                password=make_password(None),
            )
            for change in new
        ],
        batch_size=_BATCH,
    )
    person = {
        id(change): user.pk for change, user in zip(new, outcome.made, strict=True)
    }
    for change in plan.changes:
        if change.known is not None:
            person[id(change)] = change.known.id
    _write_accounts(outcome, plan)
    _write_enrolments(plan, person, groups, today)
    _write_places(plan, person, groups, today)
    audit.record_all(
        [
            *(
                (AuditEntry.Action.ACCOUNT, user, None, "made, roster")
                for user in outcome.made
            ),
            *(
                (
                    AuditEntry.Action.ACCOUNT,
                    user,
                    None,
                    f"changed, roster; is_active {user.is_active}",
                )
                for user in outcome.changed
            ),
        ]
    )
    outcome.is_applied = True


def _groups(plan):
    """Return key → id of every class, those that are new among them."""
    TeachingGroup.objects.bulk_create(
        TeachingGroup(name=name, cohort=key[1])
        for key, name in plan.new_classes.items()
    )
    return {
        (name.lower(), cohort): pk
        for pk, name, cohort in TeachingGroup.objects.current().values_list(
            "pk", "name", "cohort"
        )
    }


def _write_accounts(outcome, plan):
    changes = {c.known.id: c for c in plan.changes if c.known is not None}
    fields = ["first_name", "preferred_name", "last_name", "is_active"]
    for user in User.objects.filter(is_staff=False).in_bulk(changes).values():
        change = changes[user.pk]
        before = [getattr(user, name) for name in fields]
        user.first_name, user.preferred_name, user.last_name = change.names
        if change.opens or change.closes:
            user.is_active = change.opens
        if before != [getattr(user, name) for name in fields]:
            outcome.changed.append(user)
    User.objects.bulk_update(outcome.changed, fields, batch_size=_BATCH)


def _write_enrolments(plan, person, groups, today):
    present = {
        row.student_id: row
        for row in Enrolment.objects.filter(
            student__in=User.objects.filter(is_staff=False)
        )
    }
    rows = []
    for change in plan.changes:
        row = present.get(person[id(change)]) or Enrolment(
            student_id=person[id(change)]
        )
        row.upn, row.admission_number = change.upn, change.admission
        row.first_name, row.preferred_name, row.last_name = change.memory
        if change.closes:
            row.left_on = today
        elif change.opens:
            row.left_on = None
        rows.append((row, change))
    _upsert([row for row, _change in rows])
    through = Enrolment.groups.through
    through.objects.filter(enrolment__in=[row.pk for row, _change in rows]).delete()
    through.objects.bulk_create(
        (
            through(enrolment_id=row.pk, teachinggroup_id=groups[key])
            for row, change in rows
            for key in sorted(change.memory_classes)
        ),
        batch_size=_BATCH,
    )


def _upsert(rows):
    """Save rows, new and old. Numbers are taken away first where they change hands."""
    old = [row for row in rows if row.pk]
    Enrolment.objects.filter(pk__in=[row.pk for row in old]).update(
        upn="", admission_number=""
    )
    Enrolment.objects.bulk_update(
        old,
        [
            "upn",
            "admission_number",
            "first_name",
            "preferred_name",
            "last_name",
            "left_on",
        ],
        batch_size=_BATCH,
    )
    Enrolment.objects.bulk_create(
        [row for row in rows if not row.pk], batch_size=_BATCH
    )


def _write_places(plan, person, groups, today):
    """End and begin memberships. One that began today has not been; it goes."""
    ends = {
        (person[id(change)], groups[key])
        for change in plan.changes
        for key in change.leaves
    }
    places = [
        place
        for place in Membership.objects.valid(today).filter(
            role=roles.STUDENT, person__in={pk for pk, _group in ends}
        )
        if (place.person_id, place.group_id) in ends
    ]
    begun = [place for place in places if place.from_date < today]
    never = [place for place in places if place.from_date == today]
    Membership.objects.filter(pk__in=[place.pk for place in never]).delete()
    for place in begun:
        place.until_date = today - datetime.timedelta(days=1)
    Membership.objects.bulk_update(begun, ["until_date"], batch_size=_BATCH)
    new = Membership.objects.bulk_create(
        (
            Membership(
                person_id=person[id(change)],
                group_id=groups[key],
                role=roles.STUDENT,
                from_date=today,
            )
            for change in plan.changes
            for key in sorted(change.joins)
        ),
        batch_size=_BATCH,
    )
    audit.record_all(
        [
            *(place.act() for place in (*begun, *new)),
            *((*place.act()[:3], "withdrawn on its first day") for place in never),
        ]
    )

"""The step into a new school year: classes renamed or archived, leavers let go.

What it does is said first, done in one transaction and written down row by row, so
that it can be taken back for a week. Nothing is deleted: an archived class keeps its
work, and its teachers go on reading it.
"""

import datetime
import hashlib
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from people import audit, roles
from people.models import (
    AuditEntry,
    Enrolment,
    Membership,
    RollOver,
    RollOverAccount,
    RollOverClass,
    RollOverPlace,
    School,
    TeachingGroup,
    User,
)
from people.roster import YEARS, year_in_class

# Exams end in June; from then on the step is into the year that begins in September.
EXAMS_END = 7
ARCHIVE, KEEP = "archive", "keep"


def first_year_after(today):
    """Return the calendar year in which the school year to prepare begins."""
    return today.year if today.month >= EXAMS_END else today.year - 1


def proposal_for(group, today):
    """Return (what is proposed for a class, the name proposed).

    A class whose exam is over is archived; another one takes the number of its new
    year, where its name begins with the old one.
    """
    begins = first_year_after(today)
    if group.cohort <= begins:
        return ARCHIVE, group.name
    year = YEARS[-1] - (group.cohort - begins - 1)
    old = year_in_class(group.name)
    if old is None or old == year or year not in YEARS:
        return KEEP, group.name
    return KEEP, group.name.replace(str(old), str(year), 1)


@dataclass
class Step:
    """What would be done: classes with their new names, those to archive, who goes."""

    renames: list[tuple[TeachingGroup, str]] = field(default_factory=list)
    archives: list[TeachingGroup] = field(default_factory=list)
    places: list[Membership] = field(default_factory=list)
    leavers: list[User] = field(default_factory=list)

    @property
    def does_something(self):
        return bool(self.renames or self.archives)

    @property
    def sentences(self):
        """Say it class by class, then who goes."""
        students = {}
        for place in self.places:
            students[place.group_id] = students.get(place.group_id, 0) + 1
        said = [
            _("%(old)s becomes %(new)s.") % {"old": group.name, "new": name}
            for group, name in self.renames
        ]
        for group in self.archives:
            count = students.get(group.pk, 0)
            said.append(
                ngettext(
                    "%(class)s (exam %(year)d) is archived: %(n)d student leaves it.",
                    "%(class)s (exam %(year)d) is archived: %(n)d students leave it.",
                    count,
                )
                % {"class": group.name, "year": group.cohort, "n": count}
            )
        if self.leavers:
            said.append(
                ngettext(
                    "%(n)d student is in no other class. The account closes.",
                    "%(n)d students are in no other class. Their accounts close.",
                    len(self.leavers),
                )
                % {"n": len(self.leavers)}
            )
        return said

    @property
    def digest(self):
        """Return what stands for what a person has seen, the people by name."""
        seen = [*self.sentences, *sorted(user.username for user in self.leavers)]
        return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def plan(choices):
    """Return the step for class → (archive or keep, name). Three queries."""
    step = Step()
    for group, (action, name) in choices.items():
        if action == ARCHIVE:
            step.archives.append(group)
        elif name != group.name:
            step.renames.append((group, name))
    today = timezone.localdate()
    running = Membership.objects.filter(role=roles.STUDENT).filter(
        Q(until_date=None) | Q(until_date__gte=today)
    )
    step.places = list(
        running.filter(group__in=step.archives).order_by("pk").select_related("person")
    )
    people = {place.person_id: place.person for place in step.places}
    stay = set(
        running.filter(person__in=people)
        .exclude(group__in=step.archives)
        .values_list("person", flat=True)
    )
    step.leavers = [
        person for pk, person in people.items() if pk not in stay and person.is_active
    ]
    step.leavers.sort(key=lambda person: (person.last_name, person.first_name))
    return step


@transaction.atomic
def carry_out(choices, user, seen):
    """Do the step if it is what was seen; return its row, or None."""
    School.objects.select_for_update().get_or_create(pk=1)
    step = plan(choices)
    if step.digest != seen or not step.does_something:
        return None
    now, today = timezone.now(), timezone.localdate()
    roll_over = RollOver.objects.create(done_at=now, done_by=user)
    _rename(roll_over, step.renames)
    RollOverClass.objects.bulk_create(
        RollOverClass(
            roll_over=roll_over, group=group, old_name=group.name, new_name=group.name
        )
        for group in step.archives
    )
    TeachingGroup.objects.filter(pk__in=[group.pk for group in step.archives]).update(
        archived_at=now
    )
    ended = []
    for place in step.places:
        old = place.until_date
        # What began today, or is to begin, has one day: a place cannot end before.
        place.until_date = max(place.from_date, today - datetime.timedelta(days=1))
        ended.append(
            RollOverPlace(
                roll_over=roll_over,
                membership=place,
                old_until=old,
                new_until=place.until_date,
            )
        )
    Membership.objects.bulk_update(step.places, ["until_date"], batch_size=500)
    RollOverPlace.objects.bulk_create(ended, batch_size=500)
    leavers = [person.pk for person in step.leavers]
    RollOverAccount.objects.bulk_create(
        (RollOverAccount(roll_over=roll_over, person_id=pk) for pk in leavers),
        batch_size=500,
    )
    User.objects.filter(pk__in=leavers).update(is_active=False)
    Enrolment.objects.filter(student__in=leavers).update(left_on=today)
    audit.record_all(
        [
            *(place.act() for place in step.places),
            *(
                (AuditEntry.Action.ACCOUNT, pk, None, "closed, new year")
                for pk in leavers
            ),
        ]
    )
    return roll_over


def _rename(roll_over, renames):
    """Rename classes; through a name that nobody has, since two may change places."""
    for group, _name in renames:
        TeachingGroup.objects.filter(pk=group.pk).update(name=f"\N{BULLET}{group.pk}")
    for group, name in renames:
        TeachingGroup.objects.filter(pk=group.pk).update(name=name)
        RollOverClass.objects.create(
            roll_over=roll_over, group=group, old_name=group.name, new_name=name
        )


@transaction.atomic
def take_back(roll_over, user):
    """Undo a step; return sentences about what has been changed since and stays.

    Returns None where it is too late, was done before, or is not the last step.
    """
    last = RollOver.objects.select_for_update().filter(undone_at=None).first()
    if last is None or last.pk != roll_over.pk or not last.can_be_undone:
        return None
    stays = _take_back_classes(last)
    places = [
        row
        for row in last.places.select_related("membership")
        if row.membership.until_date == row.new_until
    ]
    for row in places:
        row.membership.until_date = row.old_until
    Membership.objects.bulk_update(
        [row.membership for row in places], ["until_date"], batch_size=500
    )
    closed = last.accounts.values("person")
    audit.record_all(
        [
            *(row.membership.act() for row in places),
            *(
                (AuditEntry.Action.ACCOUNT, pk, None, "opened, new year taken back")
                for pk in closed.values_list("person", flat=True)
            ),
        ]
    )
    User.objects.filter(pk__in=closed).update(is_active=True)
    Enrolment.objects.filter(student__in=closed).update(left_on=None)
    last.undone_at, last.undone_by = timezone.now(), user
    last.save(update_fields=["undone_at", "undone_by"])
    return stays


def _take_back_classes(roll_over):
    """Give classes their old names back, and bring the archived ones back."""
    stays = []
    rows = list(roll_over.classes.select_related("group"))
    renamed = [row for row in rows if row.old_name != row.new_name]
    as_left = [row for row in renamed if row.group.name == row.new_name]
    for row in as_left:
        name = f"\N{BULLET}{row.group_id}"
        TeachingGroup.objects.filter(pk=row.group_id).update(name=name)
    for row in as_left:
        taken = TeachingGroup.objects.filter(
            name__iexact=row.old_name, cohort=row.group.cohort
        )
        name = row.new_name if taken.exists() else row.old_name
        TeachingGroup.objects.filter(pk=row.group_id).update(name=name)
    for row in renamed:
        row.group.refresh_from_db()
        if row.group.name != row.old_name:
            stays.append(_("%(class)s keeps its name.") % {"class": row.group.name})
    TeachingGroup.objects.filter(
        pk__in=[row.group_id for row in rows], archived_at=roll_over.done_at
    ).update(archived_at=None)
    return stays

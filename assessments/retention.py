"""What has been kept long enough: shown first, deleted by one command.

The school sets the months (School settings). Nothing that stands, was handed in or was
marked is touched: of answers only the texts in between go.
"""

import calendar
import contextlib
import datetime
import functools
import operator

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.erasing import pointers_found
from assessments.models import Answer, AnswerVersion, Concern, Mark
from people import audit, roles
from people.audit import AuditAddress, AuditEntry
from people.erasures import Erasure
from people.models import Membership, School, User

# GCSE results are out in the last third of August; years end with the month.
YEAR_ENDS = (8, 31)
# Texts deleted in one transaction.
AT_ONCE = 2000


class Kind:
    """One kind of data: what it is, from when it goes, and the rows that go now."""

    def __init__(self, name, title, before, rows, act):
        self.name = name
        self.title = title
        self.before = before
        self.rows = rows
        self.act = act
        self.count = rows.count() if rows is not None else None


def preview(now=None):
    """Return every kind with what would go at this moment."""
    school = School.objects.get_or_create(pk=1)[0]
    now = now or timezone.now()
    return [
        _texts(school, now),
        _leavers(now),
        _erasures(school, now),
        _entries(school, now),
        _addresses(now),
    ]


def run(now=None):
    """Delete what `preview` shows; return it with the counts of what went."""
    with _patience():
        kinds = preview(now)
        for kind in kinds:
            if kind.count:
                kind.act(kind.rows)
    done = "; ".join(f"{kind.name} {kind.count}" for kind in kinds if kind.count)
    audit.record(AuditEntry.Action.RETENTION, detail=done or "nothing")
    return kinds


@contextlib.contextmanager
def _patience():
    """Let what goes over years of texts take its time on PostgreSQL."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        yield
        cursor.execute("RESET statement_timeout")


def months_before(moment, months):
    """Return the same day so many months earlier, or the last day of that month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def last_cohort(now, months):
    """Return the newest exam year that ended at least so many months before now."""
    day = timezone.localdate(months_before(now, months))
    ended = datetime.date(day.year, *YEAR_ENDS)
    return day.year if ended <= day else day.year - 1


def _texts(school, now):
    """Texts of years that are over which neither stand nor were acted upon."""
    cohort = last_cohort(now, school.texts_months)
    places = Membership.objects.filter(person=OuterRef("script__student"))
    later = places.filter(role=roles.STUDENT, group__cohort__gt=cohort)
    answers = (
        Answer.objects.filter(Exists(places.filter(role=roles.STUDENT)))
        .exclude(Exists(later))
        .exclude(script__assignment__group__cohort__gt=cohort)
    )
    rows = AnswerVersion.objects.filter(answer__in=answers).exclude(_needed(answers))
    return Kind(
        "texts",
        _("Earlier texts of answers, of classes up to the exam year %(year)d")
        % {"year": cohort},
        datetime.date(cohort, *YEAR_ENDS),
        rows,
        _delete_versions,
    )


def _needed(answers):
    """Return what holds of versions that stay, and of those they are packed on.

    Subqueries: the ids of a school's years would be too many to send.
    """
    kept = [
        answers.exclude(**{pointer: None}).order_by().values(pointer)
        for pointer in ("current", "current_plan", "handed_in_version", "latest_whole")
    ]
    for model in (Mark, Concern):
        told = model.objects.filter(answer__in=answers).exclude(version=None)
        kept.append(told.order_by().values("version"))
    needed = functools.reduce(operator.or_, (Q(pk__in=rows) for rows in kept))
    deltas = AnswerVersion.objects.filter(needed).exclude(whole=None)
    return needed | Q(pk__in=deltas.order_by().values("whole"))


def _delete_versions(rows):
    """Delete some at a time: meanwhile students save."""
    # Deltas first: a text they are packed on goes when none of them is left.
    for part in (rows.exclude(whole=None), rows.filter(whole=None)):
        found = list(part.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(found), AT_ONCE):
            with transaction.atomic(), pointers_found():
                some = found[start : start + AT_ONCE]
                AnswerVersion.objects.filter(pk__in=some).delete()


def _leavers(now):
    """Students who belonged to a class until some summer and to none since."""
    today = timezone.localdate(now)
    ended = datetime.date(today.year, *YEAR_ENDS)
    if ended >= today:
        ended = ended.replace(year=today.year - 1)
    places = Membership.objects.filter(person=OuterRef("pk"), role=roles.STUDENT)
    running = places.filter(Q(until_date=None) | Q(until_date__gt=ended))
    rows = User.objects.filter(Exists(places), is_staff=False, is_active=True).exclude(
        Exists(running)
    )
    return Kind(
        "accounts closed",
        _("Accounts of students who left, to be closed"),
        ended,
        rows,
        _close,
    )


@transaction.atomic
def _close(rows):
    closed = list(rows.values_list("pk", flat=True))
    User.objects.filter(pk__in=closed).update(is_active=False)
    audit.record_all(
        [(AuditEntry.Action.ACCOUNT, pk, None, "closed, retention") for pk in closed]
    )


def _erasures(school, now):
    """Closed accounts whose last place ended long enough ago, to be erased whole."""
    title = _("Students who left long ago, to be erased after seven days")
    if school.leavers_months is None:
        return Kind("erasures", title, None, None, None)
    before = timezone.localdate(months_before(now, school.leavers_months))
    rows = (
        User.objects.filter(is_staff=False, is_active=False)
        .annotate(last=Max("memberships__until_date"))
        .filter(last__lt=before)
        .exclude(memberships__until_date=None, memberships__isnull=False)
        .exclude(Exists(Erasure.objects.waiting().filter(person=OuterRef("pk"))))
    )
    return Kind("erasures", title, before, rows, _ask)


@transaction.atomic
def _ask(rows):
    for person in rows:
        Erasure.ask(person, None, keeps_marks=True)
        audit.record(AuditEntry.Action.ERASURE, person, detail="asked for, retention")


def _entries(school, now):
    before = months_before(now, school.log_months)
    return Kind(
        "log",
        _("Lines of the audit log"),
        timezone.localdate(before),
        AuditEntry.objects.filter(at__lt=before),
        lambda rows: rows.delete(),
    )


def _addresses(now):
    before = now - datetime.timedelta(days=audit.ADDRESS_DAYS)
    return Kind(
        "addresses",
        _("Addresses from which acts in the audit log came"),
        timezone.localdate(before),
        AuditAddress.objects.filter(entry__at__lt=before),
        lambda rows: rows.delete(),
    )

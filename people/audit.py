"""Who did what, when and from where: a log that is only ever appended to.

It keeps ids and facts about things, never what a student wrote, a password, a code or
somebody's name; so it can outlive an erased account. The database itself refuses to
change an entry, and to delete one younger than `KEPT_AT_LEAST_DAYS`.
"""

import contextvars
import datetime
import unicodedata

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.db import models
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import roles
from people.addresses import client_address

# The triggers of migration 0006 hold this figure too.
KEPT_AT_LEAST_DAYS = 180
ADDRESS_DAYS = 30
LONGEST_DETAIL = 400
# What a head of department reads: the work of the department, not sign-ins.
TEACHING = frozenset(
    {
        "marked",
        "mark changed",
        "released",
        "taken back",
        "dates changed",
        "late decided",
        "revealed",
        "exported",
        "viewed in bulk",
    }
)
_request = contextvars.ContextVar("request", default=None)


class AuditMiddleware:
    """Lets `record` know who asks and from where."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


class AuditEntryQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return all to those who keep the school's data, to heads what is teaching."""
        if user.roles & roles.READS_WHOLE_AUDIT_LOG:
            return self
        if roles.HEAD in user.roles:
            return self.filter(action__in=TEACHING)
        return self.none()

    def older_than(self, days):
        return self.filter(at__lt=timezone.now() - datetime.timedelta(days=days))


class AuditEntry(models.Model):
    """One act. `actor` did it to `person`, both kept as bare numbers.

    The keys bind nothing: whoever is erased leaves a number that leads nowhere.
    """

    class Action(models.TextChoices):
        SIGNED_IN = "signed in", _("signed in")
        SIGN_IN_FAILED = "sign-in failed", _("sign-in failed")
        SIGNED_OUT = "signed out", _("signed out")
        PASSWORD_CHANGED = "password changed", _("own password changed")
        PASSWORD_GIVEN = "password given", _("password or code given")
        SECOND_FACTOR = "second factor", _("second factor changed")
        ACCOUNT = "account", _("account made or changed")
        MEMBERSHIP = "membership", _("role or class changed")
        SETTINGS = "settings", _("school settings changed")
        BULK_VIEWED = "viewed in bulk", _("students’ data viewed in bulk")
        EXPORTED = "exported", _("students’ data exported")
        MARKED = "marked", _("mark given")
        MARK_CHANGED = "mark changed", _("mark changed")
        RELEASED = "released", _("marks released")
        TAKEN_BACK = "taken back", _("marks taken back")
        DATES_CHANGED = "dates changed", _("dates or arrangements changed")
        LATE_DECIDED = "late decided", _("late or kept text decided")
        REVEALED = "revealed", _("name revealed before release")
        FLAGGED = "flagged", _("safeguarding concern raised or read")
        DATA_HANDED_OUT = "data handed out", _("a student’s data handed out")
        ERASURE = "erasure", _("erasure asked for, refused or done")
        RETENTION = "retention", _("old data deleted")
        RESTORED = "restored", _("backup restored")

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    action = models.CharField(_("what"), max_length=20, choices=Action)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        verbose_name=_("by"),
        related_name="+",
        null=True,
        db_constraint=False,
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        verbose_name=_("about"),
        related_name="+",
        null=True,
        db_constraint=False,
    )
    group = models.ForeignKey(
        "people.TeachingGroup",
        models.DO_NOTHING,
        verbose_name=_("class"),
        related_name="+",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    detail = models.CharField(_("detail"), max_length=LONGEST_DETAIL)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.get_action_display()}, {self.at:%d %b %Y %H:%M}"


class AuditAddress(models.Model):
    """From where an act came: kept for `ADDRESS_DAYS`, apart from what stays."""

    entry = models.OneToOneField(
        AuditEntry, models.CASCADE, related_name="origin", primary_key=True
    )
    address = models.CharField(max_length=45)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")

    def __str__(self):
        return self.address


def one_line(text):
    """Return text in which no control or direction sign can fake another entry."""
    made = "".join(
        sign
        if unicodedata.category(sign)[0] != "C" and sign not in "\u2028\u2029"
        else sign.encode("unicode_escape", "surrogatepass").decode()
        for sign in str(text)
    )
    return made[:LONGEST_DETAIL]


def record(action, person=None, group=None, detail=""):
    """Append one act of whoever asks now; nobody where a command asks."""
    return record_all([(action, person, group, detail)])[0]


def record_all(acts):
    """Append acts given as (action, person, group, detail): rows or bare ids."""
    request = _request.get()
    user = getattr(request, "user", None)
    actor = user.pk if user is not None and user.is_authenticated else None
    where = client_address(request)
    entries = [
        AuditEntry(
            action=action,
            actor_id=actor,
            person_id=getattr(person, "pk", person),
            group_id=getattr(group, "pk", group),
            detail=one_line(detail),
        )
        for action, person, group, detail in acts
    ]
    AuditEntry.objects.bulk_create(entries, batch_size=500)
    if where:
        AuditAddress.objects.bulk_create(
            (AuditAddress(entry=entry, address=where) for entry in entries),
            batch_size=500,
        )
    return entries


def forget_addresses():
    """Delete the addresses of acts that are old enough; return how many."""
    old = AuditEntry.objects.older_than(ADDRESS_DAYS)
    return AuditAddress.objects.filter(entry__in=old).delete()[0]


@receiver(user_logged_in)
def _signed_in(request, user, **kwargs):
    record(AuditEntry.Action.SIGNED_IN, user)


@receiver(user_logged_out)
def _signed_out(request, user, **kwargs):
    if user is not None:
        record(AuditEntry.Action.SIGNED_OUT, user)


@receiver(user_login_failed)
def _sign_in_failed(credentials, **kwargs):
    """Note the account and never the name: a password is typed there by mistake."""
    user_model = get_user_model()
    name = user_model.normalize_username(credentials.get("username"))
    same = user_model.objects.filter(username=name)
    found = same.values_list("pk", flat=True).first()
    record(
        AuditEntry.Action.SIGN_IN_FAILED,
        found,
        detail="" if found else "no such account",
    )

"""Who there is: the school and its people; and every model of the app, by name.

What a person may see hangs on memberships that are valid today and is asked of
the querysets here; which kinds of thing a role may touch is in `people.roles`.
"""

import datetime
import zoneinfo

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from people import roles
from people.attempts import FailedName, Lane, LaneTurn, Tries
from people.audit import AuditAddress, AuditEntry
from people.enrolments import Enrolment
from people.erasures import Erasure
from people.factors import Passkey, RecoveryCode, Totp
from people.groups import LAST_SITE_MANAGER, ROLE_LABELS, Membership, TeachingGroup
from people.passphrases import passphrase
from people.roll_overs import RollOver, RollOverAccount, RollOverClass, RollOverPlace
from people.subgroups import Subgroup

__all__ = [
    "AuditAddress",
    "AuditEntry",
    "Enrolment",
    "Erasure",
    "FailedName",
    "Lane",
    "LaneTurn",
    "Membership",
    "Passkey",
    "RecoveryCode",
    "RollOver",
    "RollOverAccount",
    "RollOverClass",
    "RollOverPlace",
    "School",
    "Session",
    "Student",
    "Subgroup",
    "TeachingGroup",
    "Totp",
    "Tries",
    "User",
]

SCHOOL_CACHE_SECONDS = 5
# A hundred years: no date can be so far back that it has none.
LONGEST_MONTHS = 1200


def check_time_zone(name):
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write it like Europe/London."),
            params={"name": name},
        )


class SchoolQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return the settings to site managers, whose work they are."""
        return self if roles.SITE_MANAGER in user.roles else self.none()


class School(models.Model):
    """The school itself: exactly one row, made when it is first asked for."""

    class MailSecurity(models.TextChoices):
        STARTTLS = "starttls", _("STARTTLS (usual, port 587)")
        TLS = "tls", _("TLS from the start (port 465)")
        NONE = "none", _("No encryption (only inside the school)")

    name = models.CharField(_("school’s name"), max_length=100, default="", blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=60,
        default="Europe/London",
        validators=[check_time_zone],
    )
    help_text = models.TextField(
        _("help text"),
        default="",
        blank=True,
        help_text=_(
            "Shown on the help page: whom a student asks about passwords and work."
        ),
    )
    mail_host = models.CharField(
        _("mail server"),
        max_length=200,
        default="",
        blank=True,
        help_text=_("Leave empty for no mail. Staff then reset passwords by hand."),
    )
    mail_port = models.PositiveIntegerField(
        _("mail port"),
        default=587,
        validators=[MinValueValidator(1), MaxValueValidator(65_535)],
    )
    mail_security = models.CharField(
        _("mail encryption"),
        max_length=10,
        choices=MailSecurity,
        default=MailSecurity.STARTTLS,
    )
    mail_username = models.CharField(
        _("mail user name"), max_length=200, default="", blank=True
    )
    mail_password = models.CharField(
        _("mail password"), max_length=200, default="", blank=True
    )
    mail_from = models.EmailField(_("sender’s address"), default="", blank=True)
    safeguarding_lead = models.ForeignKey(
        "people.User",
        models.SET_NULL,
        verbose_name=_("safeguarding lead"),
        related_name="+",
        null=True,
        blank=True,
        help_text=_("Is told when a reader of students’ work is worried about one."),
    )
    texts_months = models.PositiveSmallIntegerField(
        _("months to keep earlier texts"),
        default=12,
        validators=[MaxValueValidator(LONGEST_MONTHS)],
        help_text=_(
            "After the results of a class’s exam year. What stands, was handed in or "
            "was marked is kept."
        ),
    )
    log_months = models.PositiveSmallIntegerField(
        _("months to keep the audit log"),
        default=12,
        validators=[MinValueValidator(6), MaxValueValidator(LONGEST_MONTHS)],
    )
    leavers_months = models.PositiveSmallIntegerField(
        _("months to keep students who left"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MONTHS)],
        help_text=_(
            "Then they are erased with all their work. Empty: never by itself."
        ),
    )
    set_up_at = models.DateTimeField(null=True, blank=True, editable=False)
    demo_loaded_at = models.DateTimeField(null=True, blank=True, editable=False)
    demo_removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("school settings")
        verbose_name_plural = _("school settings")
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1),
                name="people_one_school",
                violation_error_message=_("There is only one school."),
            ),
        ]

    def __str__(self):
        return self.name or str(_("History classroom"))

    @classmethod
    def current(cls):
        """Return the school, at most `SCHOOL_CACHE_SECONDS` old.

        Every page asks for it; other worker processes see a change of name or
        zone that much later.
        """
        return cache.get_or_set(
            "school", lambda: cls.objects.get_or_create(pk=1)[0], SCHOOL_CACHE_SECONDS
        )

    @property
    def lead_at_work(self):
        """The safeguarding lead, if they could read a concern today."""
        lead = self.safeguarding_lead
        return lead if lead is not None and lead.works_here else None

    @staticmethod
    def forget_current():
        cache.delete("school")

    @property
    def has_mail(self):
        return bool(self.mail_host)

    @property
    def is_demonstration(self):
        return self.demo_loaded_at is not None and self.demo_removed_at is None

    @property
    def needs_set_up(self):
        return self.set_up_at is None and not self.is_demonstration


class UserQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return the accounts that `user` may know of.

        Everybody knows themselves. Whoever works with a class knows its
        students; heads, SENCo, data and site managers know every student, and
        all of them but the SENCo know the staff.
        """
        seen = Q(pk=user.pk)
        if user.sees_every_class:
            seen |= Q(is_staff=False)
        elif user.is_staff:
            seen |= Exists(
                Membership.objects.valid()
                .filter(role=roles.STUDENT, person=OuterRef("pk"))
                .filter(group__in=TeachingGroup.objects.worked_in_by(user))
            )
        if user.roles & roles.SEES_STAFF:
            seen |= Q(is_staff=True)
        return self.filter(seen)

    def with_role(self, role):
        """Return those who hold `role` today and whose account is open."""
        return self.filter(is_active=True).filter(
            Exists(Membership.objects.valid().filter(role=role, person=OuterRef("pk")))
        )


class SchoolUserManager(UserManager.from_queryset(UserQuerySet)):
    def get_by_natural_key(self, username):
        """Find an account however the name was typed: cards are read by people."""
        return self.get(username=User.normalize_username(username))


class User(AbstractUser):
    """A person who can sign in. `is_staff` tells staff accounts from students'.

    It says only what kind of account this is; every right comes from a
    membership that is valid today.
    """

    class TextSize(models.TextChoices):
        STANDARD = "1", _("100%")
        LARGE = "2", _("112%")
        LARGER = "3", _("130%")
        LARGEST = "4", _("150%")

    class LineSpacing(models.TextChoices):
        STANDARD = "1", _("Standard")
        WIDE = "2", _("Wide")
        WIDEST = "3", _("Widest")

    class Typeface(models.TextChoices):
        SERIF = "serif", _("Serif")
        SANS = "sans", _("Sans")
        WIDE = "wide", _("Wide, spaced")
        DYSLEXIA = "dys", _("Dyslexia font")

    class Paper(models.TextChoices):
        AUTO = "auto", _("Match device")
        CREAM = "cream", _("Cream")
        PEACH = "peach", _("Peach")
        BLUE = "blue", _("Blue")
        GREEN = "green", _("Green")

    preferred_name = models.CharField(
        _("preferred first name"),
        max_length=60,
        blank=True,
        help_text=_("Used on every page instead of the first name."),
    )
    text_size = models.CharField(
        _("text size"), max_length=1, choices=TextSize, default=TextSize.STANDARD
    )
    line_spacing = models.CharField(
        _("line spacing"),
        max_length=1,
        choices=LineSpacing,
        default=LineSpacing.STANDARD,
    )
    typeface = models.CharField(
        _("typeface"), max_length=5, choices=Typeface, default=Typeface.SERIF
    )
    paper = models.CharField(
        _("paper"), max_length=5, choices=Paper, default=Paper.AUTO
    )
    # A student's own decision, off until they make it; asked at every showing.
    lends_extracts = models.BooleanField(
        _("my teacher may show my class a passage of my writing, without my name"),
        default=False,
    )
    is_demonstration = models.BooleanField(default=False, editable=False)
    # Set while the password is one that staff gave; empty once its owner chose one.
    password_expires_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SchoolUserManager()

    class Meta(AbstractUser.Meta):
        verbose_name = _("staff account")
        verbose_name_plural = _("staff accounts")
        ordering = ["last_name", "first_name", "username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(username=models.functions.Lower(F("username"))),
                name="people_user_username_lower",
                violation_error_message=_("User names are written in small letters."),
            ),
        ]

    def __str__(self):
        return self.get_full_name() or self.username

    def clean(self):
        super().clean()
        if not self.is_active and self.is_last_site_manager():
            raise ValidationError({"is_active": LAST_SITE_MANAGER})

    @classmethod
    def normalize_username(cls, username):
        # None where a form has refused the name already.
        return username and super().normalize_username(username).strip().lower()

    def give_password(self, days):
        """Set a passphrase to be read from a card, and return it: it is shown once.

        Whoever signs in with it has to choose a password of their own. Does not save.
        """
        words = passphrase()
        self.set_password(words)
        self.password_expires_at = timezone.now() + datetime.timedelta(days=days)
        return words

    @property
    def has_given_password(self):
        return self.password_expires_at is not None

    @property
    def is_password_expired(self):
        return self.has_given_password and self.password_expires_at < timezone.now()

    def get_short_name(self):
        return self.preferred_name or self.first_name or self.username

    def get_full_name(self):
        first = self.preferred_name or self.first_name
        return f"{first} {self.last_name}".strip()

    def is_last_site_manager(self):
        """Whether nobody else could let people in if this account were closed."""
        managers = User.objects.with_role(roles.SITE_MANAGER)
        return (
            self.pk is not None
            and managers.filter(pk=self.pk).exists()
            and not managers.exclude(pk=self.pk).exists()
        )

    @cached_property
    def roles(self):
        """The roles held today, as a set; read once a request."""
        return frozenset(
            Membership.objects.valid()
            .filter(person_id=self.pk)
            .values_list("role", flat=True)
        )

    @property
    def sees_every_class(self):
        return not self.roles.isdisjoint(roles.SEES_EVERY_CLASS)

    @property
    def role_names(self):
        """The roles held today in words, school roles first."""
        return [
            ROLE_LABELS[role]
            for role in (*roles.SCHOOL_ROLES, *roles.CLASS_ROLES)
            if role in self.roles
        ]

    @property
    def is_student(self):
        return not self.is_staff

    @property
    def works_here(self):
        """Whether the staff pages open at all: a staff account with a role today."""
        return self.is_active and self.is_staff and bool(self.roles)


class StudentManager(SchoolUserManager):
    def get_queryset(self):
        return super().get_queryset().filter(is_staff=False)


class Student(User):
    """A student's account, for the admin pages that teachers may use."""

    objects = StudentManager()

    class Meta:
        proxy = True
        permissions = [
            ("hand_out_student", _("Can hand out and erase a student’s data")),
        ]
        verbose_name = _("student")
        verbose_name_plural = _("students")


def now_in_seconds():
    return int(timezone.now().timestamp())


class Session(AbstractBaseSession):
    """A browser's session and whose it is; read by `people.sessions`.

    When it began and was used last is kept in seconds since 1970: both are read on
    every request, and a number needs no converter.
    """

    person = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="sessions", editable=False
    )
    began = models.PositiveBigIntegerField(default=now_in_seconds, editable=False)
    seen = models.PositiveBigIntegerField(default=now_in_seconds, editable=False)

    @classmethod
    def get_session_store_class(cls):
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")

    @property
    def began_at(self):
        return datetime.datetime.fromtimestamp(self.began, datetime.UTC)

    @property
    def seen_at(self):
        return datetime.datetime.fromtimestamp(self.seen, datetime.UTC)

"""What the school's office knows a student by, and what its last roster said.

Kept apart from the account: a UPN is for matching and never for a screen that
students see. Imports no other model, so that `people.models` may import it.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from people import roles

KEEPS_ROSTERS = frozenset({roles.DATA_MANAGER, roles.SITE_MANAGER})


class EnrolmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return them to whoever keeps the school's lists."""
        return self if user.roles & KEEPS_ROSTERS else self.none()


class Enrolment(models.Model):
    """One student in the school's lists.

    Names and classes are those of the last roster, with which the next one is
    compared: what is shown stands on the account and its memberships.
    """

    student = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="enrolment",
        verbose_name=_("student"),
    )
    upn = models.CharField(_("UPN"), max_length=13, blank=True, default="")
    # With its leading zeros, where the export has them.
    admission_number = models.CharField(
        _("admission number"), max_length=20, blank=True, default=""
    )
    first_name = models.CharField(max_length=60, editable=False)
    preferred_name = models.CharField(
        max_length=60, blank=True, default="", editable=False
    )
    last_name = models.CharField(max_length=60, editable=False)
    groups = models.ManyToManyField(
        "people.TeachingGroup", related_name="enrolments", editable=False
    )
    # Since then in no roster: the account was closed by one and opens by one.
    left_on = models.DateField(null=True, blank=True, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("number in the school’s lists")
        verbose_name_plural = _("numbers in the school’s lists")
        ordering = ["student"]
        constraints = [
            models.CheckConstraint(
                condition=Q(upn="") | Q(Exact(Length("upn"), 13)),
                name="people_enrolment_upn_is_whole",
                violation_error_message=_("A UPN has 13 characters."),
            ),
            models.UniqueConstraint(
                fields=["upn"],
                condition=~Q(upn=""),
                name="people_enrolment_upn_once",
                violation_error_message=_("Another student has this UPN."),
            ),
            # A spreadsheet drops leading zeros, so they tell nobody apart.
            models.UniqueConstraint(
                Func(F("admission_number"), Value("0"), function="LTRIM"),
                condition=~Q(admission_number=""),
                name="people_enrolment_admission_once",
                violation_error_message=_("Another student has this admission number."),
            ),
        ]

    def __str__(self):
        return str(self.student)

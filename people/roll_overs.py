"""The step into a new school year, as it was taken, so that it can be taken back.

Imports no other model, so that `people.models` may import it; what the step does is
in `people.new_year`.
"""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.enrolments import KEEPS_ROSTERS

UNDO_DAYS = 7


class RollOverQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self if user.roles & KEEPS_ROSTERS else self.none()


class RollOver(models.Model):
    """One step into a new year: everything it changed hangs on it."""

    done_at = models.DateTimeField(default=timezone.now)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="roll_overs"
    )
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="roll_overs_undone",
    )

    objects = RollOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("step into a new school year")
        verbose_name_plural = _("steps into a new school year")
        ordering = ["-done_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="people_roll_over_undone_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{timezone.localtime(self.done_at):%Y-%m-%d %H:%M}"

    @property
    def undo_until(self):
        return self.done_at + datetime.timedelta(days=UNDO_DAYS)

    @property
    def can_be_undone(self):
        return self.undone_at is None and timezone.now() < self.undo_until


class RollOverClass(models.Model):
    """A class that was renamed or, with the same name twice, archived."""

    roll_over = models.ForeignKey(RollOver, models.CASCADE, related_name="classes")
    group = models.ForeignKey("people.TeachingGroup", models.CASCADE)
    old_name = models.CharField(max_length=30)
    new_name = models.CharField(max_length=30)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.old_name}: {self.new_name}"


class RollOverPlace(models.Model):
    """A membership that was ended, and when it would have ended."""

    roll_over = models.ForeignKey(RollOver, models.CASCADE, related_name="places")
    membership = models.ForeignKey("people.Membership", models.CASCADE)
    old_until = models.DateField(null=True)
    new_until = models.DateField()

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return str(self.membership_id)


class RollOverAccount(models.Model):
    """A leaver's account that was closed."""

    roll_over = models.ForeignKey(RollOver, models.CASCADE, related_name="accounts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return str(self.person_id)

"""That somebody is to be erased: asked for, refused or done, and never forgotten.

A row outlives its person with a bare number, so that a backup which is put back can be
told again whom it must not bring back.
"""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

DELAY_DAYS = 7
# Roles that hand out and erase a student's data.
KEEPS_DATA = frozenset({"data manager", "site manager"})


def bare_key(label):
    """Return a key to an account that binds nothing and outlives it."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        verbose_name=label,
        related_name="+",
        null=True,
        db_constraint=False,
    )


class ErasureQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self if user.roles & KEEPS_DATA else self.none()

    def waiting(self):
        return self.filter(refused_at=None, done_at=None)

    def due(self):
        return self.waiting().filter(due_at__lte=timezone.now())

    def done(self):
        return self.exclude(done_at=None)


class Erasure(models.Model):
    """One request to erase a student."""

    person = bare_key(_("student"))
    # With the number it tells an account from a later one of the same number.
    joined_at = models.DateTimeField()
    asked_by = bare_key(_("asked by"))
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    # Whether the figures of released marks stay, under no name.
    keeps_marks = models.BooleanField(
        _("keep the figures of the marks, without the name"), default=False
    )
    refused_by = bare_key(_("refused by"))
    refused_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(refused_at=None, done_at=None),
                name="people_one_erasure_waits",
                violation_error_message=_("This student is to be erased already."),
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None) | Q(done_at=None),
                name="people_erasure_refused_or_done",
            ),
        ]

    def __str__(self):
        return f"{self.person_id}, {self.asked_at:%d %b %Y}"

    @classmethod
    def ask(cls, person, by, keeps_marks):
        return cls.objects.create(
            person=person,
            joined_at=person.date_joined,
            asked_by=by,
            due_at=timezone.now() + datetime.timedelta(days=DELAY_DAYS),
            keeps_marks=keeps_marks,
        )

    @classmethod
    def refuse(cls, person, by):
        """Stop what waits; return whether anything did."""
        waiting = cls.objects.waiting().filter(person=person)
        return bool(waiting.update(refused_at=timezone.now(), refused_by=by))

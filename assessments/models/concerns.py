"""A worry about a student that an answer gave rise to: for the safeguarding lead."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.answer_versions import AnswerVersion
from assessments.models.answers import Answer
from people.models import School


class ConcernQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return all to the school's named lead, and to nobody else."""
        is_lead = School.current().safeguarding_lead_id == user.pk
        return self if is_lead and user.works_here else self.none()

    def unread(self):
        return self.filter(read_at=None)


class Concern(models.Model):
    """Raised by whoever reads a student's work; read by the lead."""

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="concerns")
    # The text that gave rise to it, whatever is written afterwards.
    version = models.ForeignKey(
        AnswerVersion, models.PROTECT, related_name="+", null=True
    )
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    raised_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(_("what worries you"), max_length=4000)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    read_at = models.DateTimeField(null=True)

    objects = ConcernQuerySet.as_manager()

    class Meta:
        verbose_name = _("concern")
        verbose_name_plural = _("concerns")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None)
                | Q(read_at__isnull=False, read_by__isnull=False),
                name="assessments_concern_read_by_somebody",
            )
        ]

    def __str__(self):
        return f"{self.answer}, {self.raised_at:%d %b %Y}"

    def mark_read(self, user):
        if self.read_at is None:
            self.read_at, self.read_by = timezone.now(), user
            self.save(update_fields=["read_at", "read_by"])

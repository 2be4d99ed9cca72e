"""Feedback to a whole class, kept: what was said, and the passages shown with it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.answers import Answer
from assessments.models.assignments import Assignment


class ClassFeedbackQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return to staff what was made for the classes they work in."""
        if not user.is_staff:
            return self.none()
        return self.filter(assignment__in=Assignment.objects.visible_to(user))


class ClassFeedback(models.Model):
    """One sheet for one task, made from its marks and then edited. Names nobody."""

    PARTS = ("strengths", "work_on", "tasks", "spellings")

    assignment = models.ForeignKey(
        Assignment, models.CASCADE, related_name="class_feedback"
    )
    strengths = models.TextField(_("strengths to share"), blank=True, max_length=900)
    work_on = models.TextField(_("what to work on"), blank=True, max_length=900)
    tasks = models.TextField(_("what to do now"), blank=True, max_length=600)
    spellings = models.TextField(_("words to spell"), blank=True, max_length=300)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ClassFeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("whole-class feedback")
        verbose_name_plural = _("whole-class feedback")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.assignment}, {self.made_at:%d %b %Y}"

    def can_be_changed_by(self, user):
        return self.assignment.can_be_run_by(user)

    def lent_extracts(self):
        """Return the passages whose writers still lend them, in their order.

        Asked at every showing: taking the permission back hides a passage at once.
        """
        return self.extracts.filter(answer__script__student__lends_extracts=True)


class ClassExtract(models.Model):
    """A passage of a student's answer, offered for a sheet without a name."""

    feedback = models.ForeignKey(ClassFeedback, models.CASCADE, related_name="extracts")
    answer = models.ForeignKey(Answer, models.PROTECT, related_name="class_extracts")
    order = models.PositiveSmallIntegerField()
    text = models.TextField(_("extract"), max_length=600)
    is_shown = models.BooleanField(_("show it"), default=True)

    class Meta:
        verbose_name = _("extract")
        verbose_name_plural = _("extracts")
        ordering = ["feedback", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["feedback", "order"],
                name="assessments_extract_order_once",
                violation_error_message=_("Two extracts stand at the same place."),
            ),
        ]

    def __str__(self):
        return f"{self.feedback}, {self.order}"

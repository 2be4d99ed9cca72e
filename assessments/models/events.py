"""The history of a script: who did what to it, and when."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.scripts import Script
from people import audit
from people.models import AuditEntry


class EventQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return the history of scripts to the staff who may see the scripts."""
        if not user.is_staff:
            return self.none()
        return self.filter(script__in=Script.objects.visible_to(user))


class Event(models.Model):
    """Who did what to a script, and when. Appended; never holds an answer's text."""

    class Kind(models.TextChoices):
        HANDED_IN = "handed in", _("handed in")
        HAND_IN_UNDONE = "hand-in undone", _("hand-in taken back")
        AWARDED = "awarded", _("mark awarded")
        RELEASED = "released", _("marks released")
        TAKEN_BACK = "taken back", _("marks taken back")
        READ = "read", _("feedback read")
        REVEALED = "revealed", _("name revealed")
        RESCUED = "rescued", _("rescue file taken in")
        LET_STAND = "let stand", _("a kept text let stand")
        BROUGHT_BACK = "brought back", _("an earlier text brought back by command")

    # What the audit log says as well. Only what reveals a name says it there: whoever
    # reads the log and marks by code would else learn whose script it is.
    AUDITED = {
        Kind.REVEALED: AuditEntry.Action.REVEALED,
        Kind.RESCUED: AuditEntry.Action.LATE_DECIDED,
        Kind.LET_STAND: AuditEntry.Action.LATE_DECIDED,
        Kind.BROUGHT_BACK: AuditEntry.Action.LATE_DECIDED,
    }

    script = models.ForeignKey(Script, models.PROTECT, related_name="events")
    mark = models.ForeignKey(
        "Mark", models.PROTECT, related_name="events", null=True, blank=True
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=14, choices=Kind)
    at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.script}"

    @classmethod
    def record(cls, script, actor, kind, mark=None):
        if kind in cls.AUDITED:
            audit.record(
                cls.AUDITED[kind],
                person=script.student_id if kind == cls.Kind.REVEALED else None,
                detail=f"{script}, {kind}",
            )
        return cls.objects.create(script=script, actor=actor, kind=kind, mark=mark)

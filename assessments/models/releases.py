"""What students are shown of their marks, and since when."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.events import Event
from assessments.models.marks import Mark
from assessments.models.scripts import Script
from people import audit
from people.models import AuditEntry


class ReleaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(
            Exists(
                ReleasedScript.objects.filter(
                    release=OuterRef("pk"),
                    script__in=Script.objects.visible_to(user),
                )
            )
        )


class Release(models.Model):
    """One act of showing marks to students, or of taking them back. Appended."""

    class Kind(models.TextChoices):
        SHOWN = "shown", _("released")
        TAKEN_BACK = "taken back", _("taken back")

    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.at:%d %b %Y %H:%M}"

    @classmethod
    @transaction.atomic
    def show(cls, scripts, by):
        """Release the fully marked of `scripts`; return (release, released, held).

        The release pins the marks that stand now: later moderation stays hidden
        until the next release. Without a marked script nothing is written.
        """
        waiting = list(
            scripts.handed_in().select_related("assignment").prefetch_related("answers")
        )
        standing = {}
        marks = Mark.objects.filter(answer__script__in=[s.pk for s in waiting])
        for mark in marks.standing().select_related("answer"):
            standing.setdefault(mark.answer.script_id, []).append(mark)
        ready, held = [], []
        for script in waiting:
            marked = {mark.answer_id for mark in standing.get(script.pk, ())}
            is_ready = marked == {answer.pk for answer in script.answers.all()}
            (ready if is_ready else held).append(script)
        if not ready:
            return None, [], held
        release = cls.objects.create(kind=cls.Kind.SHOWN, by=by)
        release.add(ready, Event.Kind.RELEASED, standing)
        return release, ready, held

    def add(self, scripts, kind, marks_of_script=None):
        """Write these scripts into this release, each with the marks it pins."""
        rows = ReleasedScript.objects.bulk_create(
            ReleasedScript(release=self, script=script) for script in scripts
        )
        pins = ReleasedScript.marks.through
        pins.objects.bulk_create(
            pins(releasedscript=row, mark=mark)
            for row in rows
            for mark in (marks_of_script or {}).get(row.script_id, ())
        )
        Event.objects.bulk_create(
            Event(script=script, actor=self.by, kind=kind) for script in scripts
        )
        is_shown = self.kind == self.Kind.SHOWN
        by_assignment = {}
        for script in scripts:
            by_assignment.setdefault(script.assignment, []).append(script.marking_code)
        audit.record_all(
            [
                (
                    AuditEntry.Action.RELEASED
                    if is_shown
                    else AuditEntry.Action.TAKEN_BACK,
                    None,
                    assignment.group_id,
                    f"{len(codes)} of task {assignment.pk}: {', '.join(codes)}",
                )
                for assignment, codes in by_assignment.items()
            ]
        )

    @classmethod
    @transaction.atomic
    def take_back(cls, scripts, by):
        """Hide again what `scripts` show now; return the scripts that were shown."""
        shown = list(
            scripts.with_newest_release()
            .filter(newest_release="shown")
            .select_related("assignment")
        )
        if shown:
            release = cls.objects.create(kind=cls.Kind.TAKEN_BACK, by=by)
            release.add(shown, Event.Kind.TAKEN_BACK)
        return shown


class ReleasedScript(models.Model):
    """A script in a release, with exactly the marks that it shows."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="scripts")
    script = models.ForeignKey(Script, models.PROTECT, related_name="releases")
    marks = models.ManyToManyField(Mark, related_name="releases")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "script"], name="assessments_script_once_a_release"
            ),
        ]

    def __str__(self):
        return f"{self.script}: {self.release}"


def shown_release(script):
    """Return what the newest release of a script shows, or None if nothing.

    The newest row decides; no times are compared.
    """
    newest = script.releases.select_related("release").order_by("-pk").first()
    if newest is None or newest.release.kind != Release.Kind.SHOWN:
        return None
    return newest

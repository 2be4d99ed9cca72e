"""Every version of a text that was ever acknowledged."""

import secrets

from django.conf import settings
from django.db import (
    connection,
    models,
)
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments import versions


class AnswerVersionQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(
            answer__in=self.model.answer.field.related_model.objects.visible_to(user)
        )

    def of_answer(self):
        return self.filter(part="answer").select_related("whole")


class AnswerVersion(models.Model):
    """Every text ever acknowledged, appended and never changed."""

    class Origin(models.TextChoices):
        AUTOSAVE = "autosave", _("saved while writing")
        BUTTON = "button", _("saved with the button")
        HAND_IN = "hand-in", _("handed in")
        RESTORE = "restore", _("an earlier text brought back")
        START = "start", _("begun from the first draft")
        RESCUE = "rescue", _("from a rescue file")
        LET_STAND = "let stand", _("let stand by a teacher")

    class Place(models.TextChoices):
        """What became of a text when it was saved."""

        STOOD = "stood", _("stood")
        BESIDE = "beside", _("kept beside the text that stood")
        LATE = "late", _("came after the hand-in")

    # A text that is asked for by name, not written on from what stands.
    BROUGHT_BACK = (Origin.RESTORE, Origin.START)

    # No index of its own: the constraint on answer and number begins with it.
    answer = models.ForeignKey(
        "Answer", models.PROTECT, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    part = models.CharField(max_length=6, default="answer")
    packed = models.BinaryField()
    # Its index is for erasing: each row that goes is looked up here.
    whole = models.ForeignKey(
        "self", models.PROTECT, related_name="deltas", null=True, blank=True
    )
    length = models.PositiveIntegerField()
    words = models.PositiveIntegerField()
    checksum = models.CharField(max_length=8)
    # Nobody asks for somebody's versions but through their scripts.
    writer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    origin = models.CharField(max_length=10, choices=Origin)
    tab = models.CharField(max_length=40)
    tab_number = models.PositiveIntegerField(default=0)
    base_number = models.PositiveIntegerField(null=True, blank=True)
    place = models.CharField(max_length=6, choices=Place, default=Place.STOOD)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = AnswerVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["answer", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["answer", "number"], name="assessments_version_number_once"
            ),
            models.UniqueConstraint(
                fields=["answer", "part", "tab", "tab_number"],
                name="assessments_version_sent_once",
            ),
            models.CheckConstraint(
                condition=Q(part__in=("answer", "plan")),
                name="assessments_version_part_known",
            ),
        ]

    def __str__(self):
        return f"{self.answer}, version {self.number}"

    def as_row(self):
        """Return the columns that a save writes, in its order, as the database takes them."""
        return [
            self.answer_id,
            self.number,
            self.part,
            self.packed,
            self.whole_id,
            self.length,
            self.words,
            self.checksum,
            self.writer_id,
            self.origin,
            self.tab,
            self.tab_number,
            self.base_number,
            self.place,
            connection.ops.adapt_datetimefield_value(self.saved_at),
        ]

    @classmethod
    def blank(cls, answer):
        """Return the stored version of an answer in which nothing was written."""
        packed, _is_whole = versions.pack("", None)
        return cls.objects.create(
            answer=answer,
            number=answer.last_number + 1,
            packed=packed,
            length=0,
            words=0,
            checksum=versions.checksum(""),
            writer_id=answer.script.student_id,
            origin=cls.Origin.HAND_IN,
            tab=f"hand-in-{secrets.token_urlsafe(6)}",
        )

    @classmethod
    def texts_of(cls, kept):
        """Return the texts of these versions by id, each whole one unpacked once."""
        known = {version.pk: version for version in kept}
        wholes = {version.whole_id for version in kept} - {None, *known}
        known |= cls.objects.in_bulk(wholes) if wholes else {}
        unpacked = {
            pk: versions.unpack(bytes(version.packed), None)
            for pk, version in known.items()
            if version.whole_id is None
        }
        return {
            version.pk: unpacked[version.pk]
            if version.whole_id is None
            else versions.unpack(bytes(version.packed), unpacked[version.whole_id])
            for version in kept
        }

    @property
    def readable(self):
        """The text as people read it: a plan as lines."""
        return as_read(self.part, self.text)

    @property
    def text(self):
        """The text itself; reads one other version at most."""
        whole = self.whole.text if self.whole_id else None
        return versions.unpack(bytes(self.packed), whole)


def as_read(part, text):
    """Return a text of an answer or of a plan as people read it."""
    return text if part == "answer" else "\n".join(versions.plan_lines(text))

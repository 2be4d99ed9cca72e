"""What the machine keeps about content: rendered bodies, and what was shipped."""

from django.db import models

from lessons.models.lessons import Lesson


class RenderedBody(models.Model):
    """A lesson's body as HTML, deflated once, ready to be sent to every reader.

    `source` says which content and which code it was made from; a body whose
    source is not the lesson's present one counts for nothing.
    """

    lesson = models.OneToOneField(
        Lesson, models.CASCADE, related_name="rendered_body", primary_key=True
    )
    source = models.CharField(max_length=80)
    deflated = models.BinaryField()
    # Staff also see what older books claim, and who disagrees.
    deflated_for_staff = models.BinaryField(default=b"")
    # Set where a part is to be published later: from then on it is out of date.
    valid_until = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.source


class ShippedRow(models.Model):
    """What was last shipped for one row, so that a school's edit can be told.

    `key` is the row's natural key as JSON, `fields` the names that were shipped.
    """

    model = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    fields = models.JSONField()
    content_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "key"], name="lessons_shipped_once"
            ),
        ]

    def __str__(self):
        return f"{self.model} {self.key}"

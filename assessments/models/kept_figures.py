"""What stays of a mark when its student is erased: figures, and no way back to a name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.questions import Question


class KeptFigureQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self if user.is_staff else self.none()


class KeptFigure(models.Model):
    """A released mark without script, class or date: its question and exam year."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="kept_figures")
    cohort = models.PositiveSmallIntegerField(_("exam year"))
    total = models.PositiveSmallIntegerField()
    highest_total = models.PositiveSmallIntegerField()

    objects = KeptFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept figure")
        verbose_name_plural = _("kept figures")
        ordering = ["cohort", "question", "total", "pk"]

    def __str__(self):
        return f"{self.total} / {self.highest_total}"

"""Exemplars: invented answers with the mark that they deserve."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.catalogue import (
    StaffOnlyQuerySet,
)
from assessments.models.questions import Question


class ExemplarManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)


class Exemplar(models.Model):
    """An invented student's answer with the mark that it deserves, and why."""

    slug = models.SlugField(_("address"), unique=True)
    question = models.ForeignKey(
        Question, models.CASCADE, related_name="exemplars", verbose_name=_("question")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    label = models.CharField(_("label"), max_length=40)
    text = models.TextField(_("text"))
    level = models.PositiveSmallIntegerField(_("level"))
    mark = models.PositiveSmallIntegerField(_("mark"))
    spag = models.PositiveSmallIntegerField(_("SPaG"), null=True, blank=True)
    why = models.TextField(_("why this mark"))
    www = models.TextField(_("what went well"))
    ebi = models.TextField(_("even better if"))

    objects = ExemplarManager()

    class Meta:
        verbose_name = _("exemplar")
        verbose_name_plural = _("exemplars")
        ordering = ["question", "mark", "order"]

    def __str__(self):
        return self.label

    def natural_key(self):
        return (self.slug,)

    def clean(self):
        """Refuse a mark that lies outside its level."""
        if not self.question_id or self.mark is None or self.level is None:
            return
        scheme = self.question.mark_scheme
        level = scheme.levels.filter(number=self.level).first()
        if level is None or not level.lowest_mark <= self.mark <= level.highest_mark:
            raise ValidationError(
                {"mark": _("The mark lies outside that level of the scheme.")}
            )

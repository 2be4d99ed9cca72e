"""What the boards set: papers, their durations, question forms, grade boundaries."""

import json

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _, ngettext

from assessments import paper_check
from lessons.models import ShippedRow


def came_with_us(row):
    """Whether this row is shipped content, which an update may bring up to date."""
    key = json.dumps(row.natural_key(), ensure_ascii=False)
    return ShippedRow.objects.filter(model=row._meta.label_lower, key=key).exists()


class StaffOnlyQuerySet(models.QuerySet):
    """Rows that no student ever sees as such; staff need a role today."""

    def visible_to(self, user):
        return self if user.is_staff and user.roles else self.none()


class CodeManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, code):
        return self.get(code=code)


class ExamPaper(models.Model):
    """A board's paper, or a section of one that is taught by itself."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    board = models.CharField(_("board"), max_length=20)
    specification = models.CharField(_("specification"), max_length=20)
    number = models.CharField(_("paper"), max_length=10)
    section = models.CharField(_("section"), max_length=10, blank=True)
    title = models.CharField(_("title"), max_length=120)
    marks = models.PositiveSmallIntegerField(_("marks"), help_text=_("SPaG included."))

    objects = CodeManager()

    class Meta:
        verbose_name = _("exam paper")
        verbose_name_plural = _("exam papers")
        ordering = ["board", "number", "section"]

    def __str__(self):
        return f"{self.board} {self.title}"

    def natural_key(self):
        return (self.code,)

    @cached_property
    def is_shipped(self):
        return came_with_us(self)

    def as_values(self):
        """Return this paper as the rules of `paper_check` see it."""
        return paper_check.ExamPaper(
            name=str(self),
            board=self.board,
            marks=self.marks,
            forms=tuple((form.code, form.number) for form in self.question_types.all()),
        )

    def used_boundaries(self):
        """Return the set of grade boundaries in use, or None."""
        sets = self.boundary_sets.filter(is_used=True)
        return sets.prefetch_related("boundaries").first()


class DurationManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, code, name):
        return self.get(exam_paper__code=code, name=name)


class Duration(models.Model):
    """How long a paper lasts, or lasted for earlier series."""

    exam_paper = models.ForeignKey(
        ExamPaper, models.CASCADE, related_name="durations", verbose_name=_("paper")
    )
    name = models.CharField(_("name"), max_length=60, help_text=_("Since summer 2025."))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    is_default = models.BooleanField(_("used unless another is chosen"), default=False)

    objects = DurationManager()

    class Meta:
        verbose_name = _("duration")
        verbose_name_plural = _("durations")
        ordering = ["exam_paper", "-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["exam_paper", "name"],
                name="assessments_duration_once",
                violation_error_message=_("This paper has a duration of that name."),
            ),
            models.UniqueConstraint(
                fields=["exam_paper"],
                condition=Q(is_default=True),
                name="assessments_one_default_duration",
                violation_error_message=_("Another duration is the default already."),
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1),
                name="assessments_duration_is_some_time",
                violation_error_message=_("A paper lasts at least one minute."),
            ),
        ]

    def __str__(self):
        return f"{self.minutes} minutes, {self.name}"

    def natural_key(self):
        return (*self.exam_paper.natural_key(), self.name)

    natural_key.dependencies = ["assessments.exampaper"]


class QuestionType(models.Model):
    """A board's question form, such as AQA Paper 1 question 6."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    board = models.CharField(_("board"), max_length=20)
    specification = models.CharField(_("specification"), max_length=20)
    paper = models.CharField(_("paper"), max_length=10)
    section = models.CharField(_("section"), max_length=10, blank=True)
    number = models.CharField(_("question number"), max_length=5)
    command_word = models.CharField(_("command word"), max_length=60)
    stem = models.CharField(
        _("stem"),
        max_length=300,
        blank=True,
        help_text=_("The board’s formula, with {slots} for what is asked about."),
    )
    exam_paper = models.ForeignKey(
        ExamPaper,
        models.PROTECT,
        related_name="question_types",
        verbose_name=_("exam paper"),
        null=True,
        blank=True,
    )
    tariff = models.PositiveSmallIntegerField(
        _("tariff"), help_text=_("Marks without SPaG.")
    )
    ao1 = models.PositiveSmallIntegerField(_("AO1"), default=0)
    ao2 = models.PositiveSmallIntegerField(_("AO2"), default=0)
    ao3 = models.PositiveSmallIntegerField(_("AO3"), default=0)
    ao4 = models.PositiveSmallIntegerField(_("AO4"), default=0)
    spag = models.PositiveSmallIntegerField(_("SPaG marks"), default=0)
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    stimulus = models.PositiveSmallIntegerField(_("bullets printed"), default=0)
    sources = models.PositiveSmallIntegerField(_("sources printed"), default=0)
    interpretations = models.PositiveSmallIntegerField(
        _("interpretations printed"), default=0
    )
    is_point_marked = models.BooleanField(
        _("marked by points"),
        default=False,
        help_text=_("A mark for each point made, and no levels."),
    )

    objects = CodeManager()

    class Meta:
        verbose_name = _("question form")
        verbose_name_plural = _("question forms")
        ordering = ["board", "paper", "section", "number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tariff=F("ao1") + F("ao2") + F("ao3") + F("ao4")),
                name="assessments_form_objectives_add_up",
                violation_error_message=_(
                    "AO1 to AO4 do not add up to the tariff. Change one of them."
                ),
            ),
            models.CheckConstraint(
                condition=Q(tariff__gte=1),
                name="assessments_form_has_marks",
                violation_error_message=_("A question has at least one mark."),
            ),
        ]

    def __str__(self):
        return f"{self.board}-style question {self.number}"

    def natural_key(self):
        return (self.code,)

    def clean(self):
        marks = (*self.maxima, self.tariff)
        if None not in marks and sum(self.maxima) != self.tariff:
            raise ValidationError(
                {
                    "tariff": _(
                        "AO1 to AO4 do not add up to the tariff: they make %(sum)d, "
                        "the tariff is %(tariff)d. Change one of them."
                    )
                    % {"sum": sum(self.maxima), "tariff": self.tariff}
                }
            )

    @cached_property
    def is_shipped(self):
        return came_with_us(self)

    @cached_property
    def is_asked(self):
        """Whether a question uses it: then only its wording changes."""
        return self.pk is not None and self.questions.exists()

    def make_copy(self):
        """Return a copy under a code of its own, for the school to change."""
        base = f"{self.code[:12]}-copy"
        taken = set(
            QuestionType.objects.filter(code__startswith=base).values_list(
                "code", flat=True
            )
        )
        code, number = base, 1
        while code in taken:
            number += 1
            code = f"{base}-{number}"
        copy = QuestionType.objects.get(pk=self.pk)
        copy.pk, copy._state.adding, copy.code = None, True, code
        copy.save()
        return copy

    @property
    def maxima(self):
        return (self.ao1, self.ao2, self.ao3, self.ao4)

    @property
    def tariff_words(self):
        if self.spag:
            return _("%(marks)d + %(spag)d marks") % {
                "marks": self.tariff,
                "spag": self.spag,
            }
        return ngettext("%(n)d mark", "%(n)d marks", self.tariff) % {"n": self.tariff}

    @property
    def objectives(self):
        """The objectives in play, as (field, name, maximum)."""
        names = {
            "ao1": _("knowledge"),
            "ao2": _("explanation"),
            "ao3": _("sources"),
            "ao4": _("interpretations"),
        }
        return [
            (field, name, getattr(self, field))
            for field, name in names.items()
            if getattr(self, field)
        ]


class BoundarySet(models.Model):
    """Grade boundaries that the school has entered for one paper and series."""

    exam_paper = models.ForeignKey(
        ExamPaper, models.CASCADE, related_name="boundary_sets", verbose_name=_("paper")
    )
    series = models.CharField(
        _("series"), max_length=40, help_text=_("Such as: summer 2026, notional.")
    )
    is_used = models.BooleanField(
        _("used for marks from now on"),
        default=False,
        help_text=_("One set of a paper at most. Without one no grade is shown."),
    )

    objects = StaffOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("grade boundaries")
        verbose_name_plural = _("grade boundaries")
        ordering = ["exam_paper", "-series"]
        constraints = [
            models.UniqueConstraint(
                fields=["exam_paper", "series"],
                name="assessments_boundaries_once_a_series",
                violation_error_message=_("That paper has boundaries for that series."),
            ),
            models.UniqueConstraint(
                fields=["exam_paper"],
                condition=Q(is_used=True),
                name="assessments_one_boundary_set_in_use",
                violation_error_message=_(
                    "Another set of this paper is in use. Take that one out of use."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.exam_paper}, {self.series}"

    def clean(self):
        """Refuse a second set in use, at its field and with the name of the first."""
        others = BoundarySet.objects.filter(exam_paper=self.exam_paper_id, is_used=True)
        used = others.exclude(pk=self.pk).first() if self.is_used else None
        if used is not None:
            raise ValidationError(
                {
                    "is_used": _(
                        "The boundaries of %(series)s are in use for this paper. Take "
                        "those out of use first."
                    )
                    % {"series": used.series}
                }
            )

    def lowest_totals(self):
        """Return grade → the lowest total that earns it."""
        return {row.grade: row.lowest_total for row in self.boundaries.all()}


class Boundary(models.Model):
    """The lowest total that earns a grade from 9 to 1."""

    boundary_set = models.ForeignKey(
        BoundarySet, models.CASCADE, related_name="boundaries"
    )
    grade = models.PositiveSmallIntegerField(_("grade"))
    lowest_total = models.PositiveSmallIntegerField(_("lowest total"))

    objects = StaffOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("boundary")
        verbose_name_plural = _("boundaries")
        ordering = ["boundary_set", "-grade"]
        constraints = [
            models.UniqueConstraint(
                fields=["boundary_set", "grade"],
                name="assessments_boundary_once",
                violation_error_message=_("This grade has a boundary already."),
            ),
            models.CheckConstraint(
                condition=Q(grade__gte=1, grade__lte=9),
                name="assessments_grade_from_9_to_1",
                violation_error_message=_("Grades run from 9 to 1."),
            ),
        ]

    def __str__(self):
        return f"Grade {self.grade} from {self.lowest_total}"

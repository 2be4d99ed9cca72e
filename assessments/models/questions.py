"""What is asked: questions, and what is printed with them."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.catalogue import (
    QuestionType,
    StaffOnlyQuerySet,
)
from assessments.models.schemes import MarkScheme
from lessons.models import Lesson, Source
from lessons.models.lessons import PublishedQuerySet


class QuestionQuerySet(PublishedQuerySet):
    def visible_to(self, user):
        """Return published questions; whoever may edit questions sees drafts too."""
        if user.is_staff and user.has_perm("assessments.view_question"):
            return self
        return self.published()

    def for_writing(self):
        """Fetch what a page with the question needs."""
        return self.select_related("type", "lesson").prefetch_related(
            "stimulus_points", "plan_boxes", "question_sources__source"
        )


class QuestionManager(models.Manager.from_queryset(QuestionQuerySet)):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)


class Question(models.Model):
    """What is asked, in the board's formula with our content words."""

    slug = models.SlugField(_("address"), unique=True)
    type = models.ForeignKey(
        QuestionType, models.PROTECT, related_name="questions", verbose_name=_("form")
    )
    lesson = models.ForeignKey(
        Lesson,
        models.PROTECT,
        related_name="questions",
        verbose_name=_("lesson"),
        null=True,
        blank=True,
    )
    wording = models.TextField(_("wording"))
    instruction = models.CharField(
        _("instruction"),
        max_length=200,
        blank=True,
        help_text=_("What stands below the bullets."),
    )
    mark_scheme = models.ForeignKey(
        MarkScheme,
        models.PROTECT,
        related_name="questions",
        verbose_name=_("mark scheme"),
    )
    spag_scheme = models.ForeignKey(
        MarkScheme,
        models.PROTECT,
        related_name="spag_questions",
        verbose_name=_("SPaG scheme"),
        null=True,
        blank=True,
    )
    indicative_content = models.TextField(
        _("indicative content"), help_text=_("Markdown. Only markers see it.")
    )
    checklist = models.CharField(
        _("reminder before handing in"), max_length=200, blank=True
    )
    starters = models.TextField(
        _("sentence starters"), blank=True, help_text=_("One on each line.")
    )
    typical_mistakes = models.TextField(
        _("typical mistakes"), blank=True, help_text=_("Markdown. Only markers see it.")
    )
    teachers_note = models.TextField(
        _("note for teachers"),
        blank=True,
        help_text=_("Markdown. Where this differs from the real paper."),
    )
    is_listed = models.BooleanField(
        _("listed in its lesson"),
        default=True,
        help_text=_("Off for questions that make sense only within a paper."),
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects = QuestionManager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["type__board", "type__number", "slug"]

    def __str__(self):
        return f"{self.type}: {self.wording}"

    def get_absolute_url(self):
        return reverse("assessments:question-detail", args=[self.slug])

    def natural_key(self):
        return (self.slug,)

    def clean(self):
        if self.mark_scheme_id and self.type_id:
            if self.mark_scheme.tariff != self.type.tariff:
                raise ValidationError(
                    {
                        "mark_scheme": _(
                            "The scheme is for %(scheme)d marks, the form has %(form)d."
                        )
                        % {
                            "scheme": self.mark_scheme.tariff,
                            "form": self.type.tariff,
                        }
                    }
                )
            if bool(self.type.spag) != bool(self.spag_scheme_id):
                raise ValidationError(
                    {
                        "spag_scheme": _(
                            "A SPaG scheme belongs to forms with SPaG marks, and to "
                            "no others."
                        )
                    }
                )

    @property
    def is_published(self):
        return self.published_at is not None and self.published_at <= timezone.now()

    @property
    def is_shipped(self):
        return Question.objects.filter(pk=self.pk).shipped().exists()

    @property
    def is_answered(self):
        """Whether a script has it: then nobody changes what was asked."""
        return self.answers.exists()

    @property
    def starter_list(self):
        return [line for line in self.starters.splitlines() if line.strip()]


class StimulusPointManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, slug, order):
        return self.get(question__slug=slug, order=order)


class StimulusPoint(models.Model):
    """A bullet printed with the question."""

    question = models.ForeignKey(
        Question, models.CASCADE, related_name="stimulus_points"
    )
    order = models.PositiveSmallIntegerField(_("order"))
    text = models.CharField(_("text"), max_length=120)

    objects = StimulusPointManager()

    class Meta:
        verbose_name = _("bullet")
        verbose_name_plural = _("bullets")
        ordering = ["question", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "order"],
                name="assessments_bullet_order_once",
                violation_error_message=_("Two bullets stand at the same place."),
            ),
        ]

    def __str__(self):
        return self.text

    def natural_key(self):
        return (*self.question.natural_key(), self.order)

    natural_key.dependencies = ["assessments.question"]


class PlanBoxManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, slug, order):
        return self.get(question__slug=slug, order=order)


class PlanBox(models.Model):
    """A labelled line of the plan beside the answer."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="plan_boxes")
    order = models.PositiveSmallIntegerField(_("order"))
    label = models.CharField(_("label"), max_length=120)

    objects = PlanBoxManager()

    class Meta:
        verbose_name = _("plan box")
        verbose_name_plural = _("plan boxes")
        ordering = ["question", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "order"],
                name="assessments_plan_box_order_once",
                violation_error_message=_("Two boxes stand at the same place."),
            ),
        ]

    def __str__(self):
        return self.label

    def natural_key(self):
        return (*self.question.natural_key(), self.order)

    natural_key.dependencies = ["assessments.question"]


class QuestionSourceManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, slug, letter):
        return self.get(question__slug=slug, letter=letter)


class QuestionSource(models.Model):
    """A source printed with a question, under the letter that the paper gives it."""

    question = models.ForeignKey(
        Question, models.CASCADE, related_name="question_sources"
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="question_sources")
    letter = models.CharField(_("letter on the paper"), max_length=1)
    used_as = models.CharField(
        _("printed as"),
        max_length=14,
        choices=Source.Form,
        default=Source.Form.SOURCE,
    )

    objects = QuestionSourceManager()

    class Meta:
        verbose_name = _("source of the question")
        verbose_name_plural = _("sources of the question")
        ordering = ["question", "letter"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "letter"],
                name="assessments_question_source_letter_once",
                violation_error_message=_("Two sources have the same letter."),
            ),
        ]

    def __str__(self):
        return self.source.name_with(self.letter, self.used_as)

    def natural_key(self):
        return (*self.question.natural_key(), self.letter)

    natural_key.dependencies = ["assessments.question"]

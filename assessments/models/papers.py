"""What is asked: the boards' question forms, mark schemes, questions and papers."""

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments import marking
from lessons.models import Lesson, Source


class StaffOnlyQuerySet(models.QuerySet):
    """Rows that no student ever sees as such; staff need a role today."""

    def visible_to(self, user):
        return self if user.is_staff and user.roles else self.none()


class CodeManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, code):
        return self.get(code=code)


class QuestionType(models.Model):
    """A board's question form, such as AQA Paper 1 question 6."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    board = models.CharField(_("board"), max_length=20)
    specification = models.CharField(_("specification"), max_length=20)
    paper = models.CharField(_("paper"), max_length=10)
    section = models.CharField(_("section"), max_length=10, blank=True)
    number = models.CharField(_("question number"), max_length=5)
    command_word = models.CharField(_("command word"), max_length=60)
    tariff = models.PositiveSmallIntegerField(
        _("tariff"), help_text=_("Marks without SPaG.")
    )
    ao1 = models.PositiveSmallIntegerField(_("AO1"), default=0)
    ao2 = models.PositiveSmallIntegerField(_("AO2"), default=0)
    ao3 = models.PositiveSmallIntegerField(_("AO3"), default=0)
    ao4 = models.PositiveSmallIntegerField(_("AO4"), default=0)
    spag = models.PositiveSmallIntegerField(_("SPaG marks"), default=0)
    minutes = models.PositiveSmallIntegerField(_("minutes"))

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

    @property
    def maxima(self):
        return (self.ao1, self.ao2, self.ao3, self.ao4)

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


class MarkSchemeQuerySet(StaffOnlyQuerySet):
    pass


class MarkSchemeManager(models.Manager.from_queryset(MarkSchemeQuerySet)):
    def get_by_natural_key(self, name, series):
        return self.get(name=name, series=series)


class MarkScheme(models.Model):
    """A ladder of levels for one exam series. Frozen once a mark stands on it."""

    name = models.CharField(_("name"), max_length=60)
    series = models.CharField(
        _("series"), max_length=20, help_text=_("For exams from, such as 2025.")
    )
    tariff = models.PositiveSmallIntegerField(_("tariff"))

    objects = MarkSchemeManager()

    class Meta:
        verbose_name = _("mark scheme")
        verbose_name_plural = _("mark schemes")
        ordering = ["name", "-series"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "series"],
                name="assessments_scheme_once_a_series",
                violation_error_message=_("That scheme exists for that series."),
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.series})"

    def natural_key(self):
        return (self.name, self.series)

    @property
    def is_frozen(self):
        """Whether marks stand on it: then no word or number of it changes."""
        return self.pk is not None and (self.marks.exists() or self.spag_marks.exists())


class LevelManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, name, series, number):
        return self.get(scheme__name=name, scheme__series=series, number=number)


class Level(models.Model):
    """A rung of the ladder, from 1 upward, in words for students and for markers."""

    scheme = models.ForeignKey(
        MarkScheme, models.CASCADE, related_name="levels", verbose_name=_("scheme")
    )
    number = models.PositiveSmallIntegerField(_("level"))
    lowest_mark = models.PositiveSmallIntegerField(_("lowest mark"))
    highest_mark = models.PositiveSmallIntegerField(_("highest mark"))
    for_student = models.TextField(_("wording for students"))
    for_marker = models.TextField(_("wording for markers"))

    objects = LevelManager()

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["scheme", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "number"],
                name="assessments_level_once",
                violation_error_message=_("This scheme already has that level."),
            ),
            models.CheckConstraint(
                condition=Q(lowest_mark__gte=1, highest_mark__gte=F("lowest_mark")),
                name="assessments_level_marks_in_order",
                violation_error_message=_(
                    "A level begins at 1 or more and does not end before it begins."
                ),
            ),
        ]

    def __str__(self):
        return f"Level {self.number}"

    def natural_key(self):
        return (*self.scheme.natural_key(), self.number)

    natural_key.dependencies = ["assessments.markscheme"]

    @property
    def is_frozen(self):
        return self.scheme.is_frozen

    @property
    def band(self):
        return (self.lowest_mark, self.highest_mark)

    @property
    def band_words(self):
        """The band in words: 7–9, or a single mark."""
        if self.lowest_mark == self.highest_mark:
            return str(self.lowest_mark)
        return f"{self.lowest_mark}–{self.highest_mark}"


class StrandManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, name, series, number, letter):
        return self.get(
            level__scheme__name=name,
            level__scheme__series=series,
            level__number=number,
            letter=letter,
        )


class Strand(models.Model):
    """One strand of a level: analysis, reasoning, knowledge."""

    level = models.ForeignKey(
        Level, models.CASCADE, related_name="strands", verbose_name=_("level")
    )
    letter = models.CharField(_("letter"), max_length=1)
    name = models.CharField(_("name"), max_length=60)
    for_marker = models.TextField(_("wording for markers"))

    objects = StrandManager()

    class Meta:
        verbose_name = _("strand")
        verbose_name_plural = _("strands")
        ordering = ["level", "letter"]
        constraints = [
            models.UniqueConstraint(
                fields=["level", "letter"],
                name="assessments_strand_once",
                violation_error_message=_("This level already has that strand."),
            ),
        ]

    def __str__(self):
        return f"{self.letter}) {self.name}"

    def natural_key(self):
        return (*self.level.natural_key(), self.letter)

    natural_key.dependencies = ["assessments.level"]

    @property
    def is_frozen(self):
        return self.level.scheme.is_frozen


class CeilingManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, name, series, condition):
        return self.get(scheme__name=name, scheme__series=series, condition=condition)


class Ceiling(models.Model):
    """A cap with a reason. A firm one refuses higher marks, the others remind."""

    scheme = models.ForeignKey(
        MarkScheme, models.CASCADE, related_name="ceilings", verbose_name=_("scheme")
    )
    condition = models.CharField(
        _("condition"), max_length=120, help_text=_("When it holds, for the marker.")
    )
    highest_mark = models.PositiveSmallIntegerField(_("highest mark"))
    is_firm = models.BooleanField(
        _("refuses higher marks"),
        default=True,
        help_text=_("Off for rules that a board words with “normally”."),
    )

    objects = CeilingManager()

    class Meta:
        verbose_name = _("ceiling")
        verbose_name_plural = _("ceilings")
        ordering = ["scheme", "highest_mark"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "condition"],
                name="assessments_ceiling_once",
                violation_error_message=_("This scheme already has that ceiling."),
            ),
        ]

    def __str__(self):
        return f"{self.condition}: {self.highest_mark} at most"

    def natural_key(self):
        return (*self.scheme.natural_key(), self.condition)

    natural_key.dependencies = ["assessments.markscheme"]

    @property
    def is_frozen(self):
        return self.scheme.is_frozen

    def clean(self):
        if self.scheme_id and self.highest_mark > self.scheme.tariff:
            raise ValidationError(
                {"highest_mark": _("The ceiling lies above the scheme’s tariff.")}
            )


class QuestionQuerySet(models.QuerySet):
    def published(self):
        return self.filter(published_at__lte=timezone.now())

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
    teachers_note = models.TextField(
        _("note for teachers"),
        blank=True,
        help_text=_("Markdown. Where this differs from the real paper."),
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
        return f"Source {self.letter}"

    def natural_key(self):
        return (*self.question.natural_key(), self.letter)

    natural_key.dependencies = ["assessments.question"]


class AssessmentManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    @transaction.atomic
    def of(self, question):
        """Return the task that is just this question, made on first use."""
        # Two teachers at once wait for each other here.
        Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
        alone = (
            self.filter(assessment_questions__question=question)
            .exclude(
                Exists(
                    AssessmentQuestion.objects.filter(
                        assessment=OuterRef("pk")
                    ).exclude(question=question)
                )
            )
            .first()
        )
        if alone is None:
            alone = self.create(title=str(question.type))
            alone.assessment_questions.create(question=question, order=1)
        return alone


class Assessment(models.Model):
    """A task or paper: questions in order."""

    title = models.CharField(_("title"), max_length=120)
    questions = models.ManyToManyField(
        Question, through="AssessmentQuestion", related_name="assessments"
    )

    objects = AssessmentManager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["title"]

    def __str__(self):
        return self.title


class AssessmentQuestion(models.Model):
    """A question's place in a task."""

    assessment = models.ForeignKey(
        Assessment, models.CASCADE, related_name="assessment_questions"
    )
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="assessment_questions"
    )
    order = models.PositiveSmallIntegerField(_("order"))

    class Meta:
        ordering = ["assessment", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "order"],
                name="assessments_question_order_once",
                violation_error_message=_("Two questions stand at the same place."),
            ),
            models.UniqueConstraint(
                fields=["assessment", "question"],
                name="assessments_question_once",
                violation_error_message=_("The question stands there already."),
            ),
        ]

    def __str__(self):
        return f"{self.order}. {self.question}"


def check_ladder(scheme):
    """Raise `ValidationError` with a sentence for each fault of a saved scheme."""
    found = marking.ladder_faults(list(scheme.levels.all()), scheme.tariff)
    if found:
        raise ValidationError([fault.sentence for fault in found])

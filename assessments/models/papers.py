"""Papers, and tasks made of questions."""

from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from assessments import paper_check
from assessments.models.catalogue import (
    ExamPaper,
    StaffOnlyQuerySet,
)
from assessments.models.questions import Question
from lessons.models.lessons import PublishedQuerySet

# Further than any paper reaches: see `Assessment.put_in_order`.
_OUT_OF_THE_WAY = 1000


class AssessmentQuerySet(StaffOnlyQuerySet):
    def papers(self):
        """Return the papers; the others are tasks of just one question."""
        return self.exclude(slug=None)

    def in_use(self):
        """Return what students have begun, which stays as they know it."""
        scripts = apps.get_model("assessments", "Script").objects
        return self.filter(
            Exists(scripts.filter(assignment__assessment=OuterRef("pk")))
        )

    shipped = PublishedQuerySet.shipped

    def for_checking(self):
        """Fetch what `faults` looks at; nine queries, however many papers."""
        asked = AssessmentQuestion.objects.select_related(
            "question__type", "question__mark_scheme", "question__spag_scheme"
        ).prefetch_related(
            "question__stimulus_points",
            "question__question_sources",
            "question__mark_scheme__levels",
            "question__mark_scheme__points",
        )
        return self.select_related("exam_paper").prefetch_related(
            "exam_paper__question_types",
            "exam_paper__durations",
            Prefetch("assessment_questions", asked),
        )


class AssessmentManager(models.Manager.from_queryset(AssessmentQuerySet)):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)

    @transaction.atomic
    def of(self, question):
        """Return the task that is just this question, made on first use."""
        # Two teachers at once wait for each other here.
        Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
        alone = (
            self.filter(slug=None, assessment_questions__question=question)
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

    @transaction.atomic
    def together(self, questions, title=""):
        """Return a new task of these questions in this order, listed nowhere."""
        numbers = ", ".join(question.type.number for question in questions)
        boards = sorted({question.type.board for question in questions})
        if not title:
            title = _("%(boards)s-style questions %(numbers)s") % {
                "boards": "- and ".join(boards),
                "numbers": numbers,
            }
        task = self.create(title=title[:120])
        for order, question in enumerate(questions, 1):
            task.assessment_questions.create(question=question, order=order)
        return task


class Assessment(models.Model):
    """A task or paper: questions in order.

    Papers have an address; a task that is just one question has none.
    """

    slug = models.SlugField(_("address"), unique=True, null=True, blank=True)
    title = models.CharField(_("title"), max_length=120)
    exam_paper = models.ForeignKey(
        ExamPaper,
        models.PROTECT,
        related_name="assessments",
        verbose_name=_("made after"),
        null=True,
        blank=True,
    )
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    introduction = models.TextField(
        _("introduction"), blank=True, help_text=_("One or two sentences for students.")
    )
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

    def natural_key(self):
        return (self.slug,)

    @property
    def is_paper(self):
        return self.slug is not None

    @property
    def is_shipped(self):
        return Assessment.objects.filter(pk=self.pk).shipped().exists()

    @property
    def is_in_use(self):
        return Assessment.objects.filter(pk=self.pk).in_use().exists()

    def published_questions(self):
        """Return what students are asked, in order: a query for each call."""
        items = self.assessment_questions.published().select_related("question")
        return [item.question for item in items]

    def minutes_asked(self, forms):
        """Return the minutes of questions of these forms in this paper.

        They follow the paper when it lasts as long as the exam lasts or lasted;
        any other time is the teacher's own, and the forms keep theirs.
        """
        minutes = [form.minutes for form in forms]
        durations = self.exam_paper.durations.all() if self.exam_paper else []
        usual = next((row.minutes for row in durations if row.is_default), None)
        if usual and any(row.minutes == self.minutes for row in durations):
            return paper_check.scaled(minutes, usual, self.minutes)
        return minutes

    def as_values(self):
        """Return this paper as the pure rules see it; wants `for_checking`."""
        items = [item.question for item in self.assessment_questions.all()]
        minutes = self.minutes_asked([question.type for question in items])
        return paper_check.Paper(
            model=self.exam_paper and self.exam_paper.as_values(),
            minutes=self.minutes,
            questions=tuple(
                _as_values(question, part)
                for question, part in zip(items, minutes, strict=True)
            ),
        )

    def faults(self):
        """Return what is wrong with it, as (where, sentence); wants `for_checking`."""
        return paper_check.faults(self.as_values())

    def hints(self):
        return paper_check.hints(self.as_values())

    @property
    def can_be_set(self):
        """Whether nothing is wrong but questions that would be left out."""
        return not paper_check.obstacles(self.as_values())

    @property
    def words(self):
        """The paper for somebody who chooses one; wants `for_checking`."""
        items = [item.question for item in self.assessment_questions.all()]
        asked = [question.type for question in items if question.is_published]
        words = _("%(title)s: %(marks)d marks, %(minutes)d minutes") % {
            "title": self.title,
            "marks": sum(form.tariff + form.spag for form in asked),
            "minutes": self.minutes or sum(form.minutes for form in asked),
        }
        left_out = [q.type.number for q in items if not q.is_published]
        if left_out:
            words += _(", without question %(numbers)s") % {
                "numbers": ", ".join(left_out)
            }
        return words

    @classmethod
    def free_slug(cls, title):
        """Return an address made of a title that no paper has yet."""
        base = slugify(title)[:40].strip("-") or "paper"
        taken = set(
            cls.objects.filter(slug__startswith=base).values_list("slug", flat=True)
        )
        number = 1
        while (base if number == 1 else f"{base}-{number}") in taken:
            number += 1
        return base if number == 1 else f"{base}-{number}"

    @transaction.atomic
    def copy(self):
        """Return a copy with the same questions, for a teacher to change."""
        title = f"{self.title[:110]} (copy)"
        copy = Assessment.objects.create(
            slug=self.free_slug(title),
            title=title,
            exam_paper=self.exam_paper,
            minutes=self.minutes,
            introduction=self.introduction,
        )
        for item in self.assessment_questions.all():
            copy.assessment_questions.create(
                question_id=item.question_id, order=item.order
            )
        return copy

    def put_in_order(self, items):
        """Number these places from 1 on; they may not be saved yet.

        Two places never share a number, not even in between: what is there moves out
        of the way first, and whoever calls this saves the new and changed ones.
        """
        places = self.assessment_questions
        places.update(order=F("order") + _OUT_OF_THE_WAY)
        for order, item in enumerate(items, 1):
            item.order = order


def _as_values(question, minutes):
    form = question.type
    return paper_check.Asked(
        form=form.code,
        number=form.number,
        board=form.board,
        tariff=form.tariff,
        spag=form.spag,
        objectives=form.maxima,
        minutes=minutes,
        wording=question.wording,
        bullets=len(question.stimulus_points.all()),
        printed=tuple(
            paper_check.Printed(item.used_as, item.letter, item.source_id)
            for item in question.question_sources.all()
        ),
        form_bullets=form.stimulus,
        form_sources=form.sources,
        form_interpretations=form.interpretations,
        is_published=question.is_published,
        is_point_marked=form.is_point_marked,
        levels=len(question.mark_scheme.levels.all()),
        points=len(question.mark_scheme.points.all()),
        has_spag_scheme=question.spag_scheme_id is not None,
    )


class AssessmentQuestionQuerySet(StaffOnlyQuerySet):
    def published(self):
        return self.filter(question__published_at__lte=timezone.now())


class AssessmentQuestionManager(
    models.Manager.from_queryset(AssessmentQuestionQuerySet)
):
    def get_by_natural_key(self, slug, order):
        return self.get(assessment__slug=slug, order=order)


class AssessmentQuestion(models.Model):
    """A question's place in a task."""

    assessment = models.ForeignKey(
        Assessment, models.CASCADE, related_name="assessment_questions"
    )
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="assessment_questions"
    )
    order = models.PositiveSmallIntegerField(_("order"))

    objects = AssessmentQuestionManager()

    class Meta:
        verbose_name = _("question of the task")
        verbose_name_plural = _("questions of the task")
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

    def natural_key(self):
        return (*self.assessment.natural_key(), self.order)

    natural_key.dependencies = ["assessments.assessment"]

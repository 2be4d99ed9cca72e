"""How a student studies: how far they have read, notes, and retrieval practice.

Seen by that student alone. Nothing here is a mark, and nothing is counted up.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lessons import retrieval
from lessons.models.apparatus import PartnerTask, lesson_of
from lessons.models.lessons import Lesson, Mnemonic, PartManager, Section, once_a_lesson


def student_of(related_name):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name=related_name
    )


class OwnQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return only what is their own."""
        return self.filter(student_id=user.pk)


class SectionRead(models.Model):
    """That a student has reached the end of a section."""

    student = student_of("sections_read")
    section = models.ForeignKey(Section, models.CASCADE, related_name="reads")
    at = models.DateTimeField(default=timezone.now)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "section"], name="lessons_section_read_once"
            ),
        ]

    def __str__(self):
        return f"{self.section}"


class TaskNote(models.Model):
    """What a student noted down after a talk. Every text is kept; the newest counts."""

    student = student_of("task_notes")
    task = models.ForeignKey(PartnerTask, models.PROTECT, related_name="notes")
    text = models.TextField(_("what you agreed"), max_length=20_000, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.task}"


class RetrievalQuestion(models.Model):
    """A quick question about a lesson, asked of the class or of one student."""

    class Kind(models.TextChoices):
        SHORT = "short", _("short answer")
        CHOICE = "choice", _("multiple choice")

    lesson = lesson_of("retrieval_questions")
    slug = models.SlugField(_("address"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    prompt = models.CharField(_("question"), max_length=300)
    is_open = models.BooleanField(
        _("said aloud and checked"),
        default=False,
        help_text=_("For answers that can be put in many ways: nothing is typed."),
    )

    objects = PartManager()

    class Meta:
        verbose_name = _("quick question")
        verbose_name_plural = _("quick questions")
        ordering = ["lesson", "order", "slug"]
        constraints = [once_a_lesson("retrievalquestion")]

    def __str__(self):
        return self.prompt

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]

    @property
    def right_answers(self):
        return [answer.text for answer in self.answers.all() if answer.is_right]

    def is_right(self, given):
        """Whether a typed or chosen answer counts as right."""
        if self.kind == self.Kind.CHOICE:
            return given in self.right_answers
        return retrieval.is_accepted(given, self.right_answers)

    def choices(self):
        """Return the answers in an order of this question's own, always the same."""
        return retrieval.shuffled([answer.text for answer in self.answers.all()])


class RetrievalAnswerQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(question__lesson__in=Lesson.objects.visible_to(user))


class RetrievalAnswerManager(models.Manager.from_queryset(RetrievalAnswerQuerySet)):
    def get_by_natural_key(self, lesson, question, order):
        return self.get(
            question__lesson__slug=lesson, question__slug=question, order=order
        )


class RetrievalAnswer(models.Model):
    """An accepted answer, or a wrong one to choose from."""

    question = models.ForeignKey(
        RetrievalQuestion, models.CASCADE, related_name="answers"
    )
    order = models.PositiveSmallIntegerField(_("order"))
    text = models.CharField(_("answer"), max_length=120)
    is_right = models.BooleanField(_("right"), default=False)

    objects = RetrievalAnswerManager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["question", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "order"],
                name="lessons_answer_order_once",
                violation_error_message=_("Two answers stand at the same place."),
            ),
        ]

    def __str__(self):
        return self.text

    def natural_key(self):
        return (*self.question.natural_key(), self.order)

    natural_key.dependencies = ["lessons.retrievalquestion"]


class CardQuerySet(OwnQuerySet):
    def due(self, now=None):
        return self.filter(due_at__lte=now or timezone.now())


class Card(models.Model):
    """When one student next meets a quick question or a memory phrase.

    `state`, `step`, `stability` (days) and `difficulty` (1 to 10) are the scheduler's
    own quantities: see `lessons.retrieval`.
    """

    student = student_of("cards")
    question = models.ForeignKey(
        RetrievalQuestion, models.CASCADE, related_name="cards", null=True, blank=True
    )
    mnemonic = models.ForeignKey(
        Mnemonic, models.CASCADE, related_name="cards", null=True, blank=True
    )
    state = models.PositiveSmallIntegerField(default=1)
    step = models.PositiveSmallIntegerField(null=True, blank=True)
    stability = models.FloatField(null=True, blank=True)
    difficulty = models.FloatField(null=True, blank=True)
    due_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(question__isnull=False, mnemonic=None)
                | Q(question=None, mnemonic__isnull=False),
                name="lessons_card_asks_one_thing",
            ),
            models.UniqueConstraint(
                fields=["student", "question"],
                condition=Q(question__isnull=False),
                name="lessons_one_card_a_question",
            ),
            models.UniqueConstraint(
                fields=["student", "mnemonic"],
                condition=Q(mnemonic__isnull=False),
                name="lessons_one_card_a_phrase",
            ),
        ]

    def __str__(self):
        return f"{self.question or self.mnemonic}"

    def review(self, rating, now):
        """Move this card on after an answer; `rating` is one of `retrieval.RATINGS`."""
        after = retrieval.after_review(
            retrieval.Memory(
                state=self.state,
                step=self.step,
                stability=self.stability,
                difficulty=self.difficulty,
                due_at=self.due_at,
                reviewed_at=self.reviewed_at,
            ),
            rating,
            now,
        )
        for name, value in after._asdict().items():
            setattr(self, name, value)
        self.save()

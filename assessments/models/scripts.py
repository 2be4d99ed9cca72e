"""What is written: the scripts that answer an assignment or a question."""

import secrets

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.assignments import Assignment, AssignmentStudent
from assessments.models.questions import Question
from people import roles
from people.models import Membership, TeachingGroup

# Letters and digits that nobody mistakes for one another on paper.
_CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def _code(length):
    return "".join(secrets.choice(_CODE_SIGNS) for _ in range(length))


def make_public_id():
    # A leading hyphen would be read as an option by `restore_version`.
    return secrets.token_urlsafe(12).replace("-", "_")


def make_marking_code():
    return _code(6)


def make_receipt_code():
    return _code(8)


class ScriptQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return own scripts, and those of the classes and students worked with.

        A student's scripts move with the student; those of an assignment stay with
        its class as well, so that marking is not torn apart by a move. Heads and
        the SENCo see all; data and site managers see none, for their work needs
        none.
        """
        if user.roles & roles.READS_ANSWERS:
            return self
        if not user.is_staff:
            return self.filter(student_id=user.pk)
        classes = Membership.objects.of_classes(user, roles.TEACHER, roles.ASSISTANT)
        return self.filter(
            Q(assignment__group__in=classes)
            | Exists(
                Membership.objects.valid().filter(
                    role=roles.STUDENT,
                    person=OuterRef("student"),
                    group__in=classes,
                )
            )
        )

    def handed_in(self):
        return self.exclude(handed_in_at=None)

    def practice(self):
        return self.filter(assignment=None)

    def note_sign(self, *, is_leaving):
        """Keep a desk's sign of life or its farewell; returns how many scripts."""
        now = timezone.now()
        return self.filter(handed_in_at=None).update(
            desk_seen_at=now, desk_left_at=now if is_leaving else None
        )

    def with_newest_release(self):
        """Annotate `newest_release`: the kind of the last release, if any."""
        newest = models.OuterRef("pk")
        released = apps.get_model("assessments", "ReleasedScript").objects
        return self.annotate(
            newest_release=models.Subquery(
                released.filter(script=newest)
                .order_by("-pk")
                .values("release__kind")[:1]
            )
        )

    def with_due(self):
        """Annotate `own_due_at` and `absence`: what holds for the script's student."""
        own = AssignmentStudent.objects.filter(
            assignment=OuterRef("assignment"), student=OuterRef("student")
        ).order_by()
        return self.annotate(
            own_due_at=Coalesce(
                models.Subquery(own.values("due_at")[:1]), F("assignment__due_at")
            ),
            absence=Coalesce(
                models.Subquery(own.values("absence")[:1]), models.Value("")
            ),
        )

    def with_answers_asked(self):
        """Annotate `answers_asked`: how many answers there are."""
        return self.annotate(answers_asked=_count(_answers()))

    def with_marking_state(self):
        """Annotate how many answers there are and how many have a standing mark."""
        marked = _answers().filter(
            marks__awarded_at__isnull=False, marks__role__in=("first", "agreed")
        )
        return self.with_answers_asked().annotate(answers_marked=_count(marked))


def _answers():
    every = apps.get_model("assessments", "Answer").objects
    return every.filter(script=OuterRef("pk")).order_by()


def _count(answers):
    return models.functions.Coalesce(
        models.Subquery(
            answers.values("script")
            .annotate(n=models.Count("pk", distinct=True))
            .values("n")
        ),
        0,
    )


class Script(models.Model):
    """One student's answers to an assignment, or to one question.

    `question` is empty for an assignment's script and set for practice and for a
    second draft. Three codes that never meet: `public_id` in addresses,
    `marking_code` on the desk, `receipt_code` for the student.
    """

    student = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="scripts",
        verbose_name=_("student"),
    )
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, related_name="scripts", null=True, blank=True
    )
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="scripts", null=True, blank=True
    )
    public_id = models.CharField(
        max_length=20, unique=True, default=make_public_id, editable=False
    )
    marking_code = models.CharField(
        _("script"),
        max_length=6,
        unique=True,
        default=make_marking_code,
        editable=False,
    )
    receipt_code = models.CharField(
        max_length=8, unique=True, default=make_receipt_code, editable=False
    )
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    handed_in_at = models.DateTimeField(
        _("handed in"), null=True, blank=True, editable=False
    )
    marking_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The writing desk's last sign of life, and since when another page is in front.
    desk_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    desk_left_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ScriptQuerySet.as_manager()

    class Meta:
        verbose_name = _("script")
        verbose_name_plural = _("scripts")
        # Random, so that a place in the queue tells nothing, and always the same.
        ordering = ["marking_code"]
        permissions = [
            ("mark_script", _("Can mark scripts")),
            ("release_script", _("Can release marks")),
            ("reveal_script", _("Can see whose script it is before release")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__isnull=False) | Q(question__isnull=False),
                name="assessments_script_answers_something",
                violation_error_message=_(
                    "A script answers an assignment or a question."
                ),
            ),
            models.UniqueConstraint(
                fields=["student", "assignment"],
                condition=Q(question=None),
                name="assessments_one_script_an_assignment",
                violation_error_message=_(
                    "This student already has a script for that assignment."
                ),
            ),
            models.CheckConstraint(
                condition=Q(marking_started_at=None) | Q(handed_in_at__isnull=False),
                name="assessments_marked_only_when_handed_in",
                violation_error_message=_("This script is not handed in."),
            ),
        ]

    def __str__(self):
        # Never the name: the admin prints this in labels, links and its log.
        return f"Script {self.marking_code}"

    def get_absolute_url(self):
        return reverse("assessments:script-write", args=[self.public_id])

    @property
    def is_handed_in(self):
        return self.handed_in_at is not None

    @property
    def is_practice(self):
        return self.assignment_id is None

    @property
    def task(self):
        """The task that it answers whole; None for practice and for a second draft."""
        is_whole = self.assignment_id is not None and self.question_id is None
        return self.assignment.assessment if is_whole else None

    @property
    def due_at(self):
        """When it is due for its student; None for practice and second drafts.

        Costs a query without `with_due`.
        """
        if self.assignment_id is None or self.question_id is not None:
            return None
        if not hasattr(self, "own_due_at"):
            self.own_due_at = self.assignment.due_for(self.student)
        return self.own_due_at

    @property
    def closes_at(self):
        """When it is late from; None where it is never late."""
        return self.due_at and self.due_at + self.assignment.grace

    @property
    def is_closed(self):
        """Whether handing it in now would be after closing; it can be, all the same."""
        return (
            self.due_at is not None
            and not self.assignment.takes_late
            and self.closes_at < timezone.now()
        )

    @property
    def is_late(self):
        """Handed in after date and grace; a second draft is never late."""
        return (
            self.is_handed_in
            and self.due_at is not None
            and self.handed_in_at > self.closes_at
        )

    @property
    def is_after_closing(self):
        """Handed in late where late work does not count: the teacher decides."""
        return self.is_late and not self.assignment.takes_late

    @property
    def time_words(self):
        """Whether it came in time, in words for staff and student alike."""
        if self.is_after_closing:
            return _("after closing")
        return _("late") if self.is_late else _("on time")

    @property
    def state(self):
        """One word for the queue; needs `with_marking_state`."""
        if not self.is_handed_in:
            return "writing"
        if self.answers_marked == self.answers_asked:
            return "marked"
        return "part marked" if self.answers_marked else "to mark"

    @property
    def state_words(self):
        return {
            "writing": _("not handed in"),
            "marked": _("marked, not released"),
            "part marked": _("part marked"),
            "to mark": _("to mark"),
        }[self.state]

    @property
    def can_be_taken_back(self):
        return self.is_handed_in and self.marking_started_at is None

    def can_be_written_by(self, user):
        """Whether this is their own script and still with them.

        The opening time decides who may begin. What is begun stays open, or moving
        the time would take words away from whoever is writing them.
        """
        return self.student_id == user.pk and not self.is_handed_in

    def can_be_marked_by(self, user):
        """Whether a visible script may be judged now by this member of staff."""
        return (
            self.is_handed_in
            and not self.is_practice
            and user.has_perm("assessments.mark_script")
            and self.assignment.can_be_run_by(user)
        )

    def can_have_text_chosen_by(self, user):
        """Whether this member of staff takes in a rescue file and lets a text stand.

        For practice, which no class runs: a teacher of the student, or the head.
        """
        if not user.has_perm("assessments.mark_script"):
            return False
        if not self.is_practice:
            return self.assignment.can_be_run_by(user)
        return (
            roles.HEAD in user.roles
            or Membership.objects.valid()
            .filter(
                role=roles.STUDENT,
                person=self.student_id,
                group__in=TeachingGroup.objects.taught_by(user),
            )
            .exists()
        )

    @transaction.atomic
    def hand_in(self, confirmed=None):
        """Hand in what stands; True for the request that did it, once only.

        `confirmed` is `texts_standing` as the student saw it: raises
        `AnswerMovedError` if another text has come to stand since.
        """
        now = timezone.now()
        won = Script.objects.filter(pk=self.pk, handed_in_at=None).update(
            handed_in_at=now
        )
        if won:
            answers = list(self.answers.select_for_update().order_by("order"))
            # Not in one query: PostgreSQL reads the locked row anew, but what is joined
            # to it as it was before it waited, where a save's version is not yet.
            models.prefetch_related_objects(answers, "current")
            if confirmed is not None and confirmed != texts_standing(answers):
                raise AnswerMovedError
            for answer in answers:
                if answer.current_id is None:
                    # A blank answer is a text too: it can be marked, with 0.
                    answer.current = answer.blank_version()
                answer.handed_in_version_id = answer.current_id
                answer.last_number = max(answer.last_number, answer.current.number)
                answer.save(
                    update_fields=["current", "handed_in_version", "last_number"]
                )
            self.handed_in_at = now
        else:
            self.refresh_from_db(fields=["handed_in_at"])
        return bool(won)

    @transaction.atomic
    def take_back(self):
        """Undo the hand-in unless marking has begun; True if it was undone."""
        won = Script.objects.filter(
            pk=self.pk, handed_in_at__isnull=False, marking_started_at=None
        ).update(handed_in_at=None)
        if won:
            self.answers.update(handed_in_version=None)
        self.refresh_from_db(fields=["handed_in_at", "marking_started_at"])
        return bool(won)

    def start_marking(self):
        """Close the way back for the student; False if the script was taken back."""
        return bool(
            Script.objects.filter(pk=self.pk, handed_in_at__isnull=False).update(
                marking_started_at=models.functions.Coalesce(
                    "marking_started_at", timezone.now()
                )
            )
        )

    @classmethod
    @transaction.atomic
    def start(cls, student, *, assignment=None, question=None):
        """Return the student's open script with its answers, made on first call.

        Questions of a task that are not published are left out. Raises
        `NothingToAnswerError` where that leaves none.
        """
        if assignment is not None:
            asked = assignment.assessment.published_questions()
            begun = cls.objects.filter(
                student=student, assignment=assignment, question=None
            )
            if not asked and not begun.exists():
                raise NothingToAnswerError
            script, made = cls.objects.get_or_create(
                student=student, assignment=assignment, question=None
            )
        else:
            # Two clicks at once wait for each other here.
            get_user_model().objects.select_for_update().get(pk=student.pk)
            script = (
                cls.objects.practice()
                .filter(student=student, question=question, handed_in_at=None)
                .filter(answers__redraft_of=None)
                .first()
            )
            made = script is None
            if made:
                script = cls.objects.create(student=student, question=question)
            asked = [question]
        if made:
            for order, question_asked in enumerate(asked, 1):
                script.answers.create(question=question_asked, order=order)
        return script


class NothingToAnswerError(Exception):
    """None of a task's questions is published any more."""


def texts_standing(answers):
    """Name the texts that stand in these answers, to tell whether they change."""
    return "-".join(str(answer.current_id or 0) for answer in answers)


class AnswerMovedError(Exception):
    """An answer was changed between being read and being moved on."""

"""What is written: assignments, scripts, answers and every version of their text."""

import secrets

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments import versions
from assessments.models.papers import Assessment, Question
from people import roles
from people.models import Membership, TeachingGroup

# How often a save is tried again when others save the same answer meanwhile.
KEEP_TRIES = 30
# Letters and digits that nobody mistakes for one another on paper.
_CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def _code(length):
    return "".join(secrets.choice(_CODE_SIGNS) for _ in range(length))


def make_public_id():
    return secrets.token_urlsafe(12)


def make_marking_code():
    return _code(6)


def make_receipt_code():
    return _code(8)


class AssignmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return what is set to a student's classes, or to classes worked in.

        A student sees an assignment from its opening on. Heads and the SENCo see
        them all.
        """
        if user.roles & roles.READS_ANSWERS:
            return self
        if user.is_staff:
            return self.filter(group__in=TeachingGroup.objects.worked_in_by(user))
        return self.filter(opens_at__lte=timezone.now()).filter(
            Exists(
                Membership.objects.valid().filter(
                    group=OuterRef("group"), person_id=user.pk, role=roles.STUDENT
                )
            )
        )


class Assignment(models.Model):
    """A task set to a class. Homework never locks: after the date it is late."""

    assessment = models.ForeignKey(
        Assessment,
        models.PROTECT,
        related_name="assignments",
        verbose_name=_("task"),
    )
    group = models.ForeignKey(
        TeachingGroup,
        models.PROTECT,
        related_name="assignments",
        verbose_name=_("class"),
    )
    opens_at = models.DateTimeField(_("opens"), default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    note = models.TextField(
        _("note to the class"), blank=True, help_text=_("Shown above the question.")
    )
    # Marked example scripts are shown to the class from then on.
    exemplars_shown_at = models.DateTimeField(null=True, blank=True, editable=False)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="assignments_set",
        editable=False,
    )
    set_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["-due_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__gt=F("opens_at")),
                name="assessments_due_after_opening",
                violation_error_message=_(
                    "It is due before it opens. Change one of the two times."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.assessment}, {self.group}"

    def clean(self):
        if self.due_at and self.opens_at and self.due_at <= self.opens_at:
            raise ValidationError(
                {"due_at": _("It is due before it opens. Change one of the two times.")}
            )

    def task_value(self):
        """Return what is set, as the form of an assignment writes it."""
        questions = list(self.assessment.assessment_questions.all()[:2])
        if self.assessment.is_paper or len(questions) != 1:
            return f"p-{self.assessment_id}"
        return f"q-{questions[0].question_id}"

    def shows_exemplars_to(self, student):
        """Whether this student may read marked examples: shown to the class, and
        this student's own script is no longer being written."""
        if self.exemplars_shown_at is None:
            return False
        open_scripts = self.scripts.filter(student=student, question=None)
        return self.is_past_due or open_scripts.handed_in().exists()

    def show_exemplars(self, is_shown):
        """Show the class marked examples of this task's questions, or hide them."""
        self.exemplars_shown_at = timezone.now() if is_shown else None
        self.save(update_fields=["exemplars_shown_at"])

    @property
    def is_open(self):
        return self.opens_at <= timezone.now()

    def can_be_run_by(self, user):
        """Whether this person sets, marks and releases here: the class's teachers
        and the head of department. Whoever only assists in it does not."""
        return (
            roles.HEAD in user.roles
            or TeachingGroup.objects.taught_by(user).filter(pk=self.group_id).exists()
        )

    @property
    def is_past_due(self):
        return self.due_at < timezone.now()


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
        classes = TeachingGroup.objects.worked_in_by(user)
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

    def with_marking_state(self):
        """Annotate how many answers there are and how many have a standing mark."""
        answers = Answer.objects.filter(script=OuterRef("pk")).order_by()
        marked = answers.filter(
            marks__awarded_at__isnull=False, marks__role__in=("first", "agreed")
        )
        return self.annotate(
            answers_marked=_count(marked), answers_asked=_count(answers)
        )


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
    def is_late(self):
        """Handed in after the date; a second draft is never late."""
        return (
            self.is_handed_in
            and self.assignment_id is not None
            and self.question_id is None
            and self.handed_in_at > self.assignment.due_at
        )

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

    @transaction.atomic
    def hand_in(self, confirmed=None):
        """Hand in what stands; True for the request that did it, once only.

        `confirmed` is `texts_standing` as the student saw it: raises
        `AnswerMovedError` if another text has come to stand since.
        """
        won = Script.objects.filter(pk=self.pk, handed_in_at=None).update(
            handed_in_at=timezone.now()
        )
        if won:
            locked = self.answers.select_for_update(of=("self",))
            answers = list(locked.order_by("order"))
            if confirmed is not None and confirmed != texts_standing(answers):
                raise AnswerMovedError
            for answer in answers:
                if answer.current_id is None:
                    # A blank answer is a text too: it can be marked, with 0.
                    answer.current = AnswerVersion.blank(answer)
                answer.handed_in_version_id = answer.current_id
                answer.last_number = max(answer.last_number, answer.current.number)
                answer.save(
                    update_fields=["current", "handed_in_version", "last_number"]
                )
        self.refresh_from_db(fields=["handed_in_at"])
        return bool(won)

    @transaction.atomic
    def take_back(self):
        """Undo the hand-in unless marking has begun; True if it was undone."""
        won = Script.objects.filter(
            pk=self.pk, handed_in_at__isnull=False, marking_started_at=None
        ).update(handed_in_at=None)
        if won:
            Answer.objects.filter(script=self).update(handed_in_version=None)
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
                Answer.objects.create(
                    script=script, question=question_asked, order=order
                )
        return script


class NothingToAnswerError(Exception):
    """None of a task's questions is published any more."""


def texts_standing(answers):
    """Name the texts that stand in these answers, to tell whether they change."""
    return "-".join(str(answer.current_id or 0) for answer in answers)


class AnswerQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(script__in=Script.objects.visible_to(user))

    def for_marking(self):
        """Fetch what the desk shows of an answer and its question."""
        return self.select_related(
            "question__type",
            "question__mark_scheme",
            "question__spag_scheme",
            "handed_in_version__whole",
            "current_plan__whole",
            "redraft_of__handed_in_version__whole",
        ).prefetch_related(
            "question__stimulus_points",
            "question__mark_scheme__levels__strands",
            "question__mark_scheme__points__needs",
        )

    def _looked_at(self, part):
        """Read along what `append` looks at; named columns only, for every save."""
        standing = "current" if part == "answer" else "current_plan"
        return (
            self.select_related("script", standing, "latest_whole")
            .only(
                "last_number",
                "handed_in_version",
                "script__handed_in_at",
                f"{standing}__number",
                f"{standing}__tab",
                f"{standing}__tab_number",
                "latest_whole__packed",
                "latest_whole__whole",
            )
            .order_by()
        )

    def _sent_before(self, text, part, tab, number):
        """Return the receipt of a text that came before under this tab and number."""
        answer = self.get()
        version = answer.versions.filter(part=part, tab=tab, tab_number=number).first()
        if version is None or version.checksum != versions.checksum(text):
            return None
        stands = version.pk in (answer.current_id, answer.current_plan_id)
        return Kept(version, is_current=stands, is_repeated=True)

    def _next_number(self, part, tab, number):
        """Return a number for another text that came under one used before."""
        used = AnswerVersion.objects.filter(answer__in=self, part=part, tab=tab)
        highest = used.aggregate(highest=models.Max("tab_number"))["highest"]
        return number if highest is None else max(highest + 1, number)

    def keep(self, text, *, writer, origin, part="answer", tab="", number=0, base=None):
        """Append a text to the one answer this queryset names; see `Answer.keep`.

        Three queries in one short transaction; None if there is no such answer. No
        row is locked for reading: the last query moves the answer on only if it is
        still as it was read, and otherwise everything is done again.
        """
        text = versions.normalised(text)
        tab = tab or f"{origin}-{secrets.token_urlsafe(6)}"
        for _attempt in range(KEEP_TRIES):
            try:
                with transaction.atomic():
                    answer = next(iter(self._looked_at(part)), None)
                    return answer and answer.append(
                        text, writer, origin, part, tab, number, base
                    )
            except AnswerMovedError:
                continue
            except IntegrityError:
                # Sent before, or another save took the next version number.
                before = self._sent_before(text, part, tab, number)
                if before is not None:
                    return before
                number = self._next_number(part, tab, number)
        raise OperationalError("An answer was saved from too many places at once.")


class Answer(models.Model):
    """One question in a script: what stands, what was handed in, what it redrafts."""

    script = models.ForeignKey(Script, models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    order = models.PositiveSmallIntegerField(default=1)
    redraft_of = models.ForeignKey(
        "self", models.PROTECT, related_name="redrafts", null=True, blank=True
    )
    current = models.ForeignKey(
        "AnswerVersion", models.PROTECT, related_name="+", null=True, blank=True
    )
    current_plan = models.ForeignKey(
        "AnswerVersion", models.PROTECT, related_name="+", null=True, blank=True
    )
    handed_in_version = models.ForeignKey(
        "AnswerVersion", models.PROTECT, related_name="+", null=True, blank=True
    )
    latest_whole = models.ForeignKey(
        "AnswerVersion", models.PROTECT, related_name="+", null=True, blank=True
    )
    last_number = models.PositiveIntegerField(default=0)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["script", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["script", "question"],
                name="assessments_one_answer_a_question",
                violation_error_message=_("This script already answers that question."),
            ),
        ]

    def __str__(self):
        return f"{self.script}, answer {self.order}"

    @property
    def text(self):
        return self.current.text if self.current else ""

    @property
    def handed_in_text(self):
        return self.handed_in_version.text if self.handed_in_version else ""

    @property
    def plan(self):
        return self.current_plan.text if self.current_plan else ""

    @property
    def is_blank(self):
        return not self.text.strip()

    @transaction.atomic
    def make_redraft(self):
        """Return the open second draft of this answer, begun from its text."""
        # Two clicks at once wait for each other here.
        Answer.objects.select_for_update(of=("self",)).get(pk=self.pk)
        draft = (
            Answer.objects.filter(redraft_of=self, script__handed_in_at=None)
            .select_related("script")
            .first()
        )
        if draft is None:
            script = Script.objects.create(
                student_id=self.script.student_id,
                assignment_id=self.script.assignment_id,
                question_id=self.question_id,
            )
            draft = Answer.objects.create(
                script=script, question_id=self.question_id, redraft_of=self
            )
            draft.keep(
                self.handed_in_text,
                writer=script.student,
                origin=AnswerVersion.Origin.START,
            )
            draft.refresh_from_db()
        return draft

    def keep(self, text, *, writer, origin, part="answer", tab="", number=0, base=None):
        """Append a text and move the pointer where `base` is what stands.

        Returns a `Kept`. Nothing given is ever dropped: a text that does not
        follow from what stands is kept beside it, and the same tab and number again
        give the receipt of the first time. Runs in one short transaction.
        """
        return Answer.objects.filter(pk=self.pk).keep(
            text,
            writer=writer,
            origin=origin,
            part=part,
            tab=tab,
            number=number,
            base=base,
        )

    def append(self, text, writer, origin, part, tab, number, base):
        """Append to an answer as it was just read; see `keep`.

        Raises `AnswerMovedError` when a save or a hand-in has come in between, and
        `IntegrityError` for a tab and number, or a version number, used before.
        """
        standing = self.current if part == "answer" else self.current_plan
        whole = self.latest_whole
        packed, is_whole = versions.pack(text, whole.text if whole else None)
        version = AnswerVersion.objects.create(
            answer=self,
            number=self.last_number + 1,
            part=part,
            packed=packed,
            whole=None if is_whole else whole,
            length=len(text),
            words=versions.word_count(text),
            checksum=versions.checksum(text),
            writer=writer,
            origin=origin,
            tab=tab,
            tab_number=number,
            base_number=base,
        )
        follows = (
            standing is None
            or base == standing.number
            or (standing.tab == tab and standing.tab_number < number)
            or origin in (AnswerVersion.Origin.RESTORE, AnswerVersion.Origin.START)
        ) and not self.script.is_handed_in
        changed = {"last_number": version.number}
        if is_whole:
            changed["latest_whole"] = version
        if follows:
            changed["current" if part == "answer" else "current_plan"] = version
        unmoved = Answer.objects.filter(
            pk=self.pk,
            last_number=self.last_number,
            handed_in_version=self.handed_in_version_id,
        )
        if not unmoved.update(**changed):
            raise AnswerMovedError
        for name, value in changed.items():
            setattr(self, name, value)
        return Kept(version, is_current=follows, standing=standing)


class AnswerMovedError(Exception):
    """An answer was changed between being read and being moved on."""


class Kept:
    """What became of a text: its version, and whether it is what stands now."""

    def __init__(self, version, *, is_current, is_repeated=False, standing=None):
        self.version = version
        self.is_current = is_current
        self.is_repeated = is_repeated
        self.standing = standing


class AnswerVersionQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(answer__in=Answer.objects.visible_to(user))

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

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    part = models.CharField(max_length=6, default="answer")
    packed = models.BinaryField()
    whole = models.ForeignKey(
        "self", models.PROTECT, related_name="deltas", null=True, blank=True
    )
    length = models.PositiveIntegerField()
    words = models.PositiveIntegerField()
    checksum = models.CharField(max_length=8)
    writer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    origin = models.CharField(max_length=10, choices=Origin)
    tab = models.CharField(max_length=40)
    tab_number = models.PositiveIntegerField(default=0)
    base_number = models.PositiveIntegerField(null=True, blank=True)
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

    @property
    def text(self):
        """The text itself; reads one other version at most."""
        whole = self.whole.text if self.whole_id else None
        return versions.unpack(bytes(self.packed), whole)

"""What is set: assignments, to whom, until when, and who is let off."""

import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.papers import Assessment
from people import roles
from people.models import Membership, TeachingGroup

LONGEST_GRACE = 7 * 24 * 60


class AssignmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return what is set to a student, or to classes worked in.

        A student sees an assignment from its opening on, and one for chosen
        students only when among them. Heads and the SENCo see them all.
        """
        if user.roles & roles.READS_ANSWERS:
            return self
        if user.is_staff:
            return self.filter(group__in=TeachingGroup.objects.worked_in_by(user))
        return self.filter(opens_at__lte=timezone.now()).set_to(user)

    def set_to(self, student):
        """Return what is set to a student by the lists as they stand today."""
        belongs = Membership.objects.valid().filter(
            group=OuterRef("group"), person_id=student.pk, role=roles.STUDENT
        )
        return self.filter(Exists(belongs)).filter(
            Q(audience=Assignment.Audience.CLASS)
            | Exists(_row(student).filter(is_chosen=True))
        )

    def for_student(self, student):
        """Annotate `own_due_at` and `absence`: what this student's own row says."""
        return self.annotate(
            own_due_at=Coalesce(
                Subquery(_row(student).values("due_at")[:1]), F("due_at")
            ),
            absence=Coalesce(
                Subquery(_row(student).values("absence")[:1]), models.Value("")
            ),
        )


def _row(student):
    return AssignmentStudent.objects.filter(
        assignment=OuterRef("pk"), student_id=student.pk
    ).order_by()


class Assignment(models.Model):
    """A task set to a class. Homework never locks: after the date it is late.

    Not even `takes_late = False` locks: what comes after the closing time is kept
    and handed in like any other, says so, and waits for the teacher's decision.
    """

    class Audience(models.TextChoices):
        CLASS = "class", _("the whole class")
        CHOSEN = "chosen", _("chosen students")

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
    # Said outright, not read from the list: an emptied list must not set to all.
    audience = models.CharField(
        _("set to"), max_length=6, choices=Audience, default=Audience.CLASS
    )
    opens_at = models.DateTimeField(_("opens"), default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    grace_minutes = models.PositiveSmallIntegerField(
        _("minutes of grace"),
        default=0,
        validators=[MaxValueValidator(LONGEST_GRACE)],
        help_text=_("Work handed in within these minutes after it is due is on time."),
    )
    takes_late = models.BooleanField(
        _("late work counts"),
        default=True,
        help_text=_(
            "Without this tick, work handed in late is still kept and marked as "
            "“after closing”: no words are ever lost, and you decide whether it counts."
        ),
    )
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
            models.CheckConstraint(
                condition=Q(audience__in=("class", "chosen")),
                name="assessments_audience_known",
                violation_error_message=_("Set it to the class or to chosen students."),
            ),
            models.CheckConstraint(
                condition=Q(grace_minutes__lte=LONGEST_GRACE),
                name="assessments_grace_at_most_a_week",
                violation_error_message=_("Grace lasts a week at most."),
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
        is_over = self.due_for(student) + self.grace < timezone.now()
        return is_over or open_scripts.handed_in().exists()

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
    def grace(self):
        return datetime.timedelta(minutes=self.grace_minutes)

    @property
    def is_past_due(self):
        """Whether it is late by now; by the student's own date after `for_student`."""
        due_at = getattr(self, "own_due_at", self.due_at)
        return due_at + self.grace < timezone.now()

    def copy_to(self, group, opens_at, due_at, set_by):
        """Set the same to another class; what is particular to students stays here."""
        return Assignment.objects.create(
            assessment_id=self.assessment_id,
            group=group,
            audience=self.audience,
            opens_at=opens_at,
            due_at=due_at,
            grace_minutes=self.grace_minutes,
            takes_late=self.takes_late,
            note=self.note,
            set_by=set_by,
        )

    def students_of_class(self):
        """Return the students who belong to its class today."""
        return self.group.students_of_today()

    def choose(self, students):
        """Set it to these students of its class and to nobody else of it."""
        self.student_rows.exclude(student__in=students).update(is_chosen=False)
        for student in students:
            self.student_rows.update_or_create(
                student=student, defaults={"is_chosen": True}
            )

    def set_to_students(self):
        """Return the students it is set to today, the excused ones among them."""
        students = self.students_of_class()
        if self.audience == self.Audience.CHOSEN:
            chosen = self.student_rows.filter(is_chosen=True)
            students = students.filter(pk__in=chosen.values("student"))
        return students

    def expected_students(self):
        """Return the students whose work is awaited: set to them, not excused.

        Whoever was absent is still expected; `missing_students` leaves them out.
        """
        excused = self.student_rows.filter(absence=AssignmentStudent.Absence.EXCUSED)
        return self.set_to_students().exclude(pk__in=excused.values("student"))

    def missing_students(self):
        """Return those whose own date is past, who have handed nothing in and were
        not absent."""
        now = timezone.now() - self.grace
        due = self.student_rows.filter(student=OuterRef("pk")).values("due_at")[:1]
        absent = self.student_rows.filter(absence=AssignmentStudent.Absence.ABSENT)
        handed_in = self.scripts.filter(question=None).handed_in()
        return (
            self.expected_students()
            .exclude(pk__in=absent.values("student"))
            .exclude(pk__in=handed_in.values("student"))
            .annotate(own_due_at=Coalesce(Subquery(due), models.Value(self.due_at)))
            .filter(own_due_at__lt=now)
        )

    def due_for(self, student):
        """Return when it is due for a student. Costs a query."""
        own = self.student_rows.filter(student_id=student.pk).order_by()
        return own.values_list("due_at", flat=True).first() or self.due_at

    def due_by_student(self):
        """Return student's id → own date, for those who have one. One query."""
        own = self.student_rows.exclude(due_at=None).order_by()
        return dict(own.values_list("student_id", "due_at"))

    def absence_by_student(self):
        """Return student's id → "excused" or "absent", for those who are. One query."""
        away = self.student_rows.exclude(absence="").order_by()
        return dict(away.values_list("student_id", "absence"))


class AssignmentStudentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return to staff what they keep about their classes; to students nothing.

        What concerns a student reaches them through `AssignmentQuerySet.for_student`.
        """
        if not user.is_staff:
            return self.none()
        return self.filter(assignment__in=Assignment.objects.visible_to(user))


class AssignmentStudent(models.Model):
    """What is particular to one student in an assignment; most have no row."""

    class Absence(models.TextChoices):
        EXCUSED = "excused", _("excused")
        ABSENT = "absent", _("absent")

    assignment = models.ForeignKey(
        Assignment, models.CASCADE, related_name="student_rows"
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="assignment_rows",
        verbose_name=_("student"),
    )
    # Counts only where the assignment is for chosen students.
    is_chosen = models.BooleanField(_("set to"), default=False)
    due_at = models.DateTimeField(_("own due date"), null=True, blank=True)
    absence = models.CharField(
        _("let off"), max_length=7, choices=Absence, blank=True, default=""
    )
    note = models.CharField(
        _("note for staff"),
        max_length=200,
        blank=True,
        help_text=_("Students never see it."),
    )

    objects = AssignmentStudentQuerySet.as_manager()

    class Meta:
        verbose_name = _("student’s arrangement")
        verbose_name_plural = _("students’ arrangements")
        ordering = ["assignment", "student"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "student"],
                name="assessments_one_arrangement_a_student",
                violation_error_message=_("This student has a row here already."),
            ),
            models.CheckConstraint(
                condition=Q(absence__in=("", "excused", "absent")),
                name="assessments_absence_known",
                violation_error_message=_("A student is excused, absent or neither."),
            ),
        ]

    def __str__(self):
        return f"{self.student}, {self.assignment}"

    def clean(self):
        """Refuse a date before the opening; another table's column is beyond a
        plain constraint."""
        if self.due_at and self.due_at <= self.assignment.opens_at:
            raise ValidationError(
                {"due_at": _("That is before the task opens. Choose a later time.")}
            )

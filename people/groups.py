"""Classes, and who belongs where: a person's roles between two dates.

Imports no other model, so that `people.models` may import it.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import audit, roles
from people.audit import AuditEntry

LAST_SITE_MANAGER = _(
    "This is the last site manager. Make somebody else one first: otherwise nobody "
    "could manage this site."
)
ROLE_LABELS = {
    roles.STUDENT: _("Student"),
    roles.TEACHER: _("Teacher"),
    roles.ASSISTANT: _("Assistant"),
    roles.HEAD: _("Head of department"),
    roles.SENCO: _("SENCo"),
    roles.DATA_MANAGER: _("Data manager"),
    roles.SITE_MANAGER: _("Site manager"),
}


class TeachingGroupQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return the classes `user` belongs to today, or all for school roles."""
        if user.sees_every_class:
            return self
        return self.filter(
            Exists(
                Membership.objects.valid().filter(
                    group=OuterRef("pk"), person_id=user.pk
                )
            )
        )

    def worked_in_by(self, user):
        """Return the classes in which `user` teaches or assists today."""
        return self.filter(
            pk__in=Membership.objects.of_classes(user, roles.TEACHER, roles.ASSISTANT)
        )

    def taught_by(self, user):
        """Return the classes in which `user` is a teacher today."""
        return self.filter(pk__in=Membership.objects.of_classes(user, roles.TEACHER))

    def current(self):
        """Return the classes that are not archived."""
        return self.filter(archived_at=None)

    def with_student_count(self):
        """Annotate `student_count`, the students who belong today."""
        students = (
            Membership.objects.valid()
            .filter(group=OuterRef("pk"), role=roles.STUDENT)
            .order_by()
            .values("group")
            .annotate(n=models.Count("pk"))
            .values("n")
        )
        return self.annotate(
            student_count=models.functions.Coalesce(models.Subquery(students), 0)
        )


class TeachingGroup(models.Model):
    """A class, such as 10B/Hi1."""

    name = models.CharField(_("name"), max_length=30)
    cohort = models.PositiveSmallIntegerField(
        _("exam year"), help_text=_("The summer in which this class sits the exam.")
    )
    # Its exam is over: it is read, and stands in no list of today's work.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_demonstration = models.BooleanField(default=False, editable=False)

    objects = TeachingGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["cohort", "name"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("name"),
                "cohort",
                name="people_class_once_a_year",
                violation_error_message=_(
                    "There is already a class of that name for that exam year."
                ),
            ),
            models.CheckConstraint(
                condition=Q(cohort__gte=2000, cohort__lte=2100),
                name="people_class_cohort_is_a_year",
                violation_error_message=_("Write the exam year in full, like 2027."),
            ),
        ]

    def __str__(self):
        return self.name

    def students_of_today(self):
        """Return the students who belong to this class today."""
        places = Membership.objects.valid().filter(
            group=self.pk, person=OuterRef("pk"), role=roles.STUDENT
        )
        return get_user_model().objects.filter(Exists(places))


class MembershipQuerySet(models.QuerySet):
    def valid(self, on=None):
        """Return those valid on a date, by default today in the school's zone."""
        on = on or timezone.localdate()
        return self.filter(from_date__lte=on).filter(
            Q(until_date=None) | Q(until_date__gte=on)
        )

    def of_classes(self, user, *held):
        """Return the ids of the classes in which `user` holds one of these roles today.

        For other querysets to ask inside: it depends on no row of theirs, so the
        database works it out once.
        """
        return (
            self.valid()
            .filter(person_id=user.pk, role__in=held)
            .order_by()
            .values("group")
        )

    def visible_to(self, user):
        """Return own memberships and those of classes worked in.

        School roles see every class's memberships; the roles of other staff for
        the whole school are seen by those who see staff accounts.
        """
        seen = Q(person_id=user.pk)
        if user.sees_every_class:
            seen |= Q(group__isnull=False)
        elif user.is_staff:
            seen |= Q(group__in=TeachingGroup.objects.worked_in_by(user))
        if user.roles & roles.SEES_STAFF:
            seen |= Q(group__isnull=True)
        return self.filter(seen)


class Membership(models.Model):
    """One person's role in a class, or for the school, between two dates.

    Both dates belong to it. An empty `until_date` means: until further notice.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
    )
    group = models.ForeignKey(
        TeachingGroup,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("class"),
        null=True,
        blank=True,
    )
    role = models.CharField(_("role"), max_length=12, choices=list(ROLE_LABELS.items()))
    from_date = models.DateField(_("from"), default=timezone.localdate)
    until_date = models.DateField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["group", "role", "person"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=roles.CLASS_ROLES, group__isnull=False)
                | Q(role__in=roles.SCHOOL_ROLES, group__isnull=True),
                name="people_membership_role_fits",
                violation_error_message=_(
                    "Students, teachers and assistants belong to a class; the "
                    "other roles belong to the school, so leave the class empty."
                ),
            ),
            models.CheckConstraint(
                condition=Q(until_date=None) | Q(until_date__gte=F("from_date")),
                name="people_membership_dates_in_order",
                violation_error_message=_(
                    "The last day is before the first. Change one of the two dates."
                ),
            ),
            models.UniqueConstraint(
                fields=["person", "group", "role", "from_date"],
                name="people_membership_once_in_class",
                violation_error_message=_(
                    "This person already has that role there from that day."
                ),
            ),
            # The one above lets empty classes repeat: SQL counts them as unequal.
            models.UniqueConstraint(
                fields=["person", "role", "from_date"],
                condition=Q(group=None),
                name="people_membership_once_in_school",
                violation_error_message=_(
                    "This person already has that role from that day."
                ),
            ),
        ]

    def __str__(self):
        where = self.group or _("the school")
        return f"{self.person}, {self.get_role_display().lower()}, {where}"

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        audit.record_all([self.act()])

    def clean(self):
        """Keep students' accounts out of staff roles and the other way round."""
        if self.person_id is None or not self.role:
            return
        if (self.role == roles.STUDENT) == self.person.is_staff:
            raise ValidationError(
                {
                    "role": _(
                        "A staff account cannot be a student, and a student’s "
                        "account cannot have a staff role."
                    )
                }
            )
        if (
            self.role == roles.SITE_MANAGER
            and (self.until_date is not None or self.from_date > timezone.localdate())
            and self.person.is_last_site_manager()
        ):
            field = "from_date" if self.until_date is None else "until_date"
            raise ValidationError({field: LAST_SITE_MANAGER})

    def act(self):
        """Return the audit log's words for what this row says now."""
        detail = f"{self.role}, {self.from_date} to {self.until_date or 'open'}"
        action = AuditEntry.Action.MEMBERSHIP
        return (action, self.person_id, self.group_id, detail)

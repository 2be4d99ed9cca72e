"""Groups inside a class, such as those who write the longer task.

Imports no other model, so that `people.models` may import it.
"""

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import roles


class SubgroupQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return those of classes worked in, or all to school roles.

        A student works in no class and never learns of them: they can say how a
        teacher sees somebody.
        """
        if user.sees_every_class:
            return self
        classes = self.model.group.field.related_model
        return self.filter(group__in=classes.objects.worked_in_by(user))

    def with_student_count(self):
        """Annotate `student_count`: those of it who are in the class today."""
        today = timezone.localdate()
        place = "students__memberships"
        counts = (
            self.model.objects.filter(pk=OuterRef("pk"))
            .filter(
                Q(**{f"{place}__until_date": None})
                | Q(**{f"{place}__until_date__gte": today}),
                **{
                    f"{place}__group": F("group"),
                    f"{place}__role": roles.STUDENT,
                    f"{place}__from_date__lte": today,
                },
            )
            .order_by()
            .values("pk")
            .annotate(n=Count("students", distinct=True))
            .values("n")
        )
        return self.annotate(student_count=Coalesce(Subquery(counts), 0))


class Subgroup(models.Model):
    """A named group of a class's students. Who leaves the class stays listed and does
    not count: whoever reads it asks for the class's students of today as well."""

    group = models.ForeignKey(
        "people.TeachingGroup",
        models.CASCADE,
        related_name="subgroups",
        verbose_name=_("class"),
    )
    name = models.CharField(_("name"), max_length=40)
    students = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="subgroups",
        verbose_name=_("students"),
        blank=True,
    )

    objects = SubgroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group in a class")
        verbose_name_plural = _("groups in a class")
        ordering = ["group", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                "group",
                name="people_subgroup_once_in_class",
                violation_error_message=_("This class has a group of that name."),
            ),
        ]

    def __str__(self):
        return self.name

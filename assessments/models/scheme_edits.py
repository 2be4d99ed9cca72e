"""Changes of wording in a scheme that marks stand on."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.catalogue import StaffOnlyQuerySet


class SchemeEdit(models.Model):
    """A change of wording in a scheme that marks stand on: who, when, what and why.

    Appended. Numbers of such a scheme never change; a new version is made instead.
    """

    scheme = models.ForeignKey("MarkScheme", models.CASCADE, related_name="edits")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(_("what"), max_length=120)
    before = models.TextField(_("before"))
    after = models.TextField(_("after"))
    note = models.CharField(_("why"), max_length=200)

    objects = StaffOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of wording")
        verbose_name_plural = _("changes of wording")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.what}, {self.at:%d %b %Y}"

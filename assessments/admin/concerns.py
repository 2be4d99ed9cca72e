"""Safeguarding: raising a concern from an answer, and the lead's own pages."""

import logging
import smtplib

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from assessments.models import Concern
from people import audit
from people.models import AuditEntry, School

logger = logging.getLogger(__name__)


class ConcernForm(forms.ModelForm):
    class Meta:
        model = Concern
        fields = ["note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 6})}
        error_messages = {
            "note": {
                "required": gettext_lazy(
                    "Say in a sentence what worries you: the lead starts from there."
                )
            }
        }


class ConcernPages:
    """Adds the page that raises a concern to the admin of scripts."""

    def get_urls(self):
        return [
            path(
                "mark/<slug:public_id>/<int:order>/concern/",
                self.admin_site.admin_view(self.concern_view),
                name="assessments_script_concern",
            ),
            *super().get_urls(),
        ]

    def concern_view(self, request, public_id, order):
        """Tell the lead about an answer; whose it is stays hidden from the marker."""
        answer = self._answer(request, public_id, order)
        lead = School.current().lead_at_work
        posted = request.POST if request.method == "POST" and lead else None
        form = ConcernForm(posted)
        if form.is_valid():
            raise_concern(request, answer, form, lead)
            messages.success(
                request,
                _(
                    "%(lead)s has been told. If somebody is in danger now, do not "
                    "wait for an answer: speak to them at once."
                )
                % {"lead": lead},
            )
            return redirect("admin:assessments_script_texts", public_id, order)
        return self._page(request, "concern", answer, form=form, lead=lead)


@transaction.atomic
def raise_concern(request, answer, form, lead):
    """Keep a concern with the text that gave rise to it, and tell the lead."""
    form.instance.answer = answer
    form.instance.version = answer.handed_in_version or answer.current
    form.instance.raised_by = request.user
    concern = form.save()
    audit.record(
        AuditEntry.Action.FLAGGED,
        lead,
        detail=f"concern {concern.pk} raised, {answer.script}",
    )
    address = request.build_absolute_uri(reverse("staff:concerns"))
    transaction.on_commit(lambda: _write_to(lead, address))


def _write_to(lead, address):
    """Mail the lead that something waits: no name, no word of it."""
    school = School.current()
    if not (school.has_mail and lead.email):
        return
    try:
        send_mail(
            _("A safeguarding concern waits for you"),
            _("Sign in and read it here: %(address)s") % {"address": address},
            school.mail_from,
            [lead.email],
        )
    except (OSError, smtplib.SMTPException):
        logger.exception("The safeguarding lead could not be told by mail.")


def _lead_only(view):
    """The lead's pages do not exist for anybody else."""

    def checked(request, *args, **kwargs):
        if School.current().safeguarding_lead_id != request.user.pk:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    def through_the_door(request, *args, **kwargs):
        return admin.site.admin_view(checked)(request, *args, **kwargs)

    return through_the_door


def _concerns(request):
    return Concern.objects.visible_to(request.user).select_related(
        "answer__script__student", "answer__question__type", "raised_by", "read_by",
        "version__whole",
    )  # fmt: skip


@_lead_only
@require_safe
def concerns(request):
    return TemplateResponse(
        request,
        "staff/concerns.html",
        {
            **admin.site.each_context(request),
            "title": _("Safeguarding concerns"),
            "concerns": _concerns(request),
        },
    )


@_lead_only
@require_safe
def concern(request, pk):
    """Show one; who opened it, and when, is written down."""
    found = get_object_or_404(_concerns(request), pk=pk)
    if request.method == "GET":
        with transaction.atomic():
            found.mark_read(request.user)
            audit.record(AuditEntry.Action.FLAGGED, detail=f"concern {found.pk} read")
    return TemplateResponse(
        request,
        "staff/concern.html",
        {
            **admin.site.each_context(request),
            "title": _("Concern about %(student)s")
            % {"student": found.answer.script.student},
            "concern": found,
        },
    )

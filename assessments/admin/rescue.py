"""Taking in a rescue file: whose it is, what it says, and what becomes of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _, ngettext

from assessments import rescue
from assessments.kept_texts import Rescued
from assessments.models.answers import MarkedAlreadyError
from assessments.version_forms import RescuedForm, RescueFileForm


class RescuePages:
    """The page of the script's admin that takes in rescue files."""

    def get_urls(self):
        return [
            path(
                "rescue/",
                self.admin_site.admin_view(self.rescue_view),
                name="assessments_script_rescue",
            ),
            *super().get_urls(),
        ]

    def rescue_view(self, request):
        """Show what a file holds; keep it, or let it stand, when that is asked for."""
        if not request.user.has_perm("assessments.mark_script"):
            raise PermissionDenied
        form, rescued, fault, kept_form = RescueFileForm(), None, "", None
        if request.method == "POST":
            data, form = self._sent(request)
            if data is not None:
                rescued, fault = _opened(data, request.user)
            if rescued is not None and "content" in request.POST:
                _take_in(request, rescued)
                return redirect("admin:assessments_script_rescue")
            if rescued is not None:
                kept_form = RescuedForm(initial={"content": data.decode("utf-8-sig")})
        return TemplateResponse(
            request,
            "admin/assessments/script/rescue.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Take in a rescue file"),
                "form": form,
                "fault": fault,
                "rescued": rescued,
                "kept_form": kept_form,
                "opts": self.opts,
            },
        )

    def _sent(self, request):
        """Return (the file's bytes or None, the form to choose a file)."""
        if "content" in request.POST:
            sent = RescuedForm(request.POST)
            content = sent.cleaned_data["content"] if sent.is_valid() else ""
            return content.encode("utf-8", "replace"), RescueFileForm()
        form = RescueFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return None, form
        # One byte more than is allowed tells that there is more.
        return form.cleaned_data["file"].read(rescue.LARGEST_FILE + 1), RescueFileForm()


def _opened(data, user):
    """Return (the file for this person or None, a sentence where it is refused)."""
    try:
        file = rescue.read(data)
    except rescue.BadFileError as bad:
        return None, bad.sentence
    rescued = Rescued.opened(file, user)
    if rescued is None:
        return None, _(
            "This file was changed, or it is not by a student whose work you run here. "
            "Nothing of it is shown or kept."
        )
    return rescued, ""


def _take_in(request, rescued):
    """Keep the file's texts, let them stand where that is asked for, and say so."""
    name = {"student": rescued.student}
    if "let_stand" in request.POST:
        try:
            rescued.let_stand(request.user)
        except MarkedAlreadyError:
            rescued.keep(request.user)
            messages.warning(
                request,
                _(
                    "Kept beside the text of %(student)s, but it does not stand: what "
                    "was handed in has been marked."
                )
                % name,
            )
        else:
            messages.success(
                request, _("The text of this file stands for %(student)s now.") % name
            )
        return
    new = rescued.keep(request.user)
    if new:
        words = ngettext(
            "%(n)d text kept for %(student)s, beside the one that stands.",
            "%(n)d texts kept for %(student)s, beside those that stand.",
            new,
        )
        messages.success(request, words % {"n": new, **name})
    else:
        messages.info(
            request, _("Nothing was missing: %(student)s’s words are here.") % name
        )

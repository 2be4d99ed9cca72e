"""The pages of a data manager: a list of students in, and the step into a new year.

They stand under the admin's address and go through its door; `StudentAdmin` and
`TeachingGroupAdmin` add their addresses.
"""

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext

from people import enrolling, new_year, roster, roster_letter
from people.enrolments import KEEPS_ROSTERS
from people.models import RollOver, TeachingGroup
from people.new_year_forms import NewYearForm
from people.roster_forms import LetterForm, RosterForm


class RosterPages:
    """Adds the roster import to the admin of students."""

    def import_view(self, request):
        """Show what a file would do, then do all of it or nothing."""
        if not (
            self.has_add_permission(request)
            and request.user.has_perm("people.add_membership")
        ):
            raise PermissionDenied
        form, outcome, letter_form, status = RosterForm(), None, None, 200
        if request.method == "POST" and "upload" in request.POST:
            outcome, upload = self._look_again(request)
        elif request.method == "POST":
            form = RosterForm(request.POST, request.FILES)
            outcome, upload = self._look(form)
            status = 200 if outcome and outcome.plan else 422
        if outcome and outcome.plan and not outcome.is_applied:
            letter_form = LetterForm(
                initial={"upload": upload.pack(), "seen": outcome.digest},
                doubts=outcome.plan.open_doubts,
            )
        return self._import_page(request, form, outcome, letter_form, status)

    def _look(self, form):
        """Return what came of a file that was just chosen, and what was read of it."""
        if not form.is_valid():
            return None, None
        try:
            upload = form.upload()
        except roster.FileError as error:
            name = form.cleaned_data["file"].name
            return enrolling.Outcome(name, fault=str(error)), None
        return enrolling.dry_run(upload), upload

    def _look_again(self, request):
        """Take the choices in; carry the letter out if that was asked."""
        try:
            upload = enrolling.Upload.unpack(request.POST.get("upload", ""))
        except signing.BadSignature:
            messages.error(
                request, gettext("The list got lost or is a day old. Choose it again.")
            )
            return None, None
        doubts = enrolling.dry_run(upload).plan.open_doubts
        form = LetterForm(request.POST, doubts=doubts)
        form.is_valid()
        upload.options.choices.update(form.choices())
        if "apply" not in request.POST:
            return enrolling.dry_run(upload), upload
        outcome = enrolling.carry_out(upload, form.cleaned_data.get("seen", ""))
        if outcome.is_applied:
            self._log_import(request, outcome)
            messages.success(
                request,
                ngettext(
                    "Done. %(n)d account is new.",
                    "Done. %(n)d accounts are new.",
                    len(outcome.made),
                )
                % {"n": len(outcome.made)},
            )
        else:
            messages.error(
                request,
                gettext(
                    "Nothing has been changed: the school’s lists have changed since "
                    "you looked, or something is still to choose. This is how the "
                    "list stands now."
                ),
            )
        return outcome, upload

    def _log_import(self, request, outcome):
        for people, flag in ((outcome.made, ADDITION), (outcome.changed, CHANGE)):
            if people:
                LogEntry.objects.log_actions(
                    request.user.pk, people, flag, gettext("From a list of students.")
                )

    def _import_page(self, request, form, outcome, letter_form, status):
        plan = outcome.plan if outcome else None
        return TemplateResponse(
            request,
            "admin/people/student/import.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Import a list of students"),
                "form": form,
                "outcome": outcome,
                "letter_form": letter_form,
                "head": plan and roster_letter.head(outcome.name, plan),
                "parts": plan and list(roster_letter.parts(plan)),
                "last_parts": plan and list(roster_letter.last_parts(plan)),
                "end": plan and roster_letter.end(plan, outcome.is_applied),
                "opts": self.opts,
            },
            status=status,
        )


class NewYearPages:
    """Adds the step into a new school year to the admin of classes."""

    def new_year_view(self, request):
        """Ask about each class, say what would happen, then do it or take it back."""
        if KEEPS_ROSTERS.isdisjoint(request.user.roles):
            raise PermissionDenied
        if "take_back" in request.POST:
            return self._take_back(request)
        groups = TeachingGroup.objects.visible_to(request.user).current()
        form = NewYearForm(request.POST or None, groups=groups)
        step = None
        if form.is_valid():
            choices = form.choices()
            seen = form.cleaned_data["seen"]
            if "apply" in request.POST:
                done = new_year.carry_out(choices, request.user, seen)
                if done is not None:
                    messages.success(request, gettext("Done. The new year can begin."))
                    return redirect(request.path)
                messages.error(
                    request,
                    gettext(
                        "Nothing has been done: something has changed since you "
                        "looked. This is how it stands now."
                    ),
                )
            step = new_year.plan(choices)
        return TemplateResponse(
            request,
            "admin/people/teachinggroup/new_year.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Into a new school year"),
                "form": form,
                "step": step,
                "last": self._last(request),
                "opts": self.opts,
            },
            status=422 if form.is_bound and step is None else 200,
        )

    def _last(self, request):
        """Return the last step, as long as it can be taken back."""
        last = (
            RollOver.objects.visible_to(request.user)
            .filter(undone_at=None)
            .select_related("done_by")
            .first()
        )
        return last if last is not None and last.can_be_undone else None

    def _take_back(self, request):
        last = self._last(request)
        stays = new_year.take_back(last, request.user) if last else None
        if stays is None:
            messages.error(
                request, gettext("There is no step that can be taken back any more.")
            )
        else:
            messages.success(request, gettext("Taken back."))
            for sentence in stays:
                messages.warning(request, sentence)
        return redirect(request.path)

"""A student's data handed out, their erasure, and what is kept no longer.

For data and site managers; what a student wrote is in the file that leaves, and every
step is written into the audit log.
"""

import datetime

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from assessments import erasing, retention
from assessments.admin.overview import render_staff, staff_page
from assessments.subject_access import Access, may_wait_until
from people import audit
from people.erasures import Erasure
from people.fresh import with_fresh_password
from people.models import AuditEntry, User

RIGHT = "people.hand_out_student"
FILE_KINDS = {
    "html": "text/html; charset=utf-8",
    "json": "application/json; charset=utf-8",
}


LONGEST_AGO = 731


class HandOutForm(forms.Form):
    """What of it is handed out, and by which dates the rest may wait."""

    asked_on = forms.DateField(
        label=gettext_lazy("Asked for on"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    results_on = forms.DateField(
        label=gettext_lazy("Results come out on"),
        required=False,
        help_text=gettext_lazy(
            "Only if marks are asked for before the results: they may wait until 40 "
            "days after them, and not longer than five months after the request."
        ),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    own_answers = forms.BooleanField(
        label=gettext_lazy("With everything the student wrote"),
        required=False,
        help_text=gettext_lazy(
            "What is written in an assessment is exempt from the right of access; "
            "most schools give it all the same."
        ),
    )

    def clean_asked_on(self):
        asked = self.cleaned_data["asked_on"]
        today = timezone.localdate()
        if not today - datetime.timedelta(days=LONGEST_AGO) <= asked <= today:
            raise forms.ValidationError(
                _("Enter the day on which you were asked, at most two years ago.")
            )
        return asked

    def clean_results_on(self):
        results, asked = (
            self.cleaned_data["results_on"],
            self.cleaned_data.get("asked_on"),
        )
        if results and asked and results < asked:
            raise forms.ValidationError(
                _("The results were out when this was asked for: leave it empty.")
            )
        if results and asked and (results - asked).days > LONGEST_AGO:
            raise forms.ValidationError(
                _("So late results hold nothing back today: leave it empty.")
            )
        return results

    def waits_until(self):
        """Return the date for marks that are held back; None while nothing is known."""
        if not self.is_valid():
            return None
        return may_wait_until(
            self.cleaned_data["asked_on"], self.cleaned_data["results_on"]
        )


class ErasureForm(forms.Form):
    """Asking to erase: the username once more, so that nobody is erased by a slip."""

    username = forms.CharField(
        label=gettext_lazy("Type the student’s username"), required=False
    )
    keeps_marks = forms.BooleanField(
        label=gettext_lazy("Keep the figures of released marks, without the name"),
        required=False,
    )

    def __init__(self, data=None, *, student):
        super().__init__(data)
        self.student = student

    def clean_username(self):
        typed = User.normalize_username(self.cleaned_data["username"])
        if typed != self.student.username:
            raise forms.ValidationError(
                _("That is not the username of this student. Nothing was done.")
            )
        return typed


def _student(request, pk):
    students = User.objects.visible_to(request.user).filter(is_staff=False)
    return get_object_or_404(students, pk=pk)


def _form(request):
    """Return the form of what is handed out, filled for a first look."""
    if "asked_on" in request.GET:
        return HandOutForm(request.GET)
    return HandOutForm(
        {"asked_on": timezone.localdate().isoformat(), "own_answers": "on"}
    )


def _page(request, student, erasure_form, status=200):
    form = _form(request)
    access = Access(
        student,
        own_answers=form.is_valid() and form.cleaned_data["own_answers"],
        waits_until=form.waits_until(),
    )
    response = render_staff(
        request,
        "student_data",
        _("Data of %(student)s") % {"student": student},
        student=student,
        form=form,
        query=form.data.urlencode()
        if hasattr(form.data, "urlencode")
        else f"asked_on={form.data['asked_on']}&own_answers=on",
        access=access,
        to_review=access.names.found,
        erasure_form=erasure_form,
        erasure=Erasure.objects.waiting().filter(person=student).first(),
        open_work=erasing.open_work(student),
    )
    response.status_code = status
    return response


@staff_page(RIGHT)
@require_safe
def student_data(request, pk):
    """Show what would be handed out, and what to look at before it is."""
    student = _student(request, pk)
    audit.record(AuditEntry.Action.DATA_HANDED_OUT, student, detail="looked at")
    return _page(request, student, ErasureForm(student=student))


@staff_page(RIGHT)
@with_fresh_password
def hand_out(request, pk, kind):
    """One file to give to the student: a page without anything around it, or JSON."""
    if kind not in FILE_KINDS:
        raise Http404
    student = _student(request, pk)
    form = _form(request)
    if not form.is_valid():
        return redirect("staff:student-data", pk)
    access = Access(
        student,
        own_answers=form.cleaned_data["own_answers"],
        waits_until=form.waits_until(),
        every_text=kind == "json",
    )
    content = (
        access.as_json()
        if kind == "json"
        else render_to_string(
            "staff/student_data_file.html",
            {"access": access, "student": student, "made": timezone.now()},
        )
    )
    audit.record(
        AuditEntry.Action.DATA_HANDED_OUT,
        student,
        detail=f"{kind}; asked {form.cleaned_data['asked_on']}; own answers "
        f"{form.cleaned_data['own_answers']}; {access.held_back} marks held back"
        + (f" until {access.waits_until}" if access.held_back else ""),
    )
    response = HttpResponse(content, content_type=FILE_KINDS[kind])
    # The username is on the account's card and in no address; a name is nobody's here.
    response["Content-Disposition"] = f'attachment; filename="my-data.{kind}"'
    return response


@staff_page(RIGHT)
@require_POST
@with_fresh_password
def erasure(request, pk):
    """Ask for an erasure, or stop one that waits."""
    student = _student(request, pk)
    if "refuse" in request.POST:
        with transaction.atomic():
            if Erasure.refuse(student, request.user):
                audit.record(AuditEntry.Action.ERASURE, student, detail="refused")
                messages.success(request, _("Nothing will be erased."))
        return redirect("staff:student-data", pk)
    form = ErasureForm(request.POST, student=student)
    if not form.is_valid():
        return _page(request, student, form, status=422)
    if Erasure.objects.waiting().filter(person=student).exists():
        return redirect("staff:student-data", pk)
    with transaction.atomic():
        asked = Erasure.ask(student, request.user, form.cleaned_data["keeps_marks"])
        audit.record(AuditEntry.Action.ERASURE, student, detail="asked for")
    messages.success(
        request,
        _("%(student)s will be erased on %(day)s. Until then it can be stopped here.")
        % {
            "student": student,
            "day": f"{timezone.localtime(asked.due_at):%-d %b %Y}",
        },
    )
    return redirect("staff:student-data", pk)


@staff_page(RIGHT)
@require_safe
def retention_page(request):
    """What the command would delete now; it is run by the technician."""
    return render_staff(
        request,
        "retention",
        _("What is kept, and how long"),
        kinds=retention.preview(),
        erasures=Erasure.objects.visible_to(request.user)
        .waiting()
        .select_related("person"),
    )

"""The teacher's pages about classes and students, beside the stock admin."""

from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from assessments import (
    class_feedback,
    exports,
    feedback_run,
    overview,
    writing_now as live,
)
from assessments.mark_book import MarkBook
from assessments.models import Assignment, ClassFeedback
from assessments.overview_forms import (
    ClassFeedbackForm,
    ExtractFormSet,
    FilterForm,
    SearchForm,
)
from assessments.search import KINDS, Search
from people import audit
from people.fresh import with_fresh_password
from people.models import AuditEntry, Subgroup, TeachingGroup, User
from people.spreadsheets import as_csv

FILE_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def staff_page(permission="assessments.view_script"):
    """Open a view to staff with a right, through the admin's own door."""

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        def through_the_door(request, *args, **kwargs):
            return admin.site.admin_view(checked)(request, *args, **kwargs)

        return wraps(view)(through_the_door)

    return decorate


def render_staff(request, template, title, **context):
    return TemplateResponse(
        request,
        f"staff/{template}.html",
        {**admin.site.each_context(request), "title": title, **context},
    )


def _chosen(request, pk):
    """Return (class, filter form, tasks chosen, group in it or None), or raise 404."""
    groups = list(TeachingGroup.objects.visible_to(request.user).with_student_count())
    group = next((group for group in groups if group.pk == pk), None)
    if group is None:
        raise Http404
    tasks = list(overview.tasks_of([group], request.user))
    parts = list(Subgroup.objects.visible_to(request.user).filter(group=group))
    data = {**request.GET.dict(), "group": request.GET.get("group") or str(pk)}
    form = FilterForm(data, groups=groups, parts=parts, assignments=tasks)
    form.is_valid()
    chosen = form.cleaned_data.get("part")
    part = next((part for part in parts if str(part.pk) == chosen), None)
    return group, form, overview.filtered(tasks, form.cleaned_data), part


@staff_page()
@require_safe
def class_overview(request, pk):
    group, form, tasks, part = _chosen(request, pk)
    other = form.cleaned_data.get("group")
    if other and other != str(pk):
        return redirect("staff:class-overview", other)
    return render_staff(
        request,
        "class_overview",
        _("Class %(name)s") % {"name": group.name},
        form=form,
        query=request.GET.urlencode(),
        **overview.class_page(group, request.user, tasks, part),
    )


@staff_page()
@require_safe
def class_missing(request, pk):
    """Missing work as a list to print."""
    group, _form, tasks, part = _chosen(request, pk)
    audit.record(AuditEntry.Action.BULK_VIEWED, group=group, detail="missing work")
    book = MarkBook(tasks)
    if part:
        book = book.of(overview.students_of(part))
    missing = [
        (student, book.missing_of(student.pk))
        for student, _cells in book.rows()
        if book.missing_of(student.pk)
    ]
    return render_staff(
        request,
        "class_missing",
        _("Missing work, %(name)s") % {"name": group.name},
        group=group,
        missing=missing,
    )


@staff_page("assessments.release_script")
@with_fresh_password
def class_export(request, pk, kind):
    group, _form, tasks, part = _chosen(request, pk)
    book = MarkBook(tasks)
    if part:
        book = book.of(overview.students_of(part))
    return _file(book, kind, f"{group.name} {part or ''}".strip(), group)


@staff_page("assessments.release_script")
@with_fresh_password
def year_export(request, cohort, kind):
    """Every class of an exam year that this person works with, in one file."""
    groups = list(TeachingGroup.objects.visible_to(request.user).filter(cohort=cohort))
    if not groups:
        raise Http404
    tasks = overview.filtered(overview.tasks_of(groups, request.user), {})
    return _file(MarkBook(tasks), kind, _("year %(cohort)d") % {"cohort": cohort})


def _file(book, kind, name, group=None):
    if kind not in FILE_KINDS:
        raise Http404
    audit.record(
        AuditEntry.Action.EXPORTED, group=group, detail=f"marks as {kind}, {name}"
    )
    if kind == "csv":
        content = as_csv(exports.headings(), exports.rows(book))
    else:
        content = exports.workbook(book)
    response = HttpResponse(content, content_type=FILE_KINDS[kind])
    response["Content-Disposition"] = (
        f'attachment; filename="marks-{slugify(name.replace("/", "-"))}.{kind}"'
    )
    return response


@staff_page()
@require_safe
def class_feedback_run(request, pk):
    """The released feedback of a class, a page for each student, to print at once."""
    group, _form, tasks, part = _chosen(request, pk)
    audit.record(AuditEntry.Action.BULK_VIEWED, group=group, detail="feedback to print")
    return render_staff(
        request,
        "feedback_run",
        _("Feedback to print, %(name)s") % {"name": group.name},
        group=group,
        pages=feedback_run.pages(tasks, students=overview.students_of(part)),
    )


def _student(request, pk):
    return get_object_or_404(
        User.objects.visible_to(request.user).filter(is_staff=False), pk=pk
    )


@staff_page()
@require_safe
def student_overview(request, pk):
    student = _student(request, pk)
    return render_staff(
        request,
        "student_overview",
        str(student),
        **overview.student_page(student, request.user),
    )


@staff_page()
@require_safe
def student_feedback_run(request, pk):
    student = _student(request, pk)
    tasks = overview.tasks_of_student(student, request.user)
    return render_staff(
        request,
        "feedback_run",
        _("Feedback to print, %(name)s") % {"name": student},
        student=student,
        pages=feedback_run.pages(tasks, student),
    )


@staff_page()
@require_safe
def writing_now(request, pk):
    """Who is writing a task at this moment; the page asks for itself anew."""
    task = get_object_or_404(
        Assignment.objects.visible_to(request.user).select_related(
            "assessment", "group"
        ),
        pk=pk,
    )
    return render_staff(
        request, "writing_now", _("Writing now"), task=task, **live.page(task)
    )


@staff_page("assessments.release_script")
@require_POST
def class_feedback_make(request, pk):
    """Make a sheet from what is marked, and open it for editing."""
    task = get_object_or_404(Assignment.objects.visible_to(request.user), pk=pk)
    if not task.can_be_run_by(request.user):
        raise PermissionDenied
    feedback = class_feedback.make(task, request.user)
    if feedback is None:
        messages.warning(
            request, _("Nothing of this task is marked yet: mark a script first.")
        )
        return redirect("staff:class-overview", task.group_id)
    return redirect("staff:class-feedback", feedback.pk)


def _sheet(request, pk):
    sheets = ClassFeedback.objects.visible_to(request.user).select_related(
        "assignment__assessment", "assignment__group", "made_by"
    )
    return get_object_or_404(sheets, pk=pk)


@staff_page()
def class_feedback_edit(request, pk):
    feedback = _sheet(request, pk)
    may_change = feedback.can_be_changed_by(request.user)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    posted = request.POST if request.method == "POST" else None
    form = ClassFeedbackForm(posted, instance=feedback)
    extracts = ExtractFormSet(posted, queryset=feedback.lent_extracts())
    if posted is not None and form.is_valid() and extracts.is_valid():
        form.save()
        extracts.save()
        messages.success(request, _("The sheet is saved."))
        if "show" in posted:
            return redirect("staff:class-feedback-board", feedback.pk)
        return redirect("staff:class-feedback", feedback.pk)
    return render_staff(
        request,
        "class_feedback",
        _("Whole-class feedback"),
        feedback=feedback,
        form=form,
        extracts=extracts,
        groups=class_feedback.groups(feedback.assignment),
        may_change=may_change,
    )


@staff_page()
@require_safe
def class_feedback_board(request, pk):
    feedback = _sheet(request, pk)
    return TemplateResponse(
        request,
        "staff/class_feedback_board.html",
        {
            "feedback": feedback,
            "extracts": feedback.lent_extracts().filter(is_shown=True),
        },
    )


@staff_page()
@require_safe
def search(request):
    form = SearchForm(request.GET)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    looked = Search(query, request.user)
    kind = request.GET.get("in", "")
    chosen = [kind] if kind in KINDS else list(KINDS)
    results = [
        {
            "kind": name,
            "label": KINDS[name],
            "page": looked.page(name, request.GET.get("page")),
        }
        for name in chosen
    ]
    found = sum(result["page"].paginator.count for result in results)
    return render_staff(
        request,
        "search",
        _("Search"),
        form=form,
        query=query,
        kind=kind if kind in KINDS else "",
        results=results if looked.words else [],
        is_cut=looked.is_cut,
        found=ngettext("%(n)d found", "%(n)d found", found) % {"n": found},
    )

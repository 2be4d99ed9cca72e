"""Setting work inside the admin: what, to whom, until when; then its release."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy as _

from assessments import marking_desk
from assessments.assignment_forms import AssignmentForm, CopyForm, arrangement_forms
from assessments.forms import ReleaseForm
from assessments.models import Assignment, Release
from people import audit, roles
from people.admin import ScopedAdmin
from people.fields import LONGEST_ID
from people.fresh import with_fresh_password
from people.models import AuditEntry, Subgroup, TeachingGroup

DATES = ("opens_at", "due_at", "grace_minutes", "takes_late")
SEVERAL = _("Or several questions together")


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    form = AssignmentForm
    list_display = ["task", "group", "set_to", "opens_at", "due_at", "marking"]
    fieldsets = [
        (_("1. What"), {"fields": ["task"]}),
        (SEVERAL, {"fields": ["several"], "classes": ["collapse"]}),
        (_("2. To whom"), {"fields": ["group", "audience", "part"]}),
        (
            _("3. When"),
            {"fields": ["opens_at", "due_at", "grace_minutes", "takes_late"]},
        ),
        (_("4. What the class reads with it"), {"fields": ["note"]}),
    ]
    list_filter = [("group", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["assessment", "group"]
    actions = None

    @admin.display(description=_("task"), ordering="assessment__title")
    def task(self, assignment):
        return str(assignment.assessment)

    @admin.display(description=_("set to"), ordering="audience")
    def set_to(self, assignment):
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:assessments_assignment_students", args=[assignment.pk]),
            assignment.get_audience_display(),
        )

    @admin.display(description=_("marking"))
    def marking(self, assignment):
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:assessments_assignment_release", args=[assignment.pk]),
            gettext("Scripts and release"),
        )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "group":
            groups = TeachingGroup.objects.all()
            if roles.HEAD not in request.user.roles:
                groups = groups.taught_by(request.user)
            if request.resolver_match.url_name.endswith("_add"):
                groups = groups.current()
            kwargs["queryset"] = groups
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        if "part" in form.base_fields:
            parts = Subgroup.objects.visible_to(request.user).select_related("group")
            if obj is not None:
                parts = parts.filter(group=obj.group_id)
            form.base_fields["part"].queryset = parts
        return form

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        part = form.cleaned_data.get("part")
        if part is not None:
            assignment = form.instance
            in_part = assignment.students_of_class().filter(subgroups=part)
            assignment.choose(in_part)

    def get_fieldsets(self, request, obj=None):
        """Offer several questions at once only while nothing is set yet."""
        sets = super().get_fieldsets(request, obj)
        return [row for row in sets if obj is None or row[0] is not SEVERAL]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or obj.can_be_run_by(request.user)
        )

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_by = request.user
        super().save_model(request, obj, form, change)
        dates = [name for name in DATES if name in form.changed_data]
        if change and dates:
            audit.record(
                AuditEntry.Action.DATES_CHANGED,
                group=obj.group_id,
                detail=f"task {obj.pk}: "
                + "; ".join(
                    f"{name} {form.initial.get(name)} to {form.cleaned_data[name]}"
                    for name in dates
                ),
            )

    def response_add(self, request, obj, post_url_continue=None):
        return self._to_students(request, obj) or super().response_add(
            request, obj, post_url_continue
        )

    def response_change(self, request, obj):
        return self._to_students(request, obj) or super().response_change(request, obj)

    def _to_students(self, request, assignment):
        """Lead on to where the students are chosen, while there are none."""
        is_waiting = (
            assignment.audience == Assignment.Audience.CHOSEN
            and not assignment.student_rows.filter(is_chosen=True).exists()
        )
        if not is_waiting:
            return None
        messages.info(request, gettext("Saved. Now tick the students."))
        return redirect("admin:assessments_assignment_students", assignment.pk)

    def render_change_form(self, request, context, **kwargs):
        assignment = kwargs.get("obj")
        context["title"] = gettext("Assignment") if assignment else gettext("Set work")
        context["may_copy"] = assignment is not None and self._may_copy(request)
        return super().render_change_form(request, context, **kwargs)

    def _may_copy(self, request):
        return self.has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [
            path(
                "<int:pk>/release/",
                self.admin_site.admin_view(
                    with_fresh_password(self.release_view, posts_only=True)
                ),
                name="assessments_assignment_release",
            ),
            path(
                "<int:pk>/students/",
                self.admin_site.admin_view(self.students_view),
                name="assessments_assignment_students",
            ),
            path(
                "<int:pk>/copy/",
                self.admin_site.admin_view(self.copy_view),
                name="assessments_assignment_copy",
            ),
            *super().get_urls(),
        ]

    def release_view(self, request, pk):
        """List an assignment's scripts; release the marked ones, or take back."""
        assignment = get_object_or_404(self.get_queryset(request), pk=pk)
        if not request.user.has_perm("assessments.view_script"):
            raise PermissionDenied
        may_release = request.user.has_perm(
            "assessments.release_script"
        ) and assignment.can_be_run_by(request.user)
        scripts = assignment.scripts.all()
        posted = request.POST if request.method == "POST" else None
        form = ReleaseForm(posted, scripts=scripts)
        asked, readers = [], []
        if request.method == "POST":
            if not may_release:
                raise PermissionDenied
            if {"show_examples", "hide_examples"} & request.POST.keys():
                assignment.show_exemplars("show_examples" in request.POST)
                return redirect(request.path)
            if form.is_valid():
                chosen = form.cleaned_data["scripts"]
                if "take_back" in request.POST and "sure" not in request.POST:
                    readers = marking_desk.readers(chosen)
                if not readers:
                    self._release(request, chosen)
                    return redirect(request.path)
                asked = chosen
        rows = marking_desk.release_rows(assignment)
        return TemplateResponse(
            request,
            "admin/assessments/assignment/release.html",
            {
                **self.admin_site.each_context(request),
                "title": str(assignment),
                "assignment": assignment,
                "form": form,
                "rows": rows,
                "asked": asked,
                "readers": readers,
                "first": next((row for row in rows if row["state"] == "to mark"), None),
                "may_release": may_release,
                "opts": self.opts,
            },
        )

    def _release(self, request, scripts):
        if "take_back" in request.POST:
            taken = Release.take_back(scripts, request.user)
            messages.success(
                request,
                gettext("%(n)d taken back. Students no longer see those marks.")
                % {"n": len(taken)},
            )
            return
        _release, released, held = Release.show(scripts, request.user)
        if released:
            messages.success(
                request,
                gettext("%(n)d of %(all)d released.")
                % {"n": len(released), "all": len(released) + len(held)},
            )
        if held or not released:
            messages.warning(
                request,
                gettext("%(n)d held: not fully marked yet.")
                % {"n": len(scripts) - len(released)},
            )

    def _assignment(self, request, pk):
        if not request.user.has_perm("assessments.view_assignment"):
            raise PermissionDenied
        return get_object_or_404(
            self.get_queryset(request).select_related("assessment", "group"), pk=pk
        )

    def students_view(self, request, pk):
        """To whom an assignment is set, who has a date of their own, who is let off."""
        assignment = self._assignment(request, pk)
        may_change = self.has_change_permission(request, assignment)
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        others = (
            self.get_queryset(request)
            .filter(group=assignment.group, audience=Assignment.Audience.CHOSEN)
            .exclude(pk=assignment.pk)
            .select_related("assessment")
        )
        wanted = request.GET.get("like", "")
        like = (
            get_object_or_404(others, pk=wanted)
            if wanted.isdecimal() and len(wanted) <= LONGEST_ID
            else None
        )
        parts = Subgroup.objects.visible_to(request.user).filter(group=assignment.group)
        wanted = request.GET.get("part", "")
        part = (
            get_object_or_404(parts, pk=wanted)
            if wanted.isdecimal() and len(wanted) <= LONGEST_ID
            else None
        )
        posted = request.POST if request.method == "POST" else None
        forms = arrangement_forms(assignment, posted, like, part)
        wrong = [form for form in forms if form.is_bound and not form.is_valid()]
        if posted is not None and not wrong:
            with transaction.atomic():
                for form in forms:
                    form.store()
            self.log_change(request, assignment, gettext("Students and dates changed."))
            messages.success(request, gettext("Saved."))
            return redirect("admin:assessments_assignment_changelist")
        return TemplateResponse(
            request,
            "admin/assessments/assignment/students.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Students of this task"),
                "assignment": assignment,
                "forms": forms,
                "chooses": assignment.audience == Assignment.Audience.CHOSEN,
                "others": others,
                "like": like,
                "parts": parts,
                "part": part,
                "may_change": may_change,
                "wrong": wrong,
                "opts": self.opts,
            },
            status=200 if posted is None else 422,
        )

    def copy_view(self, request, pk):
        """Set the same task to another class."""
        assignment = self._assignment(request, pk)
        if not self._may_copy(request):
            raise PermissionDenied
        groups = TeachingGroup.objects.current()
        if roles.HEAD not in request.user.roles:
            groups = groups.taught_by(request.user)
        form = CopyForm(
            request.POST if request.method == "POST" else None,
            groups=groups,
            initial={"opens_at": assignment.opens_at, "due_at": assignment.due_at},
        )
        if form.is_valid():
            made = assignment.copy_to(set_by=request.user, **form.cleaned_data)
            self.log_addition(request, made, [{"added": {}}])
            messages.success(
                request, gettext("Set: %(assignment)s.") % {"assignment": made}
            )
            return self._to_students(request, made) or redirect(
                "admin:assessments_assignment_changelist"
            )
        return TemplateResponse(
            request,
            "admin/assessments/assignment/copy.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Set this to another class"),
                "assignment": assignment,
                "form": form,
                "opts": self.opts,
            },
            status=422 if form.is_bound else 200,
        )

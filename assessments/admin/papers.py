"""Papers made of questions, and grade boundaries."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext, gettext_lazy as _, ngettext
from django.views.decorators.http import require_POST

from assessments import marking
from assessments.models import (
    Assessment,
    AssessmentQuestion,
    Boundary,
    BoundarySet,
    Question,
)
from assessments.paper_forms import (
    BoundaryForm,
    BoundaryFormSet,
    PaperForm,
    PlaceForm,
    PlaceFormSet,
    QuestionField,
)
from people.admin import ScopedAdmin, ScopedInline

# Rows to fill in without a script: a whole paper at first, later a few more.
ROWS_AT_FIRST, ROWS_LATER = 6, 2


class PlaceInline(ScopedInline):
    """The questions of a paper, in order."""

    model = AssessmentQuestion
    form = PlaceForm
    formset = PlaceFormSet
    fields = ["order", "question"]
    ordering = ["order"]
    verbose_name = _("question")
    verbose_name_plural = _("4. Its questions, in order")

    def get_extra(self, request, obj=None, **kwargs):
        return ROWS_LATER if obj else ROWS_AT_FIRST

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("question__type")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name != "question":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        field = super().formfield_for_foreignkey(
            db_field,
            request,
            form_class=QuestionField,
            queryset=Question.objects.visible_to(request.user).select_related("type"),
            **kwargs,
        )
        # Read once, not once a row.
        field.choices = list(field.choices)
        return field


@admin.register(Assessment)
class AssessmentAdmin(ScopedAdmin):
    """Papers. Tasks of just one question, made when one is set, are not shown."""

    form = PaperForm
    list_display = ["title", "exam_paper", "minutes", "state"]
    list_filter = [("exam_paper", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["title"]
    inlines = [PlaceInline]
    actions = None
    fieldsets = [
        (_("1. What it is"), {"fields": ["title", "exam_paper"]}),
        (_("2. How long it takes"), {"fields": ["duration", "minutes"]}),
        (_("3. What students read first"), {"fields": ["introduction"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).papers().for_checking()

    @admin.display(description=_("state"))
    def state(self, paper):
        return _state(paper.faults())

    def duration(self, paper):
        """Stand in for the form's field where the page is only read."""
        lasting = [
            row
            for row in (paper.exam_paper.durations.all() if paper.exam_paper else ())
            if row.minutes == paper.minutes
        ]
        return str(lasting[0]) if lasting else self.get_empty_value_display()

    def has_change_permission(self, request, obj=None):
        """What came with the product or has been begun is copied to be changed."""
        return super().has_change_permission(request, obj) and (
            obj is None or not (obj.is_shipped or obj.is_in_use)
        )

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.slug = Assessment.free_slug(obj.title)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        paper = self.get_queryset(request).get(pk=form.instance.pk)
        faults = paper.faults()
        if faults:
            messages.warning(request, f"{paper}: {_state(faults)}.")

    def changelist_view(self, request, extra_context=None):
        titled = {"title": gettext("Papers"), **(extra_context or {})}
        return super().changelist_view(request, titled)

    def render_change_form(self, request, context, **kwargs):
        paper = kwargs.get("obj")
        context["title"] = gettext("Paper") if paper else gettext("New paper")
        if paper is not None:
            context |= {
                "is_shipped": paper.is_shipped,
                "is_in_use": paper.is_in_use,
                "may_copy": self.has_add_permission(request),
                "may_set": paper.can_be_set
                and request.user.has_perm("assessments.add_assignment"),
                "faults": paper.faults(),
                "hints": paper.hints(),
                "asked": (values := paper.as_values()).questions,
                "marks": sum(asked.tariff + asked.spag for asked in values.questions),
                "objectives": [
                    sum(part)
                    for part in zip(
                        *(asked.objectives for asked in values.questions), strict=True
                    )
                ],
                "minutes": sum(asked.minutes for asked in values.questions),
            }
        return super().render_change_form(request, context, **kwargs)

    def get_urls(self):
        return [
            path(
                "<int:pk>/copy/",
                self.admin_site.admin_view(require_POST(self.copy_view)),
                name="assessments_assessment_copy",
            ),
            *super().get_urls(),
        ]

    def copy_view(self, request, pk):
        """Copy a paper with its questions in order, and open the copy."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = get_object_or_404(self.get_queryset(request), pk=pk).copy()
        messages.success(
            request, gettext("This is a copy: change what you like, then set it.")
        )
        return redirect("admin:assessments_assessment_change", copy.pk)


def _state(faults):
    if not faults:
        return gettext("nothing is wrong")
    return ngettext(
        "%(n)d thing to put right", "%(n)d things to put right", len(faults)
    ) % {"n": len(faults)}


class BoundaryInline(ScopedInline):
    """Nine rows: what each grade begins at."""

    model = Boundary
    form = BoundaryForm
    formset = BoundaryFormSet
    fields = ["grade", "lowest_total"]
    readonly_fields = ["grade"]
    ordering = ["-grade"]
    can_delete = False
    max_num = len(marking.GRADES)
    verbose_name_plural = _("The lowest total for each grade")

    def get_extra(self, request, obj=None, **kwargs):
        return len(marking.GRADES) - (obj.boundaries.count() if obj else 0)


@admin.register(BoundarySet)
class BoundarySetAdmin(ScopedAdmin):
    """Boundaries that the school enters: no board's are shipped or guessed."""

    list_display = ["exam_paper", "series", "is_used"]
    list_select_related = ["exam_paper"]
    fields = ["exam_paper", "series", "is_used"]
    inlines = [BoundaryInline]
    actions = None

    def has_delete_permission(self, request, obj=None):
        return False

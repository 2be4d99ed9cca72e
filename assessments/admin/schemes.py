"""Question forms, papers and mark schemes: versions, wording, comparison.

Heads of department edit; teachers read. What marks stand on keeps its numbers, and
what came with the product is copied to be changed.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.forms import Textarea
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy as _, ngettext
from django.views.decorators.http import require_POST

from assessments import scheme_versions
from assessments.models import (
    Ceiling,
    Duration,
    ExamPaper,
    Level,
    MarkingPoint,
    MarkScheme,
    QuestionType,
    Strand,
)
from assessments.models.schemes import Editing
from assessments.scheme_forms import (
    CeilingFormSet,
    CompareForm,
    DurationFormSet,
    NewVersionForm,
    NoteForm,
    PartFormSet,
    PointFormSet,
    SchemeForm,
    StrandFormSet,
    UsedSchemeForm,
    UseForm,
    WordsForm,
)
from people.admin import ScopedAdmin, ScopedInline

MOST_ROWS = 40
SHORT_TEXTS = {models.TextField: {"widget": Textarea(attrs={"rows": 4, "cols": 40})}}


class PartInline(ScopedInline):
    """Rows of a scheme or level: while marks stand on it, only their words change."""

    form = WordsForm
    formset = PartFormSet
    formfield_overrides = SHORT_TEXTS
    extra_when_new = 2

    def editing(self, parent):
        return Editing.FREE if parent is None else parent.editing

    def get_readonly_fields(self, request, obj=None):
        own = super().get_readonly_fields(request, obj)
        if self.editing(obj) is Editing.FREE:
            return own
        return [*own, *self.model.NUMBERS]

    def has_add_permission(self, request, obj):
        return (
            super().has_add_permission(request, obj)
            and self.editing(obj) is Editing.FREE
        )

    def has_delete_permission(self, request, obj=None):
        return (
            super().has_delete_permission(request, obj)
            and self.editing(obj) is Editing.FREE
        )

    def get_extra(self, request, obj=None, **kwargs):
        """Return how many empty rows stand below; an address may ask for more."""
        asked = request.GET.get("rows", "")
        if asked.isdecimal() and len(asked) < 4:
            return min(int(asked), MOST_ROWS)
        return self.extra_when_new if obj is None else 1


class LevelInline(PartInline):
    model = Level
    fields = [
        "number",
        "lowest_mark",
        "highest_mark",
        "for_student",
        "for_marker",
        "strands",
    ]
    readonly_fields = ["strands"]
    extra_when_new = 4

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("strands")

    @admin.display(description=_("strands"))
    def strands(self, level):
        """Link to the level's own page, where its strands are."""
        if level.pk is None:
            return "–"
        count = len(level.strands.all())
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:assessments_level_change", args=[level.pk]),
            ngettext("%(n)d strand", "%(n)d strands", count) % {"n": count},
        )


class PointInline(PartInline):
    model = MarkingPoint
    formset = PointFormSet
    fields = ["order", "name", "for_student", "for_marker", "needs"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("needs")


class CeilingInline(PartInline):
    model = Ceiling
    formset = CeilingFormSet
    fields = ["condition", "level_number", "highest_mark", "is_firm"]


class StrandInline(PartInline):
    model = Strand
    formset = StrandFormSet
    fields = ["letter", "name", "for_student", "for_marker"]

    def editing(self, parent):
        return Editing.FREE if parent is None else parent.scheme.editing


class WordedAdmin(ScopedAdmin):
    """Something whose words are put right with a note while marks stand on it.

    A subclass says with `scheme_of(obj)` whose words they are.
    """

    actions = None
    formfield_overrides = SHORT_TEXTS

    def editing(self, obj):
        return Editing.FREE if obj is None else self.scheme_of(obj).editing

    def has_change_permission(self, request, obj=None):
        return (
            super().has_change_permission(request, obj)
            and self.editing(obj) is not Editing.NOTHING
        )

    def has_delete_permission(self, request, obj=None):
        return False

    def asks_why(self, request, obj):
        return self.editing(obj) is Editing.WORDING and self.has_change_permission(
            request, obj
        )

    def get_object(self, request, object_id, from_field=None):
        obj = super().get_object(request, object_id, from_field)
        if obj is not None and transaction.get_connection().in_atomic_block:
            # Whoever is giving the first mark on it waits for this, or this for them.
            MarkScheme.objects.select_for_update().get(pk=self.scheme_of(obj).pk)
        return obj

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "note" in form.cleaned_data:
            sent = [form, *(row for formset in formsets for row in formset.forms)]
            self.scheme_of(form.instance).write_down(
                request.user,
                form.cleaned_data["note"],
                [edit for one in sent for edit in one.edits()],
            )

    def render_change_form(self, request, context, **kwargs):
        obj = kwargs.get("obj")
        context |= {
            "editing": self.editing(obj).value,
            "may_change": super().has_change_permission(request),
        }
        return super().render_change_form(request, context, **kwargs)


@admin.register(MarkScheme)
class MarkSchemeAdmin(WordedAdmin):
    form = SchemeForm
    inlines = [LevelInline, PointInline, CeilingInline]
    list_display = ["name", "series", "tariff", "question_count", "is_used"]
    list_filter = ["tariff"]
    search_fields = ["name", "series"]

    def scheme_of(self, scheme):
        return scheme

    def get_queryset(self, request):
        return super().get_queryset(request).with_use()

    @admin.display(description=_("questions"), ordering="question_count")
    def question_count(self, scheme):
        return scheme.question_count

    @admin.display(description=_("marks stand on it"), boolean=True)
    def is_used(self, scheme):
        return scheme.is_used

    def get_form(self, request, obj=None, **kwargs):
        if self.asks_why(request, obj):
            kwargs["form"] = UsedSchemeForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request, obj=None):
        fields = ["name", "series", "tariff"]
        if self.asks_why(request, obj):
            fields.append("note")
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request, obj=None):
        if self.editing(obj) is Editing.FREE:
            return []
        return list(MarkScheme.NUMBERS)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/version/",
                view(self.version_view),
                name="assessments_markscheme_version",
            ),
            path(
                "<int:pk>/use/",
                view(self.use_view),
                name="assessments_markscheme_use",
            ),
            path(
                "<int:pk>/compare/",
                view(self.compare_view),
                name="assessments_markscheme_compare",
            ),
            *super().get_urls(),
        ]

    def _scheme(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _page(self, request, name, scheme, title, context, status=200):
        return TemplateResponse(
            request,
            f"admin/assessments/markscheme/{name}.html",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "scheme": scheme,
                "opts": self.opts,
                **context,
            },
            status=status,
        )

    def version_view(self, request, pk):
        """Ask what a new version is called; copy the scheme, and open the copy."""
        scheme = self._scheme(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewVersionForm(
            request.POST if request.method == "POST" else None,
            initial={"name": scheme.name},
        )
        if form.is_valid():
            copy = scheme.make_version(**form.cleaned_data)
            self.log_addition(request, copy, [{"added": {}}])
            messages.success(
                request,
                gettext(
                    "This is a copy: change what you like, then choose the questions "
                    "that use it."
                ),
            )
            return redirect("admin:assessments_markscheme_change", copy.pk)
        return self._page(
            request,
            "version",
            scheme,
            gettext("New version of %(scheme)s") % {"scheme": scheme},
            {"form": form},
        )

    def use_view(self, request, pk):
        """List questions that use an earlier version; switch the chosen ones."""
        scheme = self._scheme(request, pk)
        may_switch = self.has_change_permission(request)
        switch = scheme_versions.Switch(scheme, request.user)
        posted = request.POST if request.method == "POST" else None
        if posted is not None and not may_switch:
            raise PermissionDenied
        form = UseForm(posted, switch=switch)
        if form.is_valid():
            questions = list(form.cleaned_data["questions"])
            switch.carry_out(questions)
            self.log_change(
                request,
                scheme,
                gettext("Used for: %(questions)s")
                % {"questions": ", ".join(question.slug for question in questions)},
            )
            messages.success(
                request,
                gettext("%(n)d switched. Marks given before keep their scheme.")
                % {"n": len(questions)},
            )
            return redirect(request.path)
        return self._page(
            request,
            "use",
            scheme,
            gettext("Use %(scheme)s for these questions") % {"scheme": scheme},
            {"form": form, "may_switch": may_switch, **switch.context()},
        )

    def compare_view(self, request, pk):
        """Lay another scheme beside this one, word by word."""
        scheme = self._scheme(request, pk)
        schemes = MarkScheme.objects.visible_to(request.user).exclude(pk=pk)
        data = request.GET if "other" in request.GET else None
        form = CompareForm(
            data, schemes=schemes, initial={"other": scheme.supersedes_id}
        )
        other = scheme.supersedes if data is None else None
        if form.is_valid():
            other = form.cleaned_data["other"]
        return self._page(
            request,
            "compare",
            scheme,
            gettext("Compare %(scheme)s") % {"scheme": scheme},
            {
                "form": form,
                "other": other,
                "groups": scheme_versions.compare(other, scheme) if other else [],
                "edits": scheme_versions.edits([scheme, other] if other else [scheme]),
            },
        )


@admin.register(Level)
class LevelAdmin(WordedAdmin):
    """One level with its strands; reached from its scheme, which holds its band."""

    form = WordsForm
    inlines = [StrandInline]
    list_display = ["__str__", "scheme", "band_words"]
    list_filter = [("scheme", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["scheme"]

    def scheme_of(self, level):
        return level.scheme

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("scheme")

    @admin.display(description=_("marks"))
    def band_words(self, level):
        return level.band_words

    def has_module_permission(self, request):
        return False

    def has_add_permission(self, request):
        return False

    def get_form(self, request, obj=None, **kwargs):
        if self.asks_why(request, obj):
            kwargs["form"] = NoteForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request, obj=None):
        fields = ["scheme", *Level.NUMBERS, *Level.WORDS]
        if self.asks_why(request, obj):
            fields.append("note")
        return [(None, {"fields": fields})]

    def get_readonly_fields(self, request, obj=None):
        return ["scheme", *Level.NUMBERS]

    def response_post_save_change(self, request, obj):
        return redirect("admin:assessments_markscheme_change", obj.scheme_id)


@admin.register(QuestionType)
class QuestionTypeAdmin(ScopedAdmin):
    """Question forms: the boards', and the school's own with any tariff."""

    list_display = ["code", "board", "number", "command_word", "tariff", "minutes"]
    list_filter = ["board"]
    search_fields = ["code", "command_word"]
    actions = None
    fieldsets = [
        (
            _("1. Where it stands"),
            {
                "fields": [
                    "code",
                    "board",
                    "specification",
                    "paper",
                    "section",
                    "number",
                    "exam_paper",
                ]
            },
        ),
        (_("2. What it asks"), {"fields": ["command_word", "stem"]}),
        (
            _("3. Its marks and minutes"),
            {
                "fields": [
                    "tariff",
                    ("ao1", "ao2", "ao3", "ao4"),
                    "spag",
                    "is_point_marked",
                    "minutes",
                ]
            },
        ),
        (
            _("4. What is printed with it"),
            {"fields": ["stimulus", "sources", "interpretations"]},
        ),
    ]
    # What may still be changed once a question uses it.
    wording = ("command_word", "stem")

    def get_readonly_fields(self, request, obj=None):
        if obj is None or not obj.is_asked:
            return []
        return [
            field.name
            for field in self.opts.concrete_fields
            if field.name not in self.wording and not field.primary_key
        ]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.is_shipped
        )

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [
            path(
                "<int:pk>/copy/",
                self.admin_site.admin_view(require_POST(self.copy_view)),
                name="assessments_questiontype_copy",
            ),
            *super().get_urls(),
        ]

    def copy_view(self, request, pk):
        """Copy a form under a code of its own, and open the copy."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = get_object_or_404(self.get_queryset(request), pk=pk).make_copy()
        self.log_addition(request, copy, [{"added": {}}])
        messages.success(request, gettext("This is a copy: change what you like."))
        return redirect("admin:assessments_questiontype_change", copy.pk)

    def render_change_form(self, request, context, **kwargs):
        context["may_copy"] = self.has_add_permission(request)
        return super().render_change_form(request, context, **kwargs)


class DurationInline(ScopedInline):
    model = Duration
    formset = DurationFormSet
    extra = 1


@admin.register(ExamPaper)
class ExamPaperAdmin(ScopedAdmin):
    """Papers. A shipped one keeps its own line; its durations are the school's."""

    inlines = [DurationInline]
    list_display = ["code", "title", "marks"]
    list_filter = ["board"]
    actions = None

    def get_readonly_fields(self, request, obj=None):
        if obj is None or not obj.is_shipped:
            return []
        return [field.name for field in self.opts.concrete_fields if field.name != "id"]

    def has_delete_permission(self, request, obj=None):
        return False

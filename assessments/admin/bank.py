"""The question bank: questions, what belongs to one, and the way in and out by file."""

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import Textarea
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from assessments import exchange, publishing
from assessments.bank_forms import (
    BankApplyForm,
    BankFileForm,
    BulletFormSet,
    FormChoice,
    SourceChoice,
    SourceFormSet,
)
from assessments.models import (
    MarkScheme,
    PlanBox,
    Question,
    QuestionSource,
    StimulusPoint,
)
from lessons.admin import ContentMixin
from people.admin import ScopedAdmin, ScopedInline

MARKDOWN = {"indicative_content", "typical_mistakes", "teachers_note"}


class OwnRowsFilter(admin.SimpleListFilter):
    """Offers the values that this person's questions have, and takes no other."""

    field = ""

    def lookups(self, request, model_admin):
        rows = model_admin.get_queryset(request).order_by(self.field)
        found = rows.values_list(self.field, flat=True).distinct()
        return [(str(value), str(value)) for value in found]

    def queryset(self, request, queryset):
        value = self.value()
        if value is None:
            return queryset
        if value not in {key for key, _words in self.lookup_choices}:
            raise IncorrectLookupParameters
        return self.chosen(queryset, value)

    def chosen(self, queryset, value):
        return queryset.filter(**{self.field: value})


class BoardFilter(OwnRowsFilter):
    title, parameter_name, field = _("board"), "board", "type__board"


class PaperFilter(OwnRowsFilter):
    title, parameter_name, field = _("paper"), "paper", "type__exam_paper"

    def lookups(self, request, model_admin):
        rows = model_admin.get_queryset(request).exclude(type__exam_paper=None)
        names = ("type__exam_paper", "type__exam_paper__board")
        found = rows.order_by("type__exam_paper__code").values_list(
            *names, "type__exam_paper__title"
        )
        return [(str(pk), f"{board} {title}") for pk, board, title in found.distinct()]


class FormFilter(OwnRowsFilter):
    title, parameter_name, field = _("form"), "form", "type__code"


class CommandWordFilter(OwnRowsFilter):
    title, parameter_name = _("command word"), "command_word"
    field = "type__command_word"


class TariffFilter(OwnRowsFilter):
    title, parameter_name, field = _("tariff"), "tariff", "type__tariff"


class ObjectiveFilter(OwnRowsFilter):
    title, parameter_name = _("objective"), "ao"

    def lookups(self, request, model_admin):
        return [(f"ao{number}", f"AO{number}") for number in range(1, 5)]

    def chosen(self, queryset, value):
        return queryset.filter(**{f"type__{value}__gt": 0})


class PublishedFilter(OwnRowsFilter):
    title, parameter_name = _("published"), "published"

    def lookups(self, request, model_admin):
        return [("yes", _("published")), ("no", _("draft"))]

    def chosen(self, queryset, value):
        published = queryset.published()
        if value == "yes":
            return published
        return queryset.exclude(pk__in=published.order_by().values("pk"))


class StimulusPointInline(ScopedInline):
    model = StimulusPoint
    formset = BulletFormSet
    fields = ["order", "text"]
    extra = 2


class PlanBoxInline(ScopedInline):
    model = PlanBox
    fields = ["order", "label"]
    extra = 2


class QuestionSourceInline(ScopedInline):
    model = QuestionSource
    formset = SourceFormSet
    fields = ["source", "letter", "used_as"]
    extra = 2

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("source")

    def choices_for(self, db_field, request):
        return super().choices_for(db_field, request).select_related("lesson")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "source":
            kwargs["form_class"] = SourceChoice
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Question)
class QuestionAdmin(ContentMixin, ScopedAdmin):
    """Questions in guided steps. Shipped and answered ones are copied to be changed."""

    list_display = ["wording", "type", "tariff", "lesson", "state", "preview"]
    list_filter = [
        BoardFilter,
        PaperFilter,
        FormFilter,
        CommandWordFilter,
        ObjectiveFilter,
        ("lesson", admin.RelatedOnlyFieldListFilter),
        TariffFilter,
        PublishedFilter,
    ]
    list_select_related = ["type", "lesson"]
    search_fields = ["wording", "slug", "type__command_word", "stimulus_points__text"]
    actions = ["export"]
    inlines = [StimulusPointInline, PlanBoxInline, QuestionSourceInline]
    prepopulated_fields = {"slug": ["wording"]}
    readonly_fields = ["published_at"]
    formfield_overrides = {models.TextField: {"widget": Textarea(attrs={"rows": 6})}}
    fieldsets = [
        (
            _("1. What is asked"),
            {"fields": ["type", "lesson", "wording", "instruction", "slug"]},
        ),
        (
            _("2. How it is marked"),
            {
                "fields": [
                    "mark_scheme",
                    "spag_scheme",
                    "indicative_content",
                    "typical_mistakes",
                ],
                "description": _(
                    "Students never see this part, except the scheme’s wording for "
                    "students."
                ),
            },
        ),
        (_("3. Help while writing"), {"fields": ["starters", "checklist"]}),
        (
            _("4. Its place"),
            {"fields": ["is_listed", "teachers_note", "published_at"]},
        ),
    ]

    @admin.display(description=_("tariff"), ordering="type__tariff")
    def tariff(self, question):
        return question.type.tariff_words

    @admin.display(description=_("state"), ordering="published_at")
    def state(self, question):
        return _("published") if question.is_published else _("draft")

    @admin.display(description=_("students’ view"))
    def preview(self, question):
        return format_html(
            '<a href="{}">{}<span class="vh">: {}</span></a>',
            reverse("admin:assessments_question_preview", args=[question.pk]),
            gettext("Preview"),
            question.wording,
        )

    # Who may do what ------------------------------------------------------------

    def is_shipped(self, obj):
        return obj.is_shipped

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.is_answered
        )

    def has_publish_permission(self, request, obj):
        """Scripts that have it go on as they are: an answered one may be hidden."""
        return request.user.has_perm("assessments.change_question") and not (
            self.is_shipped(obj)
        )

    def has_delete_permission(self, request, obj=None):
        return False

    def has_export_permission(self, request):
        """A file holds the markers' wording: whoever sees schemes may have it."""
        return request.user.has_perm("assessments.view_markscheme")

    # The form -------------------------------------------------------------------

    def get_object(self, request, object_id, from_field=None):
        question = super().get_object(request, object_id, from_field)
        is_form = request.resolver_match.url_name == "assessments_question_change"
        if question is not None and is_form and request.method == "POST":
            # Nobody begins a script on it between the check and the save.
            Question.objects.select_for_update(of=("self",)).get(pk=question.pk)
        return question

    def get_prepopulated_fields(self, request, obj=None):
        if obj is None and self.has_add_permission(request):
            return super().get_prepopulated_fields(request, obj)
        return {}

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "type":
            kwargs["form_class"] = FormChoice
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in MARKDOWN:
            field.widget.attrs["data-preview"] = "1"
        return field

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for fault in publishing.faults(form.instance):
            messages.warning(request, fault)

    def warn_of_missing(self, request, lessons):
        """A question is placed nowhere in a text: its lesson lists it."""

    def render_change_form(self, request, context, **kwargs):
        question = kwargs.get("obj")
        if question is not None:
            context |= {
                "is_shipped": question.is_shipped,
                "is_answered": question.is_answered,
                "may_copy": self.has_add_permission(request),
                "may_publish": self.has_publish_permission(request, question),
                "faults": publishing.faults(question),
            }
        return super().render_change_form(request, context, **kwargs)

    # Pages of its own -----------------------------------------------------------

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "import/",
                view(self.import_view),
                name="assessments_question_import",
            ),
            path(
                "<int:pk>/preview/",
                view(require_safe(self.preview_view)),
                name="assessments_question_preview",
            ),
            path(
                "<int:pk>/copy/",
                view(require_POST(self.copy_view)),
                name="assessments_question_copy",
            ),
            path(
                "<int:pk>/publish/",
                view(require_POST(self.publish_view)),
                name="assessments_question_publish",
            ),
            *super().get_urls(),
        ]

    def _question(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def preview_view(self, request, pk):
        """The question as students meet it, alone and beside their answer."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        question = get_object_or_404(self.get_queryset(request).for_writing(), pk=pk)
        return TemplateResponse(
            request,
            "admin/assessments/question/preview.html",
            {
                "question": question,
                "tariff": question.type.tariff_words,
                "plan": [(box, "") for box in question.plan_boxes.all()],
                "levels": question.mark_scheme.levels.all(),
            },
        )

    def copy_view(self, request, pk):
        """Copy a question with its parts, and open the copy."""
        question = self._question(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = publishing.copy_question(question)
        self.log_addition(
            request, copy, gettext("Copied from %(slug)s.") % {"slug": question.slug}
        )
        messages.success(
            request,
            gettext("This is a copy: change what you like, then publish it."),
        )
        return redirect("admin:assessments_question_change", copy.pk)

    def publish_view(self, request, pk):
        """Publish a question if nothing is missing, or hide it again."""
        question = self._question(request, pk)
        if not self.has_publish_permission(request, question):
            raise PermissionDenied
        if "withdraw" in request.POST:
            publishing.withdraw(question)
            self.log_change(request, question, gettext("Withdrawn."))
            messages.success(request, gettext("Withdrawn: only staff see it now."))
        else:
            faults = publishing.publish(question)
            for fault in faults:
                messages.error(request, fault)
            if not faults:
                self.log_change(request, question, gettext("Published."))
                messages.success(request, gettext("Published: students see it now."))
        return redirect("admin:assessments_question_change", question.pk)

    @admin.action(
        description=_("Export the ticked questions with their mark schemes"),
        permissions=["export"],
    )
    def export(self, request, questions):
        return HttpResponse(
            exchange.export(questions),
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="questions.yaml"'},
        )

    def import_view(self, request):
        """Show what a file would do, then do all of it or nothing."""
        if not (
            self.has_add_permission(request) and self.has_change_permission(request)
        ):
            raise PermissionDenied
        form, outcome, apply_form = BankFileForm(), None, None
        if request.method == "POST" and "apply" in request.POST:
            outcome = self._apply(request)
            if outcome is not None and outcome.written is not None:
                return redirect("admin:assessments_question_changelist")
        elif request.method == "POST":
            form = BankFileForm(request.POST, request.FILES)
            if form.is_valid():
                outcome = exchange.dry_run(form.cleaned_data["file"], request.user)
        if outcome is not None and outcome.can_be_applied:
            apply_form = BankApplyForm(
                initial={"text": outcome.text, "seen": outcome.plan.digest}
            )
        return TemplateResponse(
            request,
            "admin/assessments/question/import.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Import questions"),
                "form": form,
                "outcome": outcome,
                "apply_form": apply_form,
                "opts": self.opts,
            },
        )

    def _apply(self, request):
        """Import the file that was looked at; returns what came of it, if anything."""
        form = BankApplyForm(request.POST)
        if not form.is_valid():
            messages.error(request, gettext("The file got lost. Choose it again."))
            return None
        outcome = exchange.carry_out(
            form.cleaned_data["text"].encode("utf-8", "surrogatepass"),
            request.user,
            form.cleaned_data["seen"],
        )
        if outcome.written is None:
            messages.error(
                request,
                gettext(
                    "Nothing has been saved: the bank has changed since you looked. "
                    "This is how the file stands now."
                ),
            )
            return outcome
        self._log_import(request, outcome.written)
        messages.success(
            request,
            ngettext(
                "%(n)d row imported.", "%(n)d rows imported.", len(outcome.written)
            )
            % {"n": len(outcome.written)},
        )
        return outcome

    def _log_import(self, request, written):
        """Write down which questions and schemes came in from a file."""
        for flag, is_new in ((ADDITION, True), (CHANGE, False)):
            rows = [
                row
                for row, new in written
                if new is is_new and isinstance(row, (Question, MarkScheme))
            ]
            if rows:
                LogEntry.objects.log_actions(
                    request.user.pk, rows, flag, gettext("Imported from a file.")
                )

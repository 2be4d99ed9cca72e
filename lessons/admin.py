"""Editing lessons, in a guided order. Shipped lessons are copied to be changed.

Each save makes the lesson's page be rendered anew.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import Textarea
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.http import require_POST

from lessons import bodies, markup, publishing
from lessons.copying import copy_lesson
from lessons.forms import PictureForm
from lessons.models import (
    Box,
    Figure,
    HistoriansNote,
    KeyPerson,
    Lesson,
    Mnemonic,
    MnemonicPoint,
    PartnerTask,
    Picture,
    Reading,
    RetrievalAnswer,
    RetrievalQuestion,
    Section,
    Source,
    Term,
    TimelineEvent,
)
from people.admin import ScopedAdmin, ScopedInline

# The order in which a lesson is made, as its page in the admin lists the parts.
PARTS = (
    ("sections", Section),
    ("sources", Source),
    ("figures", Figure),
    ("pictures", Picture),
    ("mnemonics", Mnemonic),
    ("boxes", Box),
    ("historians_notes", HistoriansNote),
    ("partner_tasks", PartnerTask),
    ("timeline_events", TimelineEvent),
    ("key_people", KeyPerson),
    ("readings", Reading),
    ("retrieval_questions", RetrievalQuestion),
)


class ContentMixin:
    """Tells the lesson that something on its page has changed; keeps what was
    shipped as it is, for an update would otherwise pass the school by."""

    formfield_overrides = {
        models.TextField: {"widget": Textarea(attrs={"rows": 12, "data-preview": "1"})}
    }

    def lessons_of(self, obj):
        return Lesson.objects.filter(pk=obj.lesson_id)

    def is_shipped(self, obj):
        return self.lessons_of(obj).shipped().exists()

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or not self.is_shipped(obj)
        )

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or not self.is_shipped(obj)
        )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self.lessons_of(form.instance).touch()
        # A part may have been moved here from another lesson.
        Lesson.objects.filter(pk=form.initial.get("lesson")).touch()
        self.warn_of_missing(request, self.lessons_of(form.instance))

    def warn_of_missing(self, request, lessons):
        for lesson in lessons:
            for name in bodies.missing(lesson):
                messages.warning(
                    request,
                    _("The text of “%(lesson)s” places {%(name)s}, which it lacks.")
                    % {"lesson": lesson, "name": name},
                )

    def delete_model(self, request, obj):
        lessons = list(self.lessons_of(obj).values_list("pk", flat=True))
        super().delete_model(request, obj)
        Lesson.objects.filter(pk__in=lessons).touch()
        self.warn_of_missing(request, Lesson.objects.filter(pk__in=lessons))

    def delete_queryset(self, request, queryset):
        lessons = {obj.lesson_id for obj in queryset}
        super().delete_queryset(request, queryset)
        Lesson.objects.filter(pk__in=lessons).touch()
        self.warn_of_missing(request, Lesson.objects.filter(pk__in=lessons))


class PartAdmin(ContentMixin, ScopedAdmin):
    """Something that belongs to one lesson. Shipped parts are no choice to add to."""

    list_filter = [("lesson", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["lesson"]
    change_form_template = "admin/lessons/part_form.html"

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "lesson":
            own = Lesson.objects.visible_to(request.user)
            kwargs["queryset"] = own.exclude(pk__in=own.shipped())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Lesson)
class LessonAdmin(ContentMixin, ScopedAdmin):
    list_display = ["title", "reference", "order", "published_at"]
    search_fields = ["title"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["published_at"]
    actions = None
    change_form_template = "admin/lessons/lesson_form.html"
    fieldsets = [
        (_("1. What it is"), {"fields": ["title", "slug", "standfirst"]}),
        (
            _("2. For its reader"),
            {"fields": ["years", "reading_minutes", "content_note", "previous"]},
        ),
        (
            _("3. Its place in the course"),
            {"fields": ["unit", "reference", "order", "published_at"]},
        ),
    ]

    def lessons_of(self, obj):
        return Lesson.objects.filter(pk=obj.pk)

    def view_on_site(self, lesson):
        return lesson.get_absolute_url()

    def has_delete_permission(self, request, obj=None):
        return False

    def get_prepopulated_fields(self, request, obj=None):
        if self.has_change_permission(request, obj):
            return super().get_prepopulated_fields(request, obj)
        return {}

    def render_change_form(self, request, context, **kwargs):
        lesson = kwargs.get("obj")
        if lesson is not None:
            context |= {
                "is_shipped": self.is_shipped(lesson),
                "may_copy": self.has_add_permission(request),
                "may_change": self.has_change_permission(request, lesson),
                "faults": publishing.faults(lesson),
                "parts": [
                    {
                        "name": model._meta.verbose_name_plural,
                        "count": getattr(lesson, related).count(),
                        "list": reverse(
                            f"admin:lessons_{model._meta.model_name}_changelist"
                        ),
                        "add": reverse(f"admin:lessons_{model._meta.model_name}_add"),
                    }
                    for related, model in PARTS
                ],
            }
        return super().render_change_form(request, context, **kwargs)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "preview/",
                view(require_POST(self.preview_view)),
                name="lessons_lesson_preview",
            ),
            path(
                "<int:pk>/copy/",
                view(require_POST(self.copy_view)),
                name="lessons_lesson_copy",
            ),
            path(
                "<int:pk>/publish/",
                view(require_POST(self.publish_view)),
                name="lessons_lesson_publish",
            ),
            *super().get_urls(),
        ]

    def _lesson(self, request, pk):
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def preview_view(self, request):
        """Return text that is being written as students will see it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        text = request.POST.get("text", "")[:200_000]
        page = TemplateResponse(
            request, "admin/lessons/preview.html", {"pieces": markup.flat(text)}
        )
        return JsonResponse({"html": page.render().content.decode()})

    def copy_view(self, request, pk):
        """Copy a lesson with all its parts, and open the copy."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = copy_lesson(self._lesson(request, pk))
        messages.success(
            request,
            gettext("This is a copy: change what you like, then publish it."),
        )
        return redirect("admin:lessons_lesson_change", copy.pk)

    def publish_view(self, request, pk):
        """Publish a lesson if nothing is missing, or hide it again."""
        lesson = self._lesson(request, pk)
        if not self.has_change_permission(request, lesson):
            raise PermissionDenied
        if "withdraw" in request.POST:
            publishing.withdraw(lesson)
            messages.success(request, gettext("Hidden: only staff see it now."))
        else:
            faults = publishing.publish(lesson)
            for fault in faults:
                messages.error(request, fault)
            if not faults:
                messages.success(request, gettext("Published: students see it now."))
        return redirect("admin:lessons_lesson_change", lesson.pk)


@admin.register(Section)
class SectionAdmin(PartAdmin):
    list_display = ["title", "lesson", "order", "published_at"]
    search_fields = ["title"]
    prepopulated_fields = {"slug": ["title"]}

    def get_prepopulated_fields(self, request, obj=None):
        if self.has_change_permission(request, obj):
            return super().get_prepopulated_fields(request, obj)
        return {}


@admin.register(Source)
class SourceAdmin(PartAdmin):
    list_display = ["__str__", "kind", "lesson", "published_at"]
    search_fields = ["kind", "who"]


class PointInline(ScopedInline):
    model = MnemonicPoint


@admin.register(Mnemonic)
class MnemonicAdmin(PartAdmin):
    list_display = ["phrase_in_words", "lesson"]
    search_fields = ["phrase"]
    inlines = [PointInline]

    @admin.display(description=_("phrase"), ordering="phrase")
    def phrase_in_words(self, mnemonic):
        return str(mnemonic)


@admin.register(Figure)
class FigureAdmin(PartAdmin):
    list_display = ["title", "kind", "lesson"]
    search_fields = ["title"]


@admin.register(Picture)
class PictureAdmin(PartAdmin):
    form = PictureForm
    list_display = ["caption", "lesson"]
    search_fields = ["caption"]


@admin.register(Box)
class BoxAdmin(PartAdmin):
    list_display = ["title", "kind", "lesson"]
    search_fields = ["title"]


@admin.register(HistoriansNote)
class HistoriansNoteAdmin(PartAdmin):
    list_display = ["title", "lesson"]
    search_fields = ["title", "text"]


@admin.register(PartnerTask)
class PartnerTaskAdmin(PartAdmin):
    list_display = ["title", "source", "lesson"]
    list_select_related = ["lesson", "source"]
    search_fields = ["title"]


@admin.register(TimelineEvent)
class TimelineEventAdmin(PartAdmin):
    list_display = ["date_words", "label", "theme", "is_core", "lesson"]
    search_fields = ["label", "text"]


@admin.register(KeyPerson)
class KeyPersonAdmin(PartAdmin):
    list_display = ["name", "role", "lesson"]
    search_fields = ["name"]


@admin.register(Reading)
class ReadingAdmin(PartAdmin):
    list_display = ["title", "kind", "difficulty", "lesson"]
    search_fields = ["title", "author"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class AnswerInline(ScopedInline):
    model = RetrievalAnswer


@admin.register(RetrievalQuestion)
class RetrievalQuestionAdmin(PartAdmin):
    list_display = ["prompt", "kind", "order", "lesson"]
    search_fields = ["prompt"]
    inlines = [AnswerInline]


@admin.register(Term)
class TermAdmin(ContentMixin, ScopedAdmin):
    """The glossary, which all lessons share."""

    list_display = ["name", "definition"]
    search_fields = ["name", "definition"]
    actions = None

    def lessons_of(self, obj):
        return Lesson.objects.all()

    def is_shipped(self, obj):
        return Term.objects.filter(pk=obj.pk).shipped().exists()

    def warn_of_missing(self, request, lessons):
        """A word is placed nowhere: it is found where it stands."""

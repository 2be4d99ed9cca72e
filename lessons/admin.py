"""Editing lessons: each save makes the lesson's page be rendered anew."""

from django.contrib import admin, messages
from django.db import models
from django.forms import Textarea
from django.utils.translation import gettext_lazy as _

from lessons import bodies
from lessons.models import Lesson, Mnemonic, MnemonicPoint, Section, Source
from people.admin import ScopedAdmin, ScopedInline, ScopedMixin


class ContentMixin:
    """Tells the lesson that something on its page has changed."""

    def lessons_of(self, obj):
        return Lesson.objects.filter(pk=obj.lesson_id)

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


class SectionInline(ScopedMixin, admin.StackedInline):
    model = Section
    extra = 0
    show_change_link = True
    formfield_overrides = {models.TextField: {"widget": Textarea(attrs={"rows": 8})}}


@admin.register(Lesson)
class LessonAdmin(ContentMixin, ScopedAdmin):
    list_display = ["title", "reference", "order", "published_at"]
    search_fields = ["title"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [SectionInline]
    actions = None

    def lessons_of(self, obj):
        return Lesson.objects.filter(pk=obj.pk)

    def view_on_site(self, lesson):
        return lesson.get_absolute_url()

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Section)
class SectionAdmin(ContentMixin, ScopedAdmin):
    list_display = ["title", "lesson", "order", "published_at"]
    list_filter = [("lesson", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["title"]


@admin.register(Source)
class SourceAdmin(ContentMixin, ScopedAdmin):
    list_display = ["__str__", "kind", "lesson", "published_at"]
    list_filter = [("lesson", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["kind", "who"]


class PointInline(ScopedInline):
    model = MnemonicPoint


@admin.register(Mnemonic)
class MnemonicAdmin(ContentMixin, ScopedAdmin):
    list_display = ["phrase_in_words", "lesson"]
    list_filter = [("lesson", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["phrase"]
    inlines = [PointInline]

    @admin.display(description=_("phrase"), ordering="phrase")
    def phrase_in_words(self, mnemonic):
        return str(mnemonic)

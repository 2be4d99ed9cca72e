"""The question bank: questions, and what belongs to one."""

from django.contrib import admin

from assessments.models import Question
from people.admin import ScopedAdmin


@admin.register(Question)
class QuestionAdmin(ScopedAdmin):
    """The question bank; read for now, by those who set and mark."""

    list_display = ["wording", "type", "lesson", "published_at"]
    list_filter = ["type__board", ("lesson", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["type", "lesson"]
    search_fields = ["wording"]
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

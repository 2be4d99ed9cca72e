"""Marked example scripts, to be read beside the scheme."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext

from assessments.models import Exemplar, Question
from people.admin import ScopedAdmin


@admin.register(Exemplar)
class ExemplarAdmin(ScopedAdmin):
    """Read by whoever sets and marks; they come with the product."""

    list_display = ["label", "question", "level", "mark", "spag"]
    list_filter = [("question", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["question__type"]
    search_fields = ["label", "text"]
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [
            path(
                "on/<int:pk>/",
                self.admin_site.admin_view(self.question_view),
                name="assessments_exemplar_question",
            ),
            *super().get_urls(),
        ]

    def question_view(self, request, pk):
        """All examples of one question from the lowest mark up, with its ladder."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        questions = Question.objects.visible_to(request.user)
        question = get_object_or_404(
            questions.select_related("type", "mark_scheme").prefetch_related(
                "exemplars", "mark_scheme__levels"
            ),
            pk=pk,
        )
        return TemplateResponse(
            request,
            "admin/assessments/exemplar/question.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Marked examples"),
                "question": question,
                "opts": self.opts,
            },
        )

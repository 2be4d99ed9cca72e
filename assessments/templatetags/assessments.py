"""What other apps' pages show of questions."""

from django import template

from assessments.models import Question

register = template.Library()


@register.inclusion_tag("assessments/_lesson_questions.html")
def lesson_questions(lesson):
    """The published questions of a lesson, each a way to the writing desk."""
    questions = (
        Question.objects.published()
        .filter(lesson=lesson, is_listed=True)
        .select_related("type")
        .prefetch_related("stimulus_points")
        .order_by("type__board", "type__number", "slug")
    )
    return {"questions": questions, "lesson": lesson}

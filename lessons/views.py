"""Reading: the list of lessons and the lesson page."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from lessons import bodies, shells, splicing
from lessons.models import Lesson


@require_safe
def lesson_list(request):
    lessons = Lesson.objects.visible_to(request.user)
    return render(request, "lessons/lesson_list.html", {"lessons": lessons})


@require_safe
def lesson_detail(request, slug):
    """Put the stored body into this reader's page, already compressed."""
    lessons = Lesson.objects.visible_to(request.user).with_rendered_body()
    lesson = get_object_or_404(lessons, slug=slug)
    body, deflated = bodies.body_for(lesson)
    before, after = shells.around_body(
        request, "lessons/lesson_detail.html", lesson.title
    )
    head, tail = before.encode(), after.encode()
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(splicing.gzip_page(head, body, deflated, tail))
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(b"".join((head, body, tail)))
    response["Vary"] = "Accept-Encoding"
    return response

"""Reading: the list of lessons and the lesson page."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from lessons import bodies, splicing
from lessons.models import Lesson

_BODY = "<!--body-->"


@require_safe
def lesson_list(request):
    lessons = Lesson.objects.visible_to(request.user)
    return render(request, "lessons/lesson_list.html", {"lessons": lessons})


@require_safe
def lesson_detail(request, slug):
    """Wrap the stored body into this reader's page, already compressed."""
    lessons = Lesson.objects.visible_to(request.user).with_rendered_body()
    lesson = get_object_or_404(lessons, slug=slug)
    body, deflated, _hash = bodies.body_for(lesson)
    page = render_to_string("lessons/lesson_detail.html", {"lesson": lesson}, request)
    head, _, tail = page.partition(_BODY)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(
            splicing.gzip_page(head.encode(), body, deflated, tail.encode())
        )
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(b"".join((head.encode(), body, tail.encode())))
    patch_vary_headers(response, ("Accept-Encoding",))
    return response

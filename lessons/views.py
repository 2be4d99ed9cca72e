"""Reading a lesson, noting what was talked over, and retrieval practice."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from lessons import bodies, retrieval, shells, splicing, study
from lessons.forms import AnswerForm, NoteForm, RatingForm, YearForm
from lessons.models import Figure, Lesson, PartnerTask, Picture, Section, TaskNote


@require_safe
def lesson_list(request):
    lessons = Lesson.objects.visible_to(request.user)
    return render(
        request,
        "lessons/lesson_list.html",
        {"lessons": study.with_progress(lessons, request.user)},
    )


@require_safe
def lesson_detail(request, slug):
    """Put the stored body into this reader's page, already compressed."""
    # Who works here sees what older books claim as well.
    for_staff = request.user.works_here
    lessons = Lesson.objects.visible_to(request.user)
    lesson = get_object_or_404(
        lessons.with_rendered_body(for_staff=for_staff), slug=slug
    )
    body, deflated = bodies.body_for(lesson, for_staff=for_staff)
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


def _lesson(request, slug):
    return get_object_or_404(Lesson.objects.visible_to(request.user), slug=slug)


def _part(request, model, lesson, slug):
    """Return a part of a lesson that this reader sees, by its address."""
    rows = model.objects.visible_to(request.user).select_related("lesson")
    return get_object_or_404(rows, lesson__slug=lesson, slug=slug)


@require_POST
def section_read(request, slug):
    """Note how far a student has read; a script asks for no page in return."""
    sections = Section.objects.visible_to(request.user).published()
    section = get_object_or_404(
        sections.select_related("lesson"),
        lesson__slug=slug,
        slug=request.POST.get("section", ""),
    )
    if request.user.is_staff:
        raise Http404
    following = study.read_to(request.user, section)
    if request.headers.get("X-Quiet-Save"):
        return HttpResponse(status=204)
    place = f"#{following.slug}" if following else ""
    return redirect(f"{section.lesson.get_absolute_url()}{place}")


@require_safe
def source_booklet(request, slug):
    """The lesson's sources by themselves, to be printed for the class."""
    lesson = _lesson(request, slug)
    return render(
        request,
        "lessons/source_booklet.html",
        {"lesson": lesson, "sources": lesson.sources.published()},
    )


@require_safe
def figure_detail(request, slug, figure):
    """A figure by itself; a map shows the camps of the year that is asked for."""
    figure = _part(request, Figure, slug, figure)
    form = YearForm(request.GET if "year" in request.GET else None)
    year = form.cleaned_data["year"] if form.is_valid() else YearForm.DEFAULT
    return render(
        request,
        "lessons/figure_detail.html",
        {
            "figure": figure,
            "drawing": figure.drawing(year=year),
            "year": year,
            "default_year": YearForm.DEFAULT,
            "form": form,
            "is_map": figure.kind == Figure.Kind.MAP,
        },
        status=400 if form.errors else 200,
    )


@require_safe
def picture(request, pk, size):
    """Send a picture to whoever may read its lesson; nobody else finds it."""
    row = get_object_or_404(Picture.objects.visible_to(request.user), pk=pk)
    file = {"small": row.small, "large": row.large}.get(size)
    if file is None:
        raise Http404
    with file.open("rb") as opened:
        response = HttpResponse(opened.read(), content_type="image/webp")
    # Saved to a disk, it is a picture by its name too.
    response["Content-Disposition"] = f'inline; filename="picture-{pk}-{size}.webp"'
    # The name changes with every upload, so a browser may keep what it has.
    response["Cache-Control"] = "private, max-age=86400"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def task_detail(request, slug, task):
    """A partner task with its source, and this student's own note on it."""
    task = _part(request, PartnerTask, slug, task)
    notes = TaskNote.objects.visible_to(request.user).filter(task=task)
    newest = notes.first()
    form = NoteForm(request.POST or None, instance=TaskNote(text=_text(newest)))
    if request.method == "POST" and form.is_valid():
        if request.user.is_staff:
            raise Http404
        if form.cleaned_data["text"] != _text(newest):
            note = form.save(commit=False)
            note.task, note.student = task, request.user
            note.save()
        messages.success(
            request,
            _("Noted at %(time)s.") % {"time": f"{timezone.localtime():%H:%M:%S}"},
        )
        return redirect(request.path)
    return render(
        request,
        "lessons/task_detail.html",
        {"task": task, "form": form, "newest": newest, "earlier": notes[1:20]},
        status=400 if form.errors else 200,
    )


def _text(note):
    return note.text if note else ""


@require_safe
def retrieval_start(request, slug):
    """What there is to practise of a lesson, alone or led from the board."""
    lesson = _lesson(request, slug)
    return render(
        request,
        "lessons/retrieval.html",
        {
            "lesson": lesson,
            "steps": len(study.board(lesson)),
            "counts": study.counts(lesson, request.user),
        },
    )


@require_safe
def retrieval_board(request, slug, step):
    """One question of the set order, large, for a class to answer together."""
    lesson = _lesson(request, slug)
    steps = study.board(lesson)
    if not 1 <= step <= len(steps):
        raise Http404
    return render(
        request,
        "lessons/retrieval_board.html",
        {
            "lesson": lesson,
            "item": steps[step - 1],
            "step": step,
            "steps": len(steps),
            "before": step - 1,
            "after": step + 1 if step < len(steps) else 0,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def retrieval_next(request, slug):
    """Ask one student the next thing that is due; check it; take their rating."""
    lesson = _lesson(request, slug)
    if request.user.is_staff:
        raise Http404
    rating = RatingForm(request.POST)
    if request.method == "POST" and rating.is_valid():
        card = study.card_for(lesson, request.user, rating.cleaned_data["item"])
        if card is None:
            raise Http404
        card.review(rating.cleaned_data["rating"], timezone.now())
        return redirect(request.path)
    answer = AnswerForm(request.POST if request.method == "POST" else None)
    item = study.item_for(lesson, request.POST.get("item", ""))
    if request.method == "POST" and item is None:
        raise Http404
    item = item or study.next_item(lesson, request.user)
    is_answered = request.method == "POST" and answer.is_valid()
    given = answer.cleaned_data["answer"] if is_answered else ""
    return render(
        request,
        "lessons/retrieval_next.html",
        {
            "lesson": lesson,
            "item": item,
            "is_answered": is_answered,
            "given": given,
            "is_right": is_answered and item.is_right(given),
            "ratings": retrieval.RATINGS,
            "counts": study.counts(lesson, request.user),
        },
    )

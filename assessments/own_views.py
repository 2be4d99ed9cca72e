"""Pages about all of a person's work: the ledger, a file of it, a calendar."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments import calendar_feed, progress, versions, work
from assessments.models import Answer, Assignment, AssignmentStudent, Question
from people.models import TeachingGroup


@require_safe
def my_work(request):
    """Everything this student has been set or has begun, and what to practise."""
    found = progress.results(request.user)
    return render(
        request,
        "assessments/my_work.html",
        {
            "classes": TeachingGroup.objects.visible_to(request.user),
            "ledger": work.ledger(request.user, found),
            "targets": progress.targets(found),
            "forms": progress.by_form(found),
            "questions": Question.objects.visible_to(request.user).select_related(
                "type"
            ),
        },
    )


@require_safe
def my_answers_export(request):
    """Give a student everything they have written, code point by code point."""
    answers = (
        Answer.objects.visible_to(request.user)
        .filter(script__student=request.user)
        .select_related(
            "script", "question", "current__whole", "handed_in_version__whole"
        )
        .order_by("script__started_at", "order")
    )
    response = JsonResponse(
        {
            "answers": [
                {
                    "question": answer.question.wording,
                    "started": answer.script.started_at,
                    "handed_in": answer.script.handed_in_at,
                    "text": answer.text,
                    "handed_in_text": answer.handed_in_text,
                    "plan": versions.plan_lines(answer.plan),
                }
                for answer in answers
            ]
        }
    )
    response["Content-Disposition"] = 'attachment; filename="my-answers.json"'
    return response


@require_safe
def calendar(request, pk):
    """The dates of a class as a calendar file, for whoever may see its tasks.

    A download behind the sign-in: an address that a calendar could fetch by itself
    would be a secret link, and whoever has such a link has what it shows.
    """
    reader = request.user
    group = get_object_or_404(TeachingGroup.objects.visible_to(reader), pk=pk)
    if reader.is_staff and not reader.has_perm("assessments.view_assignment"):
        raise Http404
    tasks = (
        Assignment.objects.visible_to(reader)
        .filter(group=group)
        .for_student(reader)
        .exclude(absence=AssignmentStudent.Absence.EXCUSED)
        .select_related("assessment")
        .prefetch_related("assessment__assessment_questions__question__type")
        .order_by("own_due_at", "pk")
    )
    host = request.get_host().partition(":")[0]
    page = "admin:index" if reader.is_staff else "home"
    address = request.build_absolute_uri(reverse(page))
    events = [
        calendar_feed.Event(
            uid=f"assignment-{task.pk}@{host}",
            at=task.own_due_at,
            title=_("Due: %(task)s (%(group)s)")
            % {"task": task.assessment, "group": group},
            description=work.description(task),
            address=address,
        )
        for task in tasks
    ]
    response = HttpResponse(
        calendar_feed.written(str(group), events, timezone.now()),
        content_type="text/calendar; charset=utf-8",
    )
    name = slugify(str(group).replace("/", "-")) or "class"
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response

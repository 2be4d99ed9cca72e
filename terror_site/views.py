"""The site's own pages: the front page, public pages, health, and every error."""

import logging
import re
import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpResponse, JsonResponse
from django.http.request import split_domain_port
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from assessments import progress, work
from lessons import study
from lessons.models import Lesson
from people.models import TeachingGroup
from terror_site import failures, request_ids, room

logger = logging.getLogger(__name__)

DONE_ON_THE_FRONT_PAGE = 6
_NOT_TYPED = re.compile(r"(\d*|[\w-]{8,40})\Z", re.ASCII)
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z")


@require_safe
def home(request):
    """Students' front page; staff go on to theirs."""
    if request.user.works_here:
        return redirect("admin:index")
    reader = request.user
    lessons = list(study.with_progress(Lesson.objects.visible_to(reader), reader))
    found = progress.results(reader)
    ledger = work.ledger(reader, found)
    return render(
        request,
        "terror_site/home.html",
        {
            "classes": TeachingGroup.objects.visible_to(reader),
            "lessons": lessons,
            "reading": study.newest(lessons),
            "ledger": ledger,
            "done": ledger["handed_in"][:DONE_ON_THE_FRONT_PAGE],
            "to_act_on": progress.to_act_on(found),
            "suggestions": progress.suggestions(reader, found, ledger),
            "has_lost_role": reader.is_staff,
        },
    )


@login_not_required
@require_safe
def privacy(request):
    return render(request, "terror_site/privacy.html")


@login_not_required
@require_safe
def accessibility(request):
    return render(request, "terror_site/accessibility.html")


@login_not_required
@require_safe
def help_page(request):
    return render(request, "terror_site/help.html")


@login_not_required
@require_safe
def health_alive(request):
    """Answer while this process runs at all."""
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@require_safe
def health_ready(request):
    """Answer 200 when the database answers as well; otherwise 503, and no more."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return HttpResponse("not ready\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


def _sentences():
    """Return status → (title, what happened, what to do next)."""
    return {
        400: (
            _("That request could not be read"),
            _("The browser sent something that this site does not understand."),
            _("Go back and try again. Nothing was changed."),
        ),
        403: (
            _("This page is not for you"),
            _("You are signed in, but this needs a right that you do not have."),
            _("If you think that you should have it, ask your head of department."),
        ),
        404: (
            _("There is no such page"),
            _("It may have moved, or it belongs to somebody else."),
            _("Go to the front page and start from there."),
        ),
        405: (
            _("That cannot be done here"),
            _("This address does not take that kind of request."),
            _("Go back and use the buttons on the page."),
        ),
        413: (
            _("That was too large"),
            _("The page sent more than this site takes in one go."),
            _("Send a smaller file or a shorter text."),
        ),
        429: (
            _("That was too often"),
            _("This came many times within a short while, so it has to wait."),
            _("Wait a minute, then try again. Nothing was lost."),
        ),
        500: (
            _("Something went wrong here"),
            _("It is our fault, not yours, and it has been written down."),
            _("Try again in a minute. If it happens again, tell your teacher."),
        ),
        503: failures.BUSY[1:],
    }


_CODES = {
    400: "unreadable",
    403: "forbidden",
    404: "unknown",
    405: "wrong-method",
    413: "too-large",
    429: "too-often",
    500: "broken",
    503: "busy",
}


def is_from_script(request):
    """Whether one of our scripts asks: it is answered with JSON, whatever happens."""
    match = request.resolver_match
    return request.content_type == "application/json" or (
        match is not None and getattr(match.func, "answers_scripts", False)
    )


def error_page(request, status, template="terror_site/error.html", **context):
    """Return the page for an HTTP status; it needs neither database nor session.

    For a script it is the same in JSON: a stable code and the sentences.
    """
    known = status if status in _CODES else 400 if status < 500 else 500
    title, happened, next_step = _sentences()[known]
    if is_from_script(request):
        return JsonResponse(
            {
                "code": _CODES[known],
                "sentence": f"{happened} {next_step}",
                "request": request_ids.current(),
            },
            status=status,
        )
    return HttpResponse(
        render_to_string(
            template,
            {
                "status": status,
                "title": title,
                "happened": happened,
                "next_step": next_step,
                "request_id": request_ids.current(),
                **context,
            },
        ),
        status=status,
    )


def bad_request(request, exception=None):
    """Explain a refused host name, the usual surprise on a school's first day.

    Only a plain name is repeated: people paste the line into a terminal.
    """
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, 413)
    if not isinstance(exception, DisallowedHost):
        return error_page(request, 400)
    host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
    if not _HOST_NAME.match(host):
        return error_page(request, 400)
    names = ",".join([*settings.ALLOWED_HOSTS, host])
    logger.warning(
        "This site was opened as %s, which is not on its list. If that is its name "
        "here, start it with ALLOWED_HOSTS=%s",
        host,
        names,
    )
    return error_page(
        request,
        400,
        "terror_site/unknown_host.html",
        host=host,
        names=names,
        title=_("This site does not know that name"),
    )


def permission_denied(request, exception=None):
    return error_page(request, 403)


def page_not_found(request, exception=None):
    return error_page(request, 404)


def server_error(request):
    """Answer 503 for a database or a disk that fails, and 500 otherwise.

    Here and not in a middleware: Django turns an error of any layer into this.
    """
    failure = failures.of(sys.exc_info()[1])
    if failure is None:
        return error_page(request, 500)
    if failure is failures.DISK_FULL:
        room.give_back()
    return unavailable(request, failure)


def unavailable(request, failure):
    """Say that it does not work just now; what was typed is shown to be sent again.

    A script gets JSON like every other refusal of a save.
    """
    if request.content_type == "application/json":
        sentence = _("%(what)s. Your text stays in this page.") % {
            "what": failure.title
        }
        response = JsonResponse({"code": failure.code, "sentence": sentence})
        response.status_code = 503
    else:
        words = {"happened": failure.happened, "next_step": failure.next_step}
        template = "terror_site/error.html"
        if fields := _typed_in_a_form(request):
            template = "terror_site/unavailable.html"
            words |= {
                "fields": fields,
                "action": request.get_full_path(),
                "csrf_token": get_token(request),
            }
        response = error_page(request, 503, template, title=failure.title, **words)
    response["Retry-After"] = failures.RETRY_AFTER_SECONDS
    return response


def _typed_in_a_form(request):
    """Return the fields of a posted form; none where a password would be missing.

    What is empty, a number or a token was hardly typed: it is sent along unseen.
    """
    if (
        request.method != "POST"
        or request.content_type != "application/x-www-form-urlencoded"
        or any("password" in name for name in request.POST)
    ):
        return []
    labels = {"text": _("Your answer"), "plan": _("Your plan")}
    return [
        {
            "name": name,
            "value": value,
            "label": labels.get(name, name),
            "is_typed": not _NOT_TYPED.match(value),
        }
        for name, value in _typed(request)
    ]


def _typed(request):
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]


@requires_csrf_token
def csrf_failure(request, reason=""):
    """Offer the posted fields again, so that nothing typed is lost.

    A stale form is usually an ended sign-in or a second tab, not an attack: the
    page shows what was typed, with a new token, and waits for a click. What came
    from another site is refused without being shown.
    """
    if not reason.startswith(("CSRF cookie", "CSRF token")):
        return permission_denied(request)
    if is_from_script(request):
        return JsonResponse(
            {
                "code": "stale-token",
                "sentence": _("This page is too old to send. Your text stays in it."),
            },
            status=403,
        )
    return typed_again(request)


def typed_again(request, *, is_signed_out=False):
    """Show what was posted, passwords apart, with a fresh token and a button."""
    return render(
        request,
        "terror_site/stale_form.html",
        {
            "fields": _typed(request),
            "action": request.get_full_path(),
            "is_signed_out": is_signed_out,
        },
        status=403,
    )

"""What leaves the school, or opens an account, asks for a password typed a moment ago."""

from functools import partial, wraps

from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from people import attempts, audit
from people.audit import AuditEntry

FIELD = "fresh_password"


def with_fresh_password(view=None, *, posts_only=False):
    """Ask for the password first where it was typed too long ago.

    What was posted goes with the question and is carried out after it, so that nobody
    ticks thirty boxes twice. As slow to guess as at the front door. `posts_only` is for
    pages that show nothing by themselves.
    """
    if view is None:
        return partial(with_fresh_password, posts_only=posts_only)

    @wraps(view)
    @sensitive_post_parameters(FIELD)
    def asked(request, *args, **kwargs):
        is_get = request.method != "POST"
        if request.session.is_fresh() or (is_get and posts_only):
            return view(request, *args, **kwargs)
        fault = ""
        if request.method == "POST" and FIELD in request.POST:
            fault = _fault(request)
            if not fault:
                request.session.note_password()
                if request.POST.get("fresh_get"):
                    return redirect(request.get_full_path())
                return view(request, *args, **kwargs)
        return _question(request, fault)

    return asked


def _fault(request):
    """Return why the password is not right, or nothing."""
    try:
        attempt = attempts.begin(request, request.user.username)
    except attempts.Wait as wait:
        return wait.sentence
    if not request.user.check_password(request.POST[FIELD]):
        audit.record(
            AuditEntry.Action.SIGN_IN_FAILED, request.user, detail="asked again"
        )
        return _("That is not your password. Nothing was done yet.")
    attempt.was_right()
    return ""


def _question(request, fault):
    was_get = request.method != "POST" or request.POST.get("fresh_get")
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in (FIELD, "csrfmiddlewaretoken", "fresh_get")
        for value in values
    ]
    return TemplateResponse(
        request,
        "people/fresh_password.html",
        {"kept": kept, "was_get": was_get, "fault": fault, "field": FIELD},
        status=403,
    )

"""Setting a second factor up, and proving it after the password."""

import json

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from people import attempts, audit, factors
from people.audit import AuditEntry
from people.cards import qr
from people.forms import helper
from people.fresh import with_fresh_password


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy(
            "Six figures from your app, or one of the codes that you printed."
        ),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": "",
            }
        ),
    )

    def __init__(self, *args, label, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper(label)


def _finish(request, person, next_page):
    """Sign in for good; only now does this computer know the account."""
    request.session.pop("half", None)
    login(request, person)
    response = redirect(next_page)
    attempts.let_in(request, person.username, response)
    return response


def _half(request):
    half = factors.half_signed_in(request)
    if half is None:
        request.session.pop("half", None)
    return half


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request):
    """Ask for the code after the password; both are counted in one place."""
    if (half := _half(request)) is None:
        return redirect("login")
    person, next_page = half
    form = CodeForm(request.POST or None, label=_("Go on"))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            attempt = attempts.begin(request, person.username)
        except attempts.Wait as wait:
            form.add_error("code", wait.sentence)
            status = 429
        else:
            if factors.takes(person, form.cleaned_data["code"]):
                attempt.was_right()
                return _finish(request, person, next_page)
            _note_failure(person, "code")
            form.add_error(
                "code",
                _(
                    "That code is not right, or was used already. Wait for the next one."
                ),
            )
    return render(
        request,
        "people/factor_prove.html",
        {
            "form": form,
            "has_passkeys": request.is_secure() and person.passkeys.exists(),
        },
        status=status,
    )


def _note_failure(person, kind):
    """Whoever fails here knows the password already: that must be seen."""
    audit.record(
        AuditEntry.Action.SIGN_IN_FAILED, person, detail=f"second step, {kind}"
    )


@login_not_required
@require_POST
def passkey_options(request):
    """What the browser needs: to prove a passkey, or, signed in, to make one."""
    if not request.is_secure():
        raise Http404
    if request.user.is_authenticated:
        _staff(request)
        return JsonResponse(factors.registration_options(request, request.user))
    if (half := _half(request)) is None:
        raise PermissionDenied
    return JsonResponse(factors.sign_in_options(request, half[0]))


@login_not_required
@require_POST
def passkey_prove(request):
    if not request.is_secure() or (half := _half(request)) is None:
        raise PermissionDenied
    person, next_page = half
    try:
        attempt = attempts.begin(request, person.username)
    except attempts.Wait as wait:
        return JsonResponse({"sentence": str(wait.sentence)}, status=429)
    if not factors.proves_passkey(request, person, _json(request)):
        _note_failure(person, "passkey")
        return JsonResponse(
            {"sentence": _("That passkey is not one of this account.")}, status=403
        )
    attempt.was_right()
    response = _finish(request, person, next_page)
    # A script follows no redirect to a page: it is told where to go.
    answer = JsonResponse({"next": response.url})
    answer.cookies.update(response.cookies)
    return answer


def _json(request):
    try:
        said = json.loads(request.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _staff(request):
    if not request.user.is_staff:
        raise Http404


@require_http_methods(["GET", "HEAD"])
def overview(request):
    """What this account has, and what it may add."""
    _staff(request)
    return render(
        request,
        "people/factors.html",
        {
            "app": factors.Totp.objects.filter(person=request.user).first(),
            "passkeys": request.user.passkeys.all(),
            "codes_left": request.user.recovery_codes.filter(used_at=None).count(),
            "is_required": factors.is_required(request.user),
            "may_have_passkeys": request.is_secure() and settings.IS_HTTPS,
        },
    )


@sensitive_post_parameters("code")
@with_fresh_password
def app(request):
    """Show a secret as a QR code; keep it once a code from it is right."""
    _staff(request)
    form = CodeForm(request.POST or None, label=_("It works: keep it"))
    form.fields["code"].help_text = _("The six figures that the app shows now.")
    secret = request.session.get("new_app")
    if request.method != "POST" or secret is None:
        secret = request.session["new_app"] = factors.new_secret()
    elif form.is_valid():
        codes = factors.set_up_app(request.user, secret, form.cleaned_data["code"])
        if codes is not None:
            del request.session["new_app"]
            return _codes(request, codes)
        form.add_error(
            "code",
            _("That is not the code of now. Is the clock of the phone right?"),
        )
    address = factors.address_of(secret, request.user, str(request.school))
    return render(
        request,
        "people/factor_app.html",
        {"form": form, "secret": secret, "qr": qr(address)},
    )


def _codes(request, codes):
    return render(request, "people/factor_codes.html", {"codes": codes})


@require_POST
@with_fresh_password
def codes(request):
    _staff(request)
    if not factors.is_set_up(request.user):
        return redirect("factors")
    return _codes(request, factors.new_codes(request.user))


@require_POST
def passkey_add(request):
    """Keep a passkey; asked from a page that wanted the password a moment ago."""
    _staff(request)
    if not request.is_secure() or not request.session.is_fresh():
        raise PermissionDenied
    said = _json(request)
    name = said.get("name") if isinstance(said.get("name"), str) else ""
    if not factors.add_passkey(request, request.user, said.get("made") or {}, name):
        return JsonResponse(
            {"sentence": _("That passkey could not be kept. Try once more.")},
            status=422,
        )
    messages.success(request, _("The passkey is kept."))
    return JsonResponse({"kept": True})


@with_fresh_password
def passkey_new(request):
    """The page from which a passkey is made."""
    _staff(request)
    if not request.is_secure():
        raise Http404
    return render(request, "people/passkey_new.html")


@require_POST
@with_fresh_password
def remove(request):
    """Remove what is named: the app, or one passkey."""
    _staff(request)
    what = request.POST.get("what", "")
    if what == "app":
        factors.Totp.objects.filter(person=request.user).delete()
    elif what.isdecimal():
        request.user.passkeys.filter(pk=int(what[:18])).delete()
    if not factors.is_set_up(request.user):
        request.user.recovery_codes.all().delete()
    factors.audit.record(
        factors.AuditEntry.Action.SECOND_FACTOR,
        request.user,
        detail="app removed" if what == "app" else "passkey removed",
    )
    messages.success(request, _("Removed."))
    return redirect("factors")

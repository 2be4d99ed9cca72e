"""The school around each request: its time zone and its name."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from people import factors
from people.models import School


class SchoolMiddleware:
    """Show every time in the school's own zone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Health is asked when the database may be away.
        if request.path.startswith("/health/"):
            return self.get_response(request)
        request.school = School.current()
        with timezone.override(request.school.time_zone):
            return self.get_response(request)


def school(request):
    """Context processor: `school` on every page, error pages included."""
    return {"school": getattr(request, "school", None)}


class GivenPasswordMiddleware:
    """Lead whoever came in with a card's password to choosing one of their own.

    Not from the writing desk: somebody who signs in again with a new card while they
    write is to send their words first.
    """

    open_pages = {
        "password-change",
        "logout",
        "login",
        "privacy",
        "accessibility",
        "help",
        "assessments:answer-save",
        "assessments:desk-sign",
    }
    open_beginnings = ("assessments:script-", "health-")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        name = request.resolver_match.view_name
        if name in self.open_pages or name.startswith(self.open_beginnings):
            return None
        if not (request.user.is_authenticated and request.user.has_given_password):
            return None
        messages.info(
            request,
            gettext(
                "The password on your card is for the first time only. Choose your "
                "own now; the old one is the one on the card."
            ),
        )
        return redirect("password-change")


class SecondFactorMiddleware:
    """Lead staff whose role needs a second factor to setting one up, and nowhere else."""

    open_pages = GivenPasswordMiddleware.open_pages | {
        "factors",
        "factor-app",
        "factor-codes",
        "passkey-new",
        "passkey-add",
        "passkey-options",
        "admin:jsi18n",
    }

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not settings.SECOND_FACTOR_ROLES:
            return None
        name = request.resolver_match.view_name
        if name in self.open_pages or name.startswith("health-"):
            return None
        user = request.user
        if not (user.is_authenticated and factors.is_required(user)):
            return None
        # Whoever came through a provider has proved themselves there.
        if request.session.get("openid") or factors.is_set_up(user):
            return None
        return redirect("factors")

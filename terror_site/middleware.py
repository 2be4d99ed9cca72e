"""What holds for every answer: headers, caching, and honest failure."""

import contextlib
import logging

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext as _

from people.clock import CLOCK
from terror_site import failures, request_ids, room, views

logger = logging.getLogger(__name__)

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "camera",
        "display-capture",
        "geolocation",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's, but what somebody typed is never thrown away with the redirect."""

    def handle_no_permission(self, request, view_func):
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        if views.is_from_script(request):
            return JsonResponse(
                {
                    "code": "signed-out",
                    "sentence": _("You are signed out. Your text stays in this page."),
                },
                status=401,
            )
        return views.typed_again(request, is_signed_out=True)


class RequestIdMiddleware:
    """Give each request an id that its answer, its error page and the log share.

    What a visitor sends as one is believed only where a proxy stands before the site.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        is_trusted = settings.SECURE_PROXY_SSL_HEADER is not None
        given = request.headers.get(request_ids.HEADER, "") if is_trusted else ""
        found = request_ids.begin(given)
        response = self.get_response(request)
        response[request_ids.HEADER] = found
        # Otherwise the server puts its own name there.
        response["Server"] = "classroom"
        return response


class AnswerMiddleware:
    """Headers that Django does not set, and pages where Django sends none.

    - Pages are never stored: on a shared PC, Back after sign-out shows nothing.
    - An empty refusal (wrong method, body too large) becomes a page with a sentence.
    - What a refusal left unread is read: otherwise the server closes the connection,
      and the browser's next save on it would fail as well.
    """

    unread_bytes = 4 * 2**20

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        # No other site shows our pictures or runs our exports as its script.
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store, private")
        if (
            response.status_code >= 400
            and isinstance(response, HttpResponse)
            and not response.content
            and request.method != "HEAD"
        ):
            page = views.error_page(request, response.status_code)
            response.content = page.content
            response["Content-Type"] = page["Content-Type"]
        if response.status_code >= 400:
            with contextlib.suppress(OSError):
                request.read(self.unread_bytes)
        return response


class MethodMiddleware:
    """Answer to three methods: nothing here speaks another.

    Django's admin shows its page to whatever is not a POST, and its class-based views
    answer OPTIONS before they ask who it is.
    """

    methods = ("GET", "HEAD", "POST")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in self.methods:
            return HttpResponseNotAllowed(self.methods)
        return self.get_response(request)


class ClockMiddleware:
    """Notice when the server's clock jumps: dates on work hang on it.

    Before any session is read, so that none ends by hours that have not passed.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        CLOCK.look()
        return self.get_response(request)


class RoomMiddleware:
    """Refuse to store anything while the disk is all but full, signing in apart.

    What is left then is kept for sign-ins, so that everybody can go on reading.
    """

    always = (
        "login", "logout", "factor-prove", "passkey-options", "passkey-prove",
    )  # fmt: skip

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        if not room.is_short():
            return None
        if request.resolver_match.url_name in self.always:
            room.give_back()
            return None
        return views.unavailable(request, failures.DISK_FULL)

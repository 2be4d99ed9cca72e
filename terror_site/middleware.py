"""What holds for every answer: headers, caching, and honest failure."""

from django.db import OperationalError
from django.http import HttpResponse

from terror_site import views

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
RETRY_AFTER_SECONDS = 10


class AnswerMiddleware:
    """Headers that Django does not set, and pages where Django sends none.

    - Pages are never stored: on a shared PC, Back after sign-out shows nothing.
    - A locked or full database is "try again soon", not "something broke".
    - An empty refusal (wrong method, body too large) becomes a page with a sentence.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cache-Control", "no-store, private")
        if (
            response.status_code >= 400
            and isinstance(response, HttpResponse)
            and not response.content
            and request.method != "HEAD"
        ):
            page = views.error_page(request, response.status_code)
            for name in ("Allow", "Retry-After"):
                if name in response:
                    page[name] = response[name]
            page.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
            page.headers.setdefault("Cache-Control", "no-store, private")
            return page
        return response

    def process_exception(self, request, exception):
        if isinstance(exception, OperationalError):
            response = views.error_page(request, 503)
            response["Retry-After"] = RETRY_AFTER_SECONDS
            return response
        return None

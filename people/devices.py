"""Which accounts have signed in on this computer before: a signed cookie.

The cookie holds a random number and, for each account, a mark made from that
number, the name and the site's key. Nobody can read a name out of it or put one in.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

# A shared computer sees whole classes; the longest unused is forgotten first.
MOST_ACCOUNTS = 60
COOKIE_AGE = 180 * 24 * 60 * 60
_signer = signing.Signer(salt="people.devices")


class Device:
    """The browser behind a request, as far as its cookie can be believed.

    Without a request (a program that checks a password) it is one seen never before.
    """

    def __init__(self, request):
        cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "") if request else ""
        try:
            self.number, *self.marks = _signer.unsign(cookie).split(".")
        except signing.BadSignature:
            self.number, self.marks = secrets.token_urlsafe(16), []

    def _mark(self, name):
        value = f"{self.number}\0{name}"
        return salted_hmac("people.devices", value, algorithm="sha256").hexdigest()[:16]

    def knows(self, name):
        return self._mark(name) in self.marks

    def remember(self, name, response):
        """Set the cookie that knows `name` as well."""
        mark = self._mark(name)
        others = [known for known in self.marks if known != mark]
        self.marks = [mark, *others][:MOST_ACCOUNTS]
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            _signer.sign(".".join([self.number, *self.marks])),
            max_age=COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

"""Signing in with Google, Microsoft or another OpenID provider: off until configured.

Nobody gets an account by it. A verified address in the school's own domain opens the one
account that has this address; the library's own accounts are never made. A second factor is
the provider's business then.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from people import attempts
from people.models import User

BACKEND = "people.backends.RoleBackend"
# Tenants of Microsoft in which anybody can have any address.
OPEN_TENANTS = frozenset({"", "common", "organizations", "consumers"})


def offered(request):
    """Return (name, address) of each way that is configured."""
    if not settings.OPENID_DOMAINS:
        return []
    return [
        (app["name"], reverse("openid_connect_login", args=[app["provider_id"]]))
        for app in settings.OPENID_APPS
    ]


def account_of(addresses):
    """Return the one open account of a verified address in the school's domain.

    `addresses` are (address, whether it is verified). None where there is none, or
    where two accounts share one.
    """
    for address, is_verified in addresses:
        domain = address.rpartition("@")[2].lower()
        if not is_verified or domain not in settings.OPENID_DOMAINS:
            continue
        found = User.objects.filter(email__iexact=address, is_active=True)
        if len(people := list(found[:2])) == 1:
            return people[0]
    return None


def sign_in(request, addresses):
    """Sign in whom the provider vouches for, or say why not."""
    person = account_of(addresses)
    if person is None:
        messages.error(
            request,
            _(
                "Nobody here has that school address. Sign in with your username, or "
                "ask a site manager to enter the address on your account."
            ),
        )
        return redirect("login")
    person.backend = BACKEND
    login(request, person)
    request.session["openid"] = True
    response = redirect("home")
    attempts.let_in(request, person.username, response)
    return response


def refused(request):
    messages.error(
        request,
        _("The other site did not sign you in. Try again, or use your username."),
    )
    return redirect("login")

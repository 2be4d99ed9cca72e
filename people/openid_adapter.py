"""Where the OpenID library hands over: before it would make anything of its own."""

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings

from people import openid


class OpenIDAdapter(DefaultSocialAccountAdapter):
    def pre_social_login(self, request, sociallogin):
        """Sign in by our own rules; the library goes no further."""
        is_trusted = (
            sociallogin.account.provider == "microsoft"
            and settings.MICROSOFT_TENANT not in openid.OPEN_TENANTS
        )
        addresses = [
            # In a tenant of its own, a school's administrators give the addresses.
            (row.email, row.verified or is_trusted)
            for row in sociallogin.email_addresses
        ]
        raise ImmediateHttpResponse(openid.sign_in(request, addresses))

    def on_authentication_error(self, request, *args, **kwargs):
        raise ImmediateHttpResponse(openid.refused(request))

    def is_open_for_signup(self, request, sociallogin):
        return False

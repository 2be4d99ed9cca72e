"""System checks of our own: the site refuses to start unsafe (`terror.E…`)."""

from django.conf import settings
from django.core.checks import Error, Tags, register

from people import roles


@register(Tags.security)
def site_scheme(app_configs, **kwargs):
    if settings.SITE_SCHEME in ("http", "https"):
        return []
    return [
        Error(
            f"SITE_SCHEME is “{settings.SITE_SCHEME}”.",
            hint="Set it to http (inside the school, no certificate) or https.",
            id="terror.E001",
        )
    ]


@register(Tags.database)
def no_atomic_requests(app_configs, **kwargs):
    if not any(db.get("ATOMIC_REQUESTS") for db in settings.DATABASES.values()):
        return []
    return [
        Error(
            "ATOMIC_REQUESTS is on: two readers would shut each other out.",
            hint="Take ATOMIC_REQUESTS out of the DATABASE_URL.",
            id="terror.E002",
        )
    ]


@register(Tags.security)
def hosts_are_named(app_configs, **kwargs):
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "ALLOWED_HOSTS lets every name in, so links in mails can be forged.",
            hint="List the names under which people open the site.",
            id="terror.E003",
        )
    ]


@register(Tags.security)
def roles_with_a_second_factor_exist(app_configs, **kwargs):
    """A role that nobody has would demand nothing of anybody."""
    known = {*roles.CLASS_ROLES, *roles.SCHOOL_ROLES} - {roles.STUDENT}
    unknown = sorted(settings.SECOND_FACTOR_ROLES - known)
    if not unknown:
        return []
    return [
        Error(
            f"SECOND_FACTOR_ROLES names no role: {', '.join(unknown)}.",
            hint=f"Choose from: {', '.join(sorted(known))}.",
            id="terror.E005",
        )
    ]


@register(Tags.security)
def proxies_are_declared(app_configs, **kwargs):
    """With the wrong number every student has the proxy's address, or any they like."""
    if (settings.PROXIES > 0) == settings.IS_BEHIND_PROXY and settings.PROXIES >= 0:
        return []
    return [
        Error(
            f"PROXIES is {settings.PROXIES} and BEHIND_PROXY is "
            f"{'on' if settings.IS_BEHIND_PROXY else 'off'}.",
            hint="Set BEHIND_PROXY=1 and PROXIES to how many proxies stand between "
            "people and this site, or take both away.",
            id="terror.E004",
        )
    ]

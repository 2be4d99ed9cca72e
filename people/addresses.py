"""From where a request comes."""

import ipaddress

from django.conf import settings


def client_address(request):
    """Return the client's address, or "" where there is none to be had.

    `X-Forwarded-For` counts only behind declared proxies, and then from the right:
    what stands further left was written by whoever asked. An IPv6 network counts as
    one address, since each of its computers has millions.
    """
    if request is None:
        return ""
    said = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= settings.PROXIES:
            said = forwarded[-settings.PROXIES]
    try:
        address = ipaddress.ip_address(said.strip())
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)

"""Figures of the overviews in words."""

import datetime

from django import template
from django.utils import timezone

from assessments import plots

register = template.Library()

register.filter("percent", plots.percent)
register.filter("plain", plots.plain)


@register.filter
def points(difference):
    """A difference of shares in percentage points, with its sign."""
    return signed(round(difference * 100))


@register.filter
def signed(number):
    """A number with its sign, one decimal place at most: +1.5, −2, ±0."""
    rounded = round(number, 1)
    if not rounded:
        return "±0"
    return f"{'+' if rounded > 0 else '−'}{plots.plain(abs(rounded))}"


@register.filter
def as_words(key):
    """A key of exported data as a person reads it."""
    return key.replace("_", " ")


@register.filter
def moment(value):
    """A date or time of exported data in the school's zone; anything else as it is."""
    if isinstance(value, datetime.datetime):
        return f"{timezone.localtime(value):%-d %b %Y, %H:%M:%S}"
    if isinstance(value, datetime.date):
        return f"{value:%-d %b %Y}"
    return value

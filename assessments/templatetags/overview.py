"""Figures of the overviews in words."""

from django import template

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

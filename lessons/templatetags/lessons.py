"""Template filters for lesson text: the only places that mark text safe.

`lessons.markup` has escaped raw HTML and cleaned the rest with nh3 before.
"""

from django import template
from django.utils.safestring import mark_safe

from lessons import markup as rules

register = template.Library()


@register.filter
def markup(text):
    """Markdown → safe HTML in blocks."""
    return mark_safe(rules.to_html(text))


@register.filter
def inline_markup(text):
    return mark_safe(rules.to_inline_html(text))

"""Template filters for lesson text: the only places that mark text safe.

`lessons.markup` has escaped raw HTML and cleaned the rest with nh3 before.
"""

from django import template
from django.utils.safestring import mark_safe

from lessons import markup as rules
from lessons.models import Reading, TimelineEvent

register = template.Library()


@register.filter
def markup(text):
    """Markdown → safe HTML in blocks."""
    return mark_safe(rules.to_html(text))


@register.filter
def inline_markup(text):
    return mark_safe(rules.to_inline_html(text))


@register.filter
def svg(drawing):
    """A drawing of `lessons.figures`, which escapes every text that it is given."""
    return mark_safe(drawing.svg)


@register.filter
def themes(events):
    """The themes that these events have, in the order of the choices."""
    present = {event.theme for event in events}
    return [choice for choice in TimelineEvent.Theme.choices if choice[0] in present]


@register.filter
def by_kind(readings):
    """Readings grouped by kind, in the order of the choices, then their own."""
    kinds = Reading.Kind.values
    return sorted(readings, key=lambda row: (kinds.index(row.kind), row.order))

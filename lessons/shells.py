"""The page around a lesson: rendered once, with slots for what a reader changes.

Rendering masthead and footer costs as much as everything else in a lesson page,
and only a few words in it differ between two readers. The template is rendered
with slots in their place; each request fills them in, escaped.
"""

import functools
import re
import uuid
from typing import NamedTuple

from django.contrib.messages import get_messages
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import escape

# Cannot stand in any text: it is made anew in every process.
_MARK = uuid.uuid4().hex
_SLOT = re.compile(f"{_MARK}([a-z_]+){_MARK}")


def _slot(name):
    return f"{_MARK}{name}{_MARK}"


class _AnyReader(NamedTuple):
    """Stands for the signed-in reader while the shell is rendered."""

    is_authenticated: bool = True
    text_size: str = _slot("text_size")
    line_spacing: str = _slot("line_spacing")
    typeface: str = _slot("typeface")
    paper: str = _slot("paper")
    get_full_name: str = _slot("get_full_name")


class _School(NamedTuple):
    name: str
    is_demonstration: bool

    def __str__(self):
        return self.name


@functools.lru_cache(maxsize=64)
def _segments(template, title, path, school):
    """Return text and slot names in turn, text first and last."""
    page = render_to_string(
        template,
        {
            "title": title,
            "request": {"path": path},
            "school": school,
            "user": _AnyReader(),
            "csrf_token": _slot("csrf_token"),
            "messages_slot": _slot("messages"),
            "body_slot": _slot("body"),
        },
    )
    return tuple(_SLOT.split(page))


def around_body(request, template, title):
    """Return what stands before and after the body in this reader's page.

    `template` shows `title` and places `body_slot` and `messages_slot`.
    """
    user, school = request.user, request.school
    messages = list(get_messages(request))
    values = {
        "text_size": user.text_size,
        "line_spacing": user.line_spacing,
        "typeface": user.typeface,
        "paper": user.paper,
        "get_full_name": escape(user.get_full_name()),
        "csrf_token": get_token(request),
        "messages": render_to_string("_messages.html", {"messages": messages})
        if messages
        else "",
        "body": _MARK,
    }
    segments = _segments(
        template, title, request.path, _School(str(school), school.is_demonstration)
    )
    filled = [
        segment if index % 2 == 0 else values[segment]
        for index, segment in enumerate(segments)
    ]
    before, _, after = "".join(filled).partition(_MARK)
    return before, after

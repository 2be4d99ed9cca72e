"""Markdown as teachers write it → safe HTML (pure).

The only place where text becomes markup. Raw HTML is off in the parser, and
what the parser makes is cleaned once more against the short list below.
"""

import re
from typing import NamedTuple

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "del",
    "em",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_PLACE = re.compile(
    r"^\{(source|mnemonic) ([\w-]+)\}\s*$", re.MULTILINE | re.IGNORECASE
)

_parser = (
    MarkdownIt("commonmark", {"html": False, "typographer": False})
    .enable("table")
    .enable("strikethrough")
    .disable("image")
)


class Piece(NamedTuple):
    """A stretch of a section: `kind` is "text" (Markdown) or what `name` places."""

    kind: str
    value: str


def _clean(html: str) -> str:
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None
    )


def _heading_levels(html: str) -> str:
    """Keep the page's outline: a section's own headings begin at h3."""
    return re.sub(r"<(/?)h[12]>", r"<\1h3>", html)


def to_html(text: str) -> str:
    """Return block-level HTML: paragraphs, lists, tables, small headings."""
    return _clean(_heading_levels(_parser.render(text)))


def to_inline_html(text: str) -> str:
    """Return HTML without paragraphs, for a line in a list or a table."""
    return _clean(_parser.renderInline(text))


def pieces(text: str) -> list[Piece]:
    """Split a section's text at the lines that place a source or a phrase."""
    found = []
    end = 0
    for place in _PLACE.finditer(text):
        found.append(Piece("text", text[end : place.start()]))
        found.append(Piece(place[1].lower(), place[2].lower()))
        end = place.end()
    found.append(Piece("text", text[end:]))
    return [piece for piece in found if piece.kind != "text" or piece.value.strip()]

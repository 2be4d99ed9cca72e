"""Markdown as teachers write it → safe HTML (pure).

The only place where text becomes markup. Raw HTML is off in the parser, and
what the parser makes is cleaned once more against the short list below.
"""

import re
from collections.abc import Mapping, Sequence
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
# What a line of its own can place: one part by its name, or a whole list.
NAMED = ("source", "mnemonic", "figure", "picture", "box", "note", "task")
LISTS = ("timeline", "people", "readings", "questions")
_PLACE = re.compile(
    rf"^\{{(?:(?P<kind>{'|'.join(NAMED)}) (?P<name>[\w-]+)|(?P<list>{'|'.join(LISTS)})|"
    r"covered: ?(?P<cover>[^}]+)|(?P<end>end covered))\}\s*$",
    re.MULTILINE | re.IGNORECASE,
)
# Where a word is not explained: it is a link or a heading already, somebody else’s
# words, or part of a drawing.
_UNEXPLAINED = {
    "a",
    "blockquote",
    "button",
    "dt",
    "figure",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "header",
    "nav",
    "summary",
    "table",
}
_TAG = re.compile(r"""(<[^>"]*(?:"[^"]*"[^>"]*)*>)""")
_TAG_NAME = re.compile(r"</?([a-z0-9]+)")

_parser = (
    MarkdownIt("commonmark", {"html": False, "typographer": False})
    .enable("table")
    .enable("strikethrough")
    .disable("image")
)


class Piece(NamedTuple):
    """A stretch of a section.

    `kind` is "text" (`value` is Markdown), "covered" (`value` is what stands on the
    cover, `inside` what it covers), or what the line places under the name `value`.
    """

    kind: str
    value: str
    inside: tuple["Piece", ...] = ()


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
    """Split a section's text at the lines that place or cover something.

    A cover that nobody ends reaches to the end of the text.
    """
    found: list[Piece] = []
    covered: list[Piece] | None = None
    cover = ""
    end = 0

    def put(piece):
        (found if covered is None else covered).append(piece)

    def uncover():
        if covered is not None:
            found.append(Piece("covered", cover, tuple(covered)))

    for place in _PLACE.finditer(text):
        if text[end : place.start()].strip():
            put(Piece("text", text[end : place.start()]))
        end = place.end()
        if place["kind"]:
            put(Piece(place["kind"].lower(), place["name"].lower()))
        elif place["list"]:
            put(Piece(place["list"].lower(), ""))
        else:
            uncover()
            covered = None if place["end"] else []
            cover = (place["cover"] or "").strip()
    if text[end:].strip():
        put(Piece("text", text[end:]))
    uncover()
    return found


def flat(text: str) -> list[Piece]:
    """Return the pieces in order, without the covers around them."""
    return [
        inner
        for piece in pieces(text)
        for inner in (piece.inside if piece.kind == "covered" else (piece,))
    ]


def placed(text: str) -> list[Piece]:
    """Return the pieces that place something, covered ones too, in order."""
    return [piece for piece in flat(text) if piece.kind != "text"]


def explain(html: str, terms: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """Turn the first use of each word into a button that opens its meaning.

    `terms` maps a word's address to the forms in which it is written. Returns the
    page and the addresses used, in order of use. `html` must be well formed, as
    this module and the templates make it.
    """
    address = {form.casefold(): slug for slug, forms in terms.items() for form in forms}
    if not address:
        return html, []
    longest_first = sorted(address, key=len, reverse=True)
    word = re.compile(
        rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(?![\w-])([.,;:!?)”’]*)",
        re.IGNORECASE,
    )
    used: list[str] = []
    depth = 0

    def button(match):
        slug = address[match[1].casefold()]
        if slug in used:
            return match[0]
        used.append(slug)
        word = (
            f'<button type="button" class="term" popovertarget="term-{slug}" '
            f'id="use-{slug}">{match[1]}</button>'
        )
        # A button may break from the full stop behind it, which a word may not.
        return f'<span class="keep">{word}{match[2]}</span>' if match[2] else word

    parts = _TAG.split(html)
    for place, part in enumerate(parts):
        if place % 2:
            name = _TAG_NAME.match(part)
            if name and name[1] in _UNEXPLAINED:
                depth += -1 if part.startswith("</") else 1
        elif depth == 0:
            parts[place] = word.sub(button, part)
    return "".join(parts), used

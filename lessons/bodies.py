"""The part of a lesson page that is the same for every reader.

Rendered and compressed at the first read after a change, kept in the database
for all workers and in each worker's memory, and sent as it is from then on.
"""

import functools
import hashlib
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string

from lessons import markup, splicing
from lessons.models import RenderedBody


@functools.cache
def code_digest():
    """Return a short hash of all that decides how content becomes HTML."""
    templates = Path(settings.BASE_DIR, "templates", "lessons")
    files = [Path(markup.__file__), *sorted(templates.glob("_*.html"))]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=32)
def _inflated(deflated):
    return splicing.inflate_body(deflated)


def body_for(lesson):
    """Return (html, deflated html) of a lesson's present content.

    `lesson` must come from `with_rendered_body()`: its version was read before
    the content, so a body can be older than its label but never newer, and an
    edit made meanwhile makes it stale at once.
    """
    source = f"{lesson.content_version}:{code_digest()}"
    stored = getattr(lesson, "rendered_body", None)
    if stored is None or stored.source != source:
        stored = _render(lesson, source)
    deflated = bytes(stored.deflated)
    return _inflated(deflated), deflated


def _render(lesson, source):
    html = render_to_string("lessons/_body.html", parts(lesson)).encode()
    body = RenderedBody(
        lesson=lesson,
        source=source,
        deflated=splicing.deflate_body(html),
    )
    RenderedBody.objects.update_or_create(
        lesson=lesson,
        defaults={
            "source": body.source,
            "deflated": body.deflated,
        },
    )
    return body


def parts(lesson):
    """Return the template context for a lesson's body: sections cut into pieces."""
    sources = list(lesson.sources.published())
    placed = {
        "source": {source.letter.lower(): source for source in sources},
        "mnemonic": {
            mnemonic.slug: mnemonic
            for mnemonic in lesson.mnemonics.prefetch_related("points")
        },
    }
    sections = [
        {
            "section": section,
            "pieces": [_piece(piece, placed) for piece in markup.pieces(section.text)],
        }
        for section in lesson.sections.published()
    ]
    return {"lesson": lesson, "sections": sections, "sources": sources}


def _piece(piece, placed):
    """Return a piece with the template that shows it."""
    if piece.kind == "text":
        return {"template": "lessons/_text.html", "value": piece.value}
    row = placed[piece.kind].get(piece.value)
    if row is None:
        return {
            "template": "lessons/_missing.html",
            "value": f"{piece.kind} {piece.value}",
        }
    return {"template": f"lessons/_{piece.kind}.html", "value": row}

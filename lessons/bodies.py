"""The part of a lesson page that is the same for every reader.

Rendered and compressed at the first read after a change, kept in the database
for all workers and in each worker's memory, and sent as it is from then on.
"""

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from lessons import markup, models, splicing
from lessons.models import RenderedBody


@functools.cache
def code_digest():
    """Return a short hash of all that decides how content becomes HTML."""
    templates = Path(settings.BASE_DIR, "templates", "lessons")
    code = [Path(module.__file__) for module in (markup, models)]
    files = [Path(__file__), *code, *sorted(templates.glob("_*.html"))]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    # A newer sanitiser must not leave pages that an older one made.
    for package in ("django", "markdown-it-py", "nh3"):
        digest.update(version(package).encode())
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
    if stored is None or stored.source != source or _is_over(stored):
        stored = _render(lesson, source)
    deflated = bytes(stored.deflated)
    return _inflated(deflated), deflated


def _is_over(stored):
    return stored.valid_until is not None and stored.valid_until <= timezone.now()


def _next_publication(lesson):
    """Return when the next part of a lesson is to appear, or None."""
    now = timezone.now()
    later = [
        parts.filter(published_at__gt=now)
        .order_by("published_at")
        .values_list("published_at", flat=True)
        .first()
        for parts in (
            lesson.sections,
            lesson.sources,
            models.Lesson.objects.filter(pk__in=[lesson.pk, lesson.previous_id]),
        )
    ]
    return min(filter(None, later), default=None)


def _render(lesson, source):
    valid_until = _next_publication(lesson)
    html = render_to_string("lessons/_body.html", parts(lesson)).encode()
    body = RenderedBody(
        lesson=lesson,
        source=source,
        deflated=splicing.deflate_body(html),
        valid_until=valid_until,
    )
    RenderedBody.objects.update_or_create(
        lesson=lesson,
        defaults={
            "source": body.source,
            "deflated": body.deflated,
            "valid_until": body.valid_until,
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
            "pieces": list(
                filter(
                    None,
                    (_piece(piece, placed) for piece in markup.pieces(section.text)),
                )
            ),
        }
        for section in lesson.sections.published()
    ]
    before = models.Lesson.objects.published().filter(pk=lesson.previous_id).first()
    return {
        "lesson": lesson,
        "before": before,
        "sections": sections,
        "sources": sources,
    }


def _piece(piece, placed):
    """Return a piece with the template that shows it; None for what is not there."""
    if piece.kind == "text":
        return {"template": "lessons/_text.html", "value": piece.value}
    row = placed[piece.kind].get(piece.value)
    return row and {"template": f"lessons/_{piece.kind}.html", "value": row}


def missing(lesson):
    """Return what the lesson's text places but the lesson lacks, as "source b".

    Students see nothing in its place; the admin tells whoever edits.
    """
    letters = lesson.sources.published().values_list("letter", flat=True)
    there = {f"source {letter.lower()}" for letter in letters} | {
        f"mnemonic {slug}" for slug in lesson.mnemonics.values_list("slug", flat=True)
    }
    placed = [
        f"{piece.kind} {piece.value}"
        for section in lesson.sections.published()
        for piece in markup.pieces(section.text)
        if piece.kind != "text"
    ]
    return [name for name in placed if name not in there]

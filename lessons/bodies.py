"""The part of a lesson page that is the same for every reader.

Rendered and compressed at the first read after a change, kept in the database
for all workers and in each worker's memory, and sent as it is from then on.
"""

import contextlib
import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import OperationalError
from django.template.loader import render_to_string
from django.utils import timezone

from lessons import figures, markup, models, outline, splicing
from lessons.models import (
    Box,
    Figure,
    HistoriansNote,
    Mnemonic,
    PartnerTask,
    Picture,
    RenderedBody,
    Source,
    Term,
)

# What a section can place by name, and the rows it is looked up in.
_PLACED = {
    "source": Source,
    "mnemonic": Mnemonic,
    "figure": Figure,
    "picture": Picture,
    "box": Box,
    "note": HistoriansNote,
    "task": PartnerTask,
}


@functools.cache
def code_digest():
    """Return a short hash of all that decides how content becomes HTML."""
    templates = Path(settings.BASE_DIR, "templates", "lessons")
    code = [Path(module.__file__) for module in (markup, figures, outline)]
    code += sorted(Path(models.__file__).parent.glob("*.py"))
    files = [Path(__file__), *code, *sorted(templates.glob("_*.html"))]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    # A newer sanitiser must not leave pages that an older one made.
    for package in ("django", "markdown-it-py", "nh3"):
        digest.update(version(package).encode())
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=32)
def _inflated(deflated):
    return splicing.inflate_body(deflated)


def body_for(lesson, *, for_staff=False):
    """Return (html, deflated html) of a lesson's present content.

    `lesson` must come from `with_rendered_body()` for the same kind of reader: its
    version was read before the content, so a body can be older than its label but
    never newer, and an edit made meanwhile makes it stale at once.
    """
    source = f"{lesson.content_version}:{code_digest()}"
    stored = getattr(lesson, "rendered_body", None)
    if stored is None or stored.source != source or _is_over(stored):
        stored = _render(lesson, source)
    deflated = bytes(stored.deflated_for_staff if for_staff else stored.deflated)
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
    lesson = models.Lesson.objects.get(pk=lesson.pk)
    context = parts(lesson)
    body = RenderedBody(
        lesson=lesson,
        source=source,
        deflated=splicing.deflate_body(_html(context, for_staff=False)),
        deflated_for_staff=splicing.deflate_body(_html(context, for_staff=True)),
        valid_until=valid_until,
    )
    # Reading works while nothing can be written; the next reader tries again.
    with contextlib.suppress(OperationalError):
        RenderedBody.objects.update_or_create(
            lesson=lesson,
            defaults={
                "source": body.source,
                "deflated": body.deflated,
                "deflated_for_staff": body.deflated_for_staff,
                "valid_until": body.valid_until,
            },
        )
    return body


def _html(context, *, for_staff):
    """Return the body with each glossary word explained where it is first used."""
    html = render_to_string("lessons/_body.html", context | {"for_staff": for_staff})
    terms = {term.slug: term for term in context["terms"]}
    html, used = markup.explain(
        html, {slug: term.form_list for slug, term in terms.items()}
    )
    words = render_to_string(
        "lessons/_words.html", {"terms": [terms[slug] for slug in used]}
    )
    return (html + words).encode()


def parts(lesson):
    """Return the template context for a lesson's body: sections cut into pieces."""
    placed = {kind: _by_name(lesson, kind) for kind in _PLACED}
    lists = {
        "timeline": lesson.timeline_events.all(),
        "people": lesson.key_people.all(),
        "readings": lesson.readings.all(),
        "questions": lesson,
    }
    sections = [
        {
            "section": section,
            "pieces": _pieces(markup.pieces(section.text), placed, lists),
        }
        for section in lesson.sections.published()
    ]
    before = models.Lesson.objects.published().filter(pk=lesson.previous_id).first()
    return {
        "lesson": lesson,
        "before": before,
        "sections": sections,
        "sources": [
            source
            for source in placed["source"].values()
            if source.form == Source.Form.SOURCE
        ],
        "has_retrieval": lesson.retrieval_questions.exists(),
        "terms": Term.objects.all(),
    }


def _by_name(lesson, kind, *, with_drafts=False):
    """Return a lesson's published rows of one kind by the name that places them."""
    rows = _PLACED[kind].objects.filter(lesson=lesson)
    if kind == "source":
        rows = rows if with_drafts else rows.published()
        return {row.letter.lower(): row for row in rows}
    if kind == "mnemonic":
        rows = rows.prefetch_related("points")
    if kind == "task":
        rows = rows.select_related("source", "lesson")
    return {row.slug: row for row in rows}


def _pieces(pieces, placed, lists):
    """Return each piece with the template that shows it; none for what is not there."""
    shown = []
    for piece in pieces:
        if piece.kind == "covered":
            value = {
                "cover": piece.value,
                "pieces": _pieces(piece.inside, placed, lists),
            }
        elif piece.kind == "text":
            value = piece.value
        elif piece.kind in lists:
            value = lists[piece.kind]
        else:
            value = placed[piece.kind].get(piece.value)
        if value is not None:
            shown.append({"template": f"lessons/_{piece.kind}.html", "value": value})
    return shown


def missing(lesson, *, with_drafts=False):
    """Return what the lesson's text places but the lesson lacks, as "source b".

    Students see nothing in its place; the admin tells whoever edits.
    """
    placed = {kind: _by_name(lesson, kind, with_drafts=with_drafts) for kind in _PLACED}
    sections = lesson.sections.all()
    return [
        f"{piece.kind} {piece.value}"
        for section in (sections if with_drafts else sections.published())
        for piece in markup.placed(section.text)
        if piece.kind in placed and piece.value not in placed[piece.kind]
    ]

"""What a lesson lacks before students may see it."""

from django.utils import timezone
from django.utils.translation import gettext as _

from lessons import bodies, figures
from lessons.models import Lesson


def faults(lesson):
    """Return a sentence for each thing that stands between a lesson and its readers.

    Parts count whether they are published or not: publishing publishes them too.
    """
    found = []
    sections = list(lesson.sections.all())
    if not sections:
        found.append(_("It has no section. Add one."))
    for section in sections:
        if not section.text.strip():
            found.append(
                _("Section “%(title)s” is empty. Write it, or delete it.")
                % {"title": section.title}
            )
    if not lesson.standfirst.strip():
        found.append(
            _("It has no standfirst: one sentence that says what it is about.")
        )
    for name in bodies.missing(lesson, with_drafts=True):
        found.append(
            _("The text places {%(name)s}, which the lesson lacks.") % {"name": name}
        )
    for source in lesson.sources.all():
        lacking = [
            field
            for field in ("extract", "who", "what", "when", "licence")
            if not getattr(source, field).strip()
        ]
        if lacking:
            found.append(
                _("%(source)s lacks its provenance or rights: %(fields)s.")
                % {"source": source, "fields": ", ".join(lacking)}
            )
    for picture in lesson.pictures.all():
        if not (picture.alt_text.strip() and picture.licence.strip()):
            found.append(
                _("Picture “%(title)s” lacks its description or its rights.")
                % {"title": picture.caption}
            )
    for figure in lesson.figures.all():
        try:
            figure.drawing()
        except figures.FigureError as error:
            found.append(
                _("Figure “%(title)s” cannot be drawn: %(reason)s")
                % {"title": figure.title, "reason": error}
            )
        if not figure.alt_text.strip():
            found.append(
                _("Figure “%(title)s” lacks its description.") % {"title": figure.title}
            )
    return found


def publish(lesson):
    """Show a lesson with its sections and sources, unless something is missing.

    Returns the faults; with any, nothing is changed. Parts that have a date keep it.
    """
    found = faults(lesson)
    if not found:
        now = timezone.now()
        lesson.sections.filter(published_at=None).update(published_at=now)
        lesson.sources.filter(published_at=None).update(published_at=now)
        Lesson.objects.filter(pk=lesson.pk).update(published_at=now)
        Lesson.objects.filter(pk=lesson.pk).touch()
    return found


def withdraw(lesson):
    """Hide a lesson from students again; its parts keep their dates."""
    Lesson.objects.filter(pk=lesson.pk).update(published_at=None)
    Lesson.objects.filter(pk=lesson.pk).touch()

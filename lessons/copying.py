"""A copy of a lesson with everything that belongs to it, for a teacher to change."""

from django.db import transaction

from lessons.models import Lesson

# In this order: partner tasks name a source.
_PARTS = (
    "sections",
    "sources",
    "mnemonics",
    "timeline_events",
    "key_people",
    "readings",
    "partner_tasks",
    "boxes",
    "historians_notes",
    "figures",
    "pictures",
    "retrieval_questions",
)
_CHILDREN = {"mnemonics": "points", "retrieval_questions": "answers"}


def _free_slug(slug):
    """Return the first address of the form slug-copy, slug-copy-2 … that is free."""
    base = f"{slug[:40]}-copy"
    taken = set(
        Lesson.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    )
    number = 1
    while (base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return base if number == 1 else f"{base}-{number}"


@transaction.atomic
def copy_lesson(lesson):
    """Return an unpublished copy; pictures share their files, which never change."""
    copy = Lesson.objects.get(pk=lesson.pk)
    copy.pk, copy._state.adding = None, True
    copy.slug = _free_slug(lesson.slug)
    copy.title = f"{lesson.title[:110]} (copy)"
    copy.published_at = None
    copy.save()
    sources = {}
    for name in _PARTS:
        for row in getattr(lesson, name).all():
            original, children = row.pk, []
            if name in _CHILDREN:
                children = list(getattr(row, _CHILDREN[name]).all())
            row.pk, row._state.adding = None, True
            row.lesson = copy
            if name == "partner_tasks" and row.source_id:
                row.source_id = sources[row.source_id]
            row.save()
            if name == "sources":
                sources[original] = row.pk
            for child in children:
                parent = "mnemonic" if name == "mnemonics" else "question"
                child.pk, child._state.adding = None, True
                setattr(child, parent, row)
                child.save()
    return copy

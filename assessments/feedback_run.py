"""Released feedback to print: one page for each student, in a few queries."""

from assessments.mark_book import MarkBook
from assessments.models import Level


def pages(assignments, student=None, students=None):
    """Return (student, items) by name for whoever has released marks in these tasks.

    An item is one answer: its question, its mark, and what the next level asks.
    `students` are the ids of a group in the class.
    """
    book = MarkBook(assignments)
    if students is not None:
        book = book.of(students)
    levels = {}
    schemes = {mark.scheme_id for mark in book.shown.values()}
    for level in Level.objects.filter(scheme__in=schemes):
        levels[level.scheme_id, level.number] = level
    found = []
    for person, cells in book.rows():
        items = [_item(cell, levels) for cell in cells if cell.mark]
        if items and (student is None or person.pk == student.pk):
            found.append((person, items))
    return found


def _item(cell, levels):
    reached = cell.mark.level.number if cell.mark.level else 0
    return {
        "column": cell.column,
        "mark": cell.mark,
        "redraft": cell.redraft,
        "next": levels.get((cell.mark.scheme_id, reached + 1)),
    }

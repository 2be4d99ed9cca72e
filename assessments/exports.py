"""Marks out to a spreadsheet: rows of the mark book.

Before release a row has its word and no mark, as on the page: a file outlives it.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from people.spreadsheets import as_xlsx


def headings():
    return [
        _("Class"), _("Last name"), _("First name"), _("Username"), _("Task"), _("Due"),
        _("Question"), _("State"), _("Level"), _("Mark"), _("out of"), _("SPaG"),
        _("SPaG out of"), _("Total"), _("Total out of"), "AO1", "AO2", "AO3", "AO4",
        _("Second draft, total"), _("Released"), _("What went well"), _("Even better if"),
    ]  # fmt: skip


def rows(book):
    """Return one row for each student and question of a mark book, class by class."""
    found = []
    for group in _groups(book):
        for student, cells in book.rows(group):
            found += [_row(group, student, item) for item in cells if item.state]
    return found


def _groups(book):
    groups = {a.group_id: a.group for a in book.assignments}
    return sorted(groups.values(), key=lambda group: (group.cohort, group.name))


def _row(group, student, item):
    column, mark = item.column, item.mark
    named = [
        group.name,
        student.last_name,
        student.preferred_name or student.first_name,
        student.username,
        str(column.assignment.assessment),
        _day(column.assignment.due_at),
        column.name,
        str(item.words),
    ]
    if mark is None:
        form = column.question.type
        return [
            *named, None, None, form.tariff, None, form.spag or None, None,
            column.highest_total, *[None] * 8,
        ]  # fmt: skip
    return [
        *named,
        mark.level.number if mark.level else None,
        mark.mark,
        mark.tariff,
        mark.spag,
        mark.spag_maximum,
        mark.total,
        mark.highest_total,
        *(
            had if maximum else None
            for had, maximum in zip(mark.objectives, mark.maxima, strict=True)
        ),
        item.redraft.total if item.redraft else None,
        _day(item.script.released_at),
        mark.www,
        mark.ebi,
    ]


def _day(moment):
    """Return a date in the school's zone, as every program reads it."""
    return timezone.localdate(moment).isoformat()


def grids(book):
    """Return a sheet for each class: students down, questions across, totals inside."""
    return [
        (
            group.name.translate(_SHEET_NAME),
            [
                _("Student"),
                *(
                    f"{column.name} /{column.highest_total}, {column.assignment.assessment}"
                    for column in book.columns
                    if column.assignment.group_id == group.pk
                ),
            ],
            [
                [str(student), *(_grid_cell(item) for item in cells)]
                for student, cells in book.rows(group)
            ],
        )
        for group in _groups(book)
    ]


# What Excel does not take in the name of a sheet.
_SHEET_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


def _grid_cell(item):
    return item.mark.total if item.mark else str(item.words)


def workbook(book):
    return as_xlsx([(_("Marks"), headings(), rows(book)), *grids(book)])

"""What a teacher sees of a class and of one student, made from the mark book."""

import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from assessments import analysis, plots
from assessments.mark_book import MarkBook, given, school_year_begins
from assessments.models import (
    Answer,
    Assignment,
    ClassFeedback,
    Event,
    Level,
    Script,
)
from assessments.models.releases import Release
from people import roles
from people.models import TeachingGroup

# For so long after its date a task is still written by whoever is late.
A_DAY = datetime.timedelta(days=1)
OBJECTIVE_NAMES = {
    0: ("SPaG", ""),
    1: ("AO1", _("knowledge")),
    2: ("AO2", _("explanation")),
    3: ("AO3", _("sources")),
    4: ("AO4", _("interpretations")),
}


def tasks_of(groups, user):
    """Return these classes' tasks that have opened and that this person may see."""
    return (
        Assignment.objects.visible_to(user)
        .filter(group__in=groups, opens_at__lte=timezone.now())
        .select_related("assessment", "group")
    )


def filtered(assignments, data):
    """Return the tasks that a filter leaves: one of them, or those due in a time.

    Without a filter it is this school year's work.
    """
    task, since, until = (data.get(name) for name in ("task", "since", "until"))
    if task:
        return [row for row in assignments if row.pk == int(task)]
    if not since and not until:
        since = school_year_begins()
    return [
        row
        for row in assignments
        if (not since or timezone.localdate(row.due_at) >= since)
        and (not until or timezone.localdate(row.due_at) <= until)
    ]


def students_of(part):
    """Return the ids of a group in a class; None, for everybody, where there is none."""
    return part and set(part.students.values_list("pk", flat=True))


def class_page(group, user, assignments, part=None):
    """Return all that the page of a class shows; ten queries, one more for a group.

    What is to be done is told of the whole class, so that no number is about a name.
    """
    whole = book = MarkBook(assignments, [group])
    if part:
        book = whole.of(students_of(part))
    teachers = list(book.teachers.get(group.pk, {}).values())
    rows = book.rows()
    shown = [mark for column in book.columns for mark in column.marks]
    bands = _bands(book)
    missing = book.missing()
    names = {student.pk: student for student, _cells in rows}
    objectives = _objectives(shown)
    figures = analysis.questions([column.marks for column in book.columns])
    questions = [
        {"column": column, "figures": row}
        for column, row in zip(book.columns, figures, strict=True)
        if row
    ]
    return {
        "group": group,
        "book": book,
        "rows": rows,
        "tasks": _task_heads(book),
        "medians": [row and plots.plain(row.median) for row in figures],
        "teachers": teachers,
        "may_run": roles.HEAD in user.roles or user in teachers,
        "part": part,
        "tiles": _tiles(whole, user, missing),
        "spreads": _spreads(book, bands),
        "waiting_columns": [column for column in book.columns if not column.marks],
        "objectives": objectives,
        "weakest_objective": _weakest(objectives, shown),
        "questions": sorted(questions, key=lambda item: item["figures"].share),
        "gains": analysis.gains(book.gain_pairs()),
        "missing": sorted(
            ((names[pk], missing[pk]) for pk in names if pk in missing),
            key=lambda item: -len(item[1]),
        ),
        "to_help": [
            {"student": names[row.student], "help": row}
            for row in analysis.to_help(
                shown, [pk for pk, tasks in missing.items() for _task in tasks]
            )
        ],
        "releases": _releases(whole),
        "open_tasks": [
            task
            for task in assignments
            if task.due_at + task.grace + A_DAY > timezone.now()
        ],
        "sheets": ClassFeedback.objects.visible_to(user)
        .filter(assignment__group=group)
        .select_related("assignment__assessment", "made_by")[:6],
    }


def _weakest(objectives, shown):
    weak = analysis.weakest(item["share"] for item in objectives)
    return next((item for item in objectives if item["share"] == weak), None)


def _objectives(shown):
    return [
        {
            "share": share,
            "name": OBJECTIVE_NAMES[share.number][0],
            "words": OBJECTIVE_NAMES[share.number][1],
        }
        for share in analysis.objectives(shown)
    ]


def _task_heads(book):
    """Return (task, its columns), for the row above the questions."""
    heads = []
    for column in book.columns:
        if heads and heads[-1][0] == column.assignment:
            heads[-1][1].append(column)
        else:
            heads.append((column.assignment, [column]))
    return heads


def _bands(book):
    """Return scheme's id → its bands from level 1 upward; one query."""
    found = {}
    levels = Level.objects.filter(
        scheme__in={column.scheme_id for column in book.columns}
    ).order_by("scheme", "number")
    for scheme_id, low, high in levels.values_list(
        "scheme", "lowest_mark", "highest_mark"
    ):
        found.setdefault(scheme_id, []).append((low, high))
    return found


def _spreads(book, bands):
    """Return a drawing for each question of which marks are shown."""
    found = []
    for number, column in enumerate(book.columns, 1):
        spread = analysis.spread(column.marks, bands.get(column.scheme_id, []))
        if spread is not None:
            found.append(
                {
                    "column": column,
                    "spread": spread,
                    "median": plots.plain(spread.median),
                    "drawing": plots.draw_spread(spread, column.name, f"s{number}"),
                }
            )
    return found


def _tiles(book, user, missing):
    """Count what is to be done. None of these numbers is about a name."""
    first = [script for a in book.assignments for script in book.handed_in(a)]
    waiting = [script for script in first if not book.is_marked(script)]
    ready = [
        script
        for script in first
        if book.is_marked(script) and script.newest_release != Release.Kind.SHOWN
    ]
    redrafts = [
        script
        for script in book.redrafts
        if script.is_handed_in and not book.is_marked(script)
    ]
    next_script = min(waiting or redrafts, key=lambda s: s.marking_code, default=None)
    return {
        "to_mark": len(waiting),
        "drafts": book.drafts.count(user.pk),
        "missing": sum(len(tasks) for tasks in missing.values()),
        "ready": len(ready),
        "redrafts": len(redrafts),
        "next": next_script,
    }


def _releases(book):
    """Return where each task stands: what could be released, what is, and who read it.

    Newest first; tasks of which nothing is handed in are left out.
    """
    readers = dict(
        Event.objects.filter(
            script__assignment__in=book.assignments, kind=Event.Kind.READ
        )
        .order_by()
        .values_list("script__assignment")
        .annotate(n=Count("script", distinct=True))
    )
    found = []
    for assignment in reversed(book.assignments):
        scripts = book.handed_in(assignment)
        shown = [s for s in scripts if s.newest_release == Release.Kind.SHOWN]
        marked = [s for s in scripts if book.is_marked(s) and s not in shown]
        if scripts:
            found.append(
                {
                    "assignment": assignment,
                    "handed_in": len(scripts),
                    "marked": len(marked),
                    "to_mark": len(scripts) - len(shown) - len(marked),
                    "released": len(shown),
                    "released_at": max((s.released_at for s in shown), default=None),
                    "readers": min(readers.get(assignment.pk, 0), len(shown)),
                }
            )
    return found


def tasks_of_student(student, user):
    """Return what is set to a student, and what they wrote for other classes before."""
    scripts = Script.objects.visible_to(user).filter(student=student)
    return (
        Assignment.objects.filter(
            Q(pk__in=scripts.values("assignment"))
            | Q(pk__in=Assignment.objects.visible_to(user).set_to(student).values("pk"))
        )
        .filter(opens_at__lte=timezone.now())
        .select_related("assessment", "group")
    )


def student_page(student, user):
    """Return all that the teacher's page of one student shows."""
    scripts = Script.objects.visible_to(user).filter(student=student)
    book = MarkBook(tasks_of_student(student, user))
    results = _results(book, student)
    shown = [item["given"] for item in results]
    first_only = [item["given"] for item in results if not item["is_redraft"]]
    objectives = _objectives(first_only)
    points = [
        plots.Point(
            day=f"{item['at']:%-d %b}",
            what=item["name"]
            + (", " + gettext("second draft") if item["is_redraft"] else ""),
            total=item["given"].total,
            highest=item["given"].highest_total,
            is_redraft=item["is_redraft"],
        )
        for item in results
    ]
    missing = book.missing().get(student.pk, [])
    return {
        "student": student,
        "classes": TeachingGroup.objects.visible_to(user).filter(
            pk__in=student.memberships.valid().filter(role="student").values("group")
        ),
        "results": list(reversed(results)),
        "drawing": plots.draw_progress(points, gettext("Share of the marks"), "p1")
        if points
        else None,
        "share": analysis.mean_share(first_only) if first_only else None,
        "by_form": _by_form(results),
        "objectives": objectives,
        "weakest_objective": _weakest(objectives, first_only),
        "gains": analysis.gains(
            [pair for pair in book.gain_pairs() if pair[0].student == student.pk]
        ),
        "missing": missing,
        "work": _work(book, student),
        "practice": _practice(student, scripts),
        "shown_count": len(shown),
    }


def _results(book, student):
    """Return what has been released of one student, in the order of writing."""
    found = []
    own = [s for s in book.scripts.values() if s.student_id == student.pk]
    for script in own:
        for answer in book.answers.get(script.pk, ()):
            mark = book.shown.get(answer.pk)
            if mark is not None:
                form = answer.question.type
                found.append(
                    {
                        "script": script,
                        "answer": answer,
                        "mark": mark,
                        "given": given(mark, student.pk),
                        "name": f"{form.board} {form.number}",
                        "at": timezone.localtime(script.handed_in_at),
                        "is_redraft": answer.redraft_of_id is not None,
                    }
                )
    return sorted(found, key=lambda item: (item["at"], item["answer"].order))


def _by_form(results):
    """Return, for each form met twice or more, its first and its newest mark."""
    forms = {}
    for item in results:
        forms.setdefault(item["name"], []).append(item["given"])
    steps = [(name, analysis.progress(marks)) for name, marks in sorted(forms.items())]
    return [{"name": name, "step": step} for name, step in steps if step]


def _work(book, student):
    """Return every task of a student with its word, newest first."""
    found = []
    for assignment in reversed(book.assignments):
        state = book.state(assignment, student.pk)
        script = book.first_drafts.get((assignment.pk, student.pk))
        if state or script:
            cells = [
                book.cell(column, student.pk)
                for column in book.columns
                if column.assignment == assignment
            ]
            found.append(
                {
                    "assignment": assignment,
                    "state": state,
                    "words": cells[0].words if cells else "–",
                    "cells": [cell for cell in cells if cell.mark],
                    "script": script if state == "released" else None,
                }
            )
    return found


def _practice(student, scripts):
    """Return what a student practised, with the mark they gave themselves."""
    return (
        Answer.objects.filter(script__in=scripts.practice().handed_in())
        .select_related("question__type", "script")
        .prefetch_related("marks__level")
        .order_by("-script__handed_in_at")[:20]
    )

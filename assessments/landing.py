"""A teacher's first page: what waits for marking, for release, and what is missing."""

import datetime

from django.db.models import Q
from django.utils import timezone

from assessments.models import Assignment, AssignmentStudent, Script
from assessments.models.releases import Release
from people import roles
from people.models import Membership, TeachingGroup

# Missing work that is older stands on the class's page only.
WEEKS_BACK = 4


def first_page(user):
    """Return what stands on the first page of whoever reads answers; seven queries.

    What waits is that of the classes they teach; of a head who teaches none, of all.
    """
    groups = list(TeachingGroup.objects.visible_to(user).current().with_student_count())
    taught = {
        group.pk
        for group in TeachingGroup.objects.taught_by(user).filter(
            pk__in=[group.pk for group in groups]
        )
    }
    if not taught and roles.HEAD in user.roles:
        taught = {group.pk for group in groups}
    tasks = _unreleased(user)
    missing = _missing(user)
    waiting = [task for task in tasks if task["to_mark"] and task["group_id"] in taught]
    ready = [task for task in tasks if task["ready"] and task["group_id"] in taught]
    waiting.sort(key=lambda task: (task["oldest"], task["assignment"].pk))
    ready.sort(key=lambda task: (task["to_mark"] > 0, task["assignment"].due_at))
    return {
        "waiting": waiting,
        "ready": ready,
        "missing": [row for row in missing if row["assignment"].group_id in taught],
        "years": sorted({group.cohort for group in groups}),
        "classes": [
            {
                "group": group,
                "is_taught": group.pk in taught,
                "to_mark": sum(
                    t["to_mark"] for t in tasks if t["group_id"] == group.pk
                ),
                "ready": sum(t["ready"] for t in tasks if t["group_id"] == group.pk),
                "missing": sum(
                    len(row["students"])
                    for row in missing
                    if row["assignment"].group_id == group.pk
                ),
            }
            for group in sorted(groups, key=lambda g: (g.pk not in taught, g.cohort))
        ],
    }


def _unreleased(user):
    """Return a row for each task with handed-in scripts that are not released.

    The day of the oldest is said, never an hour.
    """
    scripts = (
        Script.objects.visible_to(user)
        .handed_in()
        .exclude(assignment=None)
        .with_newest_release()
        .filter(Q(newest_release=None) | Q(newest_release=Release.Kind.TAKEN_BACK))
        .with_marking_state()
        .select_related("assignment__assessment", "assignment__group")
        .order_by("marking_code")
    )
    tasks = {}
    for script in scripts:
        task = tasks.setdefault(
            script.assignment_id,
            {
                "assignment": script.assignment,
                "group_id": script.assignment.group_id,
                "to_mark": 0,
                "ready": 0,
                "oldest": None,
                "next": None,
            },
        )
        if script.answers_marked == script.answers_asked:
            task["ready"] += 1
            continue
        day = timezone.localdate(script.handed_in_at)
        task["to_mark"] += 1
        task["oldest"] = min(task["oldest"] or day, day)
        task["next"] = task["next"] or script
    return list(tasks.values())


def _missing(user):
    """Return a row for each task of the last weeks that somebody has not handed in."""
    now = timezone.now()
    tasks = list(
        Assignment.objects.visible_to(user)
        .filter(due_at__lt=now, due_at__gte=now - datetime.timedelta(weeks=WEEKS_BACK))
        .select_related("assessment", "group")
    )
    rows = {
        (row.assignment_id, row.student_id): row
        for row in AssignmentStudent.objects.filter(assignment__in=tasks)
    }
    done = set(
        Script.objects.filter(assignment__in=tasks, question=None)
        .handed_in()
        .order_by()
        .values_list("assignment", "student")
    )
    students = {}
    for member in (
        Membership.objects.valid()
        .filter(role=roles.STUDENT, group__in={task.group_id for task in tasks})
        .select_related("person")
        .order_by("person__last_name", "person__first_name")
    ):
        students.setdefault(member.group_id, []).append(member.person)
    found = []
    for task in tasks:
        names = [
            student
            for student in students.get(task.group_id, ())
            if (task.pk, student.pk) not in done
            and _is_late(task, rows.get((task.pk, student.pk)), now)
        ]
        if names:
            found.append({"assignment": task, "students": names})
    return found


def _is_late(task, row, now):
    """Whether a student who has handed nothing in should have by now."""
    if task.audience == Assignment.Audience.CHOSEN and not (row and row.is_chosen):
        return False
    if row is not None and row.absence:
        return False
    return ((row and row.due_at) or task.due_at) + task.grace < now

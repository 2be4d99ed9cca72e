"""What students' pages show: the ledger of work, the desk, the feedback."""

import json
import secrets

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import difference
from assessments.models import Assignment, Script
from assessments.models.marks import Release, shown_release


def ledger(student):
    """Return a student's work in rows: {"to_write", "handed_in"}, late work first.

    Three queries, however much there is. A row: title, link, state, words, dates.
    """
    scripts = list(
        Script.objects.visible_to(student)
        .filter(student=student)
        .select_related("assignment__assessment", "question__type")
        .with_newest_release()
        .prefetch_related(
            "answers__current", "answers__question__type", "answers__redraft_of"
        )
    )
    begun = {
        script.assignment_id
        for script in scripts
        if script.assignment_id and not script.question_id
    }
    waiting = (
        Assignment.objects.visible_to(student)
        .exclude(pk__in=begun)
        .select_related("assessment")
        .prefetch_related("assessment__assessment_questions__question__type")
    )
    rows = [_waiting_row(assignment) for assignment in waiting]
    rows += [_script_row(script) for script in scripts]
    far = timezone.now() + timezone.timedelta(days=36_500)
    to_write = sorted(
        (row for row in rows if not row["is_done"]),
        key=lambda row: (row["due_at"] or far, row["title"]),
    )
    handed_in = sorted(
        (row for row in rows if row["is_done"]),
        key=lambda row: row["at"],
        reverse=True,
    )
    return {
        "to_write": to_write,
        "handed_in": handed_in,
        "late": sum(row["state"] == "late" for row in to_write),
        "waiting": len(to_write),
    }


def _waiting_row(assignment):
    late = assignment.is_past_due
    return {
        "title": _title(
            [
                item.question
                for item in assignment.assessment.assessment_questions.all()
            ],
            assignment.assessment.title,
        ),
        "assignment": assignment,
        "meta": _meta(
            [item.question for item in assignment.assessment.assessment_questions.all()]
        ),
        "due_at": assignment.due_at,
        "is_done": False,
        "state": "late" if late else "new",
        "words": _("Late – not started") if late else _("Not started"),
        "more": _("Still open: homework never locks")
        if late
        else _("You have not opened this yet"),
    }


def _title(questions, fallback):
    return questions[0].wording.rstrip(":") if len(questions) == 1 else fallback


def _meta(questions):
    form = questions[0].type if len(questions) == 1 else None
    if form is None:
        return ""
    return _("%(form)s · %(tariff)s · about %(minutes)d minutes") % {
        "form": form,
        "tariff": form.tariff_words,
        "minutes": form.minutes,
    }


def _script_row(script):
    answers = list(script.answers.all())
    questions = [answer.question for answer in answers]
    words = sum(answer.current.words for answer in answers if answer.current)
    is_second = script.question_id is not None and script.assignment_id is not None
    due_at = script.assignment.due_at if script.assignment and not is_second else None
    row = {
        "title": _title(
            questions, script.assignment.assessment.title if script.assignment else ""
        ),
        "script": script,
        "kind": _("second draft")
        if any(answer.redraft_of for answer in answers)
        else _("practice")
        if script.is_practice
        else "",
        "meta": _meta(questions),
        "due_at": due_at,
        "at": script.handed_in_at or script.started_at,
        "is_done": script.is_handed_in,
    }
    counted = _("%(n)d words") % {"n": words}
    if script.newest_release == Release.Kind.SHOWN:
        return row | {
            "state": "ready",
            "words": _("Feedback ready"),
            "more": "",
            "has_feedback": True,
        }
    if script.is_handed_in:
        more = _("%(words)s, %(when)s.") % {
            "words": counted,
            "when": timezone.localtime(script.handed_in_at).strftime("%d %b at %H:%M"),
        }
        if script.can_be_taken_back:
            more += " " + _("You can take it back until marking starts.")
        return row | {
            "state": "sent",
            "words": _("Handed in late") if script.is_late else _("Handed in"),
            "more": more,
        }
    late = due_at is not None and due_at < timezone.now()
    return row | {
        "state": "late" if late else "draft",
        "words": _("Late – draft saved") if late else _("Draft saved"),
        "more": counted,
    }


def desk(script, answer, questions):
    """Return what the writing desk shows for one answer of a script."""
    question = questions.get(pk=answer.question_id)
    plan = json.loads(answer.plan) if answer.plan else []
    boxes = list(question.plan_boxes.all())
    original = answer.redraft_of
    return {
        "script": script,
        "answer": answer,
        "orders": list(script.answers.values_list("order", flat=True)),
        "question": question,
        "tariff": question.type.tariff_words,
        "plan": [
            (box, plan[place] if place < len(plan) else "")
            for place, box in enumerate(boxes)
        ],
        "levels": question.mark_scheme.levels.all(),
        "feedback": _feedback_to_act_on(original) if original else None,
        # One page, one tab: its saves are told apart from other windows' by this.
        "tab": secrets.token_urlsafe(12),
    }


def _feedback_to_act_on(original):
    shown = shown_release(original.script)
    return shown and shown.marks.filter(answer=original).first()


def feedback(script, shown):
    """Return what a release shows, an answer at a time, with drafts compared."""
    marks = {
        mark.answer_id: mark
        for mark in shown.marks.select_related("level", "scheme", "marker")
    }
    answers = script.answers.select_related(
        "question__type",
        "question__mark_scheme",
        "handed_in_version__whole",
        "redraft_of__handed_in_version__whole",
        "redraft_of__script",
    )
    return {
        "script": script,
        "shown": shown,
        "items": [
            _feedback_item(answer, marks[answer.pk])
            for answer in answers
            if answer.pk in marks
        ],
    }


def _feedback_item(answer, mark):
    levels = list(mark.scheme.levels.all())
    reached = mark.level.number if mark.level else 0
    before = answer.redraft_of
    before_mark = _feedback_to_act_on(before) if before else None
    return {
        "answer": answer,
        "mark": mark,
        "rungs": [
            {
                "level": level,
                "place": "on"
                if level.number == reached
                else "next"
                if level.number == reached + 1
                else "below"
                if level.number < reached
                else "above",
            }
            for level in levels
        ],
        "objectives": [
            {
                "name": name,
                "field": field.upper(),
                "given": getattr(mark, field),
                "of": of,
            }
            for field, name, of in answer.question.type.objectives
        ],
        "before": before,
        "before_mark": before_mark,
        "pieces": difference.words(before.handed_in_text, answer.handed_in_text)
        if before
        else None,
    }

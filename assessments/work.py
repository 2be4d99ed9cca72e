"""What students' pages show: the ledger of work, the desk, the feedback."""

import secrets

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from assessments import difference, kept_texts, marking, saves, versions
from assessments.models import (
    AssessmentQuestion,
    Assignment,
    AssignmentStudent,
    Script,
)
from assessments.models.releases import shown_release


def ledger(student, results):
    """Return a student's work in rows: {"to_write", "handed_in"}, late work first.

    The same queries, however much there is. A row: title, link, state, words, dates;
    `results` are the released marks (`progress.results`).
    """
    scripts = list(
        Script.objects.visible_to(student)
        .filter(student=student)
        .select_related("assignment__assessment", "question__type")
        .with_due()
        .prefetch_related("answers__current", "answers__question__type")
    )
    begun = {
        script.assignment_id
        for script in scripts
        if script.assignment_id and not script.question_id
    }
    waiting = (
        Assignment.objects.visible_to(student)
        .for_student(student)
        .exclude(pk__in=begun)
        .select_related("assessment")
        .prefetch_related(
            Prefetch(
                "assessment__assessment_questions",
                AssessmentQuestion.objects.published().select_related("question__type"),
            )
        )
    )
    rows = [_waiting_row(assignment) for assignment in waiting]
    released = {}
    for result in results:
        released.setdefault(result.script.pk, []).append(result)
    rows += [_script_row(script, released.get(script.pk, ())) for script in scripts]
    far = timezone.now() + timezone.timedelta(days=36_500)
    to_write = sorted(
        (row for row in rows if not row["is_done"]),
        key=lambda row: (row["state"] != "late", row["due_at"] or far, row["title"]),
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
    task = assignment.assessment
    questions = [item.question for item in task.assessment_questions.all()]
    row = {
        "title": _title(questions, task),
        "questions": questions,
        "assignment": assignment,
        "meta": _meta(questions, task),
        "due_at": assignment.own_due_at,
        "at": assignment.own_due_at,
        "is_done": False,
        "is_past": assignment.own_due_at < timezone.now(),
    }
    if assignment.absence == AssignmentStudent.Absence.EXCUSED:
        return row | {
            "is_done": True,
            "state": "sent",
            "words": _("Excused"),
            "more": _("Nobody expects this of you. You can write it all the same."),
        }
    if assignment.absence == AssignmentStudent.Absence.ABSENT:
        return row | {
            "state": "new",
            "words": _("You were away"),
            "more": _("Ask your teacher whether you should still write this."),
        }
    if assignment.is_past_due:
        return row | {
            "state": "late",
            "words": _("Late – not started"),
            "more": _late_words(assignment),
        }
    return row | {
        "state": "new",
        "words": _("Not started"),
        "more": _("You have not opened this yet"),
    }


def _late_words(assignment):
    if assignment.takes_late:
        return _("Still open: homework never locks")
    return _("Still open, but closed for marks: your teacher decides whether it counts")


def _title(questions, task):
    """Name a paper by its title, a question alone by its wording."""
    if task is not None and (task.is_paper or len(questions) != 1):
        return task.title
    return questions[0].wording.rstrip(":") if questions else ""


def _meta(questions, task):
    if task is not None and task.is_paper:
        forms = [question.type for question in questions]
        return _("%(questions)s · %(marks)d marks · %(minutes)d minutes") % {
            "questions": ngettext("%(n)d question", "%(n)d questions", len(forms))
            % {"n": len(forms)},
            "marks": sum(form.tariff + form.spag for form in forms),
            "minutes": task.minutes or sum(form.minutes for form in forms),
        }
    form = questions[0].type if len(questions) == 1 else None
    if form is None:
        return ""
    return _("%(form)s · %(tariff)s · about %(minutes)d minutes") % {
        "form": form,
        "tariff": form.tariff_words,
        "minutes": form.minutes,
    }


def _script_row(script, results):
    answers = list(script.answers.all())
    questions = [answer.question for answer in answers]
    words = sum(answer.current.words for answer in answers if answer.current)
    due_at = script.due_at
    row = {
        "title": _title(questions, script.task),
        "questions": questions,
        "script": script,
        "kind": _("second draft")
        if any(answer.redraft_of_id for answer in answers)
        else _("practice")
        if script.is_practice
        else "",
        "meta": _meta(questions, script.task),
        "due_at": due_at,
        "at": script.handed_in_at or script.started_at,
        "is_done": script.is_handed_in,
        "is_past": due_at is not None and due_at < timezone.now(),
    }
    counted = _("%(n)d words") % {"n": words}
    if results:
        is_read = all(result.is_read for result in results)
        return row | {
            "state": "ready",
            "words": _("Feedback read") if is_read else _("Feedback ready"),
            "more": _("released %(day)s")
            % {"day": date_format(timezone.localtime(results[0].released_at), "j M Y")},
            "has_feedback": True,
            "results": results,
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
            "words": _("Handed in after closing")
            if script.is_after_closing
            else _("Handed in late")
            if script.is_late
            else _("Handed in"),
            "more": more,
        }
    late = (
        due_at is not None
        and script.closes_at < timezone.now()
        and script.absence == ""
    )
    return row | {
        "state": "late" if late else "draft",
        "words": _("Late – draft saved") if late else _("Draft saved"),
        "more": f"{counted}. {_late_words(script.assignment)}" if late else counted,
    }


def description(assignment):
    """Return what is asked, and the note to the class, for somebody's calendar."""
    asked = [
        item.question
        for item in assignment.assessment.assessment_questions.all()
        if item.question.is_published
    ]
    lines = [question.wording for question in asked]
    return "\n".join([*lines, assignment.note] if assignment.note else lines)


def desk(script, answer, questions):
    """Return what the writing desk shows for one answer of a script."""
    question = questions.get(pk=answer.question_id)
    plan = versions.plan_lines(answer.plan)
    boxes = list(question.plan_boxes.all())
    original = answer.redraft_of
    answers = list(script.answers.values_list("order", "question__type__number"))
    return {
        "script": script,
        "answer": answer,
        "answers": _named(answers),
        "paper": _paper_at(script, answer, answers),
        "question": question,
        "tariff": question.type.tariff_words,
        "minutes": script.task.minutes_asked([question.type])[0]
        if script.task
        else question.type.minutes,
        "plan": [
            (box, plan[place] if place < len(plan) else "")
            for place, box in enumerate(boxes)
        ],
        "levels": question.mark_scheme.levels.all(),
        "feedback": _feedback_to_act_on(original) if original else None,
        # One page, one tab: its saves are told apart from other windows' by this.
        "tab": secrets.token_urlsafe(6),
        "longest": saves.LONGEST_TEXT,
        # What a rescue file of this page says whose words it holds.
        "seal": kept_texts.seal(answer),
    }


def _named(answers):
    """Name a script's answers by the numbers of their forms, where those differ."""
    numbers = [number for _order, number in answers]
    is_plain = len(set(numbers)) == len(numbers)
    return [
        (
            order,
            _("Question %(number)s") % {"number": number}
            if is_plain
            else _("Answer %(number)d") % {"number": order},
        )
        for order, number in answers
    ]


def _paper_at(script, answer, answers):
    """Return what the desk says of a paper around one of its answers."""
    if script.task is None or not script.task.is_paper:
        return None
    orders = [order for order, _number in answers]
    return {
        "title": script.task.title,
        "introduction": script.task.introduction,
        "minutes": script.task.minutes,
        "place": orders.index(answer.order) + 1,
        "count": len(orders),
    }


def _feedback_to_act_on(original):
    shown = shown_release(original.script)
    return shown and shown.marks.filter(answer=original).first()


def feedback(script, shown):
    """Return what a release shows, an answer at a time, with drafts compared."""
    marks = {
        mark.answer_id: mark
        for mark in shown.marks.select_related(
            "level", "scheme", "marker"
        ).prefetch_related("points", "scheme__points", "scheme__levels")
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
        "paper": _result(script, answers, marks),
        "items": [
            _feedback_item(answer, marks[answer.pk])
            for answer in answers
            if answer.pk in marks
        ],
    }


def _result(script, answers, marks):
    """Return the total of a whole paper, with the grade where there can be one.

    A grade needs boundaries in use, and a mark for each question of the exam paper.
    """
    task = script.task
    if task is None or not task.is_paper:
        return None
    total = sum(mark.total for mark in marks.values())
    result = {
        "title": task.title,
        "total": total,
        "of": sum(mark.highest_total for mark in marks.values()),
        "grade": None,
        "series": "",
    }
    marked = {answer.question.type_id for answer in answers if answer.pk in marks}
    used = task.exam_paper and task.exam_paper.used_boundaries()
    if used and marked == {form.pk for form in task.exam_paper.question_types.all()}:
        result["grade"] = marking.grade(total, used.lowest_totals())
        result["series"] = used.series
    return result


def _feedback_item(answer, mark):
    levels = list(mark.scheme.levels.all())
    reached = mark.level.number if mark.level else 0
    given = set(mark.points.all())
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
        "points": [(point, point in given) for point in mark.scheme.points.all()],
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

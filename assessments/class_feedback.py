"""Whole-class feedback made from the marks of one task, for a teacher to edit."""

from django.db import transaction
from django.db.models import Prefetch, Q

from assessments import analysis, spelling, themes
from assessments.mark_book import by_name, given
from assessments.models import (
    ClassExtract,
    ClassFeedback,
    Level,
    Mark,
    MarkingPoint,
)
from assessments.models.releases import Release
from lessons.models import KeyPerson, Section, Term
from people.models import User


def _marks(assignment):
    """Return the marks that stand on a task's first drafts, with what was judged."""
    return (
        Mark.objects.filter(
            answer__script__assignment=assignment, answer__script__question=None
        )
        .standing()
        .select_related(
            "level",
            "answer__script",
            "answer__question__type",
            "answer__handed_in_version__whole",
        )
        .prefetch_related(
            "ceilings",
            "points",
            Prefetch("scheme__points", MarkingPoint.objects.order_by("order")),
        )
        .order_by("answer__order", "answer__script__marking_code")
    )


def has_marks(assignment):
    return _marks(assignment).exists()


def names_in(assignment):
    """Return every name that no line of a sheet may hold: the class's and the writers'."""
    people = User.objects.filter(
        Q(pk__in=assignment.set_to_students().values("pk"))
        | Q(pk__in=assignment.scripts.values("student"))
    )
    rows = people.values_list("first_name", "last_name", "preferred_name")
    return [name for row in rows for name in row if name]


@transaction.atomic
def make(assignment, user):
    """Make and keep a sheet; None while nothing of the task is marked."""
    marks = list(_marks(assignment))
    if not marks:
        return None
    names = names_in(assignment)
    sheet = themes.build_sheet(
        _questions(marks),
        analysis.objectives(
            given(mark, mark.answer.script.student_id) for mark in marks
        ),
        _marked(marks),
        _spellings(marks),
        names,
    )
    parts = {
        part: _cut(getattr(sheet, part), ClassFeedback._meta.get_field(part).max_length)
        for part in ClassFeedback.PARTS
    }
    feedback = ClassFeedback.objects.create(
        assignment=assignment, made_by=user, **parts
    )
    chosen = themes.extracts(_texts(marks), names)
    ClassExtract.objects.bulk_create(
        ClassExtract(feedback=feedback, answer_id=answer_id, order=order, text=text)
        for order, (answer_id, text) in enumerate(chosen, 1)
    )
    return feedback


def _cut(text, longest):
    """Return as many whole lines as there is room for."""
    while len(text) > longest:
        text = text.rpartition("\n")[0] if "\n" in text else text[:longest]
    return text


def _questions(marks):
    by_question = {}
    for mark in marks:
        by_question.setdefault(mark.answer.question_id, []).append(mark)
    levels = {}
    for level in Level.objects.filter(
        scheme__in={mark.scheme_id for mark in marks}
    ).order_by("number"):
        levels.setdefault(level.scheme_id, []).append(level)
    found = []
    for own in by_question.values():
        schemes = [mark.scheme_id for mark in own]
        ladder = levels.get(max(schemes, key=schemes.count), [])
        form = own[0].answer.question.type
        found.append(
            themes.QuestionMarks(
                name=f"{form.board} {form.number}",
                spread=analysis.spread(
                    [given(mark, mark.answer.script.student_id) for mark in own],
                    [level.band for level in ladder],
                ),
                wording=tuple(level.for_student for level in ladder),
            )
        )
    return found


def _marked(marks):
    """Return what was judged, as the rules of `themes` see it."""
    return [
        themes.Marked(
            student=mark.answer.script.student_id,
            question=str(mark.answer.question.type),
            level=mark.level.number if mark.level else 0,
            www=mark.www,
            ebi=mark.ebi,
            ceilings=tuple(ceiling.condition for ceiling in mark.ceilings.all()),
            missed_points=tuple(
                point.name
                for point in mark.scheme.points.all()
                if point not in mark.points.all()
            ),
        )
        for mark in marks
    ]


def _texts(marks):
    """Return the answers of those who lend a passage of their writing."""
    lenders = set(
        User.objects.filter(
            lends_extracts=True,
            pk__in={mark.answer.script.student_id for mark in marks},
        ).values_list("pk", flat=True)
    )
    return [
        themes.Text(
            answer=mark.answer_id,
            student=mark.answer.script.student_id,
            level=mark.level.number if mark.level else 0,
            mark=mark.mark,
            text=mark.answer.handed_in_text,
        )
        for mark in marks
        if mark.answer.script.student_id in lenders
    ]


def _spellings(marks):
    """Return words for the board with how many students each concerns."""
    terms = {}
    for term in Term.objects.all():
        for form in {term.name, *term.form_list}:
            if " " not in form:
                terms[form.lower()] = form
    lessons = {mark.answer.question.lesson_id for mark in marks} - {None}
    people = KeyPerson.objects.filter(lesson__in=lessons).values_list("name", flat=True)
    for name in people:
        last = name.split()[-1]
        terms.setdefault(last.lower(), last)
    known = set()
    for text in Section.objects.filter(lesson__in=lessons).values_list(
        "text", flat=True
    ):
        known |= spelling.words_in(text)
    by_student = {}
    for mark in marks:
        own = by_student.setdefault(mark.answer.script.student_id, [])
        own += spelling.asked_for([mark.www, mark.ebi])
        own += sorted(spelling.slips(mark.answer.handed_in_text, terms, known))
    return spelling.tally(by_student.values())


def groups(assignment):
    """Return groups to teach again: names only of students whose marks are released.

    The others are counted, so that no name is told by the level it stands at.
    """
    marks = list(_marks(assignment))
    shown = {
        script.student_id: script.student
        for script in assignment.scripts.filter(question=None)
        .with_newest_release()
        .filter(newest_release=Release.Kind.SHOWN)
        .select_related("student")
    }
    return [
        {
            "group": group,
            "students": sorted(
                (shown[pk] for pk in group.students if pk in shown),
                key=by_name,
            ),
            "hidden": sum(pk not in shown for pk in group.students),
        }
        for group in themes.groups(_marked(marks))
    ]

"""The mark book: who handed in what, and what may be seen of it, in seven queries.

Before release a cell holds a word, never a mark, and the word does not follow the
marker: "handed in" turns to "marked" for a whole task at once, when nothing of it is
left to mark. So nobody can tell a name from the script that was just marked.
"""

import copy
import datetime

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from assessments.analysis import Given, heat
from assessments.models import (
    Answer,
    AssessmentQuestion,
    Assignment,
    AssignmentStudent,
    Mark,
    Question,
    ReleasedScript,
    Script,
)
from assessments.spelling import folded
from people import roles
from people.models import Membership

STATE_WORDS = {
    "released": _("released"),
    "marked": _("marked"),
    "handed in": _("handed in"),
    "missing": _("missing"),
    "absent": _("absent"),
    "excused": _("excused"),
    "writing": _("writing"),
    "open": _("not yet"),
    "": "–",
}


def given(mark, student_id):
    """Return a mark as the figures of `analysis` take it."""
    return Given(
        student=student_id,
        mark=mark.mark,
        tariff=mark.tariff,
        level=mark.level.number if mark.level else 0,
        objectives=mark.objectives,
        maxima=mark.maxima,
        spag=mark.spag,
        spag_maximum=mark.spag_maximum,
    )


class Column:
    """One question of one task, with the marks that may be seen."""

    def __init__(self, assignment, question, order):
        self.assignment = assignment
        self.question = question
        self.order = order
        self.marks = []
        self.schemes = {}

    @property
    def key(self):
        return (self.assignment.pk, self.question.pk)

    @property
    def name(self):
        return f"{self.question.type.board} {self.question.type.number}"

    @property
    def highest_total(self):
        return self.question.type.tariff + self.question.type.spag

    @property
    def scheme_id(self):
        """The scheme that most of its marks were given under."""
        return max(
            self.schemes, key=self.schemes.get, default=self.question.mark_scheme_id
        )

    def add(self, mark, student_id):
        self.marks.append(given(mark, student_id))
        self.schemes[mark.scheme_id] = self.schemes.get(mark.scheme_id, 0) + 1


class Cell:
    """What may be seen of one student in one column."""

    def __init__(self, column, state, script=None, answer=None, mark=None):
        self.column = column
        self.state = state
        self.script = script
        self.answer = answer
        self.mark = mark
        # The second draft's mark, once that is released as well.
        self.redraft = None
        self.given = given(mark, script.student_id) if mark else None

    @property
    def words(self):
        return STATE_WORDS[self.state]

    @property
    def heat(self):
        return heat(self.given)


class MarkBook:
    """Everything about these assignments that a member of staff may see by name.

    `assignments`, with their tasks and classes fetched, must be what the reader may
    see. Seven queries, however much there is. `groups` are read along where they have
    no task yet.
    """

    def __init__(self, assignments, groups=()):
        self.assignments = sorted(assignments, key=lambda a: (a.due_at, a.pk))
        self.group_ids = {
            *(assignment.group_id for assignment in self.assignments),
            *(group.pk for group in groups),
        }
        self.ids = [assignment.pk for assignment in self.assignments]
        self.now = timezone.now()
        self._read_tasks()
        self._read_people()
        self._read_scripts()
        self._read_marks()
        self.columns = self._columns()
        self.marked_whole = {
            assignment.pk
            for assignment in self.assignments
            if self._is_whole(assignment)
        }

    def _read_tasks(self):
        """Read what is asked in each task: its id → questions in order."""
        self.asked = {}
        for item in (
            AssessmentQuestion.objects.published()
            .filter(assessment__in={a.assessment_id for a in self.assignments})
            .select_related("question__type")
            .order_by("order")
        ):
            self.asked.setdefault(item.assessment_id, []).append(item.question)

    def _read_people(self):
        """Read who belongs to these classes today, and what was arranged for whom."""
        self.students, self.members, self.teachers = {}, {}, {}
        for row in (
            Membership.objects.valid()
            .filter(role__in=(roles.STUDENT, roles.TEACHER), group__in=self.group_ids)
            .select_related("person")
        ):
            if row.role == roles.TEACHER:
                self.teachers.setdefault(row.group_id, {})[row.person_id] = row.person
            else:
                self.students[row.person_id] = row.person
                self.members.setdefault(row.group_id, set()).add(row.person_id)
        self.arrangements = {
            (row.assignment_id, row.student_id): row
            for row in AssignmentStudent.objects.filter(assignment__in=self.ids)
        }

    def _read_scripts(self):
        """Read the scripts, second drafts apart, and what they answer."""
        self.scripts, self.first_drafts, self.redrafts = {}, {}, []
        for script in (
            Script.objects.filter(assignment__in=self.ids)
            .select_related("student")
            .with_newest_release()
            .annotate(newest_row=_newest("pk"), released_at=_newest("release__at"))
        ):
            self.scripts[script.pk] = script
            if script.question_id is None:
                self.first_drafts[script.assignment_id, script.student_id] = script
            else:
                self.redrafts.append(script)
        self.answers = {}
        answers = list(
            Answer.objects.filter(script__assignment__in=self.ids)
            .only("script", "question", "order", "redraft_of")
            .order_by("script", "order")
        )
        questions = self._questions({answer.question_id for answer in answers})
        for answer in answers:
            answer.question = questions[answer.question_id]
            self.answers.setdefault(answer.script_id, []).append(answer)

    def _read_marks(self):
        """Read which answers are marked, whose drafts wait, and the marks shown now."""
        self.marked_answers, self.drafts = set(), []
        marks = Mark.objects.filter(answer__script__assignment__in=self.ids)
        for answer_id, marker_id, awarded_at in (
            marks.filter(Q(awarded_at=None) | Q(role__in=("first", "agreed")))
            .exclude(role="self")
            .order_by()
            .values_list("answer", "marker", "awarded_at")
        ):
            if awarded_at is None:
                self.drafts.append(marker_id)
            else:
                self.marked_answers.add(answer_id)
        rows = [s.newest_row for s in self.scripts.values() if _is_shown(s)]
        self.shown = {
            mark.answer_id: mark
            for mark in marks.filter(releases__in=rows).select_related("level")
        }

    def of(self, students):
        """Return the same book with the rows of these students only (their ids).

        Whether a task is marked whole is still told of the whole class: in a group of
        one its word would change with the script just marked.
        """
        book = copy.copy(self)
        # What a copy would take over of the whole class.
        book.__dict__.pop("redraft_marks", None)
        book.members = {pk: ids & students for pk, ids in self.members.items()}
        book.students = {
            pk: person for pk, person in self.students.items() if pk in students
        }
        book.scripts = {
            pk: script
            for pk, script in self.scripts.items()
            if script.student_id in students
        }
        book.answers = {
            pk: answers for pk, answers in self.answers.items() if pk in book.scripts
        }
        book.first_drafts = {
            key: script
            for key, script in self.first_drafts.items()
            if script.pk in book.scripts
        }
        book.redrafts = [s for s in self.redrafts if s.pk in book.scripts]
        book.columns = book._columns()
        return book

    def _questions(self, ids):
        """Return these questions by id; a query only for those withdrawn since."""
        known = {
            question.pk: question
            for questions in self.asked.values()
            for question in questions
        }
        gone = ids - known.keys()
        if gone:
            known |= Question.objects.select_related("type").in_bulk(gone)
        return known

    def _columns(self):
        """Return a column for each question that is asked, or was answered."""
        columns = {}
        for assignment in self.assignments:
            asked = self.asked.get(assignment.assessment_id, [])
            for order, question in enumerate(asked, 1):
                columns[assignment.pk, question.pk] = Column(
                    assignment, question, order
                )
        by_id = {assignment.pk: assignment for assignment in self.assignments}
        for script in self.scripts.values():
            for answer in self.answers.get(script.pk, ()):
                key = (script.assignment_id, answer.question_id)
                if key not in columns:
                    columns[key] = Column(
                        by_id[script.assignment_id], answer.question, answer.order
                    )
                mark = self.shown.get(answer.pk)
                if script.question_id is None and mark is not None:
                    columns[key].add(mark, script.student_id)
        places = {assignment.pk: n for n, assignment in enumerate(self.assignments)}
        return sorted(
            columns.values(), key=lambda c: (places[c.assignment.pk], c.order, c.key)
        )

    def is_marked(self, script):
        """Whether each answer has a mark that stands."""
        answers = self.answers.get(script.pk, ())
        return all(answer.pk in self.marked_answers for answer in answers)

    def handed_in(self, assignment):
        """Return a task's first drafts that are handed in."""
        return [
            script
            for (pk, _student), script in self.first_drafts.items()
            if pk == assignment.pk and script.is_handed_in
        ]

    def _is_whole(self, assignment):
        return all(self.is_marked(script) for script in self.handed_in(assignment))

    def expects(self, assignment, student_id):
        """Whether the task is set to this student today, excused or not."""
        if student_id not in self.members.get(assignment.group_id, ()):
            return False
        row = self.arrangements.get((assignment.pk, student_id))
        return assignment.audience == Assignment.Audience.CLASS or bool(
            row and row.is_chosen
        )

    def state(self, assignment, student_id):
        """Return the word for one student in one task, see `STATE_WORDS`."""
        script = self.first_drafts.get((assignment.pk, student_id))
        if script is not None and script.is_handed_in:
            if _is_shown(script):
                return "released"
            return "marked" if assignment.pk in self.marked_whole else "handed in"
        if not self.expects(assignment, student_id):
            return ""
        row = self.arrangements.get((assignment.pk, student_id))
        if row is not None and row.absence:
            return row.absence
        due_at = (row and row.due_at) or assignment.due_at
        if due_at + assignment.grace < self.now:
            return "missing"
        return "writing" if script else "open"

    def cell(self, column, student_id):
        assignment = column.assignment
        state = self.state(assignment, student_id)
        script = self.first_drafts.get((assignment.pk, student_id))
        if state != "released":
            return Cell(column, state)
        for answer in self.answers[script.pk]:
            if answer.question_id == column.question.pk and answer.pk in self.shown:
                cell = Cell(column, state, script, answer, self.shown[answer.pk])
                cell.redraft = self.redraft_marks.get(answer.pk)
                return cell
        return Cell(column, "")

    @cached_property
    def redraft_marks(self):
        """First draft's answer → the newest second draft's mark that is shown."""
        found = {}
        for script in sorted(self.redrafts, key=lambda script: script.pk):
            for answer in self.answers.get(script.pk, ()):
                if answer.redraft_of_id and answer.pk in self.shown:
                    found[answer.redraft_of_id] = self.shown[answer.pk]
        return found

    def gain_pairs(self):
        """Return (before, after) for second drafts whose both marks are shown."""
        students = {
            answer.pk: self.scripts[script_id].student_id
            for script_id, answers in self.answers.items()
            for answer in answers
        }
        return [
            (
                given(self.shown[before], students[before]),
                given(after, students[before]),
            )
            for before, after in self.redraft_marks.items()
            if before in self.shown
        ]

    def rows(self, group=None):
        """Return (student, cells) by name: who is in the class, and who has left it
        with work in these tasks."""
        people = dict(self.students)
        for script in self.scripts.values():
            people.setdefault(script.student_id, script.student)
        columns = [
            c for c in self.columns if group is None or c.assignment.group == group
        ]
        ids = {column.assignment.pk for column in columns}
        members = (
            set().union(*self.members.values())
            if group is None
            else self.members.get(group.pk, set())
        )
        wanted = members | {
            script.student_id
            for script in self.scripts.values()
            if script.assignment_id in ids
        }
        return [
            (student, [self.cell(column, student.pk) for column in columns])
            for student in sorted((people[pk] for pk in wanted), key=by_name)
        ]

    def missing_of(self, student_id):
        """Return the tasks that are missing of one student, oldest first."""
        return [
            assignment
            for assignment in self.assignments
            if self.state(assignment, student_id) == "missing"
        ]

    def missing(self):
        """Return student's id → the tasks that are missing, oldest first."""
        found = {}
        for assignment in self.assignments:
            for student_id in self.members.get(assignment.group_id, ()):
                if self.state(assignment, student_id) == "missing":
                    found.setdefault(student_id, []).append(assignment)
        return found


def by_name(person):
    """Return what a class list is ordered by."""
    return (folded(person.last_name), folded(person.first_name), person.pk)


def _is_shown(script):
    return script.newest_release == "shown"


def _newest(field):
    rows = ReleasedScript.objects.filter(script=OuterRef("pk"))
    return Subquery(rows.order_by("-pk").values(field)[:1])


def school_year_begins(today=None):
    """Return the first of September before a day, by default today."""
    today = today or timezone.localdate()
    return datetime.date(today.year - (today.month < 9), 9, 1)

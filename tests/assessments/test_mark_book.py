"""What the mark book shows by name, before and after release."""

import datetime

from django.utils import timezone

from assessments import overview
from assessments.mark_book import MarkBook, school_year_begins
from assessments.models import Assignment, Release, Script
from people import roles
from tests.base import SchoolTestCase
from tests.factories import (
    AQA5,
    EDX3D,
    make_arrangement,
    make_assignment,
    make_mark,
    make_membership,
    make_question,
    make_script,
    make_user,
)


class MarkBookTestCase(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.rae = make_user("rae", role=roles.STUDENT, group=cls.hi1)
        cls.second = make_script(cls.rae, cls.assignment, "Rae’s answer.", hand_in=True)

    def book(self, user=None):
        tasks = overview.tasks_of([self.hi1], user or self.ada)
        return MarkBook(tasks, [self.hi1])

    def words(self):
        """Return each student's words, by user name."""
        return {
            student.username: [cell.state for cell in cells]
            for student, cells in self.book().rows()
        }

    def set_due(self, **ago):
        due = timezone.now() - datetime.timedelta(**ago)
        Assignment.objects.filter(pk=self.assignment.pk).update(
            opens_at=due - datetime.timedelta(days=9), due_at=due
        )

    def release(self, *scripts):
        Release.show(Script.objects.filter(pk__in=[s.pk for s in scripts]), self.ada)


class BeforeReleaseTest(MarkBookTestCase):
    def test_marking_one_script_changes_no_name(self):
        before = self.words()
        make_mark(self.script, self.ada)

        self.assertEqual(before, {"sam": ["handed in"], "rae": ["handed in"]})
        self.assertEqual(self.words(), before)

    def test_all_names_turn_at_once_when_nothing_is_left_to_mark(self):
        make_mark(self.script, self.ada)
        make_mark(self.second, self.ada)

        self.assertEqual(self.words(), {"sam": ["marked"], "rae": ["marked"]})

    def test_a_draft_or_a_second_marker_s_mark_marks_nothing(self):
        make_mark(self.second, self.ada)
        make_mark(self.script, self.ada, award=False)

        self.assertEqual(self.words()["rae"], ["handed in"])

    def test_no_mark_is_in_a_cell_and_none_in_a_column(self):
        make_mark(self.script, self.ada)
        make_mark(self.second, self.ada)
        book = self.book()

        self.assertEqual([c.marks for c in book.columns], [[]])
        for _student, cells in book.rows():
            self.assertEqual([(c.mark, c.script) for c in cells], [(None, None)])


class AfterReleaseTest(MarkBookTestCase):
    def setUp(self):
        make_mark(self.script, self.ada, 8)
        make_mark(self.second, self.ada, 3)
        self.release(self.script)

    def test_what_is_released_shows_its_total_and_what_is_held_its_word(self):
        rows = {student.username: cells for student, cells in self.book().rows()}

        self.assertEqual(rows["sam"][0].mark.total, 8)
        self.assertEqual(rows["sam"][0].script, self.script)
        self.assertEqual((rows["rae"][0].state, rows["rae"][0].mark), ("marked", None))
        self.assertEqual([m.total for m in self.book().columns[0].marks], [8])

    def test_a_newer_mark_waits_for_the_next_release(self):
        make_mark(self.script, self.ada, 11)

        self.assertEqual([m.total for m in self.book().columns[0].marks], [8])
        self.release(self.script)
        self.assertEqual([m.total for m in self.book().columns[0].marks], [11])

    def test_taking_back_hides_everything_again(self):
        Release.take_back(Script.objects.filter(pk=self.script.pk), self.ada)
        book = self.book()

        self.assertEqual(book.columns[0].marks, [])
        self.assertEqual(self.words(), {"sam": ["marked"], "rae": ["marked"]})

    def test_a_second_draft_shows_only_when_it_is_released_itself(self):
        draft = self.script.answers.get().make_redraft()
        draft.script.hand_in()
        draft.refresh_from_db()
        make_mark(draft.script, self.ada, 10)
        before = self.book()

        self.assertEqual(before.gain_pairs(), [])
        self.release(draft.script)
        after = self.book()
        cells = {s.username: c for s, c in after.rows()}["sam"]
        self.assertEqual((cells[0].mark.total, cells[0].redraft.total), (8, 10))
        self.assertEqual([(a.total, b.total) for a, b in after.gain_pairs()], [(8, 10)])
        # The first drafts alone are the class's marks.
        self.assertEqual([m.total for m in after.columns[0].marks], [8])


class StatesTest(MarkBookTestCase):
    def test_work_not_handed_in_is_open_then_missing(self):
        una = make_user("ula", role=roles.STUDENT, group=self.hi1)
        self.assertEqual(self.words()["ula"], ["open"])

        make_script(una, self.assignment, "A draft.")
        self.assertEqual(self.words()["ula"], ["writing"])

        self.set_due(hours=1)
        self.assertEqual(self.words()["ula"], ["missing"])
        self.assertEqual(self.book().missing(), {una.pk: [self.assignment]})
        self.assertEqual(self.book().missing_of(una.pk), [self.assignment])

    def test_grace_an_own_date_and_absence_are_not_missing(self):
        self.set_due(hours=1)
        ula = make_user("ula", role=roles.STUDENT, group=self.hi1)
        Assignment.objects.update(grace_minutes=90)
        self.assertEqual(self.words()["ula"], ["open"])

        Assignment.objects.update(grace_minutes=0)
        later = timezone.now() + datetime.timedelta(days=2)
        row = make_arrangement(self.assignment, ula, due_at=later)
        self.assertEqual(self.words()["ula"], ["open"])

        for absence in ("absent", "excused"):
            row.absence, row.due_at = absence, None
            row.save()
            self.assertEqual(self.words()["ula"], [absence])

    def test_a_task_for_chosen_students_is_nothing_to_the_others(self):
        self.set_due(hours=1)
        ula = make_user("ula", role=roles.STUDENT, group=self.hi1)
        Assignment.objects.update(audience="chosen")
        self.assertEqual(self.words()["ula"], [""])

        make_arrangement(self.assignment, ula, is_chosen=True)
        self.assertEqual(self.words()["ula"], ["missing"])

    def test_who_has_left_stays_with_their_work_and_owes_nothing(self):
        self.set_due(hours=1)
        old = make_user("old")
        make_membership(
            old,
            roles.STUDENT,
            self.hi1,
            until=timezone.localdate() - datetime.timedelta(1),
        )
        self.assertNotIn("old", self.words())

        make_script(old, self.assignment, "Begun.")
        self.assertEqual(self.words()["old"], [""])
        self.assertEqual(self.book().missing(), {})


class ColumnsTest(MarkBookTestCase):
    def test_tasks_stand_by_date_and_a_withdrawn_question_stays_with_its_answers(self):
        other = make_question(AQA5, "five")
        make_assignment(other, self.hi1, self.ada, days=1)
        self.question.published_at = None
        self.question.save()

        self.assertEqual([c.name for c in self.book().columns], ["AQA 5", "AQA 6"])

    def test_a_total_holds_spag(self):
        question = make_question(EDX3D, "agree")
        task = make_assignment(question, self.hi1, self.ada, days=9)
        script = make_script(self.sam, task, "An answer.", hand_in=True)
        make_mark(script, self.ada, 11, spag=3)
        self.release(script)
        column = self.book().columns[1]

        self.assertEqual(column.highest_total, 20)
        self.assertEqual((column.marks[0].mark, column.marks[0].total), (11, 14))


def test_a_school_year_begins_on_the_first_of_september():
    year = [
        school_year_begins(datetime.date(*day))
        for day in ((2026, 9, 1), (2026, 8, 31), (2027, 1, 1))
    ]

    assert year == [
        datetime.date(2026, 9, 1),
        datetime.date(2025, 9, 1),
        datetime.date(2026, 9, 1),
    ]

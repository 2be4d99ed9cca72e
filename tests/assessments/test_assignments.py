"""To whom work is set, until when, and who is let off."""

import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments.models import Assignment, AssignmentStudent, Script
from people import roles
from tests.base import SchoolTestCase
from tests.factories import (
    make_arrangement,
    make_assignment,
    make_membership,
    make_script,
    make_user,
)

HOUR = datetime.timedelta(hours=1)
EXCUSED = AssignmentStudent.Absence.EXCUSED
ABSENT = AssignmentStudent.Absence.ABSENT


def names(students):
    return sorted(student.username for student in students)


class ClassTestCase(SchoolTestCase):
    """Hi1 has Sam, Kim and Lee; Max has left it and Zoe joins later."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        today = timezone.localdate()
        for name in ("kim", "lee"):
            setattr(cls, name, make_user(name, role=roles.STUDENT, group=cls.hi1))
        cls.max = make_user("max")
        cls.zoe = make_user("zoe")
        day = datetime.timedelta(days=1)
        make_membership(cls.max, roles.STUDENT, cls.hi1, until=today - day)
        make_membership(cls.zoe, roles.STUDENT, cls.hi1, since=today + day)
        cls.late_task = make_assignment(
            cls.question, cls.hi1, cls.ada, days=-1, opened=7
        )


class AudienceTest(ClassTestCase):
    def choose(self, *students):
        Assignment.objects.filter(pk=self.assignment.pk).update(audience="chosen")
        self.assignment.refresh_from_db()
        for student in students:
            make_arrangement(self.assignment, student, is_chosen=True)

    def sees(self, person):
        return Assignment.objects.visible_to(person).filter(pk=self.assignment.pk)

    def test_the_whole_class_means_who_belongs_today(self):
        self.assertEqual(
            names(self.assignment.expected_students()), ["kim", "lee", "sam"]
        )

    def test_a_task_for_chosen_students_is_theirs_alone(self):
        self.choose(self.kim, self.max, self.tom)
        # A row about a student does not yet choose them.
        make_arrangement(self.assignment, self.lee, due_at=self.assignment.due_at)

        self.assertEqual(names(self.assignment.expected_students()), ["kim"])
        seen = {
            name: self.sees(getattr(self, name)).exists()
            for name in ("kim", "lee", "max", "tom", "una", "ada", "asa", "bea", "hal")
        }
        self.assertEqual(
            seen,
            {
                "kim": True, "lee": False, "max": False, "tom": False, "una": False,
                "ada": True, "asa": True, "bea": False, "hal": True,
            },
        )  # fmt: skip

    def test_a_task_for_nobody_is_not_set_to_everybody(self):
        self.choose()

        self.assertEqual(names(self.assignment.expected_students()), [])
        self.assertFalse(self.sees(self.sam).exists())

    def test_a_row_that_chooses_nobody_leaves_the_class_whole(self):
        make_arrangement(self.assignment, self.kim, due_at=self.assignment.due_at)

        self.assertTrue(self.sees(self.lee).exists())
        self.assertTrue(self.sees(self.kim).exists())

    def test_what_is_begun_stays_with_a_student_no_longer_chosen(self):
        script = make_script(self.kim, self.assignment, "Begun.")
        self.choose(self.lee)

        self.assertTrue(Script.objects.visible_to(self.kim).filter(pk=script.pk))
        self.assertTrue(script.can_be_written_by(self.kim))


class AbsenceTest(ClassTestCase):
    def test_the_excused_are_not_expected_and_the_absent_are(self):
        make_arrangement(self.late_task, self.kim, absence=EXCUSED)
        make_arrangement(self.late_task, self.lee, absence=ABSENT)

        self.assertEqual(names(self.late_task.expected_students()), ["lee", "sam"])
        self.assertEqual(names(self.late_task.set_to_students()), ["kim", "lee", "sam"])
        self.assertEqual(
            self.late_task.absence_by_student(),
            {self.kim.pk: "excused", self.lee.pk: "absent"},
        )

    def test_missing_are_the_expected_past_their_own_date_with_nothing_handed_in(self):
        make_arrangement(self.late_task, self.lee, absence=ABSENT)
        later = timezone.now() + HOUR
        self.assertEqual(names(self.late_task.missing_students()), ["kim", "sam"])

        row = make_arrangement(self.late_task, self.kim, due_at=later)
        self.assertEqual(names(self.late_task.missing_students()), ["sam"])
        row.due_at = timezone.now() - HOUR
        row.save()
        self.assertEqual(names(self.late_task.missing_students()), ["kim", "sam"])
        make_script(self.kim, self.late_task, "A draft.")
        self.assertEqual(names(self.late_task.missing_students()), ["kim", "sam"])
        make_script(self.sam, self.late_task, "Done.", hand_in=True)
        self.assertEqual(names(self.late_task.missing_students()), ["kim"])

    def test_nobody_is_missing_before_the_date_or_within_its_grace(self):
        self.assertEqual(names(self.assignment.missing_students()), [])
        self.late_task.grace_minutes = 24 * 60 + 1
        self.assertEqual(names(self.late_task.missing_students()), [])
        self.late_task.grace_minutes = 24 * 60 - 1
        self.assertEqual(
            names(self.late_task.missing_students()), ["kim", "lee", "sam"]
        )


class DueTest(ClassTestCase):
    def test_a_students_own_date_goes_before_the_tasks(self):
        later = self.late_task.due_at + 3 * HOUR
        make_arrangement(self.late_task, self.kim, due_at=later)
        make_arrangement(self.late_task, self.lee, absence=ABSENT)

        self.assertEqual(self.late_task.due_for(self.kim), later)
        self.assertEqual(self.late_task.due_for(self.lee), self.late_task.due_at)
        self.assertEqual(self.late_task.due_for(self.sam), self.late_task.due_at)
        self.assertEqual(self.late_task.due_by_student(), {self.kim.pk: later})

    def test_for_student_reads_the_own_date_and_absence_along(self):
        later = timezone.now() + HOUR
        make_arrangement(self.late_task, self.kim, due_at=later, absence=ABSENT)
        tasks = Assignment.objects.filter(pk=self.late_task.pk)
        kims, sams = (
            tasks.for_student(self.kim).get(),
            tasks.for_student(self.sam).get(),
        )

        self.assertEqual((kims.own_due_at, kims.absence), (later, "absent"))
        self.assertFalse(kims.is_past_due)
        self.assertEqual((sams.own_due_at, sams.absence), (sams.due_at, ""))
        self.assertTrue(sams.is_past_due)

    def words(self, script):
        with_due = Script.objects.with_due().select_related("assignment")
        read_along = with_due.get(pk=script.pk)
        with self.assertNumQueries(0):
            words = read_along.time_words
        # And the same without the annotation, at the price of a query.
        self.assertEqual(Script.objects.get(pk=script.pk).time_words, words)
        return str(words)

    def test_late_is_after_date_and_grace_by_the_students_own_clock(self):
        script = make_script(self.kim, self.late_task, "Late.", hand_in=True)
        self.assertEqual(self.words(script), "late")

        self.late_task.grace_minutes = 24 * 60 + 5
        self.late_task.save()
        self.assertEqual(self.words(script), "on time")
        self.late_task.grace_minutes = 5
        self.late_task.takes_late = False
        self.late_task.save()
        self.assertEqual(self.words(script), "after closing")
        make_arrangement(self.late_task, self.kim, due_at=timezone.now())
        self.assertEqual(self.words(script), "on time")

    def test_after_closing_words_are_kept_and_handed_in_all_the_same(self):
        self.late_task.takes_late = False
        self.late_task.save()
        script = make_script(self.kim, self.late_task, "Every word.", hand_in=True)

        self.assertTrue(script.is_after_closing)
        self.assertEqual(script.answers.get().handed_in_text, "Every word.")

    def test_practice_and_second_drafts_are_never_late(self):
        practice = make_script(self.kim, None, "x", self.question, hand_in=True)
        first = make_script(self.kim, self.late_task, "x", hand_in=True)
        second = first.answers.get().make_redraft().script
        second.hand_in()

        self.assertEqual(self.words(practice), "on time")
        self.assertEqual(self.words(second), "on time")


class RulesTest(ClassTestCase):
    def test_an_own_date_lies_after_the_opening(self):
        row = AssignmentStudent(
            assignment=self.assignment,
            student=self.kim,
            due_at=self.assignment.opens_at,
        )

        with self.assertRaisesMessage(ValidationError, "before the task opens"):
            row.full_clean()

    def test_the_database_refuses_what_is_no_audience_absence_or_second_row(self):
        make_arrangement(self.assignment, self.kim, is_chosen=True)
        for wrong in (
            lambda: make_arrangement(self.assignment, self.kim),
            lambda: make_arrangement(self.assignment, self.lee, absence="ill"),
            lambda: Assignment.objects.update(audience="all"),
            lambda: Assignment.objects.update(grace_minutes=7 * 24 * 60 + 1),
        ):
            with self.assertRaises(IntegrityError), transaction.atomic():
                wrong()

    def test_arrangements_are_for_the_staff_of_the_class(self):
        make_arrangement(self.assignment, self.sam, note="STAFF-ONLY")
        seen = {
            name
            for name in ("sam", "kim", "tom", "ada", "asa", "bea", "hal", "sen", "dee")
            if AssignmentStudent.objects.visible_to(getattr(self, name)).exists()
        }

        self.assertEqual(seen, {"ada", "asa", "hal", "sen"})

"""Setting work: several questions, students and their dates, another class."""

import datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import Assessment, Assignment, AssignmentStudent
from people import roles
from tests.base import SchoolTestCase
from tests.factories import (
    AQA5,
    make_arrangement,
    make_assignment,
    make_group,
    make_membership,
    make_question,
    make_user,
)

ADD = reverse("admin:assessments_assignment_add")
LIST = reverse("admin:assessments_assignment_changelist")


class SetTest(SchoolTestCase):
    def setUp(self):
        self.sign_in("ada")

    def post(self, **changes):
        data = {
            "task": f"q-{self.question.pk}", "group": self.hi1.pk, "audience": "class",
            "opens_at_0": "2026-11-02", "opens_at_1": "09:00",
            "due_at_0": "2026-12-02", "due_at_1": "09:00", "grace_minutes": "15",
            "takes_late": "on", "note": "",
        }  # fmt: skip
        data |= changes
        return self.client.post(ADD, {k: v for k, v in data.items() if v is not None})

    def newest(self):
        return Assignment.objects.latest("pk")

    def test_grace_and_the_rule_about_late_work_are_kept(self):
        self.assertRedirects(self.post(), LIST)
        made = self.newest()
        self.assertEqual((made.grace_minutes, made.takes_late), (15, True))
        self.post(takes_late=None, grace_minutes="")
        made = self.newest()
        self.assertEqual((made.grace_minutes, made.takes_late), (0, False))

    def test_several_questions_become_one_task_in_their_order(self):
        five = make_question(AQA5, slug="five")
        response = self.post(task="", several=[self.question.pk, five.pk])

        self.assertRedirects(response, LIST)
        task = self.newest().assessment
        self.assertEqual(str(task), "AQA-style questions 5, 6")
        self.assertEqual(task.published_questions(), [five, self.question])
        self.assertFalse(task.is_paper)
        self.assertNotIn(task, Assessment.objects.papers())

    def test_what_is_set_must_be_said_and_said_once(self):
        five = make_question(AQA5, slug="five")
        before = Assignment.objects.count()
        for changes, sentence in (
            ({"task": ""}, "Choose what you set."),
            ({"several": [five.pk, self.question.pk]}, "not both"),
            ({"task": "", "several": [five.pk]}, "a task by itself"),
            ({"grace_minutes": "20000"}, "less than or equal to 10080"),
        ):
            response = self.post(**changes)
            self.assertContains(response, sentence)
        self.assertEqual(Assignment.objects.count(), before)

    def test_for_chosen_students_the_next_page_asks_for_them(self):
        response = self.post(audience="chosen")
        made = self.newest()

        students = reverse("admin:assessments_assignment_students", args=[made.pk])
        self.assertRedirects(response, students)
        self.assertFalse(Assignment.objects.visible_to(self.sam).filter(pk=made.pk))
        self.client.post(students, {f"s{self.sam.pk}-is_chosen": "on"})
        self.assertTrue(Assignment.objects.visible_to(self.sam).filter(pk=made.pk))

    def test_an_old_task_can_be_changed_without_the_list_of_questions(self):
        address = reverse(
            "admin:assessments_assignment_change", args=[self.assignment.pk]
        )
        page = self.client.get(address)

        self.assertNotContains(page, "Or several questions together")
        self.assertContains(self.client.get(ADD), "Or several questions together")
        self.assertContains(page, "Set it to another class")


class StudentsTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.kim = make_user("kim", role=roles.STUDENT, group=cls.hi1)
        cls.address = reverse(
            "admin:assessments_assignment_students", args=[cls.assignment.pk]
        )

    def row(self, student):
        return AssignmentStudent.objects.filter(
            assignment=self.assignment, student=student
        ).first()

    def test_an_own_date_an_absence_and_a_note_are_kept_and_cleared(self):
        self.sign_in("ada")
        due = timezone.localtime(self.assignment.due_at) + datetime.timedelta(days=3)
        prefix = f"s{self.sam.pk}"
        data = {
            f"{prefix}-due_at_0": due.strftime("%Y-%m-%d"),
            f"{prefix}-due_at_1": "15:30",
            f"{prefix}-absence": "absent",
            f"{prefix}-note": "Ill.",
        }
        self.assertRedirects(self.client.post(self.address, data), LIST)

        row = self.row(self.sam)
        self.assertEqual(
            timezone.localtime(row.due_at).strftime("%Y-%m-%d %H:%M"),
            due.strftime("%Y-%m-%d 15:30"),
        )
        self.assertEqual(
            (row.absence, row.note, row.is_chosen), ("absent", "Ill.", False)
        )
        self.assertIsNone(self.row(self.kim))
        page = self.client.get(self.address)
        self.assertContains(page, 'value="15:30"')
        self.client.post(self.address, dict.fromkeys(data, ""))
        self.assertIsNone(self.row(self.sam))

    def test_a_date_before_the_opening_is_refused_and_nothing_is_kept(self):
        self.sign_in("ada")
        data = {
            f"s{self.kim.pk}-absence": "excused",
            f"s{self.sam.pk}-due_at_0": "2020-01-01",
            f"s{self.sam.pk}-due_at_1": "09:00",
        }
        response = self.client.post(self.address, data)

        self.assertContains(response, "before the task opens", status_code=422)
        self.assertContains(response, "Sam Test", status_code=422)
        self.assertFalse(AssignmentStudent.objects.exists())

    def test_half_a_date_is_refused_with_a_sentence(self):
        self.sign_in("ada")
        response = self.client.post(
            self.address, {f"s{self.sam.pk}-due_at_0": "2027-01-01"}
        )

        self.assertContains(response, "Enter a valid time", status_code=422)

    def test_only_students_of_the_class_have_a_row(self):
        self.sign_in("ada")
        self.client.post(self.address, {f"s{self.tom.pk}-absence": "excused"})

        self.assertFalse(AssignmentStudent.objects.exists())

    def test_whoever_only_reads_sees_the_page_and_changes_nothing(self):
        make_arrangement(self.assignment, self.sam, note="An agreement.")
        for person in ("asa", "sen"):
            self.sign_in(person)
            self.assertContains(self.client.get(self.address), "disabled")
            self.assertContains(self.client.get(self.address), "An agreement.")
            self.assertEqual(self.client.post(self.address, {}).status_code, 403)
        self.assertIsNotNone(self.row(self.sam))

    def test_the_students_of_an_earlier_task_can_be_ticked_again(self):
        earlier = make_assignment(make_question(slug="e"), self.hi1, self.ada)
        Assignment.objects.filter(pk=earlier.pk).update(audience="chosen")
        make_arrangement(earlier, self.kim, is_chosen=True)
        Assignment.objects.filter(pk=self.assignment.pk).update(audience="chosen")
        foreign = make_assignment(make_question(slug="f"), self.hi2, self.bea)
        Assignment.objects.filter(pk=foreign.pk).update(audience="chosen")
        self.sign_in("ada")

        page = self.client.get(self.address, {"like": earlier.pk})
        ticked = {
            form.instance.student.username: form["is_chosen"].value()
            for form in page.context["forms"]
        }
        self.assertEqual(ticked, {"kim": True, "sam": False})
        self.assertFalse(self.assignment.student_rows.exists())
        for wrong in (foreign.pk, 10**17):
            response = self.client.get(self.address, {"like": wrong})
            self.assertEqual(response.status_code, 404)
        for wrong in ("x", "", "9" * 40):
            response = self.client.get(self.address, {"like": wrong})
            self.assertIsNone(response.context["like"])

    def test_it_costs_the_same_with_two_students_and_with_thirty(self):
        self.sign_in("ada")
        make_arrangement(self.assignment, self.sam, note="x")
        self.client.get(self.address)
        with CaptureQueriesContext(connection) as queries:
            self.client.get(self.address)
        few = len(queries)
        for number in range(30):
            student = make_user(f"st{number}", role=roles.STUDENT, group=self.hi1)
            make_arrangement(self.assignment, student, note="x")
        # Once before: the school's own row is remembered for a few seconds.
        self.client.get(self.address)
        with self.assertNumQueries(few):
            self.client.get(self.address)


class CopyTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.address = reverse(
            "admin:assessments_assignment_copy", args=[cls.assignment.pk]
        )
        cls.hi3 = make_group("10B/Hi3")
        make_membership(cls.ada, roles.TEACHER, cls.hi3)
        Assignment.objects.filter(pk=cls.assignment.pk).update(
            grace_minutes=20, takes_late=False, note="Read first."
        )
        make_arrangement(cls.assignment, cls.sam, note="Stays behind.")

    def post(self, group, **changes):
        data = {
            "group": group.pk, "opens_at_0": "2026-12-01", "opens_at_1": "09:00",
            "due_at_0": "2026-12-08", "due_at_1": "15:30",
        }  # fmt: skip
        return self.client.post(self.address, data | changes)

    def test_the_same_is_set_to_another_class_with_dates_of_its_own(self):
        self.sign_in("ada")
        self.assertRedirects(self.post(self.hi3), LIST)

        made = Assignment.objects.get(group=self.hi3)
        self.assertEqual(made.assessment, self.assignment.assessment)
        self.assertEqual(
            (made.grace_minutes, made.takes_late, made.note, made.set_by),
            (20, False, "Read first.", self.ada),
        )
        self.assertEqual(
            timezone.localtime(made.due_at).strftime("%d %b %H:%M"), "08 Dec 15:30"
        )
        self.assertFalse(made.student_rows.exists())

    def test_for_chosen_students_it_asks_for_those_of_the_other_class(self):
        Assignment.objects.filter(pk=self.assignment.pk).update(audience="chosen")
        self.sign_in("ada")
        response = self.post(self.hi3)

        made = Assignment.objects.get(group=self.hi3)
        self.assertRedirects(
            response, reverse("admin:assessments_assignment_students", args=[made.pk])
        )

    def test_a_teacher_sets_only_to_own_classes_and_the_head_to_any(self):
        self.sign_in("ada")
        self.assertEqual(self.post(self.hi2).status_code, 422)
        self.assertFalse(Assignment.objects.filter(group=self.hi2).exists())
        self.sign_in("hal")
        self.assertRedirects(self.post(self.hi2), LIST)

    def test_due_before_the_opening_is_refused(self):
        self.sign_in("ada")
        response = self.post(self.hi3, due_at_0="2026-11-01")

        self.assertContains(response, "due before it opens", status_code=422)

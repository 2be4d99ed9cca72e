"""Groups inside a class, and work that is set to one."""

from django.db import IntegrityError, transaction
from django.urls import reverse

from assessments.models import Assignment
from people import roles
from people.models import Membership, Subgroup
from tests.base import SchoolTestCase
from tests.factories import make_membership, make_user

ADD = reverse("admin:people_subgroup_add")


def change_page(subgroup):
    return reverse("admin:people_subgroup_change", args=[subgroup.pk])


class SubgroupCase(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.sue = make_user("sue", role=roles.STUDENT, group=cls.hi1)
        cls.readers = Subgroup.objects.create(group=cls.hi1, name="Readers")
        cls.readers.students.add(cls.sam)


class AdminTest(SubgroupCase):
    def test_a_teacher_makes_one_and_ticks_students_of_the_class(self):
        self.sign_in("ada")
        answer = self.client.post(ADD, {"group": self.hi1.pk, "name": "Writers"})
        made = Subgroup.objects.get(name="Writers")
        self.assertRedirects(answer, change_page(made))
        page = self.client.get(change_page(made))
        self.assertContains(page, "Sam Test")
        self.assertNotContains(page, "Tom Test")
        self.client.post(
            change_page(made), {"name": "Writers", "students": [self.sue.pk]}
        )
        self.assertEqual(list(made.students.all()), [self.sue])

    def test_a_forged_student_or_class_is_refused(self):
        self.sign_in("ada")
        page = self.client.post(
            change_page(self.readers), {"name": "Readers", "students": [self.tom.pk]}
        )
        self.assertEqual(page.status_code, 200)
        self.assertEqual(list(self.readers.students.all()), [self.sam])
        self.client.post(ADD, {"group": self.hi2.pk, "name": "Mine"})
        self.assertFalse(Subgroup.objects.filter(name="Mine").exists())
        self.client.post(
            change_page(self.readers), {"name": "Readers", "group": self.hi2.pk}
        )
        self.readers.refresh_from_db()
        self.assertEqual(self.readers.group, self.hi1)

    def test_who_sees_which(self):
        for name, seen in (("ada", 1), ("hal", 1), ("bea", 0), ("sam", 0), ("asa", 1)):
            user = getattr(self, name)
            self.assertEqual(Subgroup.objects.visible_to(user).count(), seen, name)

    def test_a_name_is_given_once_in_a_class(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            Subgroup.objects.create(group=self.hi1, name="READERS")
        Subgroup.objects.create(group=self.hi2, name="Readers")

    def test_who_left_the_class_does_not_count(self):
        self.assertEqual(Subgroup.objects.with_student_count().get().student_count, 1)
        Membership.objects.filter(person=self.sam).update(until_date="2026-09-02")
        self.assertEqual(Subgroup.objects.with_student_count().get().student_count, 0)

    def test_the_list_costs_the_same_with_many(self):
        self.sign_in("ada")
        page = reverse("admin:people_subgroup_changelist")
        self.client.get(page)
        for count in (0, 40):
            for n in range(count):
                Subgroup.objects.create(group=self.hi1, name=f"G{n}")
            with self.subTest(count), self.assertNumQueries(5):
                self.client.get(page)


class AssignmentTest(SubgroupCase):
    def data(self, **fields):
        return {
            "task": f"q-{self.question.pk}", "group": self.hi1.pk, "audience": "class",
            "opens_at_0": "2026-11-02", "opens_at_1": "09:00",
            "due_at_0": "2026-12-02", "due_at_1": "09:00", "takes_late": "on",
            "note": "", **fields,
        }  # fmt: skip

    def set_work(self, **fields):
        page = reverse("admin:assessments_assignment_add")
        return self.client.post(page, self.data(**fields))

    def test_work_is_set_to_a_group_of_the_class(self):
        self.sign_in("ada")
        answer = self.set_work(part=self.readers.pk)
        made = Assignment.objects.latest("pk")
        self.assertRedirects(answer, reverse("admin:assessments_assignment_changelist"))
        self.assertEqual(made.audience, "chosen")
        self.assertEqual(list(made.set_to_students()), [self.sam])
        self.assertIn(made, Assignment.objects.set_to(self.sam))
        self.assertNotIn(made, Assignment.objects.set_to(self.sue))

    def test_a_group_of_another_class_is_refused(self):
        self.sign_in("hal")
        other = Subgroup.objects.create(group=self.hi2, name="Others")
        page = self.set_work(part=other.pk)
        self.assertContains(page, "That is a group of another class.")
        self.sign_in("ada")
        self.assertContains(self.set_work(part=other.pk), "not one of the available")

    def test_setting_it_to_another_group_takes_the_first_one_out(self):
        self.sign_in("ada")
        self.set_work(part=self.readers.pk)
        made = Assignment.objects.latest("pk")
        writers = Subgroup.objects.create(group=self.hi1, name="Writers")
        writers.students.add(self.sue, self.tom)
        page = reverse("admin:assessments_assignment_change", args=[made.pk])
        self.client.post(page, self.data(part=writers.pk))
        # Tom stands in the group by mistake and not in the class.
        self.assertEqual(list(made.set_to_students()), [self.sue])

    def test_a_group_is_ticked_on_the_page_of_students(self):
        self.sign_in("ada")
        Assignment.objects.filter(pk=self.assignment.pk).update(audience="chosen")
        page = reverse(
            "admin:assessments_assignment_students", args=[self.assignment.pk]
        )
        forms = self.client.get(f"{page}?part={self.readers.pk}").context["forms"]
        ticked = {form.instance.student for form in forms if form["is_chosen"].value()}
        self.assertEqual(ticked, {self.sam})
        other = Subgroup.objects.create(group=self.hi2, name="Others")
        for wrong in (other.pk, "9" * 30):
            status = self.client.get(f"{page}?part={wrong}").status_code
            self.assertEqual(status, 404 if wrong == other.pk else 200)

    def test_whoever_leaves_the_class_is_not_set_to(self):
        make_membership(self.tom, roles.STUDENT, self.hi1)
        self.readers.students.add(self.tom)
        Membership.objects.filter(person=self.tom, group=self.hi1).update(
            until_date="2026-09-02"
        )
        self.sign_in("ada")
        self.set_work(part=self.readers.pk)
        made = Assignment.objects.latest("pk")
        rows = made.student_rows.filter(is_chosen=True)
        self.assertEqual([row.student for row in rows], [self.sam])

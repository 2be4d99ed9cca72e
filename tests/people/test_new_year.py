"""The step into a new school year, and the way back for a week."""

import datetime

import time_machine
from django.urls import reverse

from people import new_year, roles
from people.models import Enrolment, RollOver, TeachingGroup, User
from tests.base import SchoolTestCase
from tests.factories import make_group, make_membership, make_user
from tests.people.test_roster_letters import everything

PAGE = reverse("admin:people_teachinggroup_new_year")
# The cast's classes sit the exam in 2028, so in the year that begins then they are
# Year 11.
SUMMER = "2027-07-05 09:00"


class ProposalTest(SchoolTestCase):
    def test_by_the_calendar(self):
        july, june = datetime.date(2027, 7, 5), datetime.date(2027, 6, 30)
        for name, cohort, today, expected in (
            ("10B/Hi1", 2028, july, ("keep", "11B/Hi1")),
            ("10B/Hi1", 2028, june, ("keep", "10B/Hi1")),
            ("11B/Hi1", 2028, july, ("keep", "11B/Hi1")),
            ("11X/Hi2", 2027, july, ("archive", "11X/Hi2")),
            ("11X/Hi2", 2027, june, ("keep", "11X/Hi2")),
            ("Y9 Hist Set 3", 2029, july, ("keep", "Y10 Hist Set 3")),
            ("Rome", 2028, july, ("keep", "Rome")),
            ("7A", 2040, july, ("keep", "7A")),
        ):
            with self.subTest(name=name, today=today):
                group = TeachingGroup(name=name, cohort=cohort)
                self.assertEqual(new_year.proposal_for(group, today), expected)


class StepCase(SchoolTestCase):
    def setUp(self):
        travel = time_machine.travel(SUMMER, tick=False)
        self.clock = travel.start()
        self.addCleanup(travel.stop)
        self.client.force_login(self.dee)
        self.old = make_group("11X/Hi2", 2027)
        self.leo = make_user("leo")
        self.liv = make_user("liv")
        for person in (self.leo, self.liv):
            make_membership(person, roles.STUDENT, self.old)
        # Liv is in a class that goes on as well.
        make_membership(self.liv, roles.STUDENT, self.hi1)
        make_membership(self.bea, roles.TEACHER, self.old)
        Enrolment.objects.create(student=self.leo, first_name="Leo", last_name="Test")

    def post(self, **changes):
        form = self.client.get(PAGE).context["form"]
        data = {name: form[name].value() for name in form.fields if name != "seen"}
        return self.client.post(PAGE, {**data, "look": "1", **changes})

    def do(self, **changes):
        seen = self.post(**changes).context["step"].digest
        return self.post(apply="1", seen=seen, **changes)


class StepTest(StepCase):
    def test_it_is_said_first(self):
        before = everything()
        page = self.post()
        self.assertEqual(
            page.context["step"].sentences,
            [
                "10B/Hi1 becomes 11B/Hi1.",
                "10B/Hi2 becomes 11B/Hi2.",
                "11X/Hi2 (exam 2027) is archived: 2 students leave it.",
                "1 student is in no other class. The account closes.",
            ],
        )
        self.assertContains(page, "Leo Test (leo)")
        self.assertEqual(everything(), before)

    def test_then_it_is_done(self):
        self.assertRedirects(self.do(), PAGE)
        names = set(TeachingGroup.objects.current().values_list("name", flat=True))
        self.assertEqual(names, {"11B/Hi1", "11B/Hi2"})
        self.leo.refresh_from_db()
        self.liv.refresh_from_db()
        self.assertFalse(self.leo.is_active)
        self.assertTrue(self.liv.is_active)
        self.assertEqual(str(self.leo.enrolment.left_on), "2027-07-05")
        self.assertEqual(
            [place.group_id for place in self.liv.memberships.valid()], [self.hi1.pk]
        )

    def test_an_archived_class_is_read_by_its_teachers_and_in_no_list_of_today(self):
        self.do()
        self.client.force_login(self.bea)
        page = reverse("staff:class-overview", args=[self.old.pk])
        self.assertContains(self.client.get(page), "11X/Hi2")
        self.assertNotContains(self.client.get("/admin/"), "11X/Hi2")
        add = self.client.get(reverse("admin:assessments_assignment_add"))
        self.assertNotContains(add, "11X/Hi2")
        classes = reverse("admin:people_teachinggroup_changelist")
        self.assertNotContains(self.client.get(classes), "11X/Hi2")
        self.assertContains(self.client.get(f"{classes}?archived=yes"), "11X/Hi2")

    def test_taken_back_nothing_is_different(self):
        before = everything()
        self.do()
        self.assertNotEqual(everything(), before)
        self.clock.shift(datetime.timedelta(days=6))
        self.client.force_login(self.dee)
        self.client.post(PAGE, {"take_back": "1"})
        self.assertEqual(everything(), before)
        self.assertEqual(RollOver.objects.get().undone_by, self.dee)
        # There is nothing more to take back.
        answer = self.client.post(PAGE, {"take_back": "1"}, follow=True)
        self.assertContains(answer, "no step that can be taken back")

    def test_only_the_last_step_is_taken_back(self):
        self.do()
        first = RollOver.objects.get()
        group = make_group("11Y/Hi9", 2027)
        self.do()
        group.refresh_from_db()
        self.assertIsNotNone(group.archived_at)
        self.assertIsNone(new_year.take_back(first, self.dee))
        self.client.post(PAGE, {"take_back": "1"})
        group.refresh_from_db()
        self.assertIsNone(group.archived_at)
        self.assertFalse(User.objects.get(pk=self.leo.pk).is_active)

    def test_after_a_week_it_stays(self):
        self.do()
        self.clock.shift(datetime.timedelta(days=7))
        self.client.force_login(self.dee)
        after = everything()
        self.client.post(PAGE, {"take_back": "1"})
        self.assertEqual(everything(), after)
        self.assertNotContains(self.client.get(PAGE), "Take it back")

    def test_what_was_changed_since_stays(self):
        self.do()
        TeachingGroup.objects.filter(pk=self.hi1.pk).update(name="11B/History")
        self.leo.memberships.update(until_date="2027-07-05")
        answer = self.client.post(PAGE, {"take_back": "1"}, follow=True)
        self.assertContains(answer, "11B/History keeps its name.")
        self.hi2.refresh_from_db()
        self.assertEqual(self.hi2.name, "10B/Hi2")
        self.assertEqual(str(self.leo.memberships.get().until_date), "2027-07-05")

    def test_an_old_name_that_is_taken_again_is_not_given_back(self):
        self.do()
        make_group("10b/hi1", 2028)
        answer = self.client.post(PAGE, {"take_back": "1"}, follow=True)
        self.assertContains(answer, "11B/Hi1 keeps its name.")

    def test_two_classes_may_change_names(self):
        one, two = f"name-{self.hi1.pk}", f"name-{self.hi2.pk}"
        self.do(**{one: "10B/Hi2", two: "10B/Hi1"})
        self.hi1.refresh_from_db()
        self.assertEqual(self.hi1.name, "10B/Hi2")
        self.client.post(PAGE, {"take_back": "1"})
        self.hi1.refresh_from_db()
        self.assertEqual(self.hi1.name, "10B/Hi1")

    def test_two_classes_of_one_name_are_refused(self):
        page = self.post(**{f"name-{self.hi1.pk}": "11b/hi2"})
        self.assertContains(page, "Change one of the names.", status_code=422)

    def test_what_changed_since_it_was_seen_is_shown_again(self):
        seen = self.post().context["step"].digest
        make_membership(make_user("late"), roles.STUDENT, self.old)
        before = everything()
        page = self.post(apply="1", seen=seen)
        self.assertContains(page, "Nothing has been done")
        self.assertContains(page, "3 students leave it.")
        self.assertEqual(everything(), before)

    def test_nothing_to_do_is_said_and_not_done(self):
        keep = {
            f"{part}-{group.pk}": value
            for group in (self.hi1, self.hi2, self.old)
            for part, value in (("act", "keep"), ("name", group.name))
        }
        self.assertContains(self.post(**keep), "every class goes on")
        self.do(**keep)
        self.assertFalse(RollOver.objects.exists())

    def test_only_those_who_keep_the_lists_get_in(self):
        for name in ("ada", "hal", "sen"):
            self.sign_in(name)
            self.assertEqual(self.client.get(PAGE).status_code, 403)
            self.assertEqual(
                self.client.post(PAGE, {"take_back": "1"}).status_code, 403
            )

    def test_it_costs_the_same_with_many_classes(self):
        self.client.get(PAGE)
        for count in (0, 30):
            for n in range(count):
                group = make_group(f"10Z/Hi{n}")
                make_membership(make_user(f"z{n}"), roles.STUDENT, group)
            with self.assertNumQueries(4):
                self.client.get(PAGE)

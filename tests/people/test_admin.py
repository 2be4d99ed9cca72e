"""The scoped admin, over everything registered: rows, pickers, forged ids."""

import datetime

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import Assessment, Script
from lessons.models import Lesson
from people import admin as people_admin, roles
from people.models import Membership, School, TeachingGroup, User
from tests.base import CAST, SchoolTestCase
from tests.factories import (
    make_assignment,
    make_group,
    make_lesson,
    make_membership,
    make_script,
    make_source,
    make_user,
)


def opts_name(model):
    return f"{model._meta.app_label}_{model._meta.model_name}"


class RegistryTest(SchoolTestCase):
    def test_lists_show_exactly_the_visible_rows(self):
        School.current()
        for model, model_admin in admin.site._registry.items():
            address = reverse(f"admin:{opts_name(model)}_changelist")
            for name in CAST:
                user = User.objects.get(username=name)
                self.client.force_login(user)
                response = self.client.get(address)
                if response.status_code != 200:
                    continue
                with self.subTest(model=model, name=name):
                    expected = model._default_manager.get_queryset().visible_to(user)
                    if isinstance(model_admin, people_admin.StaffAdmin):
                        expected = expected.filter(is_staff=True)
                    if model is Script:
                        expected = expected.handed_in().exclude(assignment=None)
                    if model is Assessment:
                        expected = expected.papers()
                    shown = response.context["cl"].result_list
                    self.assertEqual(
                        sorted(row.pk for row in shown),
                        sorted(row.pk for row in expected),
                    )

    def test_a_neighbours_id_opens_nothing_and_changes_nothing(self):
        own = make_assignment(self.question, self.hi2, self.bea)
        tom = make_script(self.tom, own, "Tom’s answer.", hand_in=True)
        neighbours = {
            "people_student": self.tom,
            "people_teachinggroup": self.hi2,
            "assessments_assignment": own,
            "assessments_script": tom,
        }
        self.sign_in("ada")
        for name, row in neighbours.items():
            address = reverse(f"admin:{name}_change", args=[row.pk])
            for method in (self.client.get, self.client.post):
                with self.subTest(name=name, method=method):
                    response = method(address)
                    self.assertIn(response.status_code, (302, 403))
                    self.assertNotIn("mark/", response.get("Location", ""))

    def test_pickers_offer_and_accept_own_classes_only(self):
        self.sign_in("ada")
        address = reverse("admin:assessments_assignment_add")
        form = self.client.get(address).context["adminform"].form
        offered = list(form.fields["group"].queryset)
        data = {
            "task": f"q-{self.question.pk}",
            "group": self.hi2.pk,
            "opens_at_0": "2026-09-01",
            "opens_at_1": "09:00:00",
            "due_at_0": "2027-09-01",
            "due_at_1": "09:00:00",
        }
        forged = self.client.post(address, data)
        own = self.client.post(address, data | {"group": self.hi1.pk})

        self.assertEqual(offered, [self.hi1])
        self.assertContains(forged, "Select a valid choice")
        self.assertEqual(own.status_code, 302)
        self.assertFalse(self.hi2.assignments.exists())

    def test_a_class_costs_the_same_with_one_student_and_with_thirty(self):
        self.sign_in("hal")
        address = reverse("admin:people_teachinggroup_change", args=[self.hi1.pk])
        self.client.get(address)
        with CaptureQueriesContext(connection) as few:
            self.client.get(address)
        for number in range(30):
            make_user(f"more{number}", role=roles.STUDENT, group=self.hi1)

        with self.assertNumQueries(len(few)):
            self.client.get(address)

    def test_filters_that_the_page_does_not_offer_are_refused(self):
        tries = {
            "people_student": "password__startswith",
            "people_teachinggroup": "memberships__person__password__startswith",
            "people_user": "email__startswith",
            "lessons_source": "lesson__content_note__startswith",
        }
        self.sign_in("sid")
        for model, lookup in tries.items():
            with self.subTest(model=model):
                who = "hal" if model.startswith("lessons") else "sid"
                self.sign_in(who)
                response = self.client.get(
                    reverse(f"admin:{model}_changelist"), {lookup: "a"}
                )
                self.assertEqual(response.status_code, 400)

    def test_filters_that_the_page_offers_work(self):
        make_group("11A/Hi1", cohort=2027)
        self.sign_in("hal")
        address = reverse("admin:people_teachinggroup_changelist")

        shown = self.client.get(address, {"cohort": 2027}).context["cl"].result_list

        self.assertEqual([group.name for group in shown], ["11A/Hi1"])

    def test_lists_cost_the_same_with_one_row_and_with_three(self):
        self.sign_in("hal")
        counts = {}
        for model in admin.site._registry:
            name = opts_name(model)
            address = reverse(f"admin:{name}_changelist")
            if self.client.get(address).status_code != 200:
                continue
            with CaptureQueriesContext(
                connection,
            ) as queries:
                self.client.get(address)
            counts[name] = len(queries)
        for number in range(3):
            lesson = make_lesson(f"more-{number}", sections=3)
            make_source(lesson)
            group = make_group(f"11A/Hi{number}", cohort=2027)
            make_user(f"extra{number}", role=roles.STUDENT, group=group)
            make_user(f"staff{number}", staff=True, role=roles.TEACHER, group=group)
        for name, count in counts.items():
            with self.subTest(model=name), self.assertNumQueries(count):
                self.client.get(reverse(f"admin:{name}_changelist"))

    def test_autocomplete_finds_only_the_visible(self):
        address = reverse("admin:autocomplete")
        asked = {
            "app_label": "people",
            "model_name": "membership",
            "field_name": "person",
            "term": "",
        }
        self.sign_in("hal")
        found = self.client.get(address, asked).json()["results"]
        self.assertEqual(len(found), len(CAST))

        self.assertIn("(hal)", " ".join(item["text"] for item in found))

        for name in ("ada", "asa", "sen", "gus", "sam"):
            with self.subTest(name=name):
                self.sign_in(name)
                self.assertNotEqual(self.client.get(address, asked).status_code, 200)


class FormsTest(SchoolTestCase):
    def membership_form(self, group, **rows):
        data = {
            "name": group.name,
            "cohort": group.cohort,
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
            "memberships-2-TOTAL_FORMS": "1",
            "memberships-2-INITIAL_FORMS": "0",
            "memberships-2-0-group": group.pk,
            "memberships-2-0-role": roles.TEACHER,
            "memberships-2-0-from_date": "2026-09-01",
        }
        return data | {f"memberships-2-0-{key}": value for key, value in rows.items()}

    def test_a_teacher_cannot_add_anybody_to_a_class(self):
        self.sign_in("ada")
        address = reverse("admin:people_teachinggroup_change", args=[self.hi1.pk])

        response = self.client.post(
            address, self.membership_form(self.hi1, person=self.ada.pk)
        )

        self.assertEqual(response.status_code, 403)
        self.assertEqual(self.hi1.memberships.filter(person=self.ada).count(), 1)

    def test_a_head_adds_a_cover_teacher(self):
        self.sign_in("hal")
        address = reverse("admin:people_teachinggroup_change", args=[self.hi1.pk])

        self.client.post(
            address,
            self.membership_form(self.hi1, person=self.bea.pk, until_date="2026-12-18"),
        )

        cover = self.hi1.memberships.get(person=self.bea)
        self.assertEqual(str(cover.until_date), "2026-12-18")

    def test_nobody_but_the_site_manager_hands_out_school_roles(self):
        data = {
            "username": "ada",
            "first_name": "Ada",
            "last_name": "Test",
            "preferred_name": "",
            "email": "",
            "is_active": "on",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
            "memberships-2-TOTAL_FORMS": "1",
            "memberships-2-INITIAL_FORMS": "0",
            "memberships-2-0-person": self.ada.pk,
            "memberships-2-0-role": roles.HEAD,
            "memberships-2-0-from_date": "2026-09-01",
        }
        address = reverse("admin:people_user_change", args=[self.ada.pk])
        for name in ("hal", "dee", "sid"):
            with self.subTest(name=name):
                self.sign_in(name)
                self.client.post(address, data)
                became_head = Membership.objects.filter(
                    person=self.ada, role=roles.HEAD
                ).exists()
                self.assertEqual(became_head, name == "sid")

    def test_the_same_role_twice_in_one_form_is_refused(self):
        self.sign_in("sid")
        row = {"role": roles.HEAD, "from_date": "2026-09-01"}
        data = {
            "username": "ada",
            "first_name": "Ada",
            "last_name": "Test",
            "is_active": "on",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
            "memberships-2-TOTAL_FORMS": "2",
            "memberships-2-INITIAL_FORMS": "0",
        }
        for number in range(2):
            data |= {f"memberships-2-{number}-{k}": v for k, v in row.items()}
        address = reverse("admin:people_user_change", args=[self.ada.pk])

        self.assertContains(self.client.post(address, data), "stands here twice")

    def test_each_form_offers_its_own_roles_only(self):
        self.sign_in("sid")
        cases = {
            reverse("admin:people_teachinggroup_change", args=[self.hi1.pk]): (
                roles.CLASS_ROLES
            ),
            reverse("admin:people_user_change", args=[self.ada.pk]): roles.SCHOOL_ROLES,
        }
        for address, expected in cases.items():
            page = self.client.get(address)
            formset = page.context["inline_admin_formsets"][-1].formset
            offered = [value for value, _ in formset.empty_form.fields["role"].choices]
            self.assertEqual(offered, ["", *expected])

    def test_class_roles_do_not_stand_among_roles_for_the_school(self):
        self.sign_in("sid")
        page = self.client.get(reverse("admin:people_user_change", args=[self.ada.pk]))
        shown = page.context["inline_admin_formsets"][0].formset.queryset

        self.assertEqual(list(shown), [])

    def test_a_membership_is_never_rewritten(self):
        row = self.hi1.memberships.get(person=self.sam)
        self.sign_in("hal")
        self.client.post(
            reverse("admin:people_teachinggroup_change", args=[self.hi1.pk]),
            {
                "name": "10B/Hi1",
                "cohort": 2028,
                "memberships-TOTAL_FORMS": "1",
                "memberships-INITIAL_FORMS": "1",
                "memberships-0-id": row.pk,
                "memberships-0-group": self.hi1.pk,
                "memberships-0-person": self.tom.pk,
                "memberships-0-role": roles.TEACHER,
                "memberships-0-from_date": "2026-09-01",
                "memberships-0-until_date": "2026-12-18",
                "memberships-2-TOTAL_FORMS": "0",
                "memberships-2-INITIAL_FORMS": "0",
            },
        )

        row.refresh_from_db()
        self.assertEqual((row.person, row.role), (self.sam, roles.STUDENT))

    def test_the_last_site_manager_cannot_shut_the_door(self):
        self.sid.is_active = False
        with pytest.raises(ValidationError, match="last site manager"):
            self.sid.full_clean()
        row = self.sid.memberships.get()
        row.until_date = timezone.localdate()
        with pytest.raises(ValidationError, match="last site manager"):
            row.full_clean()

        make_membership(self.hal, roles.SITE_MANAGER)
        self.sid.full_clean()
        row.full_clean()

    def test_the_technician_can_appoint_one(self):
        call_command("appoint_site_manager", "HAL", verbosity=0)

        self.assertIn(roles.SITE_MANAGER, User.objects.get(username="hal").roles)
        with pytest.raises(CommandError, match="no staff account"):
            call_command("appoint_site_manager", "sam")

    def test_a_taken_username_is_a_sentence(self):
        for name, address in (("dee", "student"), ("sid", "user")):
            self.sign_in(name)
            response = self.client.post(
                reverse(f"admin:people_{address}_add"),
                {
                    "username": "SAM",
                    "first_name": "A",
                    "last_name": "B",
                    "password1": "maple-otter-lamp-3",
                    "password2": "maple-otter-lamp-3",
                },
            )
            self.assertContains(response, "already exists")

    def test_links_of_a_class_lead_to_the_right_kind_of_page(self):
        self.sign_in("hal")
        page = self.client.get(
            reverse("admin:people_teachinggroup_change", args=[self.hi1.pk])
        )

        self.assertContains(page, f"/admin/people/student/{self.sam.pk}/change/")
        self.assertContains(page, f"/admin/people/user/{self.ada.pk}/change/")

    def test_no_form_makes_a_superuser(self):
        self.sign_in("sid")
        address = reverse("admin:people_user_change", args=[self.sid.pk])
        form = self.client.get(address).context["adminform"].form

        self.assertFalse(
            {"is_superuser", "user_permissions", "groups", "is_staff"}
            & set(form.fields)
        )

    def test_a_teacher_resets_an_own_students_password_and_no_others(self):
        data = {
            "password1": "maple-otter-lamp-3",
            "password2": "maple-otter-lamp-3",
        }
        for student, status in ((self.sam, 302), (self.tom, 404), (self.hal, 404)):
            with self.subTest(student=student):
                self.sign_in("ada")
                response = self.client.post(
                    f"/admin/people/student/{student.pk}/password/", data
                )
                self.assertEqual(response.status_code, status)
                student.refresh_from_db()
                self.assertEqual(
                    student.check_password("maple-otter-lamp-3"), status == 302
                )

    def test_a_password_set_by_hand_outlives_the_card_that_ran_out(self):
        self.sam.give_password(days=-1)
        self.sam.save()
        self.sign_in("ada")
        self.client.post(
            f"/admin/people/student/{self.sam.pk}/password/",
            {"password1": "maple-otter-lamp-3", "password2": "maple-otter-lamp-3"},
        )
        self.sam.refresh_from_db()
        self.assertFalse(self.sam.is_password_expired)
        # It is given all the same: they choose one of their own.
        self.assertTrue(self.sam.has_given_password)

    def test_the_last_site_manager_is_not_put_off_either(self):
        membership = self.sid.memberships.get()
        membership.from_date = datetime.date(2099, 1, 1)
        with self.assertRaisesRegex(ValidationError, "last site manager"):
            membership.full_clean()

    def test_a_teacher_cannot_rename_a_student(self):
        self.sign_in("ada")
        self.client.post(
            reverse("admin:people_student_change", args=[self.sam.pk]),
            {"username": "hacked", "first_name": "Hacked", "preferred_name": "Sammy"},
        )

        self.sam.refresh_from_db()
        self.assertEqual(self.sam.username, "sam")
        self.assertEqual(self.sam.first_name, "Sam")
        self.assertEqual(self.sam.preferred_name, "Sammy")

    def test_new_students_are_students_with_small_letters(self):
        self.sign_in("dee")
        self.client.post(
            reverse("admin:people_student_add"),
            {
                "username": "NFletcher",
                "first_name": "Niamh",
                "last_name": "Fletcher",
                "password1": "maple-otter-lamp-3",
                "password2": "maple-otter-lamp-3",
            },
        )

        made = User.objects.get(username="nfletcher")
        self.assertFalse(made.is_staff)

    def test_school_settings_take_effect_at_once(self):
        School.current()
        self.sign_in("sid")
        self.client.post(
            reverse("admin:people_school_change", args=[1]),
            {
                "name": "Hilltop School",
                "time_zone": "Europe/London",
                "mail": "none",
                "mail_host": "left.over.example",
            },
        )

        school = School.current()
        self.assertEqual(str(school), "Hilltop School")
        self.assertFalse(school.has_mail)


def test_an_admin_class_that_is_not_scoped_stops_the_site(monkeypatch):
    monkeypatch.setitem(
        admin.site._registry, Group, admin.ModelAdmin(Group, admin.site)
    )

    errors = people_admin.every_admin_is_scoped(None)

    assert [error.id for error in errors] == ["people.E001"]
    assert "auth.Group" in errors[0].msg


def test_an_inline_that_is_not_scoped_stops_the_site(monkeypatch):
    class Loose(admin.TabularInline):
        model = Membership

    monkeypatch.setattr(people_admin.TeachingGroupAdmin, "inlines", [Loose])

    assert [e.id for e in people_admin.every_admin_is_scoped(None)] == ["people.E001"]


@pytest.mark.django_db
def test_names_that_the_admin_prints_are_in_words():
    assert str(TeachingGroup(name="10B/Hi1")) == "10B/Hi1"
    assert str(Lesson(title="The Terror")) == "The Terror"

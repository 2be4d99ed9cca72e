import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from people import roles
from people.models import Membership, School, Student, TeachingGroup, User
from tests.base import CAST, SchoolTestCase
from tests.factories import make_group, make_membership, make_user

STUDENTS = {"sam", "tom", "una"}
STAFF = {"ada", "asa", "bea", "hal", "sen", "dee", "sid", "gus", "root"}

# Who sees whom, written by hand: {viewer: everybody seen}.
SEEN = {
    "ada": {"ada", "sam"},
    "asa": {"asa", "sam"},
    "bea": {"bea", "tom"},
    "sam": {"sam"},
    "tom": {"tom"},
    "una": {"una"},
    "hal": STUDENTS | STAFF,
    "sen": STUDENTS | {"sen"},
    "dee": STUDENTS | STAFF,
    "sid": STUDENTS | STAFF,
    "gus": {"gus"},
    "root": {"root"},
}


class VisibilityTest(SchoolTestCase):
    def test_people_see_the_people_of_their_work(self):
        for viewer, expected in SEEN.items():
            with self.subTest(viewer=viewer):
                user = getattr(self, viewer)
                seen = set(
                    User.objects.visible_to(user).values_list("username", flat=True)
                )
                self.assertEqual(seen, expected)

    def test_people_see_their_own_classes_and_school_roles_see_all(self):
        own = {"ada": {"10B/Hi1"}, "asa": {"10B/Hi1"}, "sam": {"10B/Hi1"}}
        own |= {
            "bea": {"10B/Hi2"},
            "tom": {"10B/Hi2"},
            "una": set(),
            "gus": set(),
            "root": set(),
        }
        for name in CAST:
            with self.subTest(name=name):
                seen = TeachingGroup.objects.visible_to(getattr(self, name))
                self.assertEqual(
                    set(seen.values_list("name", flat=True)),
                    own.get(name, {"10B/Hi1", "10B/Hi2"}),
                )

    def test_memberships_follow_the_classes(self):
        expected = {"ada": 4, "sam": 1, "una": 0, "gus": 1, "sen": 7, "hal": 10}
        for name, count in expected.items():
            with self.subTest(name=name):
                seen = Membership.objects.visible_to(getattr(self, name))
                self.assertEqual(seen.count(), count)

    def test_only_site_managers_see_the_school_settings(self):
        School.current()
        for name in CAST:
            with self.subTest(name=name):
                seen = School.objects.visible_to(getattr(self, name))
                self.assertEqual(seen.exists(), name == "sid")

    def test_a_class_taught_and_assisted_by_one_person_is_listed_once(self):
        make_membership(self.ada, roles.ASSISTANT, self.hi1)

        self.assertEqual(TeachingGroup.objects.visible_to(self.ada).count(), 1)

    def test_student_count_leaves_out_staff_and_those_who_left(self):
        left = make_user("lea")
        make_membership(left, roles.STUDENT, self.hi1, until=datetime.date(2026, 9, 2))

        group = TeachingGroup.objects.with_student_count().get(pk=self.hi1.pk)

        self.assertEqual(group.student_count, 1)


class RightsTest(SchoolTestCase):
    def test_rights_end_with_the_last_day_of_the_membership(self):
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        Membership.objects.filter(person=self.ada).update(until_date=yesterday)

        ada = User.objects.get(username="ada")

        self.assertFalse(ada.works_here)
        self.assertFalse(ada.has_perm("people.view_student"))
        self.assertFalse(User.objects.visible_to(ada).exclude(pk=ada.pk).exists())

    def test_the_last_day_still_counts(self):
        today = timezone.localdate()
        Membership.objects.filter(person=self.ada).update(until_date=today)

        self.assertTrue(User.objects.get(username="ada").works_here)

    def test_rights_begin_with_the_first_day(self):
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        make_membership(self.gus, roles.TEACHER, self.hi2, since=tomorrow)

        self.assertFalse(User.objects.get(username="gus").works_here)

    def test_an_inactive_account_has_no_rights(self):
        User.objects.filter(username="ada").update(is_active=False)

        ada = User.objects.get(username="ada")

        self.assertFalse(ada.works_here)
        self.assertFalse(ada.has_perm("people.view_student"))

    def test_a_superuser_without_a_role_sees_nobody(self):
        self.assertFalse(self.root.works_here)
        self.assertEqual(list(User.objects.visible_to(self.root)), [self.root])

    def test_permissions_name_existing_things(self):
        self.assertEqual(
            set(roles.PERMISSIONS), {*roles.CLASS_ROLES, *roles.SCHOOL_ROLES}
        )
        for role, permissions in roles.PERMISSIONS.items():
            for permission in permissions:
                app, codename = permission.split(".")
                with self.subTest(role=role, permission=permission):
                    self.assertTrue(
                        self.hal._meta.apps.get_model("auth", "Permission")
                        .objects.filter(content_type__app_label=app, codename=codename)
                        .exists()
                    )


class ConstraintsTest(TestCase):
    def setUp(self):
        self.group = make_group("10B/Hi1")
        self.staff = make_user("ada", staff=True)
        self.student = make_user("sam")

    def refused_twice(self, row, sentence):
        """The form's check and the database both refuse; people get the sentence."""
        with pytest.raises(ValidationError) as refusal:
            row.full_clean()
        assert sentence in str(refusal.value)
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.bulk_create([row])

    def test_a_class_role_needs_a_class(self):
        row = Membership(person=self.staff, role=roles.TEACHER)

        self.refused_twice(row, "belong to a class")

    def test_a_school_role_has_no_class(self):
        row = Membership(person=self.staff, role=roles.HEAD, group=self.group)

        self.refused_twice(row, "leave the class empty")

    def test_dates_stand_in_order(self):
        row = Membership(
            person=self.student,
            role=roles.STUDENT,
            group=self.group,
            from_date=datetime.date(2026, 9, 2),
            until_date=datetime.date(2026, 9, 1),
        )

        self.refused_twice(row, "last day is before the first")

    def test_the_same_membership_is_refused(self):
        make_membership(self.student, roles.STUDENT, self.group)
        row = Membership(
            person=self.student,
            role=roles.STUDENT,
            group=self.group,
            from_date=datetime.date(2026, 9, 1),
        )

        self.refused_twice(row, "already has that role")

    def test_the_same_school_role_is_refused(self):
        make_membership(self.staff, roles.HEAD)
        row = Membership(
            person=self.staff, role=roles.HEAD, from_date=datetime.date(2026, 9, 1)
        )

        self.refused_twice(row, "already has that role")

    def test_a_class_name_is_used_once_a_year(self):
        self.refused_twice(
            TeachingGroup(name="10B/Hi1", cohort=2028), "already a class of that name"
        )
        make_group("10B/Hi1", cohort=2029)

    def test_a_cohort_is_a_year(self):
        self.refused_twice(TeachingGroup(name="11A/Hi1", cohort=28), "in full")

    def test_there_is_one_school(self):
        School.current()

        self.refused_twice(School(pk=2), "only one school")

    def test_user_names_are_small_letters(self):
        assert make_user("  ADA2 ").username == "ada2"
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.bulk_create([User(username="Ada3", password="x")])

    def test_a_student_is_not_made_a_teacher(self):
        row = Membership(person=self.student, role=roles.TEACHER, group=self.group)

        with pytest.raises(ValidationError, match="cannot be a student"):
            row.full_clean()

    def test_a_time_zone_exists(self):
        with pytest.raises(ValidationError, match="Write it like Europe/London"):
            School(pk=1, name="X", time_zone="London").full_clean()


@pytest.mark.django_db
def test_names_prefer_the_preferred_name():
    user = make_user("jb", first_name="Jonathan", preferred_name="Jo", last_name="Bo")

    assert str(user) == "Jo Bo"
    assert user.get_short_name() == "Jo"
    assert str(User(username="x1")) == "x1"


@pytest.mark.django_db
def test_students_and_staff_are_told_apart():
    make_user("ada", staff=True)
    sam = make_user("sam")

    assert [student.username for student in Student.objects.all()] == ["sam"]
    assert sam.is_student


@pytest.mark.django_db
def test_rows_name_themselves_for_people():
    group = make_group("10B/Hi1")
    row = make_membership(make_user("sam"), roles.STUDENT, group)

    assert str(row) == "Sam Test, student, 10B/Hi1"
    assert str(School()) == "History classroom"

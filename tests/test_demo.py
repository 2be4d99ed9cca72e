import csv
import stat

import pytest
from django.core.management import call_command
from django.test import TestCase, override_settings
from django.urls import reverse

from people import roles, set_up
from people.models import School, TeachingGroup, User
from terror_site import demo
from tests.factories import make_group, make_user


@pytest.fixture(autouse=True)
def _own_folder(tmp_path):
    with override_settings(VAR_DIR=tmp_path):
        yield


def accounts():
    with demo.accounts_file().open(newline="") as file:
        return list(csv.DictReader(file))


class DemoTest(TestCase):
    def test_everybody_in_the_file_can_sign_in(self):
        demo.load()

        for row in accounts():
            with self.subTest(row["username"]):
                self.assertTrue(
                    self.client.login(
                        username=row["username"], password=row["password"]
                    )
                )

    def test_the_file_is_private_and_has_the_agreed_columns(self):
        demo.load()

        self.assertEqual(stat.S_IMODE(demo.accounts_file().stat().st_mode), 0o600)
        self.assertEqual(list(accounts()[0]), ["username", "password", "role", "name"])
        self.assertEqual(
            {row["role"] for row in accounts()},
            {"student", "teacher", "head", "SENCo", "data manager", "site manager"},
        )

    def test_two_installs_have_different_passwords(self):
        first = {row["password"] for row in _rows(demo.load())}
        demo.remove()
        second = {row["password"] for row in _rows(demo.load())}

        self.assertFalse(first & second)

    def test_every_page_says_that_it_is_a_demonstration(self):
        demo.load()
        self.client.force_login(User.objects.get(username="nfletcher"))
        student = self.client.get(reverse("home"))
        self.client.force_login(User.objects.get(username="hokafor"))
        staff = self.client.get(reverse("admin:index"))

        self.assertContains(student, "Demonstration")
        self.assertContains(staff, "Demonstration")

    def test_it_is_wanted_only_in_an_empty_database(self):
        self.assertTrue(demo.is_wanted())
        make_user("somebody")
        self.assertFalse(demo.is_wanted())

    def test_remove_demo_takes_the_demonstration_and_nothing_else(self):
        demo.load()
        make_user("real", staff=True, role=roles.TEACHER, group=make_group("11X/Hi1"))
        call_command("remove_demo", verbosity=0)

        self.assertEqual([user.username for user in User.objects.all()], ["real"])
        self.assertEqual(
            [group.name for group in TeachingGroup.objects.all()], ["11X/Hi1"]
        )
        self.assertFalse(demo.accounts_file().exists())
        self.assertFalse(School.current().is_demonstration)

    def test_after_its_removal_a_school_can_be_set_up_and_it_stays_away(self):
        demo.load()
        self.assertFalse(set_up.needs_set_up())
        demo.remove()

        self.assertTrue(set_up.needs_set_up())
        self.assertFalse(demo.is_wanted())

    def test_removing_twice_or_from_a_real_school_changes_nothing(self):
        School.objects.create(pk=1, name="Hilltop School", help_text="Room 12")

        self.assertEqual(demo.remove(), (0, 0, []))
        self.assertEqual(School.objects.get().name, "Hilltop School")


def _rows(accounts_made):
    return [
        dict(zip(("username", "password", "role", "name"), row, strict=True))
        for row in accounts_made
    ]


@pytest.mark.parametrize(
    ("today", "year_group", "summer"),
    [
        ("2026-11-24", 10, 2028),
        ("2026-11-24", 11, 2027),
        ("2027-06-01", 10, 2028),
        ("2027-09-01", 11, 2028),
    ],
)
def test_a_year_group_sits_its_exam_at_the_end_of_year_11(
    time_machine, today, year_group, summer
):
    time_machine.move_to(f"{today}T12:00Z")

    assert demo._exam_year(year_group) == summer

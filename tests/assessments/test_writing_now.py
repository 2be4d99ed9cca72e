"""The teacher's live list of who is writing: what it says of a desk, and to whom."""

import datetime
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments import writing_now
from assessments.models import AnswerVersion, Script
from tests.base import SchoolTestCase
from tests.factories import make_assignment, make_script

NOW = datetime.datetime(2026, 11, 26, 10, 0, tzinfo=datetime.UTC)


def ago(seconds):
    return None if seconds is None else NOW - datetime.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seen", "left", "saved", "expected"),
    [
        # Seconds ago: the desk's last sign, its farewell, the last words.
        (3, None, 3, "writing"),
        (3, None, 59, "writing"),
        (3, None, 61, "open"),
        (3, None, None, "open"),
        (300, None, 10, "writing"),
        (40, None, None, "open"),
        (41, None, None, "cut-off"),
        (41, None, 41, "cut-off"),
        (500, None, 45, "cut-off"),
        (7_200, None, None, "cut-off"),
        (7_201, None, None, "away"),
        (20, 20, 20, "away"),
        (20, 20, 16, "away"),
        (600, 600, None, "away"),
        # Another window writes on after the first said farewell.
        (20, 20, 3, "writing"),
        (None, None, 10, "writing"),
        (None, None, 100, "by-hand"),
        (None, None, None, "away"),
        (None, None, 86_400, "away"),
    ],
)
def test_a_desks_state(seen, left, saved, expected):
    script = SimpleNamespace(
        is_handed_in=False, desk_seen_at=ago(seen), desk_left_at=ago(left)
    )

    assert writing_now.state(script, ago(saved), NOW).name == expected


def test_states_beside_the_desk():
    handed_in = SimpleNamespace(is_handed_in=True)

    assert writing_now.state(handed_in, ago(3), NOW).name == "handed-in"
    assert writing_now.state(None, None, NOW).name == "not-started"


class SignTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        # Sam's script of the class's task, still being written.
        cls.script = make_script(
            cls.sam, make_assignment(cls.question, cls.hi1, cls.ada), "CANARY words"
        )

    def sign(self, person, **data):
        self.sign_in(person)
        return self.client.post(
            reverse("assessments:desk-sign", args=[self.script.public_id]), data
        )

    def list(self):
        self.sign_in("ada")
        address = reverse("staff:writing-now", args=[self.script.assignment_id])
        return self.client.get(address)

    def test_signs_and_farewells_show_on_the_list(self):
        AnswerVersion.objects.filter(answer__script=self.script).update(
            saved_at=timezone.now() - datetime.timedelta(hours=5)
        )
        self.assertContains(self.list(), "away from the desk")

        self.assertEqual(self.sign("sam").status_code, 204)
        self.assertContains(self.list(), "at the desk")

        self.sign("sam", leaving="1")
        page = self.list()
        self.assertContains(page, "away from the desk")
        self.assertNotContains(page, ">at the desk")

    def test_no_word_of_the_answer_is_on_it(self):
        page = self.list()
        self.assertContains(page, "<td>2</td>", html=True)
        self.assertNotContains(page, "CANARY")

    def test_nobody_signs_for_somebody_else(self):
        for person in ("tom", "ada", "hal"):
            with self.subTest(person=person):
                self.assertEqual(self.sign(person).status_code, 404)
        self.script.refresh_from_db()
        self.assertIsNone(self.script.desk_seen_at)

    def test_a_sign_costs_two_queries_and_wakes_no_script_handed_in(self):
        self.sign_in("sam")
        address = reverse("assessments:desk-sign", args=[self.script.public_id])
        self.client.post(address)
        with CaptureQueriesContext(connection) as caught:
            self.client.post(address)
        self.assertEqual(len(caught), 2)

        Script.objects.filter(pk=self.script.pk).update(
            handed_in_at=timezone.now(), desk_seen_at=None
        )
        self.assertEqual(self.client.post(address).status_code, 404)
        self.script.refresh_from_db()
        self.assertIsNone(self.script.desk_seen_at)

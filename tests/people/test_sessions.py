"""G55: how long a sign-in lasts, what asks for the password again, who ends it."""

import datetime
from unittest import mock

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import Release
from people.audit import AuditEntry
from people.clock import Clock
from people.models import Session
from people.sessions import is_over
from tests.base import SchoolTestCase
from tests.factories import make_mark

HOUR = 3600


# Students: 60 minutes idle; staff: 30; both 12 hours (reliability guide, G55).
@pytest.mark.parametrize(
    ("is_staff", "age", "idle", "over"),
    [
        (False, 2 * HOUR, 60 * 60, False),
        (False, 2 * HOUR, 60 * 60 + 1, True),
        (True, 2 * HOUR, 30 * 60, False),
        (True, 2 * HOUR, 30 * 60 + 1, True),
        (False, 12 * HOUR, 0, False),
        (False, 12 * HOUR + 1, 0, True),
        (True, 12 * HOUR + 1, 0, True),
    ],
)
def test_the_limits(is_staff, age, idle, over):
    assert is_over(age, idle, is_staff) is over


class SessionTest(SchoolTestCase):
    def setUp(self):
        self.began = timezone.now()

    def at(self, **ahead):
        return time_machine.travel(self.began + datetime.timedelta(**ahead), tick=False)

    def status(self, address=None):
        return self.client.get(address or reverse("lessons:lesson-list")).status_code

    def test_a_student_who_types_stays_and_who_walks_away_does_not(self):
        self.sign_in("sam")
        for minutes in (50, 100, 150):
            with self.at(minutes=minutes):
                self.assertEqual(self.status(), 200)
        with self.at(minutes=211):
            self.assertEqual(self.status(), 302)
        # The server has forgotten it: an old cookie is nobody's.
        self.assertFalse(Session.objects.exists())

    def test_an_open_desk_that_nobody_touches_is_no_use(self):
        self.sign_in("sam")
        sign = reverse("assessments:desk-sign", args=[self.open_script.public_id])
        for minutes in range(10, 60, 10):
            with self.at(minutes=minutes):
                self.client.post(sign, {"words": 3})
        with self.at(minutes=61):
            self.assertEqual(self.status(), 302)

    def test_staff_are_signed_out_sooner_and_everybody_after_twelve_hours(self):
        self.sign_in("ada")
        with self.at(minutes=31):
            self.assertEqual(self.status(), 302)
        self.began = timezone.now()
        self.sign_in("sam")
        for minutes in range(50, 720, 50):
            with self.at(minutes=minutes):
                self.assertEqual(self.status(), 200, minutes)
        with self.at(minutes=721):
            self.assertEqual(self.status(), 302)

    def test_a_clock_that_is_set_ends_no_sign_in(self):
        passed = [0.0]
        clock = Clock(ticks=lambda: passed[0])
        with (
            mock.patch("people.sessions.CLOCK", clock),
            mock.patch("terror_site.middleware.CLOCK", clock),
        ):
            self.sign_in("sam")
            # Forward by a day, and back again; between the two a minute passes.
            for ahead in (86_400, 86_460, 120):
                passed[0] += 60
                with self.at(seconds=ahead):
                    self.assertEqual(self.status(), 200, ahead)
            passed[0] += 61 * 60
            with self.at(seconds=120 + 61 * 60):
                self.assertEqual(self.status(), 302)

    def test_use_is_written_down_once_a_minute(self):
        self.sign_in("sam")
        page = reverse("reading-settings")
        self.client.get(page)
        with CaptureQueriesContext(connection) as at_once:
            self.client.get(page)
        with self.at(seconds=61), self.assertNumQueries(len(at_once) + 1):
            self.client.get(page)

    def stale(self):
        """Sixteen minutes on, with some work in between."""
        return self.at(minutes=16)

    def test_an_export_asks_for_the_password_and_then_goes_on(self):
        self.sign_in("ada")
        export = reverse("staff:class-export", args=[self.hi1.pk, "csv"])
        self.assertEqual(self.status(export), 200)
        with self.stale():
            page = self.client.get(export)
            self.assertContains(page, "Your password, please", status_code=403)
            wrong = self.client.post(export, {"fresh_password": "x", "fresh_get": "1"})
            self.assertContains(wrong, "Nothing was done yet", status_code=403)
            right = self.client.post(
                export, {"fresh_password": "a long secret", "fresh_get": "1"}
            )
            self.assertRedirects(right, export)
            self.assertEqual(self.status(export), 200)

    def test_a_release_keeps_what_was_ticked(self):
        make_mark(self.script, self.ada, 3)
        self.sign_in("ada")
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        with self.stale():
            self.assertEqual(self.status(address), 200)
            page = self.client.post(
                address, {"scripts": [self.script.public_id], "release": "1"}
            )
            self.assertFalse(Release.objects.exists())
            kept = dict(page.context["kept"])
            self.assertEqual(kept["scripts"], self.script.public_id)
            self.client.post(address, {**kept, "fresh_password": "a long secret"})
            self.assertEqual(Release.objects.count(), 1)

    def test_codes_and_passwords_for_others_ask_too(self):
        self.sign_in("ada")
        old = self.sam.password
        with self.stale():
            for address, data in (
                (reverse("admin:people_student_code", args=[self.sam.pk]), {}),
                (
                    reverse("admin:people_teachinggroup_cards", args=[self.hi1.pk]),
                    {"students": [self.sam.pk]},
                ),
                (
                    f"/admin/people/student/{self.sam.pk}/password/",
                    {"password1": "one two three", "password2": "one two three"},
                ),
            ):
                page = self.client.post(address, data)
                self.assertContains(page, "Your password, please", status_code=403)
        self.sam.refresh_from_db()
        self.assertEqual(self.sam.password, old)

    def test_guessing_there_is_as_slow_as_at_the_front_door(self):
        self.sign_in("ada")
        export = reverse("staff:class-export", args=[self.hi1.pk, "csv"])
        with self.stale():
            for _try in range(5):
                self.client.post(export, {"fresh_password": "x", "fresh_get": "1"})
            page = self.client.post(
                export, {"fresh_password": "a long secret", "fresh_get": "1"}
            )
            self.assertContains(page, "Too many tries", status_code=403)

    def test_staff_see_and_end_sessions(self):
        self.sign_in("sam")
        cookie = self.client.cookies["session"].value
        self.client.cookies.clear()
        self.sign_in("ada")
        address = reverse("admin:people_student_sessions", args=[self.sam.pk])
        self.assertContains(self.client.get(address), "Sign out everywhere")
        self.client.post(address)
        self.assertEqual(self.sam.sessions.count(), 0)
        said = AuditEntry.objects.filter(action=AuditEntry.Action.SIGNED_OUT).first()
        self.assertEqual((said.actor_id, said.person_id), (self.ada.pk, self.sam.pk))
        self.client.cookies["session"] = cookie
        self.assertEqual(self.status(), 302)

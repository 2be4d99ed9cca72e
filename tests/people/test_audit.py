"""The audit log: every act that counts, never a word, and nobody can change it."""

import csv
import datetime
import io

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import Event
from people import audit, roles
from people.audit import AuditEntry
from people.models import AuditAddress
from tests.base import PEOPLE, SchoolTestCase
from tests.factories import make_mark, make_membership

Action = AuditEntry.Action
HERE = "192.0.2.7"


def listed():
    return list(AuditEntry.objects.order_by("pk"))


class ActsTest(SchoolTestCase):
    """Each act is done as its user does it, through the page."""

    def setUp(self):
        self.client = Client(REMOTE_ADDR=HERE)
        self.before = AuditEntry.objects.count()

    def the_last(self, action):
        """Return the newest entry of a kind, which has to be of this test."""
        entries = AuditEntry.objects.filter(action=action)
        self.assertTrue(entries.exists(), f"no entry: {action}")
        entry = entries.first()
        self.assertEqual(entry.origin.address, HERE)
        self.assertLess(timezone.now() - entry.at, datetime.timedelta(minutes=5))
        return entry

    def sign_in_with(self, name, password):
        return self.client.post(
            reverse("login"), {"username": name, "password": password}
        )

    def test_signing_in_and_out_and_failing(self):
        self.sam.set_password("correct horse battery")
        self.sam.save()
        self.sign_in_with("Sam", "wrong guess")
        failed = self.the_last(Action.SIGN_IN_FAILED)
        self.assertEqual((failed.actor_id, failed.person_id), (None, self.sam.pk))
        self.sign_in_with("sam-typed-a-password", "x")
        unknown = self.the_last(Action.SIGN_IN_FAILED)
        self.assertEqual(unknown.person_id, None)
        self.assertEqual(unknown.detail, "no such account")
        self.sign_in_with("sam", "correct horse battery")
        self.assertEqual(self.the_last(Action.SIGNED_IN).person_id, self.sam.pk)
        self.client.post(reverse("logout"))
        self.assertEqual(self.the_last(Action.SIGNED_OUT).actor_id, self.sam.pk)
        for entry in listed():
            for secret in ("guess", "typed", "horse"):
                self.assertNotIn(secret, entry.detail)

    def test_passwords_given_and_changed(self):
        self.client.force_login(self.ada)
        page = self.client.post(
            reverse("admin:people_student_code", args=[self.sam.pk])
        )
        words = page.context["cards"][0][1]
        given = self.the_last(Action.PASSWORD_GIVEN)
        self.assertEqual((given.actor_id, given.person_id), (self.ada.pk, self.sam.pk))
        self.assertNotIn(words, given.detail)
        self.client.force_login(self.sid)
        self.client.post(
            reverse("admin:auth_user_password_change", args=[self.ada.pk]),
            {"password1": "a new long password", "password2": "a new long password"},
        )
        self.assertEqual(self.the_last(Action.PASSWORD_GIVEN).person_id, self.ada.pk)
        self.ada.refresh_from_db()
        self.client.force_login(self.ada)
        self.client.post(
            reverse("password-change"),
            {
                "old_password": "a new long password",
                "new_password1": "another long password",
                "new_password2": "another long password",
            },
        )
        own = self.the_last(Action.PASSWORD_CHANGED)
        self.assertEqual((own.actor_id, own.person_id), (self.ada.pk, self.ada.pk))

    def test_a_wrong_password_at_any_later_door_is_seen_as_well(self):
        self.client.force_login(self.ada)
        self.client.post(
            reverse("password-change"),
            {
                "old_password": "no idea",
                "new_password1": "another long password",
                "new_password2": "another long password",
            },
        )
        self.assertEqual(self.the_last(Action.SIGN_IN_FAILED).person_id, self.ada.pk)

    def test_a_decision_about_a_code_names_nobody(self):
        for kind in (Event.Kind.LET_STAND, Event.Kind.RESCUED):
            Event.record(self.script, self.hal, kind)
        for entry in AuditEntry.objects.filter(action=Action.LATE_DECIDED):
            self.assertIsNone(entry.person_id)
            self.assertIn(self.script.marking_code, entry.detail)

    def test_an_account_and_a_role(self):
        self.client.force_login(self.dee)
        address = reverse("admin:people_student_change", args=[self.sam.pk])
        self.client.post(
            address,
            {"username": "sam", "first_name": "Sam", "last_name": "Other"},
        )
        changed = self.the_last(Action.ACCOUNT)
        self.assertEqual(changed.person_id, self.sam.pk)
        self.assertIn("is_active to False", changed.detail)
        self.assertNotIn("Other", changed.detail)
        make_membership(self.una, roles.STUDENT, self.hi1)
        added = AuditEntry.objects.filter(action=Action.MEMBERSHIP).first()
        self.assertEqual((added.person_id, added.group_id), (self.una.pk, self.hi1.pk))
        self.assertTrue(added.detail.startswith("student, 20"))

    def test_a_mark_its_correction_and_its_release(self):
        mark = make_mark(self.script, self.ada, 3)
        given = AuditEntry.objects.get(action=Action.MARKED)
        self.assertEqual(given.group_id, self.hi1.pk)
        self.assertIsNone(given.person_id)
        self.assertIn(f"Script {self.script.marking_code}, question 1", given.detail)
        self.assertIn(f": {mark.total} of {mark.highest_total}", given.detail)
        again = make_mark(self.script, self.ada, 4)
        changed = AuditEntry.objects.get(action=Action.MARK_CHANGED)
        self.assertIn(f": {mark.total} to {again.total} of", changed.detail)

        self.client.force_login(self.ada)
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        self.client.post(address, {"scripts": [self.script.public_id]})
        shown = self.the_last(Action.RELEASED)
        self.assertEqual(shown.actor_id, self.ada.pk)
        self.assertIn(self.script.marking_code, shown.detail)
        self.client.post(
            address, {"scripts": [self.script.public_id], "take_back": "1", "sure": "1"}
        )
        self.assertEqual(self.the_last(Action.TAKEN_BACK).group_id, self.hi1.pk)

    def test_a_name_that_is_revealed(self):
        self.client.force_login(self.hal)
        self.client.post(
            reverse("admin:assessments_script_reveal", args=[self.script.public_id])
        )
        self.assertEqual(self.the_last(Action.REVEALED).person_id, self.sam.pk)

    def test_dates_and_arrangements(self):
        self.client.force_login(self.ada)
        address = reverse(
            "admin:assessments_assignment_students", args=[self.assignment.pk]
        )
        page = self.client.get(address)
        form = next(f for f in page.context["forms"] if f.instance.student == self.sam)
        self.client.post(
            address,
            {
                f"{form.prefix}-due_at_0": "2030-01-02",
                f"{form.prefix}-due_at_1": "15:00",
            },
        )
        own = self.the_last(Action.DATES_CHANGED)
        self.assertEqual(own.person_id, self.sam.pk)
        self.assertIn("2030-01-02", own.detail)

    def test_exports_and_what_is_seen_in_bulk(self):
        self.client.force_login(self.ada)
        self.client.get(reverse("staff:class-export", args=[self.hi1.pk, "csv"]))
        self.assertEqual(self.the_last(Action.EXPORTED).group_id, self.hi1.pk)
        self.client.get(reverse("staff:class-feedback-run", args=[self.hi1.pk]))
        self.assertEqual(self.the_last(Action.BULK_VIEWED).group_id, self.hi1.pk)

    def test_the_schools_settings(self):
        self.client.force_login(self.sid)
        self.client.post(
            reverse("admin:people_school_change", args=[1]),
            {"name": "Another", "time_zone": "Europe/London", "mail": "none"},
        )
        self.assertIn("name", self.the_last(Action.SETTINGS).detail)

    def test_a_rolled_back_act_leaves_no_entry(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            make_membership(self.una, roles.STUDENT, self.hi2)
            raise RuntimeError
        self.assertFalse(AuditEntry.objects.filter(person=self.una).exists())


class AppendOnlyTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.entry = audit.record(Action.EXPORTED, cls.sam, cls.hi1, "marks")
        long_ago = timezone.now() - datetime.timedelta(days=181)
        cls.old = AuditEntry.objects.create(action=Action.SIGNED_IN, at=long_ago)

    def refused(self, act):
        with (
            pytest.raises(IntegrityError, match="only ever appended"),
            transaction.atomic(),
        ):
            act()

    def test_the_database_refuses_to_change_and_to_delete(self):
        entries = AuditEntry.objects.filter(pk=self.entry.pk)
        self.refused(lambda: entries.update(detail="nothing happened"))
        self.refused(entries.delete)
        old = AuditEntry.objects.filter(pk=self.old.pk)
        self.refused(lambda: old.update(detail="nothing happened"))
        AuditEntry.objects.filter(pk=self.old.pk).delete()
        self.assertEqual(AuditEntry.objects.get(pk=self.entry.pk).detail, "marks")

    def test_an_erased_account_leaves_a_number(self):
        number = self.una.pk
        entry = audit.record(Action.SIGNED_IN, self.una)
        self.una.delete()
        self.client.force_login(self.dee)
        page = self.client.get(reverse("admin:people_auditentry_changelist"))
        self.assertContains(page, f"account {number}, gone")
        entry.refresh_from_db()
        self.assertEqual(entry.person_id, number)

    def test_addresses_go_after_30_days(self):
        for days, stays in ((29, True), (31, False)):
            at = timezone.now() - datetime.timedelta(days=days)
            entry = AuditEntry.objects.create(action=Action.SIGNED_IN, at=at)
            AuditAddress.objects.create(entry=entry, address=HERE)
            audit.forget_addresses()
            found = AuditAddress.objects.filter(pk=entry.pk).exists()
            self.assertEqual(found, stays, days)


def test_no_sign_can_fake_another_line():
    made = audit.one_line("a\r\nb\u2028c\u202ed\x00")
    assert made == "a\\r\\nb\\u2028c\\u202ed\\x00"
    assert len(audit.one_line("x" * 900)) == 400


class PagesTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        audit.record(Action.EXPORTED, cls.sam, cls.hi1, "=1+1")
        audit.record(Action.PASSWORD_GIVEN, cls.tom, None, "a code")

    def test_who_reads_what(self):
        address = reverse("admin:people_auditentry_changelist")
        for name in PEOPLE:
            self.sign_in(name)
            page = self.client.get(address)
            export = self.client.get(reverse("admin:people_auditentry_export"))
            reads = name in ("hal", "dee", "sid")
            self.assertEqual(page.status_code == 200, reads, name)
            self.assertEqual(export.status_code == 200, reads, name)
            if reads:
                self.assertContains(page, "(sam)")
                whole = name != "hal"
                self.assertEqual("(tom)" in page.content.decode(), whole, name)
                self.assertEqual("(tom)" in export.content.decode(), whole, name)

    def test_nobody_changes_it_through_a_page(self):
        self.client.force_login(self.sid)
        before = AuditEntry.objects.count()
        pk = AuditEntry.objects.first().pk
        for address in (
            reverse("admin:people_auditentry_add"),
            reverse("admin:people_auditentry_change", args=[pk]),
            reverse("admin:people_auditentry_delete", args=[pk]),
        ):
            answer = self.client.post(address, {"detail": "x", "post": "yes"})
            self.assertIn(answer.status_code, (403, 404), address)
        self.assertEqual(AuditEntry.objects.count(), before)

    def test_filters_search_and_export_agree(self):
        self.client.force_login(self.dee)
        query = {"action__exact": "exported"}
        page = self.client.get(reverse("admin:people_auditentry_changelist"), query)
        self.assertNotContains(page, "(tom)")
        page = self.client.get(
            reverse("admin:people_auditentry_changelist"), {"q": "tom"}
        )
        self.assertContains(page, "(tom)")
        self.assertNotContains(page, "(sam)")
        file = self.client.get(reverse("admin:people_auditentry_export"), query)
        rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
        self.assertEqual(len(rows), 2)
        # A spreadsheet takes it for no formula.
        self.assertEqual(rows[1][5], "'=1+1")
        self.assertEqual(AuditEntry.objects.first().action, Action.EXPORTED)

    def test_a_filter_that_is_none_leads_to_the_list(self):
        self.client.force_login(self.dee)
        answer = self.client.get(
            reverse("admin:people_auditentry_export"), {"at__gte": "garbage"}
        )
        self.assertRedirects(
            answer, reverse("admin:people_auditentry_changelist") + "?e=1"
        )

    def test_the_list_costs_the_same_with_300_rows(self):
        self.client.force_login(self.dee)
        address = reverse("admin:people_auditentry_changelist")
        self.client.get(address)
        before = self._count(address)
        audit.record_all([(Action.SIGNED_IN, self.sam, self.hi1, "")] * 300)
        self.assertEqual(self._count(address), before)

    def _count(self, address):
        with CaptureQueriesContext(connection) as queries:
            self.client.get(address)
        return len(queries)

"""G76–G78 and safeguarding: data handed out, erased, kept no longer; concerns raised."""

import contextlib
import datetime
import io
import json
import sqlite3
import tempfile
from pathlib import Path
from unittest import mock

import pytest
import time_machine
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from assessments import erasing, retention
from assessments.models import (
    Answer,
    AnswerVersion,
    AssignmentStudent,
    Concern,
    KeptFigure,
    Mark,
    Release,
    Script,
)
from assessments.subject_access import MASK, Access, may_wait_until
from people import roles
from people.audit import AuditAddress, AuditEntry
from people.erasures import Erasure
from people.models import Enrolment, School, User
from tests.base import PEOPLE, SchoolTestCase, make_cast
from tests.factories import (
    make_assignment,
    make_group,
    make_mark,
    make_membership,
    make_script,
    make_user,
)

CANARY = "Quokkaberry"


# By hand: 31 August + 5 months is 31 January; 30 September + 5 months has no 30 Feb.
@pytest.mark.parametrize(
    ("asked", "results", "until"),
    [
        ((2026, 8, 31), None, (2027, 1, 31)),
        ((2026, 9, 30), None, (2027, 2, 28)),
        ((2027, 9, 30), None, (2028, 2, 29)),
        # 21 August + 40 days is 30 September.
        ((2026, 6, 1), (2026, 8, 21), (2026, 9, 30)),
        # Five months come first.
        ((2026, 1, 10), (2026, 8, 21), (2026, 6, 10)),
    ],
)
def test_how_long_marks_may_wait(asked, results, until):
    results = results and datetime.date(*results)
    assert may_wait_until(datetime.date(*asked), results) == datetime.date(*until)


class SubjectAccessTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.zed = make_user(
            "zed", role=roles.STUDENT, group=cls.hi1, first_name="Zedekiah",
            last_name=CANARY,
        )  # fmt: skip
        cls.mark = make_mark(
            cls.script, cls.ada, 3, www="Clearer than Zedekiah.", ebi="Add dates.",
            private_note=f"Ask {CANARY} about the copy.",
        )  # fmt: skip

    def told(self, **options):
        return json.loads(Access(self.sam, every_text=True, **options).as_json())

    def test_everything_is_in_it_and_nobody_else(self):
        Release.show(Script.objects.filter(pk=self.script.pk), self.ada)
        told = self.told()
        whole = json.dumps(told, ensure_ascii=False)
        self.assertIn("Sam’s answer.", whole)
        self.assertIn("Sam’s draft.", whole)
        self.assertEqual(told["account"][0]["username"], "sam")
        self.assertEqual(told["classes and roles"][0]["class"], "10B/Hi1")
        self.assertEqual(len(told["scripts"]), 2)
        versions = AnswerVersion.objects.filter(writer=self.sam).count()
        self.assertEqual(len(told["texts"]), versions)
        (mark,) = told["marks and comments"]
        self.assertEqual((mark["mark"], mark["of"]), (3, self.mark.tariff))
        self.assertEqual(mark["went_well"], f"Clearer than {MASK}.")
        for other in (CANARY, "Zedekiah", "zed", "Ada", "Tom"):
            self.assertNotIn(other, whole)
        self.assertEqual(len(Access(self.sam).names.found), 2)

    def test_marks_that_are_not_released_are_left_out_and_counted(self):
        told = self.told(waits_until=datetime.date(2027, 1, 31))
        self.assertEqual(told["marks and comments"], [])
        self.assertEqual(told["marks_held_back"], 1)
        self.assertEqual(told["held_back_until"], "2027-01-31")
        whole = json.dumps(told, ensure_ascii=False)
        for hidden in ("Clearer", "Add dates", "mark awarded"):
            self.assertNotIn(hidden, whole)

    def test_without_own_answers_that_there_are_texts_is_told(self):
        told = self.told(own_answers=False)
        self.assertNotIn("Sam’s answer", json.dumps(told, ensure_ascii=False))
        self.assertEqual(
            len(told["texts"]), AnswerVersion.objects.filter(writer=self.sam).count()
        )

    def test_the_pages_and_files_are_for_data_and_site_managers(self):
        page = reverse("staff:student-data", args=[self.sam.pk])
        for name in PEOPLE:
            self.sign_in(name)
            may = name in ("dee", "sid")
            for address in (
                page,
                reverse("staff:student-data-file", args=[self.sam.pk, "html"]),
                reverse("staff:student-data-file", args=[self.sam.pk, "json"]),
            ):
                answer = self.client.get(address)
                self.assertEqual(answer.status_code == 200, may, (name, address))
        self.assertEqual(
            AuditEntry.objects.filter(action=AuditEntry.Action.DATA_HANDED_OUT).count(),
            6,
        )
        # Staff are not students, and of another kind of file there is none.
        self.sign_in("dee")
        for wrong in (
            reverse("staff:student-data", args=[self.ada.pk]),
            reverse("staff:student-data-file", args=[self.sam.pk, "exe"]),
        ):
            self.assertEqual(self.client.get(wrong).status_code, 404)

    def test_from_where_others_came_is_not_theirs_to_have(self):
        with_address = AuditEntry.objects.create(
            action=AuditEntry.Action.PASSWORD_GIVEN, actor=self.ada, person=self.sam
        )
        own = AuditEntry.objects.create(
            action=AuditEntry.Action.SIGNED_IN, actor=self.sam, person=self.sam
        )
        AuditAddress.objects.create(entry=with_address, address="10.9.8.7")
        AuditAddress.objects.create(entry=own, address="10.1.2.3")
        whole = json.dumps(self.told())
        self.assertIn("10.1.2.3", whole)
        self.assertNotIn("10.9.8.7", whole)

    def test_the_page_to_read_stands_alone(self):
        self.sign_in("dee")
        file = self.client.get(
            reverse("staff:student-data-file", args=[self.sam.pk, "html"])
        )
        self.assertContains(file, "Sam’s answer.")
        self.assertNotContains(file, "<script")
        self.assertNotContains(file, "<link")
        self.assertNotContains(file, CANARY)
        self.assertIn("attachment", file["Content-Disposition"])

    def test_bad_dates_get_a_sentence(self):
        self.sign_in("dee")
        page = reverse("staff:student-data", args=[self.sam.pk])
        for query in (
            {"asked_on": "yesterday"},
            {"asked_on": "2026-11-01", "results_on": "2026-08-01"},
            {"asked_on": "9999-12-31"},
            {"asked_on": "0001-01-01"},
            {"asked_on": "2026-11-01", "results_on": "9999-12-31"},
        ):
            answer = self.client.get(page, query)
            self.assertContains(answer, "Please check this form")


class ErasureTest(SchoolTestCase):
    def address(self):
        return reverse("staff:student-erasure", args=[self.sam.pk])

    def ask(self, **data):
        return self.client.post(self.address(), {"username": "sam", **data})

    def test_it_waits_seven_days_and_can_be_refused(self):
        self.sign_in("dee")
        self.ask()
        waiting = Erasure.objects.get()
        days = (waiting.due_at - timezone.now()).total_seconds() / 86_400
        self.assertAlmostEqual(days, 7, places=2)
        self.assertEqual(erasing.carry_out_due(), (0, 0))
        self.client.post(self.address(), {"refuse": "1"})
        with time_machine.travel(timezone.now() + datetime.timedelta(days=8)):
            self.assertEqual(erasing.carry_out_due(), (0, 0))
        self.assertTrue(User.objects.filter(pk=self.sam.pk).exists())
        said = AuditEntry.objects.filter(action=AuditEntry.Action.ERASURE)
        self.assertEqual([e.detail for e in said], ["refused", "asked for"])

    def test_a_slip_erases_nobody(self):
        self.sign_in("dee")
        answer = self.client.post(self.address(), {"username": "tom"})
        self.assertContains(answer, "Nothing was done", status_code=422)
        self.assertFalse(Erasure.objects.exists())

    def test_only_data_and_site_managers_ask(self):
        for name in PEOPLE:
            self.sign_in(name)
            self.ask()
            self.assertEqual(Erasure.objects.exists(), name in ("dee", "sid"), name)
            Erasure.objects.all().delete()

    def test_one_waits_at_a_time(self):
        Erasure.ask(self.sam, self.dee, False)
        with pytest.raises(IntegrityError), transaction.atomic():
            Erasure.ask(self.sam, self.dee, False)
        self.sign_in("dee")
        self.ask()
        self.assertEqual(Erasure.objects.count(), 1)

    def test_staff_are_never_erased(self):
        with pytest.raises(ValueError, match="Only students"):
            erasing.erase_person(self.ada, keeps_marks=False)
        self.sign_in("dee")
        address = reverse("staff:student-erasure", args=[self.ada.pk])
        self.assertEqual(self.client.post(address).status_code, 404)


class ErasedTest(TransactionTestCase):
    """On a real file: what was deleted is not in it any more."""

    def setUp(self):
        make_cast(self)
        Enrolment.objects.create(
            student=self.sam, upn="A123456789012", first_name="Sam",
            last_name=CANARY,
        )  # fmt: skip
        self.sam.last_name = CANARY
        self.sam.save()
        self.script.answers.get()
        redraft = make_assignment(self.question, self.hi1, self.ada)
        other = make_script(self.sam, redraft, f"{CANARY} wrote this.", hand_in=True)
        self.mark = make_mark(other, self.ada, 3, www=f"Well done, {CANARY}.")
        Release.show(Script.objects.filter(pk=other.pk), self.ada)
        AssignmentStudent.objects.create(
            assignment=redraft, student=self.sam, note=f"{CANARY} was ill."
        )
        Concern.objects.create(
            answer=other.answers.get(), raised_by=self.ada, note=f"{CANARY} is sad."
        )
        self.client.force_login(self.dee)
        # The admin's own log repeats names.
        self.client.post(
            reverse("admin:people_student_change", args=[self.sam.pk]),
            {
                "username": "sam", "first_name": "Sam", "last_name": CANARY,
                "is_active": "on",
            },
        )  # fmt: skip
        # A folder of its own: other workers erase people, too.
        folder = override_settings(VAR_DIR=Path(tempfile.mkdtemp(dir=settings.VAR_DIR)))
        folder.enable()
        self.addCleanup(folder.disable)

    def erase(self, **options):
        Erasure.ask(self.sam, self.dee, options.get("keeps_marks", False))
        self.pk, self.joined = self.sam.pk, self.sam.date_joined
        with time_machine.travel(timezone.now() + datetime.timedelta(days=8)):
            call_command("clean_up", verbosity=0, stdout=io.StringIO())

    def hits(self):
        """Return the tables and columns in which the canary stands."""
        found = []
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                found += [table for row in cursor.fetchall() if CANARY in repr(row)]
        return found

    @pytest.mark.goal("G77", "erased: 0 canaries in any table and in the database file")
    def test_nothing_is_left_in_the_database_or_its_file(self):
        self.assertTrue(self.hits())
        due = Script.objects.filter(handed_in_at=None).exclude(assignment=None)
        self.assertFalse(due.exists())
        self.erase()
        self.assertFalse(User.objects.filter(pk=self.pk).exists())
        self.assertEqual(self.hits(), [])
        in_file = 0
        if connection.vendor == "sqlite":
            for end in ("", "-wal"):
                path = Path(f"{connection.settings_dict['NAME']}{end}")
                if path.exists():
                    in_file += path.read_bytes().count(CANARY.encode())
            self.assertEqual(in_file, 0)
        self.assertIsNotNone(Erasure.objects.get().done_at)
        self.reached(f"0 rows, {in_file} times in the file, with 6 tables planted")

    def test_figures_stay_if_that_was_chosen(self):
        total, of = self.mark.total, self.mark.highest_total
        self.erase(keeps_marks=True)
        kept = KeptFigure.objects.get()
        self.assertEqual((kept.total, kept.highest_total), (total, of))
        self.assertEqual(kept.cohort, self.hi1.cohort)
        self.assertEqual(kept.question_id, self.question.pk)

    def test_others_lose_nothing(self):
        script = make_script(self.tom, None, "Tom’s own.", self.question)
        before = list(AnswerVersion.objects.filter(writer=self.tom).values_list())
        self.erase()
        after = list(AnswerVersion.objects.filter(writer=self.tom).values_list())
        self.assertEqual(before, after)
        self.assertEqual(script.answers.get().text, "Tom’s own.")
        self.assertTrue(User.objects.filter(pk=self.tom.pk).exists())

    def test_open_work_holds_it(self):
        open_task = make_assignment(self.question, self.hi1, self.ada)
        open_task.due_at = timezone.now() + datetime.timedelta(days=30)
        open_task.save()
        make_script(self.sam, open_task, "Being written.")
        self.erase()
        self.assertTrue(User.objects.filter(pk=self.pk).exists())
        self.assertIsNone(Erasure.objects.get().done_at)

    def test_a_longer_time_of_ones_own_holds_it_too(self):
        task = make_assignment(self.question, self.hi1, self.ada)
        task.due_at = timezone.now() + datetime.timedelta(days=1)
        task.save()
        AssignmentStudent.objects.create(
            assignment=task, student=self.sam,
            due_at=timezone.now() + datetime.timedelta(days=30),
        )  # fmt: skip
        make_script(self.sam, task, "Being written.")
        self.erase()
        self.assertTrue(User.objects.filter(pk=self.pk).exists())

    def test_a_name_of_one_word_takes_no_others_history_along(self):
        self.sam.first_name, self.sam.preferred_name, self.sam.last_name = "", "Jo", ""
        self.sam.save()
        kind = ContentType.objects.get_for_model(Script)
        for about in ("Joanne Lister", "", "Jo Lister’s class"):
            LogEntry.objects.create(
                user=self.ada, content_type=kind, object_id="1", object_repr=about,
                action_flag=2,
            )  # fmt: skip
        self.erase()
        self.assertFalse(User.objects.filter(pk=self.pk).exists())
        self.assertEqual(LogEntry.objects.filter(content_type=kind).count(), 3)

    def test_part_of_a_longer_name_is_another_s(self):
        self.sam.last_name = "Li"
        self.sam.save()
        kind = ContentType.objects.get_for_model(Script)
        for about in ("Sam Lister", "Script of Sam Li"):
            LogEntry.objects.create(
                user=self.ada, content_type=kind, object_id="1", object_repr=about,
                action_flag=2,
            )  # fmt: skip
        self.erase()
        self.assertEqual(
            [row.object_repr for row in LogEntry.objects.filter(content_type=kind)],
            ["Sam Lister"],
        )

    def test_what_could_not_be_written_over_is_the_next_night(self):
        broken = mock.patch.object(erasing, "overwrite_freed", side_effect=OSError)
        with broken, pytest.raises(OSError):
            self.erase()
        self.assertFalse(User.objects.filter(pk=self.pk).exists())
        with mock.patch.object(erasing, "overwrite_freed") as again:
            erasing.carry_out_due()
        again.assert_called_once()
        erasing.overwrite_freed()
        with mock.patch.object(erasing, "overwrite_freed") as again:
            erasing.carry_out_due()
        again.assert_not_called()

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite’s own log")
    def test_while_somebody_reads_it_is_not_called_done(self):
        mark = erasing._still_to_overwrite()
        mark.touch()
        with contextlib.closing(
            sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        ) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM people_user").fetchone()
            self.sam.save()
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 100")
            self.addCleanup(connection.close)
            erasing.overwrite_freed()
            self.assertTrue(mark.exists())
        erasing.overwrite_freed()
        self.assertFalse(mark.exists())

    def test_a_restored_backup_is_told_again(self):
        self.erase()
        # The backup brings the same account back; somebody else may have the number.
        back = User(
            pk=self.pk, username="sam", first_name="Sam", last_name=CANARY,
            date_joined=self.joined,
        )  # fmt: skip
        back.save()
        Erasure.objects.all().delete()
        self.assertEqual(erasing.erase_again(), 1)
        self.assertFalse(User.objects.filter(pk=self.pk).exists())
        User(pk=self.pk, username="new", date_joined=timezone.now()).save()
        self.assertEqual(erasing.erase_again(), 0)
        self.assertTrue(User.objects.filter(pk=self.pk).exists())

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached


# By hand: in November 2026, twelve months back is November 2025, so classes of 2025 and
# before are over; in July 2026 it is July 2025, so those of 2024 and before.
@pytest.mark.parametrize(
    ("now", "months", "cohort"),
    [
        ((2026, 11, 26), 12, 2025),
        ((2026, 7, 26), 12, 2024),
        ((2026, 8, 31), 12, 2025),
        ((2026, 8, 30), 12, 2024),
        ((2026, 11, 26), 0, 2026),
    ],
)
def test_which_exam_years_are_over(now, months, cohort):
    moment = datetime.datetime(*now, 12, tzinfo=datetime.UTC)
    assert retention.last_cohort(moment, months) == cohort


NOW = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)


@time_machine.travel(NOW, tick=False)
class RetentionTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        with time_machine.travel(NOW, tick=False):
            super().setUpTestData()
            cls.over = make_group("11X/Hi", cohort=2025)
            cls.old = make_user("oldie")
            make_membership(
                cls.old, roles.STUDENT, cls.over,
                since=datetime.date(2023, 9, 1), until=datetime.date(2025, 7, 20),
            )  # fmt: skip
            cls.old_script = make_script(
                cls.old, make_assignment(cls.question, cls.over, cls.ada), "One."
            )

    def counts(self):
        return {kind.name: kind.count for kind in retention.preview()}

    def rewritten(self, script, times):
        answer = script.answers.get()
        for number in range(times):
            answer.refresh_from_db()
            answer.keep(
                f"One. And {number}.", writer=script.student, origin="autosave",
                tab="t", number=number + 1,
            )  # fmt: skip
        return answer

    def test_texts_between_go_and_what_stands_stays(self):
        answer = self.rewritten(self.old_script, 30)
        young = self.rewritten(self.open_script, 30)
        answer.refresh_from_db()
        stands = answer.text
        before = young.versions.count()
        promised = self.counts()["texts"]
        self.assertGreater(promised, 20)
        retention.run()
        answer = Answer.objects.get(pk=answer.pk)
        self.assertEqual(answer.text, stands)
        self.assertEqual(young.versions.count(), before)
        self.assertLess(answer.versions.count(), 5)
        self.assertEqual(self.counts()["texts"], 0)

    def test_it_goes_in_steps_and_every_kept_text_can_still_be_read(self):
        answer = self.rewritten(self.old_script, 40)
        self.old_script.refresh_from_db()
        self.old_script.hand_in()
        handed_in = answer.script.answers.get().handed_in_text
        promised = self.counts()["texts"]
        before = answer.versions.count()
        with mock.patch.object(retention, "AT_ONCE", 3):
            retention.run()
        answer = Answer.objects.get(pk=answer.pk)
        self.assertEqual(answer.versions.count(), before - promised)
        self.assertEqual(answer.handed_in_text, handed_in)
        for version in answer.versions.all():
            self.assertTrue(version.text.startswith("One."))

    def test_marked_texts_stay(self):
        self.rewritten(self.old_script, 5)
        self.old_script.refresh_from_db()
        self.old_script.hand_in()
        mark = make_mark(self.old_script, self.ada, 3)
        text = mark.version.text
        retention.run()
        self.assertEqual(Mark.objects.get().version.text, text)

    def test_leavers_accounts_close_at_the_end_of_august(self):
        this_summer = make_user("summer")
        make_membership(
            this_summer, roles.STUDENT, self.hi1, since=datetime.date(2024, 9, 1),
            until=datetime.date(2026, 7, 20),
        )  # fmt: skip
        autumn = make_user("autumn")
        make_membership(
            autumn, roles.STUDENT, self.hi1, since=datetime.date(2024, 9, 1),
            until=datetime.date(2026, 10, 20),
        )  # fmt: skip
        retention.run()
        for person, is_open in (
            (self.old, False), (this_summer, False), (autumn, True), (self.sam, True),
            (self.una, True),
        ):  # fmt: skip
            person.refresh_from_db()
            self.assertEqual(person.is_active, is_open, person.username)

    def test_erasing_those_who_left_is_off_until_the_school_says_how_long(self):
        retention.run()
        self.assertFalse(Erasure.objects.exists())
        # 26 Nov 2026 less 16 months is 26 July 2025: after the 20th.
        School.objects.update_or_create(pk=1, defaults={"leavers_months": 17})
        self.assertEqual(self.counts()["erasures"], 0)
        School.objects.update_or_create(pk=1, defaults={"leavers_months": 16})
        retention.run()
        self.assertEqual(Erasure.objects.get().person_id, self.old.pk)
        self.assertEqual(self.counts()["erasures"], 0)

    @pytest.mark.goal("G78", "10,000 mixed rows: 0 wrong ones go, 0 right ones stay")
    def test_ten_thousand_rows(self):
        made = AuditEntry.objects.bulk_create(
            AuditEntry(
                action=AuditEntry.Action.SIGNED_IN,
                at=NOW - datetime.timedelta(days=number % 800, seconds=number % 7),
            )
            for number in range(10_000)
        )
        # Twelve months before 26 Nov 2026 is 26 Nov 2025: 365 days.
        limit = NOW - datetime.timedelta(days=365)
        stay = {entry.pk for entry in made if entry.at >= limit}
        promised = self.counts()["log"]
        self.assertEqual(promised, len(made) - len(stay))
        retention.run()
        pks = AuditEntry.objects.filter(pk__in=[entry.pk for entry in made])
        left = set(pks.values_list("pk", flat=True))
        self.assertEqual(left, stay)
        self.reached(f"{promised} of 10,000 went, {len(left ^ stay)} wrong")

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached

    def test_the_command_shows_first(self):
        shown, done = io.StringIO(), io.StringIO()
        call_command("retention", stdout=shown)
        self.assertIn("Nothing was changed", shown.getvalue())
        self.old.refresh_from_db()
        self.assertTrue(self.old.is_active)
        call_command("retention", "--apply", stdout=done)
        self.assertIn("to be closed, before 31 Aug 2026: 1.", done.getvalue())
        self.old.refresh_from_db()
        self.assertFalse(self.old.is_active)

    def test_the_page(self):
        for name in PEOPLE:
            self.sign_in(name)
            answer = self.client.get(reverse("staff:retention"))
            self.assertEqual(answer.status_code == 200, name in ("dee", "sid"), name)
            if answer.status_code == 200:
                self.assertContains(answer, "exam year 2025")


@override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
class ConcernTest(SchoolTestCase):
    def setUp(self):
        self.sen.email = "sen@school.example"
        self.sen.save()
        School.objects.update_or_create(
            pk=1,
            defaults={
                "safeguarding_lead": self.sen, "mail_host": "mail.school.example",
                "mail_from": "history@school.example",
            },
        )  # fmt: skip
        School.forget_current()
        self.address = reverse(
            "admin:assessments_script_concern", args=[self.script.public_id, 1]
        )

    def raise_one(self, name="ada", note="It reads like a goodbye."):
        self.sign_in(name)
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(self.address, {"note": note})

    def test_whoever_reads_the_work_may_tell_the_lead_and_nobody_else(self):
        for name in PEOPLE:
            answer = self.raise_one(name)
            may = name in ("ada", "asa", "hal", "sen")
            self.assertEqual(Concern.objects.exists(), may, name)
            if not may:
                self.assertIn(answer.status_code, (302, 403, 404), name)
            Concern.objects.all().delete()

    def test_the_marker_learns_no_name_and_the_mail_says_nothing(self):
        self.sign_in("ada")
        page = self.client.get(self.address)
        self.assertNotContains(page, "Sam")
        answer = self.raise_one()
        self.assertRedirects(
            answer,
            reverse("admin:assessments_script_texts", args=[self.script.public_id, 1]),
        )
        (letter,) = mail.outbox
        self.assertEqual(letter.to, ["sen@school.example"])
        for word in ("Sam", "goodbye", self.script.marking_code):
            self.assertNotIn(word, letter.subject + letter.body)

    def test_only_the_lead_reads_it_and_that_is_written_down(self):
        self.raise_one()
        concern = Concern.objects.get()
        pages = [
            reverse("staff:concerns"),
            reverse("staff:concern", args=[concern.pk]),
        ]
        for name in PEOPLE:
            if name == "sen":
                continue
            self.sign_in(name)
            for address in pages:
                self.assertIn(
                    self.client.get(address).status_code, (302, 403), (name, address)
                )
        concern.refresh_from_db()
        self.assertIsNone(concern.read_at)
        self.sign_in("sen")
        self.assertContains(
            self.client.get(reverse("admin:index")), "1 concern not read"
        )
        self.assertContains(self.client.get(pages[0]), "Sam")
        page = self.client.get(pages[1])
        self.assertContains(page, "It reads like a goodbye.")
        self.assertContains(page, "Sam’s answer.")
        concern.refresh_from_db()
        self.assertEqual(concern.read_by, self.sen)
        said = AuditEntry.objects.filter(action=AuditEntry.Action.FLAGGED)
        self.assertEqual(
            [entry.detail.split(",")[0] for entry in said],
            [f"concern {concern.pk} read", f"concern {concern.pk} raised"],
        )
        self.assertNotIn("goodbye", " ".join(entry.detail for entry in said))

    def test_without_a_lead_the_page_says_what_to_do(self):
        School.objects.update(safeguarding_lead=None)
        School.forget_current()
        self.sign_in("ada")
        self.assertContains(
            self.client.get(self.address), "Speak to your school’s lead"
        )
        self.raise_one()
        self.assertFalse(Concern.objects.exists())

    def test_a_lead_who_could_read_nothing_is_no_lead(self):
        self.sen.memberships.all().delete()
        self.sign_in("ada")
        self.assertContains(
            self.client.get(self.address), "Speak to your school’s lead"
        )
        self.raise_one()
        self.assertFalse(Concern.objects.exists())
        self.sign_in("sid")
        page = reverse("admin:people_school_change", args=[1])
        answer = self.client.post(page, {"safeguarding_lead": self.sen.pk})
        self.assertContains(answer, "has no role here today")

    def test_the_log_says_neither_whose_answer_nor_which(self):
        self.raise_one()
        self.sign_in("sen")
        self.client.get(reverse("staff:concern", args=[Concern.objects.get().pk]))
        read = AuditEntry.objects.filter(detail__endswith=" read").get()
        self.assertIsNone(read.person_id)
        self.assertNotIn(self.script.marking_code, read.detail)

    def test_an_empty_note_is_asked_for(self):
        answer = self.raise_one(note="  ")
        self.assertContains(answer, "Say in a sentence what worries you")

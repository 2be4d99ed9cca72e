"""The roster import as a data manager meets it: on the page and as a command."""

import io
from unittest import mock

import time_machine
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from people import enrolling, roles
from people.models import Enrolment, Membership, TeachingGroup, User
from tests.base import SchoolTestCase
from tests.factories import make_group, make_membership, make_user
from tests.people.test_roster_letters import CASES, MONDAY, everything, roster_of

PAGE = reverse("admin:people_student_import")
PLAIN = "UPN,Surname,Forename,Year,Class\nX801400121001,Fletcher,Noor,10,10B/Hi1\n"
KINDS = {case.name: roster_of(case) for case in CASES}


def file_of(text, name="list.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return SimpleUploadedFile(name, data)


class RosterPageCase(SchoolTestCase):
    def setUp(self):
        travel = time_machine.travel(MONDAY, tick=False)
        travel.start()
        self.addCleanup(travel.stop)
        self.client.force_login(self.dee)

    def look(self, text, name="list.csv", **fields):
        return self.client.post(PAGE, {"file": file_of(text, name), **fields})

    def again(self, answer, **fields):
        """Press a button below the letter."""
        form = answer.context["letter_form"]
        return self.client.post(PAGE, {**form.initial, **fields})


class ImportTest(RosterPageCase):
    def test_a_letter_changes_nothing_and_then_all_of_it_is_done(self):
        before = everything()
        letter = self.look(PLAIN)
        self.assertContains(letter, "Noor Fletcher, 10B/Hi1. User name: nfletcher28.")
        self.assertEqual(everything(), before)
        done = self.again(letter, apply="1")
        self.assertContains(done, "All of this has been done.")
        noor = User.objects.get(username="nfletcher28")
        self.assertFalse(noor.has_usable_password())
        self.assertFalse(noor.is_staff)
        self.assertEqual(noor.enrolment.upn, "X801400121001")
        self.assertEqual(noor.memberships.get().group, self.hi1)
        self.assertEqual(done.context["outcome"].made, [noor])
        self.assertTrue(LogEntry.objects.filter(user=self.dee).exists())

    def test_a_letter_that_is_out_of_date_is_shown_again(self):
        letter = self.look(PLAIN)
        make_user("nfletcher28")
        before = everything()
        answer = self.again(letter, apply="1")
        self.assertContains(answer, "Nothing has been changed")
        self.assertContains(answer, "User name: nofletcher28.")
        self.assertEqual(everything(), before)

    def test_a_doubt_has_to_be_settled_first(self):
        text = "Surname,Forename,Year,Class\nTest,Sam,10,10B/Hi1\n"
        letter = self.look(text)
        self.assertContains(letter, "the same as Sam Test (sam), 10B/Hi1")
        before = everything()
        self.again(letter, apply="1")
        self.assertEqual(everything(), before)
        wrong = self.again(letter, look="1", **{"choose-2": "tom"})
        self.assertTrue(wrong.context["outcome"].plan.open_doubts)
        settled = self.again(letter, look="1", **{"choose-2": "sam"})
        self.assertContains(settled, "Recognised (1)")
        self.again(settled, apply="1")
        self.assertEqual(self.sam.enrolment.last_name, "Test")
        self.assertEqual(
            User.objects.filter(last_name="Test", first_name="Sam").count(), 1
        )

    def test_a_move_keeps_all_work(self):
        self.again(self.look(PLAIN.replace("Fletcher,Noor", "Test,Tam")), apply="1")
        tam = User.objects.get(username="ttest28")
        with time_machine.travel("2026-10-05 09:00", tick=False):
            self.client.force_login(self.dee)
            letter = self.look(
                "UPN,Surname,Forename,Year,Class\nX801400121001,Test,Tam,10,10B/Hi2\n"
            )
            self.again(letter, apply="1")
            places = tam.memberships.order_by("from_date")
            self.assertEqual(
                [(str(p.group), str(p.from_date), str(p.until_date)) for p in places],
                [
                    ("10B/Hi1", "2026-09-07", "2026-10-04"),
                    ("10B/Hi2", "2026-10-05", "None"),
                ],
            )

    def test_whoever_moves_on_the_day_they_came_was_never_there(self):
        self.again(self.look(PLAIN), apply="1")
        self.again(self.look(PLAIN.replace("Hi1", "Hi2")), apply="1")
        noor = User.objects.get(username="nfletcher28")
        self.assertEqual([p.group for p in noor.memberships.all()], [self.hi2])

    def test_a_leaver_is_out_at_once_and_comes_back(self):
        self.again(self.look(PLAIN), apply="1")
        noor = User.objects.get(username="nfletcher28")
        other = PLAIN.replace("X801400121001,Fletcher", "L801400121002,Other")
        with time_machine.travel("2026-10-05 09:00", tick=False):
            self.client.force_login(self.dee)
            self.again(self.look(other), apply="1")
            noor.refresh_from_db()
            self.assertFalse(noor.is_active)
            self.assertFalse(noor.memberships.valid().exists())
            self.again(self.look(PLAIN), apply="1")
            noor.refresh_from_db()
            self.assertTrue(noor.is_active)
            self.assertEqual(noor.memberships.valid().get().group, self.hi1)

    def test_all_or_nothing(self):
        letter = self.look(PLAIN)
        before = everything()
        with mock.patch.object(
            Membership.objects, "bulk_create", side_effect=IntegrityError
        ):
            answer = self.again(letter, apply="1")
        self.assertContains(answer, "Nothing has been changed: ")
        self.assertEqual(everything(), before)

    def test_two_students_may_exchange_their_numbers(self):
        both = (
            "UPN,Adno,Surname,Forename,Year,Class\n"
            "X801400121001,{},Fletcher,Noor,10,10B/Hi1\n"
            "L801400121002,{},Other,Ann,10,10B/Hi1\n"
        )
        self.again(self.look(both.format("1", "2")), apply="1")
        # By UPN they are who they were; the admission numbers contradict.
        self.assertContains(self.look(both.format("2", "1")), "Refused (2)")

    def test_a_forged_or_lost_list_is_refused(self):
        for upload in ("", "x", "x:y:z"):
            answer = self.client.post(PAGE, {"upload": upload, "apply": "1"})
            self.assertContains(answer, "Choose it again.")

    def test_a_list_is_lost_after_a_day(self):
        letter = self.look(PLAIN)
        with time_machine.travel("2026-09-08 09:01", tick=False):
            # Yesterday's session is over, and its password is not fresh.
            self.client.force_login(self.dee)
            self.assertContains(self.again(letter, apply="1"), "Choose it again.")

    def test_each_bad_file_gets_one_sentence(self):
        before = everything()
        long = "Surname,Forename,Class\n" + "Test,Sam,10B/Hi1\n" * 40_000
        for data, name, sentence in (
            (KINDS["19-pdf"].read_bytes(), "list.csv", "This is a PDF"),
            (KINDS["20-no-names"].read_bytes(), "list.csv", "no line has headings"),
            (KINDS["18-formula"].read_bytes(), "list.xlsx", "Cell A3 holds a formula"),
            (long.encode(), "list.csv", "more than 20,000 lines"),
            (b"", "list.csv", "The file is empty"),
            (b"PK\x03\x04" + b"x" * 500, "list.xlsx", "damaged"),
        ):
            with self.subTest(sentence):
                answer = self.look(data, name)
                self.assertEqual(answer.status_code, 422)
                self.assertIn(sentence.lower(), answer.content.decode().lower())
        self.assertContains(
            self.look(b"x" * (5 * 1024 * 1024 + 1)), "larger than 5 MB", status_code=422
        )
        self.assertContains(
            self.client.post(PAGE, {}), "Choose the file with the list", status_code=422
        )
        self.assertEqual(everything(), before)

    def test_what_is_not_needed_is_not_kept(self):
        text = "Surname,Forename,Class,DOB\nFletcher,Noor,10B/Hi1,01/02/2012\n"
        letter = self.look(text)
        upload = enrolling.Upload.unpack(
            letter.context["letter_form"].initial["upload"]
        )
        self.assertNotIn("2012", repr(upload))
        self.assertContains(letter, "Not read: DOB.")

    def test_the_letter_costs_the_same_with_many(self):
        self.client.get(PAGE)
        with self.assertNumQueries(7):
            self.look(PLAIN)
        many = "".join(
            f"Test,Aa{chr(97 + n % 26)}{chr(97 + n // 26)},10B/Hi1\n"
            for n in range(300)
        )
        with self.assertNumQueries(7):
            self.look("Surname,Forename,Class\n" + many)

    def test_a_class_that_is_archived_is_another_class(self):
        """Next year's 10B/Hi1 is not the one that has sat its exam."""
        self.again(self.look(PLAIN), apply="1")
        TeachingGroup.objects.filter(pk=self.hi1.pk).update(archived_at=timezone.now())
        self.hi1.refresh_from_db()
        letter = self.look(PLAIN.replace("10B/Hi1", "10B/Hi2"))
        self.assertContains(letter, "joins 10B/Hi2")

    def test_whoever_is_added_by_hand_stays(self):
        self.again(self.look(PLAIN), apply="1")
        noor = User.objects.get(username="nfletcher28")
        make_membership(noor, roles.STUDENT, self.hi2)
        letter = self.look(PLAIN)
        self.assertContains(
            letter, "in 10B/Hi1 and 10B/Hi2 here and in 10B/Hi1 in the file"
        )
        self.assertContains(letter, "There is nothing to change.")


class RightsTest(RosterPageCase):
    def test_only_those_who_keep_the_lists_get_in(self):
        for name in ("ada", "asa", "hal", "sen"):
            self.sign_in(name)
            self.assertEqual(self.look(PLAIN).status_code, 403)
        self.sign_in("sid")
        self.assertContains(self.look(PLAIN), "New (1)")

    def test_numbers_are_seen_by_those_who_keep_the_lists_alone(self):
        Enrolment.objects.create(student=self.sam, upn="X801400121001")
        for name in ("ada", "hal", "sen", "dee"):
            self.sign_in(name)
            page = self.client.get(
                reverse("admin:people_student_change", args=[self.sam.pk])
            )
            self.assertEqual("X801400121001" in page.content.decode(), name == "dee")
            self.assertEqual(
                "admission number" in page.content.decode().lower(), name == "dee"
            )
            seen = Enrolment.objects.visible_to(getattr(self, name))
            self.assertEqual(seen.count(), int(name == "dee"))
        self.sign_in("sam")
        self.assertNotContains(self.client.get("/", follow=True), "X801400121001")


class CommandTest(RosterPageCase):
    def run_it(self, path, *args):
        out = io.StringIO()
        call_command("import_roster", str(path), *args, stdout=out)
        return out.getvalue()

    def test_the_letter_and_then_what_it_says(self):
        before = everything()
        letter = self.run_it(KINDS["01-plain"])
        self.assertIn("Nothing has been changed yet.", letter)
        self.assertEqual(everything(), before)
        self.assertIn(
            "All of this has been done.",
            self.run_it(KINDS["01-plain"], "--apply", "--choose", "3=new"),
        )
        self.assertTrue(TeachingGroup.objects.filter(name="11X/Hi2").exists())

    def test_doubts_are_settled_by_line(self):
        make_membership(
            make_user("nfletcher", first_name="Noor", last_name="Fletcher"),
            roles.STUDENT,
            make_group("10C/Hi3"),
        )
        before = everything()
        with self.assertRaisesMessage(CommandError, "Settle the doubts"):
            self.run_it(KINDS["17-known-by-name"], "--apply")
        self.assertEqual(everything(), before)
        settled = ["--choose", "2=nfletcher", "--choose", "3=new"]
        self.run_it(KINDS["17-known-by-name"], "--apply", *settled)
        self.assertEqual(
            Enrolment.objects.get(upn="X801400121001").student.username, "nfletcher"
        )

    def test_bad_files_and_no_file_get_a_sentence(self):
        with self.assertRaisesMessage(CommandError, "This is a PDF"):
            self.run_it(KINDS["19-pdf"])
        with self.assertRaisesMessage(CommandError, "cannot be opened"):
            self.run_it("/nowhere/list.csv")


def test_a_workbook_of_formulas_in_other_columns_is_taken(db):
    book = Workbook()
    book.active.append(["Surname", "Forename", "Class", "Sum"])
    book.active.append(["Fletcher", "Noor", "10B/Hi1", "=1+1"])
    file = io.BytesIO()
    book.save(file)
    upload = enrolling.read("list.xlsx", file.getvalue(), enrolling.Options())
    assert len(enrolling.dry_run(upload).plan.new) == 1

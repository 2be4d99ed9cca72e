"""Whole-class feedback: made in one click, edited, lent and shown without a name."""

import time

from django.urls import reverse

from assessments import class_feedback
from assessments.erasing import erase
from assessments.models import ClassExtract, ClassFeedback, Release, Script
from lessons.models import Term
from people import roles
from people.models import User
from tests import bulk
from tests.base import SchoolTestCase
from tests.factories import make_mark, make_question, make_script, make_user

PASSAGE = (
    "Fear mattered most because nobody who wanted to live could say what he thought. "
    "After Kirov was shot in 1934 the NKVD took whole families away at night, and so "
    "neighbours stopped speaking to one another."
)
SECONDS = 2


class ClassFeedbackTestCase(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.make_address = reverse(
            "staff:class-feedback-make", args=[cls.assignment.pk]
        )
        cls.mark = make_mark(
            cls.script,
            cls.ada,
            8,
            www="You name an exact date.",
            ebi="Weigh both reasons.\nSp: propaganda",
        )

    def make(self):
        return class_feedback.make(self.assignment, self.ada)

    def write(self, name, text=PASSAGE, mark=8, *, lends=True, **words):
        student = make_user(
            name, role=roles.STUDENT, group=self.hi1, lends_extracts=lends
        )
        script = make_script(student, self.assignment, text, hand_in=True)
        make_mark(script, self.ada, mark, **words)
        return script


class MakingTest(ClassFeedbackTestCase):
    def test_one_click_makes_a_sheet_and_opens_it(self):
        self.sign_in("ada")
        response = self.client.post(self.make_address, follow=True)
        sheet = ClassFeedback.objects.get()

        self.assertRedirects(response, reverse("staff:class-feedback", args=[sheet.pk]))
        self.assertEqual((sheet.made_by, sheet.assignment), (self.ada, self.assignment))
        self.assertIn("Exact evidence: You name an exact date.", sheet.strengths)
        self.assertIn("Judgement: Weigh both reasons.", sheet.work_on)
        self.assertIn("Judgement: Write two sentences", sheet.tasks)
        self.assertEqual(sheet.spellings, "propaganda")
        self.assertContains(response, "Weigh both reasons.")

    def test_the_release_page_offers_it_to_who_may_release(self):
        release = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        for person, is_offered in (("ada", True), ("asa", False), ("sen", False)):
            with self.subTest(person=person):
                self.sign_in(person)
                page = self.client.get(release)
                self.assertEqual(self.make_address in page.text, is_offered)

    def test_without_a_mark_nothing_is_made(self):
        self.mark.events.all().delete()
        self.mark.delete()
        self.sign_in("ada")
        response = self.client.post(self.make_address, follow=True)

        self.assertContains(response, "Nothing of this task is marked yet")
        self.assertFalse(ClassFeedback.objects.exists())

    def test_drafts_second_marks_and_second_drafts_are_left_out(self):
        self.write("rae", mark=5, ebi="Add a date.", award=False)
        make_mark(
            self.script, self.hal, 5, role="second", reason="x", ebi="Plan the order."
        )
        sheet = self.make()

        self.assertNotIn("Add a date", sheet.work_on)
        self.assertNotIn("Plan the order", sheet.work_on)

    def test_no_line_names_a_student_of_the_class(self):
        self.write("rae", ebi="Rae, weigh both.", www="Sam’s date is exact.")
        make_mark(self.script, self.ada, 8, ebi="Test, weigh both!", www="")
        sheet = self.make()

        text = sheet.strengths + sheet.work_on + sheet.tasks + sheet.spellings
        for name in ("Rae", "Sam", "Test"):
            self.assertNotIn(name, text)
        self.assertIn("Judgement", sheet.work_on)

    def test_words_of_the_lesson_written_wrong_are_for_spelling(self):
        Term.objects.create(
            slug="bolshevik",
            name="Bolshevik",
            forms="Bolshevik\nBolsheviks",
            definition="x",
        )
        self.write("rae", "The Bolshevek goverment ruled.")
        self.write("ula", "A Bolshevek spoke.")

        self.assertEqual(self.make().spellings, "Bolshevik, government, propaganda")

    def test_a_part_that_is_too_long_is_cut_at_a_line(self):
        long = "x" * 500

        self.assertEqual(class_feedback._cut(f"{long}\n{long}", 900), long)
        self.assertEqual(class_feedback._cut("x" * 1000, 900), "x" * 900)

    def test_a_class_of_thirty_takes_less_than_two_seconds(self):
        task = bulk.make_task(
            self.hi1, self.ada, [self.question, make_question(slug="b")], "paper"
        )
        students = bulk.make_students(self.hi1, 30)
        bulk.hand_in(task, students, self.ada)
        User.objects.filter(pk__in=[s.pk for s in students]).update(lends_extracts=True)
        began = time.monotonic()
        sheet = class_feedback.make(task, self.ada)

        self.assertLess(time.monotonic() - began, SECONDS)
        self.assertEqual(sheet.extracts.count(), 3)
        self.assertIn("(", sheet.work_on)


class ExtractTest(ClassFeedbackTestCase):
    def test_only_who_lends_is_quoted_and_a_new_student_does_not(self):
        self.assertFalse(self.sam.lends_extracts)
        self.write("rae", lends=False)
        self.assertEqual(list(self.make().extracts.all()), [])

        lent = self.write("ula")
        extract = self.make().extracts.get()
        self.assertEqual((extract.text, extract.answer.script), (PASSAGE, lent))

    def test_taking_the_permission_back_hides_it_at_once(self):
        self.write("ula")
        sheet = self.make()
        self.sign_in("ada")
        board = reverse("staff:class-feedback-board", args=[sheet.pk])
        edit = reverse("staff:class-feedback", args=[sheet.pk])
        self.assertContains(self.client.get(board), "Fear mattered most")

        User.objects.filter(username="ula").update(lends_extracts=False)
        for address in (board, edit):
            self.assertNotContains(self.client.get(address), "Fear mattered most")

    def test_a_student_decides_on_their_settings_page(self):
        self.sign_in("sam")
        page = self.client.get(reverse("reading-settings"))
        self.assertContains(page, "without my name")

        self.client.post(reverse("lending"), {"lends_extracts": "on"})
        self.sam.refresh_from_db()
        self.assertTrue(self.sam.lends_extracts)
        self.client.post(reverse("lending"), {})
        self.sam.refresh_from_db()
        self.assertFalse(self.sam.lends_extracts)

    def test_the_reading_form_does_not_touch_the_decision(self):
        User.objects.filter(pk=self.sam.pk).update(lends_extracts=True)
        self.sign_in("sam")
        self.client.post(
            reverse("reading-settings"),
            {
                "text_size": "2",
                "line_spacing": "1",
                "typeface": "sans",
                "paper": "auto",
            },
        )
        self.sam.refresh_from_db()

        self.assertEqual((self.sam.lends_extracts, self.sam.text_size), (True, "2"))

    def test_staff_have_nothing_to_lend(self):
        self.sign_in("ada")

        self.assertNotContains(
            self.client.get(reverse("reading-settings")), "without my"
        )
        self.assertEqual(self.client.post(reverse("lending")).status_code, 404)

    def test_erasing_a_script_takes_its_extracts_along(self):
        lent = self.write("ula")
        self.make()
        erase(Script.objects.filter(pk=lent.pk))

        self.assertFalse(ClassExtract.objects.exists())
        self.assertTrue(ClassFeedback.objects.exists())


class GroupsTest(ClassFeedbackTestCase):
    def test_names_follow_on_release_and_others_are_counted(self):
        held = self.write("rae", ebi="Weigh both.")
        groups = class_feedback.groups(self.assignment)
        self.assertEqual([(g["students"], g["hidden"]) for g in groups], [([], 2)])

        Release.show(Script.objects.filter(pk=held.pk), self.ada)
        groups = class_feedback.groups(self.assignment)
        self.assertEqual(
            [(g["group"].name, g["students"], g["hidden"]) for g in groups],
            [("Judgement", [held.student], 1)],
        )
        sheet = self.make()
        self.sign_in("ada")
        edit = self.client.get(reverse("staff:class-feedback", args=[sheet.pk]))
        board = self.client.get(reverse("staff:class-feedback-board", args=[sheet.pk]))
        self.assertContains(edit, "Rae Test")
        self.assertNotContains(edit, "Sam Test")
        self.assertNotContains(board, "Rae")


class EditingTest(ClassFeedbackTestCase):
    def setUp(self):
        self.write("ula")
        self.sheet = self.make()
        self.edit = reverse("staff:class-feedback", args=[self.sheet.pk])
        self.board = reverse("staff:class-feedback-board", args=[self.sheet.pk])

    def post(self, person="ada", **changes):
        self.sign_in(person)
        extract = self.sheet.extracts.get()
        data = {
            "strengths": "Kirov stands in most answers.", "work_on": "Judge.",
            "tasks": "Write.", "spellings": "their", "form-TOTAL_FORMS": 1,
            "form-INITIAL_FORMS": 1, "form-0-id": extract.pk, "form-0-text": "A passage.",
            "form-0-is_shown": "on",
        }  # fmt: skip
        return self.client.post(self.edit, data | changes)

    def test_every_part_is_edited_kept_and_shown(self):
        response = self.post(show="1")
        board = self.client.get(self.board)

        self.assertRedirects(response, self.board)
        for words in (
            "Kirov stands in most",
            "Judge.",
            "Write.",
            "their",
            "A passage.",
        ):
            self.assertContains(board, words)
        self.assertContains(board, "<h2", count=5)

    def test_an_extract_left_out_is_kept_but_not_shown(self):
        self.post(**{"form-0-is_shown": ""})

        self.assertNotContains(self.client.get(self.board), "A passage.")
        self.assertContains(self.client.get(self.edit), "A passage.")

    def test_an_empty_sheet_says_so(self):
        self.post(
            strengths="", work_on="", tasks="", spellings="", **{"form-0-is_shown": ""}
        )

        self.assertContains(self.client.get(self.board), "The sheet is empty")

    def test_too_much_for_one_page_is_refused_and_stays_in_the_form(self):
        response = self.post(strengths="CANARY " * 200)

        self.assertContains(response, "at most 900 characters")
        self.assertContains(response, "CANARY CANARY")
        self.sheet.refresh_from_db()
        self.assertNotIn("CANARY", self.sheet.strengths)

    def test_a_line_end_counts_as_one_sign(self):
        lines = ("x" * 44 + "\r\n") * 20
        response = self.post(strengths=lines[:-2])

        self.assertEqual(response.status_code, 302)
        self.sheet.refresh_from_db()
        self.assertEqual(len(self.sheet.strengths), 899)

    def test_an_extract_of_another_sheet_cannot_be_changed_through_this_one(self):
        other = self.make()
        theirs = other.extracts.get()
        self.post(**{"form-0-id": theirs.pk, "form-0-text": "FORGED"})

        theirs.refresh_from_db()
        self.assertNotEqual(theirs.text, "FORGED")

    def test_who_only_reads_changes_nothing(self):
        for person in ("asa", "sen"):
            with self.subTest(person=person):
                response = self.post(person)
                self.assertEqual(response.status_code, 403)
                page = self.client.get(self.edit)
                self.assertNotContains(page, "btn main")
        self.sheet.refresh_from_db()
        self.assertNotIn("Kirov stands", self.sheet.strengths)

    def test_markup_in_a_line_is_shown_as_typed(self):
        self.post(strengths="<b>bold</b>\n\n  \nSecond")
        board = self.client.get(self.board)

        self.assertContains(board, "&lt;b&gt;bold")
        self.assertContains(board, "<li>", count=4)

"""How far a student has read, notes after a talk, and quick questions."""

import datetime

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lessons.models import Card, Section, SectionRead, TaskNote
from tests.base import SchoolTestCase
from tests.factories import make_apparatus, make_lesson, make_retrieval_question

LESSON = "/lessons/stalins-terror/"


class ReadingTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.second = Section.objects.create(
            lesson=cls.lesson,
            slug="part-2",
            title="Part 2",
            order=20,
            text="More.",
            published_at=timezone.now(),
        )

    def read(self, section, **headers):
        return self.client.post(f"{LESSON}read/", {"section": section}, headers=headers)

    def test_reading_leads_on_to_the_next_section(self):
        self.sign_in("sam")
        first = self.read("part-1")
        page = self.client.get("/")
        last = self.read("part-2")
        done = self.client.get("/")

        self.assertEqual(first["Location"], f"{LESSON}#part-2")
        self.assertContains(page, "1 of 2 sections read")
        self.assertContains(page, f'href="{LESSON}#part-2">Continue reading')
        self.assertEqual(last["Location"], LESSON)
        self.assertContains(done, "read to the end")
        self.assertNotContains(done, "Continue reading")

    def test_a_script_gets_an_empty_answer_and_a_second_time_changes_nothing(self):
        self.sign_in("sam")
        self.read("part-1")
        again = self.read("part-1", x_quiet_save="1")

        self.assertEqual(again.status_code, 204)
        self.assertEqual(SectionRead.objects.get().section.slug, "part-1")

    def test_it_is_each_students_own(self):
        self.sign_in("sam")
        self.read("part-1")
        self.sign_in("tom")

        self.assertNotContains(self.client.get("/"), "sections read")
        self.assertEqual(SectionRead.objects.visible_to(self.tom).count(), 0)

    def test_what_is_not_there_and_staff_are_refused(self):
        self.second.published_at = None
        self.second.save()
        self.sign_in("sam")
        for section in ("part-2", "nothing", ""):
            self.assertEqual(self.read(section).status_code, 404)
        self.sign_in("ada")
        self.assertEqual(self.read("part-1").status_code, 404)

    def test_the_front_page_costs_the_same_with_many_lessons(self):
        self.sign_in("sam")
        self.client.get("/")
        with CaptureQueriesContext(connection) as few:
            self.client.get("/")
        for number in range(20):
            make_lesson(f"more-{number}", sections=3)
        with CaptureQueriesContext(connection) as many:
            self.client.get("/")

        self.assertEqual(len(few), len(many))


class NoteTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.task = make_apparatus(cls.lesson)["partnertask"]
        cls.task.source = cls.source
        cls.task.save()
        cls.address = f"{LESSON}tasks/talk/"

    def test_a_note_is_kept_with_the_one_before(self):
        self.sign_in("sam")
        self.client.post(self.address, {"text": "We agreed.\nOn this."})
        self.client.post(self.address, {"text": "No, on that."})
        self.client.post(self.address, {"text": "No, on that."})
        page = self.client.get(self.address)

        self.assertContains(page, "No, on that.</textarea>")
        self.assertContains(page, "We agreed.")
        self.assertContains(page, "They came at night.")
        self.assertEqual(TaskNote.objects.count(), 2)

    def test_nobody_else_sees_it(self):
        TaskNote.objects.create(student=self.sam, task=self.task, text="CANARY")
        for name in ("tom", "una", "ada", "hal", "root"):
            self.sign_in(name)
            self.assertNotContains(self.client.get(self.address), "CANARY")

    def test_too_long_a_note_comes_back_with_its_words(self):
        self.sign_in("sam")
        page = self.client.post(self.address, {"text": "word " * 5000})

        self.assertContains(page, "word word", status_code=400)
        self.assertContains(page, "at most 20000 characters", status_code=400)

    def test_staff_write_no_note(self):
        self.sign_in("ada")
        self.assertContains(self.client.get(self.address), "Students find a box here")
        response = self.client.post(self.address, {"text": "x"})
        self.assertEqual(response.status_code, 404)


class RememberTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.short = make_retrieval_question(cls.lesson)
        cls.choice = make_retrieval_question(
            cls.lesson, "choice", kind="choice", prompt="Which comes next?", order=2
        )
        for order, text in enumerate(("KGB", "Gulag", "Komsomol"), 2):
            cls.choice.answers.create(order=order, text=text)
        cls.next = f"{LESSON}remember/next/"

    def answer(self, item, answer):
        return self.client.post(self.next, {"item": item, "answer": answer})

    def rate(self, item, rating):
        return self.client.post(self.next, {"item": item, "rating": rating})

    def test_it_asks_in_order_checks_and_schedules(self):
        self.sign_in("sam")
        asked = self.client.get(self.next)
        right = self.answer("question-who", "kirof")
        on = self.rate("question-who", "good")
        second = self.client.get(self.next)
        card = Card.objects.get()

        self.assertContains(asked, "Who was shot in 1934?")
        self.assertContains(right, "Right.")
        self.assertEqual(on["Location"], self.next)
        self.assertContains(second, "Which comes next?")
        self.assertEqual((card.student, card.question), (self.sam, self.short))
        self.assertGreater(card.due_at, timezone.now())

    def test_a_wrong_answer_can_only_be_not_known(self):
        self.sign_in("sam")
        page = self.answer("question-who", "Trotsky")

        self.assertContains(page, "Not “Trotsky”")
        self.assertContains(page, "Kirov")
        self.assertNotContains(page, 'value="good"')

    def test_a_choice_shows_all_answers_and_takes_one(self):
        self.sign_in("sam")
        self.rate("question-who", "easy")
        page = self.client.get(self.next)
        wrong = self.answer("question-choice", "KGB")

        for text in ("Kirov", "KGB", "Gulag", "Komsomol"):
            self.assertContains(page, f'value="{text}"')
        self.assertContains(wrong, "Not “KGB”")

    def test_a_phrase_is_said_and_then_checked(self):
        self.sign_in("sam")
        for name in ("question-who", "question-choice"):
            self.rate(name, "easy")
        page = self.client.get(self.next)
        checked = self.answer("phrase-why", "")

        self.assertContains(page, "<b>W</b> <b>U</b>")
        self.assertNotContains(page, "Urgency")
        self.assertContains(checked, "Urgency")
        self.assertContains(checked, 'value="hard"')

    def test_what_is_due_comes_before_what_is_new(self):
        self.sign_in("sam")
        self.rate("question-choice", "again")
        with time_machine.travel(timezone.now() + datetime.timedelta(hours=1)):
            page = self.client.get(self.next)

        self.assertContains(page, "Which comes next?")

    def test_when_all_is_done_it_says_when_the_next_one_comes(self):
        self.sign_in("sam")
        for name in ("question-who", "question-choice", "phrase-why"):
            self.rate(name, "easy")
        page = self.client.get(self.next)
        start = self.client.get(f"{LESSON}remember/")

        self.assertContains(page, "That is all for now")
        self.assertContains(start, "Nothing is due")

    def test_each_student_has_a_schedule_of_their_own(self):
        self.sign_in("sam")
        self.rate("question-who", "easy")
        self.sign_in("tom")

        self.assertContains(self.client.get(self.next), "Who was shot in 1934?")
        self.assertContains(self.client.get(f"{LESSON}remember/"), "3 are new")

    def test_bad_input_is_refused(self):
        self.sign_in("sam")
        for item, rating in (("nothing", "good"), ("question-x", "easy")):
            self.assertEqual(self.rate(item, rating).status_code, 404)
        self.assertEqual(self.answer("nothing", "x").status_code, 404)
        self.assertEqual(self.answer("", "x").status_code, 404)
        self.assertContains(self.rate("question-who", "brilliant"), "The answer:")
        self.assertFalse(Card.objects.exists())

    def test_the_board_goes_through_everything_in_the_set_order(self):
        self.sign_in("ada")
        pages = [
            self.client.get(f"{LESSON}remember/board/{step}/") for step in (1, 2, 3)
        ]

        self.assertContains(pages[0], "Question 1 of 3")
        self.assertContains(pages[0], "Who was shot in 1934?")
        self.assertContains(pages[1], "Komsomol")
        self.assertContains(pages[2], "<b>W</b> <b>U</b>")
        self.assertNotContains(pages[2], 'rel="next"')
        for step in (0, 4, 99):
            address = f"{LESSON}remember/board/{step}/"
            self.assertEqual(self.client.get(address).status_code, 404)

    def test_asking_costs_the_same_with_three_questions_and_with_thirty(self):
        self.sign_in("sam")
        self.client.get(self.next)
        with CaptureQueriesContext(connection) as few:
            self.client.get(self.next)
        for number in range(30):
            make_retrieval_question(self.lesson, f"more-{number}", order=9)
        with CaptureQueriesContext(connection) as many:
            self.client.get(self.next)

        self.assertEqual(len(few), len(many))

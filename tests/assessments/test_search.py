"""Search: what it finds, for whom, and what it never tells."""

import time

import pytest
from django.urls import reverse

from assessments import search
from assessments.models import Release, Script
from assessments.search import Search
from people import roles
from tests import bulk
from tests.base import SchoolTestCase
from tests.factories import (
    AQA5,
    make_assignment,
    make_mark,
    make_question,
    make_script,
    make_user,
)

HOSTILE = [
    "%", "_", "%%%%%", "\\", "'", '"; DROP TABLE people_user; --', "(a+)+$", "[", "*",
    "a" * 5_000, "\x00", "\ud7ff\uffff", " " * 500, "<script>alert(1)</script>",
    "{{ 7 }}", "%00", "stalin " * 400, "\u202eabc", "ﷺ" * 80,
]  # fmt: skip


class SearchTestCase(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.zofia = make_user(
            "zkow27",
            role=roles.STUDENT,
            group=cls.hi1,
            first_name="Zofia",
            last_name="Łukasz-Żółć",
            preferred_name="Zosia",
        )
        cls.address = reverse("staff:search")

    def find(self, query, person="ada", **more):
        self.sign_in(person)
        return self.client.get(self.address, {"q": query, **more})

    def release(self, script):
        make_mark(script, self.ada)
        Release.show(Script.objects.filter(pk=script.pk), self.ada)


class FindingTest(SearchTestCase):
    def test_students_are_found_by_any_of_their_names_without_accents(self):
        for query in ("lukasz", "ZOFIA", "zosia zolc", "zkow27", "Łukasz"):
            with self.subTest(query=query):
                self.assertContains(self.find(query), "Zosia Łukasz-Żółć")
        self.assertNotContains(self.find("zosia tom"), "Zosia Łukasz-Żółć")

    def test_classes_and_questions_are_found_by_words(self):
        page = self.find("hi1")
        self.assertContains(page, reverse("staff:class-overview", args=[self.hi1.pk]))
        page = self.find("agree far")
        self.assertContains(
            page, reverse("admin:assessments_question_preview", args=[self.question.pk])
        )

    def test_an_answer_is_found_by_its_words_in_any_case(self):
        make_script(
            self.zofia,
            self.assignment,
            "Kirov was shot.\nThe NKVD’s men came.",
            hand_in=True,
        )
        for query in ("kirov", "nkvd's men", "SHOT kirov"):
            with self.subTest(query=query):
                self.assertEqual(len(Search(query, self.ada).answers()), 1)
        self.assertEqual(Search("kirov trotsky", self.ada).answers(), [])
        # Two letters stand in every answer.
        self.assertEqual(Search("ki", self.ada).answers(), [])

    def test_nothing_asked_finds_nothing_and_explains(self):
        self.assertContains(self.find(""), "Every word has to be found")
        self.assertContains(self.find("   "), "Every word has to be found")

    def test_long_lists_are_paged(self):
        bulk.make_students(self.hi1, 45, "paged")
        first = self.find("paged")
        self.assertContains(first, "Show them all")
        last = self.find("paged", **{"in": "students", "page": 3})

        self.assertEqual(len(last.context["results"][0]["page"].object_list), 5)
        self.assertContains(last, "Page 3 of 3")
        for odd in ("0", "99", "x", "-1"):
            self.assertEqual(
                self.find("paged", **{"in": "students", "page": odd}).status_code, 200
            )
        self.assertEqual(self.find("paged", **{"in": "nothing"}).status_code, 200)

    def test_only_so_many_texts_are_read_and_it_says_so(self):
        self.addCleanup(setattr, search, "MOST_TEXTS", search.MOST_TEXTS)
        make_script(self.zofia, self.assignment, "Answer two.", hand_in=True)
        search.MOST_TEXTS = 1

        self.assertContains(self.find("answer"), "only the newest 4,000 answers")


class HidingTest(SearchTestCase):
    def setUp(self):
        self.hers = make_script(
            self.zofia, self.assignment, "Kirov was shot.", hand_in=True
        )

    def test_before_release_a_text_has_a_code_and_no_name(self):
        page = self.find("kirov")

        self.assertContains(page, self.hers.marking_code)
        self.assertContains(page, "<mark>Kirov</mark>")
        self.assertNotContains(page, "Zosia")
        self.assertNotContains(page, "zkow27")
        self.assertNotContains(
            page, reverse("staff:student-overview", args=[self.zofia.pk])
        )

    def test_after_release_it_has_both_and_no_mark(self):
        self.release(self.hers)
        page = self.find("kirov")

        self.assertContains(page, "Zosia")
        self.assertNotContains(page, "8 / 12")
        Release.take_back(Script.objects.filter(pk=self.hers.pk), self.ada)
        self.assertNotContains(self.find("kirov"), "Zosia")

    def test_a_second_draft_is_not_found_before_its_release(self):
        self.release(self.hers)
        draft = self.hers.answers.get().make_redraft()
        draft.script.hand_in()
        self.assertEqual(len(Search("kirov", self.ada).answers()), 1)

        draft.refresh_from_db()
        self.release(draft.script)
        self.assertEqual(len(Search("kirov", self.ada).answers()), 2)

    def test_texts_stand_by_code_and_not_by_the_hour(self):
        for number in range(6):
            student = make_user(f"k{number}", role=roles.STUDENT, group=self.hi1)
            make_script(student, self.assignment, "Kirov again.", hand_in=True)
        codes = [hit[0] for hit in Search("kirov", self.ada).answers()]

        self.assertEqual((len(codes), codes), (7, sorted(codes)))

    def test_work_not_handed_in_and_practice_are_not_read(self):
        make_script(
            self.sam, None, "Kirov at home.", make_question(AQA5, "p"), hand_in=True
        )
        task = make_assignment(make_question(AQA5, "five"), self.hi1, self.ada)
        make_script(self.sam, task, "Kirov in a draft.")

        self.assertEqual(len(Search("kirov", self.ada).answers()), 1)

    def test_another_class_s_words_names_and_codes_are_nobody_else_s(self):
        task = make_assignment(make_question(AQA5, "five"), self.hi2, self.bea)
        toms = make_script(self.tom, task, "CANARY of Tom.", hand_in=True)
        for query in ("canary", "tom", "tom test", toms.marking_code):
            with self.subTest(query=query):
                page = self.find(query, "ada")
                self.assertNotContains(page, "<mark>")
                self.assertNotContains(page, "Tom Test")
        self.assertContains(self.find("canary", "bea"), toms.marking_code)
        self.assertContains(self.find("canary", "hal"), toms.marking_code)

    def test_marks_and_comments_are_not_searched(self):
        make_mark(self.hers, self.ada, www="CANARY-WWW", private_note="CANARY-NOTE")

        self.assertEqual(Search("canary", self.ada).answers(), [])

    def test_staff_without_answers_are_refused(self):
        for person in ("dee", "sid"):
            self.assertEqual(self.find("kirov", person).status_code, 403)


class HostileTest(SearchTestCase):
    def test_odd_patterns_are_plain_words_and_quick(self):
        task = bulk.make_task(self.hi1, self.ada, [make_question(AQA5, "five")], "t")
        bulk.hand_in(task, bulk.make_students(self.hi1, 35), self.ada)
        for query in HOSTILE:
            with self.subTest(query=query[:20]):
                began = time.monotonic()
                page = self.find(query)
                self.assertEqual(page.status_code, 200)
                self.assertLess(time.monotonic() - began, 1)
                self.assertNotContains(page, "<script>alert")

    def test_per_cent_and_underscore_stand_for_themselves(self):
        self.assertEqual(Search("%", self.ada).students(), [])
        self.assertEqual(Search("_", self.ada).students(), [])


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("Kirov was shot.", 0, ("", "Kirov", " was shot.")),
        ("Then\nKirov\ncame", 5, ("Then ", "Kirov", " came")),
        (
            f"{'word ' * 20}Kirov{' word' * 20}",
            100,
            ("… " + "word " * 13, "Kirov", " word" * 13 + " …"),
        ),
    ],
)
def test_a_snippet_is_one_line_of_whole_words(text, at, expected):
    assert search.snippet(text, at, 5) == expected

"""Papers from making to feedback, for owner, neighbour and stranger; boundaries."""

import datetime

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import (
    Assessment,
    Assignment,
    Boundary,
    BoundarySet,
    Duration,
    ExamPaper,
    Question,
    Release,
    Script,
)
from assessments.models.scripts import NothingToAnswerError
from people import roles
from terror_site import content
from tests.base import SchoolTestCase
from tests.factories import (
    AQA5,
    EDX3D,
    make_boundaries,
    make_exam_paper,
    make_group,
    make_mark,
    make_paper,
    make_question,
    make_user,
)

LIST = reverse("admin:assessments_assessment_changelist")
ADD = reverse("admin:assessments_assessment_add")
SET = reverse("admin:assessments_assignment_add")


def page_of(paper):
    return reverse("admin:assessments_assessment_change", args=[paper.pk])


class PaperTestCase(SchoolTestCase):
    """A paper of two questions, 5 with 8 marks and 6 with 12, on an exam paper."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.five = make_question(AQA5, "five")
        cls.exam_paper = make_exam_paper([cls.five, cls.question])
        cls.paper = make_paper(
            [cls.five, cls.question], cls.exam_paper, introduction="Answer both."
        )
        cls.former = Duration.objects.create(
            exam_paper=cls.exam_paper, name="until 2024", minutes=30
        )

    def set_to(self, group, paper=None):
        now = timezone.now()
        return Assignment.objects.create(
            assessment=paper or self.paper,
            group=group,
            opens_at=now - datetime.timedelta(days=1),
            due_at=now + datetime.timedelta(days=7),
            set_by=self.ada,
        )

    def hide(self, *questions):
        for question in questions:
            Question.objects.filter(pk=question.pk).update(published_at=None)

    def form(self, rows, paper=None, **changes):
        """Return the form of a paper; a row is (order, question, place or None)."""
        data = {
            "title": "A mock", "exam_paper": self.exam_paper.pk, "duration": "",
            "minutes": "", "introduction": "",
            "assessment_questions-TOTAL_FORMS": len(rows),
            "assessment_questions-INITIAL_FORMS": sum(bool(row[2]) for row in rows),
        }  # fmt: skip
        for number, (order, question, place) in enumerate(rows):
            data |= {
                f"assessment_questions-{number}-order": order,
                f"assessment_questions-{number}-question": question and question.pk,
                f"assessment_questions-{number}-id": place.pk if place else "",
                f"assessment_questions-{number}-assessment": paper.pk if paper else "",
            }
        return {
            name: "" if value is None else value
            for name, value in (data | changes).items()
        }

    def asked(self, paper):
        items = paper.assessment_questions.all()
        return [(item.order, item.question.slug) for item in items]


class MakingTest(PaperTestCase):
    def setUp(self):
        self.sign_in("ada")

    def test_the_list_has_papers_and_no_tasks_of_one_question(self):
        page = self.client.get(LIST)

        self.assertEqual(list(page.context["cl"].result_list), [self.paper])
        self.assertContains(page, "nothing is wrong")
        self.assertContains(page, "<h1>Papers</h1>")
        self.assertContains(self.client.get(ADD), "<h1>New paper</h1>")

    def test_the_list_costs_the_same_with_one_paper_and_with_thirty(self):
        addresses = (LIST, SET, page_of(self.paper))
        few = []
        for address in addresses:
            self.client.get(address)
            with CaptureQueriesContext(connection) as queries:
                self.client.get(address)
            few.append(len(queries))
        for number in range(29):
            # Half of them with a fault.
            asked = [self.five, self.question][: 1 + number % 2]
            make_paper(asked, self.exam_paper, f"more-{number}")
        for address, expected in zip(addresses, few, strict=True):
            with self.subTest(address=address), self.assertNumQueries(expected):
                self.client.get(address)

    def test_a_paper_costs_the_same_with_two_questions_and_with_eight(self):
        self.client.get(page_of(self.paper))
        with CaptureQueriesContext(connection) as few:
            self.client.get(page_of(self.paper))
        for number in range(6):
            self.paper.assessment_questions.create(
                question=make_question(slug=f"more-{number}"), order=number + 3
            )

        with self.assertNumQueries(len(few)):
            self.client.get(page_of(self.paper))

    def test_a_paper_is_made_with_its_questions_in_the_order_of_their_numbers(self):
        rows = [(2, self.question, None), (1, self.five, None), (3, None, None)]
        self.client.post(ADD, self.form(rows))

        made = Assessment.objects.get(title="A mock")
        self.assertEqual(made.slug, "a-mock")
        # As long as the exam paper lasts by default.
        self.assertEqual(made.minutes, 60)
        self.assertEqual(self.asked(made), [(1, "five"), (2, "a-question")])

    def test_a_row_without_a_number_comes_last(self):
        rows = [("", self.five, None), (7, self.question, None)]
        self.client.post(ADD, self.form(rows))

        made = Assessment.objects.get(title="A mock")
        self.assertEqual(self.asked(made), [(1, "a-question"), (2, "five")])

    def test_rows_swap_leave_and_come(self):
        first, second = self.paper.assessment_questions.all()
        third = make_question(slug="third")
        rows = [(2, self.five, first), (1, self.question, second)]
        self.client.post(page_of(self.paper), self.form(rows, self.paper))
        swapped = self.asked(self.paper)
        first, second = self.paper.assessment_questions.all()
        rows = [
            (1, self.question, first), (2, self.five, second), (1, third, None),
        ]  # fmt: skip
        data = self.form(rows, self.paper)
        data["assessment_questions-0-DELETE"] = "on"
        self.client.post(page_of(self.paper), data)

        self.assertEqual(swapped, [(1, "a-question"), (2, "five")])
        self.assertEqual(self.asked(self.paper), [(1, "third"), (2, "five")])

    def test_a_question_stands_in_a_paper_once(self):
        rows = [(1, self.five, None), (2, self.five, None)]
        page = self.client.post(ADD, self.form(rows))

        self.assertContains(page, "duplicate")
        self.assertFalse(Assessment.objects.filter(title="A mock").exists())

    def test_choosing_a_duration_sets_the_minutes(self):
        rows = [(1, self.five, None)]
        self.client.post(ADD, self.form(rows, duration=self.former.pk, minutes=45))
        made = Assessment.objects.get(title="A mock")
        chosen = made.minutes
        page = self.client.get(page_of(made))
        place = made.assessment_questions.get()
        typed = {"duration": self.former.pk, "minutes": 45}
        self.client.post(
            page_of(made), self.form([(1, self.five, place)], made, **typed)
        )
        made.refresh_from_db()

        self.assertEqual(chosen, 30)
        self.assertEqual(
            page.context["adminform"].form["duration"].value(), self.former.pk
        )
        # Left as it was while the minutes were typed anew: the minutes count.
        self.assertEqual(made.minutes, 45)

    def test_another_papers_duration_is_refused_with_a_sentence(self):
        other = make_exam_paper([make_question(EDX3D, "edx")], "OTHER")
        duration = other.durations.get()
        for changes in ({}, {"exam_paper": ""}):
            with self.subTest(changes=changes):
                data = self.form([], duration=duration.pk, **changes)
                page = self.client.post(ADD, data)
                self.assertContains(page, "is how long Edexcel Paper OTHER lasts")
        self.assertFalse(Assessment.objects.filter(title="A mock").exists())

    def test_awkward_values_are_sentences_and_never_an_error(self):
        rows = [(1, self.five, None)]
        for changes in (
            {"minutes": "x"}, {"minutes": 10**30}, {"minutes": -1},
            {"duration": 10**30}, {"duration": "x"}, {"exam_paper": 10**30},
            {"assessment_questions-0-question": 10**30},
            {"assessment_questions-0-question": "x"},
            {"assessment_questions-0-order": 10**30},
            {"assessment_questions-0-order": -1},
            {"title": ""}, {"title": "x" * 121},
        ):  # fmt: skip
            with self.subTest(changes=str(changes)[:50]):
                response = self.client.post(ADD, self.form(rows, **changes))
                self.assertEqual(response.status_code, 200)
        self.assertFalse(Assessment.objects.filter(title="A mock").exists())

    def test_titles_of_any_letters_get_addresses_of_their_own(self):
        for title in ("Террор", "Террор", "The paper a-paper"):
            self.client.post(ADD, self.form([(1, self.five, None)], title=title))

        slugs = set(Assessment.objects.papers().values_list("slug", flat=True))
        self.assertEqual(slugs, {"a-paper", "paper", "paper-2", "the-paper-a-paper"})

    def test_what_is_wrong_stands_on_the_papers_page_and_in_the_list(self):
        faulty = make_paper([self.question], self.exam_paper, "faulty")
        page = self.client.get(page_of(faulty))

        self.assertContains(page, "There is no question 5. Add one of that form.")
        self.assertNotContains(page, "Set it to a class")
        self.assertContains(self.client.get(LIST), "1 thing to put right")
        whole = self.client.get(page_of(self.paper))
        self.assertContains(whole, "Nothing is wrong.")
        self.assertContains(whole, f"{SET}?task=p-{self.paper.pk}")

    def test_teachers_and_the_head_make_papers_and_nobody_else(self):
        expected = {
            "ada": 302, "bea": 302, "hal": 302, "asa": 403, "sen": 403, "dee": 403,
            "sid": 403, "sam": 302, "gus": 302, "root": 302,
        }  # fmt: skip
        makers = {"ada", "bea", "hal"}
        for name, status in expected.items():
            with self.subTest(name=name):
                self.sign_in(name)
                data = self.form([(1, self.five, None)], title=f"By {name}")
                self.assertEqual(self.client.post(ADD, data).status_code, status)
                made = Assessment.objects.filter(title=f"By {name}").exists()
                self.assertEqual(made, name in makers)

    def test_a_paper_that_students_have_begun_is_copied_to_be_changed(self):
        Script.start(self.sam, assignment=self.set_to(self.hi1))
        first, second = self.paper.assessment_questions.all()
        rows = [(2, self.five, first), (1, self.question, second)]
        page = self.client.get(page_of(self.paper))
        refused = self.client.post(page_of(self.paper), self.form(rows, self.paper))
        copied = self.client.post(
            reverse("admin:assessments_assessment_copy", args=[self.paper.pk])
        )

        self.assertContains(page, "Students have begun this paper")
        self.assertContains(page, "usual")
        self.assertEqual(refused.status_code, 403)
        self.assertEqual(self.asked(self.paper), [(1, "five"), (2, "a-question")])
        copy = Assessment.objects.papers().latest("pk")
        self.assertRedirects(copied, page_of(copy))
        self.assertEqual(self.asked(copy), self.asked(self.paper))
        self.assertEqual(copy.exam_paper, self.exam_paper)
        self.assertEqual(copy.introduction, "Answer both.")

    def test_a_task_of_one_question_has_no_page_and_no_copy(self):
        alone = self.assignment.assessment
        copy = reverse("admin:assessments_assessment_copy", args=[alone.pk])

        self.assertEqual(self.client.get(page_of(alone)).status_code, 302)
        self.assertEqual(self.client.post(copy).status_code, 404)


class ShippedTest(TestCase):
    """The two papers that come with the product, without the cast's own forms."""

    @classmethod
    def setUpTestData(cls):
        content.load(content.shipped_rows())
        cls.hi1 = make_group("10B/Hi1")
        cls.ada = make_user("ada", staff=True, role=roles.TEACHER, group=cls.hi1)
        cls.sam = make_user("sam", role=roles.STUDENT, group=cls.hi1)
        papers = Assessment.objects.for_checking()
        cls.edexcel = papers.get(slug="edexcel-paper-3-stalins-terror")
        cls.aqa = papers.get(slug="aqa-section-a-stalins-terror")

    def test_nothing_is_wrong_but_the_question_that_waits_for_an_author(self):
        self.assertEqual(self.edexcel.faults(), [])
        self.assertEqual(self.edexcel.hints(), [])
        (fault,) = self.aqa.faults()
        self.assertEqual(fault.where, "Question 2")
        self.assertIn("is not published", fault.sentence)
        self.assertTrue(self.aqa.can_be_set)

    def test_marks_and_objectives_are_the_boards(self):
        # exam.md 1.1 and 1.2: 40 marks as 14, 10, 0, 16; 52 with 4 for SPaG.
        for paper, marks, objectives in (
            (self.aqa, 40, [14, 10, 0, 16]),
            (self.edexcel, 52, [6, 6, 12, 24]),
        ):
            asked = paper.as_values().questions
            self.assertEqual(sum(q.tariff + q.spag for q in asked), marks)
            sums = [sum(part) for part in zip(*(q.objectives for q in asked), strict=1)]
            self.assertEqual(sums, objectives)

    def test_minutes_follow_a_duration_of_the_exam_and_nothing_else(self):
        forms = [item.question.type for item in self.edexcel.assessment_questions.all()]
        for minutes, expected in (
            (90, [6, 20, 14, 6, 6, 30]),
            (80, [5, 18, 12, 5, 5, 27]),
            (85, [6, 20, 14, 6, 6, 30]),
        ):
            self.edexcel.minutes = minutes
            self.assertEqual(self.edexcel.minutes_asked(forms), expected)

    def test_they_are_read_and_copied(self):
        self.client.force_login(self.ada)
        page = self.client.get(page_of(self.edexcel))
        changed = self.client.post(page_of(self.edexcel), {"title": "Mine"})
        self.client.post(
            reverse("admin:assessments_assessment_copy", args=[self.edexcel.pk])
        )

        self.assertContains(page, "This paper came with the product")
        self.assertContains(page, "90 minutes, since summer 2025")
        self.assertEqual(changed.status_code, 403)
        copy = Assessment.objects.for_checking().latest("pk")
        self.assertEqual(copy.faults(), [])
        own = self.client.get(page_of(copy))
        self.assertNotContains(own, "came with the product")
        # Loading again leaves the copy alone.
        content.load(content.shipped_rows())
        copy.refresh_from_db()
        self.assertEqual(copy.assessment_questions.count(), 6)

    def test_the_desk_names_sources_as_the_paper_does(self):
        assignment = Assignment.objects.create(
            assessment=self.edexcel,
            group=self.hi1,
            opens_at=timezone.now(),
            due_at=timezone.now() + datetime.timedelta(days=7),
            set_by=self.ada,
        )
        script = Script.start(self.sam, assignment=assignment)
        self.client.force_login(self.sam)
        page = self.client.get(f"/scripts/{script.public_id}/answers/4/")

        self.assertContains(page, "Question 4 of 6")
        self.assertContains(page, 'aria-current="page">Question 3b</a>')
        self.assertContains(page, "<b>Interpretation 2</b>")
        self.assertNotContains(page, "Source 2")
        self.assertContains(page, "90 minutes for the paper")
        self.assertContains(page, "Source A belongs to question 1")


class SettingTest(PaperTestCase):
    def form_of(self, task, **changes):
        return {
            "task": task, "group": self.hi1.pk,
            "opens_at_0": "01/09/2026", "opens_at_1": "09:00:00",
            "due_at_0": "01/12/2026", "due_at_1": "09:00:00", "note": "",
            **changes,
        }  # fmt: skip

    def set_task(self, task, **changes):
        return self.client.post(SET, self.form_of(task, **changes))

    def offered(self):
        field = self.client.get(SET).context["adminform"].form.fields["task"]
        return {
            str(name): dict(rows)
            for name, rows in field.choices
            if isinstance(rows, list)
        }

    def test_questions_and_papers_are_offered_under_their_headings(self):
        self.sign_in("ada")
        offered = self.offered()

        self.assertEqual(
            offered["Papers"],
            {f"p-{self.paper.pk}": "The paper a-paper: 20 marks, 60 minutes"},
        )
        self.assertEqual(
            set(offered["Questions"]), {f"q-{self.five.pk}", f"q-{self.question.pk}"}
        )

    def test_a_paper_is_set_and_begun(self):
        self.sign_in("ada")
        response = self.set_task(f"p-{self.paper.pk}")
        made = Assignment.objects.latest("pk")
        script = Script.start(self.sam, assignment=made)

        self.assertEqual(response.status_code, 302)
        self.assertEqual(made.assessment, self.paper)
        self.assertEqual(
            [answer.question for answer in script.answers.all()],
            [self.five, self.question],
        )

    def test_a_question_alone_is_not_taken_for_a_paper_of_one_question(self):
        third = make_question(slug="third")
        paper = make_paper([third], slug="short")

        alone = Assessment.objects.of(third)
        self.assertNotEqual(alone, paper)
        self.assertFalse(alone.is_paper)

    def test_the_papers_own_link_chooses_it(self):
        self.sign_in("ada")
        page = self.client.get(f"{SET}?task=p-{self.paper.pk}")

        self.assertContains(
            page, f'<option value="p-{self.paper.pk}" selected>', html=False
        )

    def test_a_paper_with_a_fault_is_named_and_not_set(self):
        faulty = make_paper([self.question], self.exam_paper, "faulty")
        self.sign_in("ada")
        page = self.client.get(SET)
        refused = self.set_task(f"p-{faulty.pk}")

        self.assertNotIn(f"p-{faulty.pk}", self.offered()["Papers"])
        self.assertContains(page, f'<a href="{page_of(faulty)}">')
        self.assertContains(refused, "That cannot be set.")
        self.assertFalse(faulty.assignments.exists())

    def test_what_is_not_published_is_left_out_of_the_script(self):
        self.hide(self.five)
        self.sign_in("ada")
        words = self.offered()["Papers"][f"p-{self.paper.pk}"]
        self.set_task(f"p-{self.paper.pk}")
        made = Assignment.objects.latest("pk")
        script = Script.start(self.sam, assignment=made)

        self.assertTrue(words.endswith("12 marks, 60 minutes, without question 5"))
        self.assertEqual(
            [(a.order, a.question) for a in script.answers.all()],
            [(1, self.question)],
        )

    def test_awkward_tasks_are_sentences_and_never_an_error(self):
        self.hide(self.five)
        self.sign_in("ada")
        for task in (
            "", "p-", "q-", "x", "p-0", "q-999999", "p-" + "9" * 5000, "q-\x00",
            f"q-{self.five.pk}", str(self.question.pk),
            f"p-{self.assignment.assessment_id}",
        ):  # fmt: skip
            with self.subTest(task=task[:20]):
                self.assertEqual(self.set_task(task).status_code, 200)
        self.assertEqual(Assignment.objects.count(), 1)

    def test_a_neighbour_sets_it_to_own_classes_and_strangers_not_at_all(self):
        expected = {"bea": 200, "asa": 403, "sen": 403, "dee": 403, "sam": 302}
        for name, status in expected.items():
            with self.subTest(name=name):
                self.sign_in(name)
                response = self.set_task(f"p-{self.paper.pk}")
                self.assertEqual(response.status_code, status)
        self.assertFalse(self.paper.assignments.exists())
        self.sign_in("bea")
        self.set_task(f"p-{self.paper.pk}", group=self.hi2.pk)
        self.assertEqual(self.paper.assignments.get().group, self.hi2)

    def test_the_task_is_changed_until_somebody_has_begun(self):
        assignment = self.set_to(self.hi1)
        address = reverse("admin:assessments_assignment_change", args=[assignment.pk])
        self.sign_in("ada")
        self.client.post(address, self.form_of(f"q-{self.five.pk}"))
        assignment.refresh_from_db()
        before = assignment.assessment
        Script.start(self.sam, assignment=assignment)
        self.client.post(address, self.form_of(f"p-{self.paper.pk}", note="Soon."))
        assignment.refresh_from_db()

        self.assertEqual(before, Assessment.objects.of(self.five))
        self.assertEqual(assignment.assessment, before)
        self.assertEqual(assignment.note, "Soon.")

    def test_a_paper_that_has_got_a_fault_since_stays_set(self):
        assignment = self.set_to(self.hi1)
        self.paper.assessment_questions.filter(question=self.five).delete()
        address = reverse("admin:assessments_assignment_change", args=[assignment.pk])
        self.sign_in("ada")
        self.client.post(address, self.form_of(f"p-{self.paper.pk}", note="Soon."))
        assignment.refresh_from_db()

        self.assertEqual(
            (assignment.note, assignment.assessment), ("Soon.", self.paper)
        )


class WritingTest(PaperTestCase):
    def setUp(self):
        self.set = self.set_to(self.hi1)
        self.sign_in("sam")

    def start(self):
        return self.client.post(
            reverse("assessments:assignment-start", args=[self.set.pk]), follow=True
        )

    def test_my_work_shows_title_marks_and_minutes(self):
        for moment in ("waiting", "begun"):
            with self.subTest(moment=moment):
                page = self.client.get("/answers/")
                self.assertContains(page, "<h3>The paper a-paper</h3>")
                self.assertContains(page, "2 questions · 20 marks · 60 minutes")
                self.start()

    def test_my_work_does_not_count_what_is_left_out(self):
        self.hide(self.five)

        page = self.client.get("/answers/")
        self.assertContains(page, "1 question · 12 marks · 60 minutes")

    def test_my_work_costs_the_same_with_one_paper_and_with_thirty(self):
        self.client.get("/answers/")
        with CaptureQueriesContext(connection) as few:
            self.client.get("/answers/")
        for number in range(29):
            paper = make_paper(
                [self.five, self.question], self.exam_paper, f"p-{number}"
            )
            self.set_to(self.hi1, paper)

        with self.assertNumQueries(len(few)):
            self.client.get("/answers/")

    def test_the_desk_shows_the_paper_around_its_question(self):
        self.paper.minutes = 30
        self.paper.save()
        page = self.start()

        self.assertContains(page, "The paper a-paper")
        self.assertContains(page, "Answer both.")
        self.assertContains(page, "Question 1 of 2")
        self.assertContains(page, "30 minutes for the paper")
        # 17 minutes of 60 are 8½ of 30: a half goes up.
        self.assertContains(page, "about 9 minutes")
        self.assertContains(page, 'aria-current="page">Question 5</a>')
        self.assertContains(page, ">Question 6</a>")

    def test_a_question_alone_has_no_paper_around_it(self):
        page = self.client.get(self.open_script.get_absolute_url())

        self.assertIsNone(page.context["paper"])
        self.assertNotContains(page, "for the paper")

    def test_two_questions_of_one_form_are_told_apart(self):
        twin = make_paper([self.question, make_question(slug="twin")], slug="twins")
        script = Script.start(self.sam, assignment=self.set_to(self.hi1, twin))
        page = self.client.get(script.get_absolute_url())

        self.assertContains(page, ">Answer 2</a>")

    def test_a_task_of_which_nothing_is_published_is_not_begun(self):
        self.hide(self.five, self.question)
        page = self.start()

        self.assertContains(page, "This task is being changed.")
        self.assertFalse(Script.objects.filter(assignment=self.set).exists())
        with self.assertRaises(NothingToAnswerError):
            Script.start(self.sam, assignment=self.set)

    def test_what_was_begun_stays_open_when_it_is_hidden(self):
        self.start()
        self.hide(self.five, self.question)

        self.assertEqual(
            [
                self.start().status_code,
                Script.objects.filter(assignment=self.set).count(),
            ],
            [200, 1],
        )

    def test_neighbour_and_stranger_do_not_begin_it(self):
        for name in ("tom", "una", "ada"):
            with self.subTest(name=name):
                self.sign_in(name)
                self.assertEqual(self.start().status_code, 404)


# Nine totals of an invented series, for the 20 marks of the test's paper.
TOTALS = [18, 16, 14, 12, 10, 8, 6, 4, 2]


class FeedbackTest(PaperTestCase):
    def setUp(self):
        self.set = self.set_to(self.hi1)

    def release(self, five=5, six=8):
        """Mark a script of the paper, release it and return Sam's feedback page."""
        script = Script.start(self.sam, assignment=self.set)
        script.hand_in()
        marks = [mark for mark in (five, six) if mark is not None]
        for order, mark in enumerate(marks, 1):
            make_mark(script, self.ada, mark, order=order)
        Release.show(Script.objects.filter(pk=script.pk), self.ada)
        return self.feedback_of(script)

    def feedback_of(self, script):
        self.sign_in("sam")
        return self.client.get(
            reverse("assessments:script-feedback", args=[script.public_id])
        )

    def test_a_whole_paper_shows_its_total_and_no_grade_without_boundaries(self):
        make_boundaries(self.exam_paper, TOTALS, used=False)
        page = self.release()

        self.assertContains(page, "13<small> / 20</small>")
        self.assertNotContains(page, "Grade")
        self.assertNotContains(page, "boundaries")

    def test_a_grade_stands_with_its_sentence(self):
        make_boundaries(self.exam_paper, TOTALS)
        make_boundaries(self.exam_paper, range(9, 0, -1), "summer 2025", used=False)
        page = self.release()

        self.assertContains(page, "Grade 6")
        self.assertContains(
            page,
            "by the boundaries your school entered for summer 2026: a guide, not a "
            "result",
        )

    def test_below_the_lowest_boundary_the_work_is_ungraded(self):
        make_boundaries(self.exam_paper, TOTALS)

        self.assertContains(self.release(five=0, six=1), "Grade U")

    def test_a_paper_with_a_question_left_out_has_a_total_and_no_grade(self):
        make_boundaries(self.exam_paper, TOTALS)
        self.hide(self.five)
        page = self.release(five=None)

        self.assertContains(page, "8<small> / 12</small>")
        self.assertNotContains(page, "Grade")

    def test_a_test_of_ones_own_has_a_total_and_no_grade(self):
        make_boundaries(self.exam_paper, TOTALS)
        Assessment.objects.filter(pk=self.paper.pk).update(exam_paper=None)
        page = self.release()

        self.assertContains(page, "13<small> / 20</small>")
        self.assertNotContains(page, "Grade")

    def test_a_single_answer_never_has_a_grade(self):
        """Not even where a question is all of its exam paper."""
        whole = ExamPaper.objects.create(
            code="ONE", board="AQA", specification="x", number="1", title="One",
            marks=12,
        )  # fmt: skip
        self.question.type.exam_paper = whole
        self.question.type.save()
        make_boundaries(whole, TOTALS)
        make_mark(self.script, self.ada, 8)
        Release.show(Script.objects.filter(pk=self.script.pk), self.ada)
        page = self.feedback_of(self.script)

        self.assertIsNone(page.context["paper"])
        self.assertNotContains(page, "Grade")

    def test_a_second_draft_of_one_answer_has_no_total_of_the_paper(self):
        make_boundaries(self.exam_paper, TOTALS)
        self.release()
        script = Script.objects.get(assignment=self.set)
        draft = script.answers.get(order=1).make_redraft().script
        draft.hand_in()
        make_mark(draft, self.ada, 7)
        Release.show(Script.objects.filter(pk=draft.pk), self.ada)

        self.assertIsNone(self.feedback_of(draft).context["paper"])

    def test_boundaries_taken_out_of_use_take_the_grade_with_them(self):
        made = make_boundaries(self.exam_paper, TOTALS)
        self.release()
        BoundarySet.objects.filter(pk=made.pk).update(is_used=False)

        script = Script.objects.get(assignment=self.set)
        self.assertNotContains(self.feedback_of(script), "Grade")

    def test_neighbour_and_stranger_see_none_of_it(self):
        make_boundaries(self.exam_paper, TOTALS)
        self.release()
        script = Script.objects.get(assignment=self.set)
        for name in ("tom", "una", "ada", "hal"):
            with self.subTest(name=name):
                self.sign_in(name)
                address = reverse(
                    "assessments:script-feedback", args=[script.public_id]
                )
                self.assertEqual(self.client.get(address).status_code, 404)


class BoundariesTest(PaperTestCase):
    ADD = reverse("admin:assessments_boundaryset_add")

    def setUp(self):
        self.sign_in("hal")

    def data(self, totals=TOTALS, rows=(), **changes):
        """Return the form; `changes` may name a grade's row: g7=…"""
        data = {
            "exam_paper": self.exam_paper.pk, "series": "summer 2026", "is_used": "on",
            "boundaries-TOTAL_FORMS": 9, "boundaries-INITIAL_FORMS": len(rows),
        }  # fmt: skip
        for number, total in enumerate(totals):
            data[f"boundaries-{number}-lowest_total"] = total
        for number, row in enumerate(rows):
            data[f"boundaries-{number}-id"] = row.pk
            data[f"boundaries-{number}-boundary_set"] = row.boundary_set_id
        for name, value in changes.items():
            if name[0] == "g" and name[1:].isdecimal():
                name = f"boundaries-{9 - int(name[1:])}-lowest_total"
            data[name] = value
        return {name: value for name, value in data.items() if value is not None}

    def test_nine_rows_are_offered_and_kept(self):
        page = self.client.get(self.ADD)
        response = self.client.post(self.ADD, self.data())

        for grade in range(1, 10):
            self.assertContains(page, f"Lowest total for grade {grade}")
        self.assertEqual(response.status_code, 302)
        made = BoundarySet.objects.get()
        self.assertEqual(
            made.lowest_totals(), dict(zip(range(9, 0, -1), TOTALS, strict=True))
        )

    def test_each_fault_stands_at_its_row_and_nothing_is_half_saved(self):
        for changes, sentence in (
            ({"g7": ""}, "Grade 7 has no total. Enter the lowest that earns it."),
            ({"g9": 21}, "the paper has 20 marks. Enter 20 or less."),
            ({"g1": 0}, "Enter 1 or more."),
            ({"g5": 12}, "Grade 5 begins at 12 and grade 6 at 12"),
            ({"g4": 11}, "Grade 4 begins at 11 and grade 5 at 10"),
            ({"g3": "x"}, "Enter a whole number."),
            ({"g3": -1}, "greater than or equal to 0"),
            ({"g3": 10**30}, "less than or equal to"),
            ({"series": ""}, "This field is required."),
            ({"exam_paper": 10**30}, "Select a valid choice"),
            ({"boundaries-TOTAL_FORMS": 8}, "There are nine grades"),
            ({"boundaries-TOTAL_FORMS": 10}, "There are nine grades"),
            ({"boundaries-INITIAL_FORMS": 3}, "grade"),
        ):
            with self.subTest(changes=changes):
                page = self.client.post(self.ADD, self.data(**changes))
                self.assertContains(page, sentence)
                self.assertFalse(BoundarySet.objects.exists())
                self.assertFalse(Boundary.objects.exists())

    def test_a_change_is_kept_whole_or_not_at_all(self):
        made = make_boundaries(self.exam_paper, TOTALS)
        address = reverse("admin:assessments_boundaryset_change", args=[made.pk])
        rows = list(made.boundaries.all())
        refused = self.client.post(address, self.data(rows=rows, g9=20, g5=13))
        kept = made.lowest_totals()
        self.client.post(address, self.data(rows=rows, g9=20, g5=11))
        made = BoundarySet.objects.get()

        self.assertContains(refused, "Grade 5 begins at 13 and grade 6 at 12")
        self.assertEqual(list(kept.values()), TOTALS)
        self.assertEqual(
            list(made.lowest_totals().values()), [20, 16, 14, 12, 11, 8, 6, 4, 2]
        )

    def test_one_set_of_a_paper_is_in_use(self):
        make_boundaries(self.exam_paper, TOTALS, "summer 2025")
        page = self.client.post(self.ADD, self.data())
        unused = self.client.post(self.ADD, self.data(is_used=None))

        self.assertContains(
            page,
            "The boundaries of summer 2025 are in use for this paper. Take those out "
            "of use first.",
        )
        self.assertEqual(unused.status_code, 302)
        self.assertEqual(BoundarySet.objects.filter(is_used=True).count(), 1)

    def test_the_head_enters_teachers_read_and_nobody_else_comes_in(self):
        made = make_boundaries(self.exam_paper, TOTALS)
        address = reverse("admin:assessments_boundaryset_change", args=[made.pk])
        for name, read, write in (
            ("ada", 200, 403), ("bea", 200, 403), ("asa", 403, 403),
            ("sen", 403, 403), ("sid", 403, 403), ("sam", 302, 302),
        ):  # fmt: skip
            with self.subTest(name=name):
                self.sign_in(name)
                self.assertEqual(self.client.get(address).status_code, read)
                data = self.data(rows=list(made.boundaries.all()), g9=20)
                for target in (self.ADD, address):
                    self.assertEqual(self.client.post(target, data).status_code, write)
        self.assertEqual(list(made.lowest_totals().values()), TOTALS)

    def test_the_list_costs_the_same_with_one_set_and_with_thirty(self):
        address = reverse("admin:assessments_boundaryset_changelist")
        make_boundaries(self.exam_paper, TOTALS)
        self.client.get(address)
        with CaptureQueriesContext(connection) as few:
            self.client.get(address)
        for number in range(29):
            make_boundaries(self.exam_paper, TOTALS, f"mock {number}", used=False)

        with self.assertNumQueries(len(few)):
            self.client.get(address)

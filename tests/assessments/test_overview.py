"""The teacher's pages of classes and students: who sees what, and at what cost."""

import csv
import datetime
import io

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import Answer, Assignment, Release, Script
from people import roles
from people.models import Membership, Subgroup
from tests import bulk
from tests.base import SchoolTestCase
from tests.factories import (
    AQA5,
    EDX3D,
    make_assignment,
    make_group,
    make_mark,
    make_question,
    make_script,
    make_user,
)

MOST_QUERIES = 15


class OverviewTestCase(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.page = reverse("staff:class-overview", args=[cls.hi1.pk])
        cls.sam_page = reverse("staff:student-overview", args=[cls.sam.pk])

    def release(self, *scripts):
        Release.show(Script.objects.filter(pk__in=[s.pk for s in scripts]), self.ada)

    def mark_and_release(self, mark=8, **words):
        made = make_mark(self.script, self.ada, mark, **words)
        self.release(self.script)
        return made

    def get(self, address, person="ada", **query):
        self.sign_in(person)
        return self.client.get(address, query)


class ClassPageTest(OverviewTestCase):
    def test_before_release_there_is_a_word_no_number_and_no_link(self):
        make_mark(self.script, self.ada, 11, www="CANARY-WWW")
        page = self.get(self.page)

        desk = reverse("admin:assessments_script_mark", args=[self.script.public_id, 1])
        self.assertContains(page, "<span>marked</span>", html=True)
        self.assertNotContains(page, desk)
        self.assertNotContains(page, self.script.marking_code)
        self.assertNotContains(page, "CANARY")
        self.assertContains(page, "These follow on release: AQA 6.")
        self.assertEqual(page.context["objectives"], [])
        self.assertEqual(page.context["medians"], [None])
        self.assertEqual(page.context["questions"], [])

    def test_after_release_the_number_leads_to_the_script(self):
        self.mark_and_release(8)
        page = self.get(self.page)

        desk = reverse("admin:assessments_script_mark", args=[self.script.public_id, 1])
        self.assertContains(page, f'href="{desk}"')
        self.assertContains(page, '<td class="h4">')
        self.assertEqual(page.context["medians"], ["8"])
        self.assertEqual(
            [(i["name"], i["share"].had) for i in page.context["objectives"]],
            [("AO1", 4), ("AO2", 4)],
        )

    def test_the_tiles_count_what_is_to_be_done(self):
        rae = make_user("rae", role=roles.STUDENT, group=self.hi1)
        make_user("ula", role=roles.STUDENT, group=self.hi1)
        late = timezone.now() - datetime.timedelta(hours=1)
        Assignment.objects.update(
            opens_at=late - datetime.timedelta(days=2), due_at=late
        )
        second = make_script(rae, self.assignment, "Rae’s.", hand_in=True)
        make_mark(second, self.ada, award=False)
        tiles = self.get(self.page).context["tiles"]

        self.assertEqual(
            [tiles[n] for n in ("to_mark", "drafts", "missing", "ready", "redrafts")],
            [2, 1, 1, 0, 0],
        )
        make_mark(self.script, self.ada)
        tiles = self.get(self.page).context["tiles"]
        self.assertEqual((tiles["to_mark"], tiles["ready"]), (1, 1))
        self.assertEqual(tiles["next"], second)

    def test_the_release_panel_says_who_has_read_theirs(self):
        self.mark_and_release()
        self.sign_in("sam")
        self.client.get(
            reverse("assessments:script-feedback", args=[self.script.public_id])
        )
        row = self.get(self.page).context["releases"][0]

        self.assertEqual(
            [row[n] for n in ("handed_in", "marked", "to_mark", "released", "readers")],
            [1, 0, 0, 1, 1],
        )

    def test_a_filter_leaves_one_task_or_a_time(self):
        other = make_assignment(
            make_question(AQA5, "five"), self.hi1, self.ada, days=30
        )
        soon = timezone.localdate() + datetime.timedelta(days=8)

        def names(**query):
            page = self.get(self.page, **query)
            return [c.name for c in page.context["book"].columns]

        self.assertEqual(names(), ["AQA 6", "AQA 5"])
        self.assertEqual(names(task=other.pk), ["AQA 5"])
        self.assertEqual(names(until=soon.isoformat()), ["AQA 6"])
        self.assertEqual(names(since=soon.isoformat()), ["AQA 5"])
        self.assertContains(
            self.get(self.page, since="2020-01-01", until="2020-02-01"),
            "No task fits this choice",
        )

    def test_a_filter_that_cannot_be_says_why(self):
        page = self.get(self.page, since="2026-12-01", until="2026-11-01")
        self.assertContains(page, "This is before the first date.")

        for query in ({"since": "x"}, {"task": "999"}, {"task": "x"}, {"group": "x"}):
            with self.subTest(query=query):
                self.assertEqual(self.get(self.page, **query).status_code, 200)

    def test_last_year_s_work_stands_behind_a_filter(self):
        old = timezone.now() - datetime.timedelta(days=500)
        Assignment.objects.update(opens_at=old, due_at=old + datetime.timedelta(days=1))

        self.assertEqual(self.get(self.page).context["book"].columns, [])
        columns = self.get(self.page, since="2020-01-01").context["book"].columns
        self.assertEqual(len(columns), 1)

    def test_another_class_is_chosen_in_the_same_form(self):
        self.sign_in("hal")
        response = self.client.get(self.page, {"group": self.hi2.pk})

        self.assertRedirects(
            response, reverse("staff:class-overview", args=[self.hi2.pk])
        )
        self.assertNotContains(self.get(self.page, "ada"), "10B/Hi2")
        refused = self.get(self.page, "ada", group=self.hi2.pk)
        self.assertEqual(refused.status_code, 200)

    def test_a_class_without_work_shows_its_students_and_one_main_button(self):
        empty = make_group("11A/Hi1", 2027)
        Membership.objects.create(person=self.ada, group=empty, role=roles.TEACHER)
        make_user("new", role=roles.STUDENT, group=empty)
        page = self.get(reverse("staff:class-overview", args=[empty.pk]))

        self.assertContains(page, "Nothing has been set to this class")
        self.assertContains(page, "New Test")
        self.assertContains(page, "btn main", count=1)

    def test_there_is_one_main_button_in_every_state(self):
        self.assertContains(self.get(self.page), "btn main", count=1)
        make_mark(self.script, self.ada)
        self.assertContains(self.get(self.page), "btn main", count=1)
        self.release(self.script)
        self.assertContains(self.get(self.page), "btn main", count=1)

    def test_who_only_reads_gets_no_button_to_mark_release_or_export(self):
        make_mark(self.script, self.ada)
        for person in ("asa", "sen"):
            with self.subTest(person=person):
                page = self.get(self.page, person)
                self.assertNotContains(page, "btn main")
                self.assertNotContains(page, "Make whole-class feedback")
                self.assertNotContains(page, "CSV file")

    def test_missing_work_prints_as_a_list(self):
        make_user("ula", role=roles.STUDENT, group=self.hi1)
        late = timezone.now() - datetime.timedelta(hours=1)
        Assignment.objects.update(
            opens_at=late - datetime.timedelta(days=2), due_at=late
        )
        page = self.get(reverse("staff:class-missing", args=[self.hi1.pk]))

        self.assertContains(page, "Ula Test")
        self.assertNotContains(page, "Sam Test")


class FigureTest(OverviewTestCase):
    """The class of five of `test_analysis`, through the whole page."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        agree = make_assignment(make_question(EDX3D, "agree"), cls.hi1, cls.ada, days=9)
        students = [cls.sam] + [
            make_user(name, role=roles.STUDENT, group=cls.hi1)
            for name in ("two", "three", "four", "five")
        ]
        scripts = []
        for student, mark, ao1, ao2 in zip(
            students, (3, 5, 5, 8, 11), (2, 3, 2, 4, 6), (1, 2, 3, 4, 5), strict=True
        ):
            script = (
                cls.script
                if student == cls.sam
                else make_script(student, cls.assignment, "Text.", hand_in=True)
            )
            make_mark(script, cls.ada, mark, ao1=ao1, ao2=ao2)
            scripts.append(script)
        for student, mark, spag in zip(
            students, (4, 9, 12, 13), (1, 2, 3, 4), strict=False
        ):
            script = make_script(student, agree, "Text.", hand_in=True)
            make_mark(script, cls.ada, mark, spag=spag)
            scripts.append(script)
        Release.show(Script.objects.filter(pk__in=[s.pk for s in scripts]), cls.ada)

    def test_the_page_shows_the_figures_worked_out_by_hand(self):
        page = self.get(self.page)

        self.assertEqual(page.context["medians"], ["5", "13"])
        self.assertEqual(
            [(i["name"], i["share"].had, i["share"].possible)
             for i in page.context["objectives"]],
            [("AO1", 17, 30), ("AO2", 15, 30), ("AO4", 38, 64), ("SPaG", 10, 16)],
        )  # fmt: skip
        self.assertEqual(page.context["weakest_objective"]["name"], "AO2")
        self.assertEqual(
            [i["column"].name for i in page.context["questions"]],
            ["AQA 6", "Edexcel 3d"],
        )
        self.assertContains(page, "53%")
        self.assertContains(page, "−3")
        self.assertContains(page, "5 marks, lowest 3, median 5, highest 11 of 12.")
        self.assertEqual(
            [item["student"].username for item in page.context["to_help"]], ["sam"]
        )


class StudentPageTest(OverviewTestCase):
    def test_it_shows_released_marks_targets_and_links(self):
        self.mark_and_release(8, ebi="Weigh both reasons.")
        page = self.get(self.sam_page)

        self.assertContains(page, "Weigh both reasons.")
        self.assertContains(page, "AQA 6: 8 / 12")
        self.assertEqual(page.context["share"], 8 / 12)
        self.assertContains(page, self.script.public_id)

    def test_before_release_it_shows_words_alone(self):
        make_mark(self.script, self.ada, 11, www="CANARY-WWW", ebi="CANARY-EBI")
        page = self.get(self.sam_page)

        self.assertContains(page, "marked")
        self.assertNotContains(page, "CANARY")
        self.assertNotContains(page, self.script.public_id)
        self.assertNotContains(page, self.script.marking_code)
        self.assertNotContains(page, "11 / 12")

    def test_it_says_how_far_a_second_draft_and_a_second_answer_came(self):
        self.mark_and_release(5)
        draft = self.script.answers.get().make_redraft()
        draft.script.hand_in()
        draft.refresh_from_db()
        make_mark(draft.script, self.ada, 8, ebi="One more step.")
        self.release(draft.script)
        page = self.get(self.sam_page)

        step = page.context["by_form"][0]["step"]
        self.assertEqual((step.first.total, step.newest.total, step.change), (5, 8, 3))
        self.assertEqual(page.context["gains"].levels_higher, 1)
        self.assertContains(page, "AQA 6: 5 / 12 → 8")
        self.assertEqual(page.context["results"][0]["mark"].ebi, "One more step.")

    def test_practice_stands_apart_with_the_student_s_own_mark(self):
        practice = make_script(
            self.sam, None, "Mine.", make_question(AQA5, "p"), hand_in=True
        )
        make_mark(practice, self.sam, 4, role="self")
        page = self.get(self.sam_page)

        self.assertContains(page, "4 / 8")
        self.assertEqual(page.context["results"], [])

    def test_work_for_a_former_class_moves_with_the_student(self):
        self.mark_and_release(8)
        Membership.objects.filter(person=self.sam).update(group=self.hi2)
        page = self.get(self.sam_page, "bea")

        self.assertContains(page, "AQA 6: 8 / 12")
        self.assertEqual(self.get(self.sam_page, "ada").status_code, 404)


class FeedbackRunTest(OverviewTestCase):
    def test_released_feedback_prints_a_page_for_each_student(self):
        rae = make_user("rae", role=roles.STUDENT, group=self.hi1)
        held = make_script(rae, self.assignment, "Rae’s.", hand_in=True)
        make_mark(held, self.ada, 11, www="CANARY-WWW", ebi="CANARY-EBI")
        self.mark_and_release(8, www="A clear case.", ebi="Weigh both.")
        page = self.get(reverse("staff:class-feedback-run", args=[self.hi1.pk]))

        self.assertContains(page, "feedback-page", count=1)
        self.assertContains(page, "A clear case.")
        self.assertContains(page, "Student wording 4.")
        self.assertNotContains(page, "MARKER-WORDING")
        self.assertNotContains(page, "CANARY")
        self.assertNotContains(page, "Rae")

    def test_one_student_s_run_is_theirs_alone(self):
        rae = make_user("rae", role=roles.STUDENT, group=self.hi1)
        other = make_script(rae, self.assignment, "Rae’s.", hand_in=True)
        make_mark(other, self.ada, 11)
        self.release(other)
        self.mark_and_release(8)
        page = self.get(reverse("staff:student-feedback-run", args=[self.sam.pk]))

        self.assertContains(page, "Sam Test")
        self.assertNotContains(page, "Rae")

    def test_nothing_released_is_said(self):
        page = self.get(reverse("staff:class-feedback-run", args=[self.hi1.pk]))

        self.assertContains(page, "No marks of this work are released yet.")


class ExportViewTest(OverviewTestCase):
    def test_a_class_goes_out_as_csv_and_as_a_workbook(self):
        self.mark_and_release(8)
        for kind, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
            with self.subTest(kind=kind):
                response = self.get(
                    reverse("staff:class-export", args=[self.hi1.pk, kind])
                )
                self.assertTrue(response.content.startswith(start))
                self.assertEqual(
                    response["Content-Disposition"],
                    f'attachment; filename="marks-10b-hi1.{kind}"',
                )
                self.assertIn("no-store", response["Cache-Control"])

    def test_a_year_holds_the_classes_worked_with_and_no_others(self):
        task = make_assignment(make_question(AQA5, "five"), self.hi2, self.bea)
        make_script(self.tom, task, "Tom’s.", hand_in=True)
        address = reverse("staff:year-export", args=[2028, "csv"])

        def classes(person):
            text = self.get(address, person).content.decode("utf-8-sig")
            return {row["Class"] for row in csv.DictReader(io.StringIO(text))}

        self.assertEqual(classes("ada"), {"10B/Hi1"})
        self.assertEqual(classes("hal"), {"10B/Hi1", "10B/Hi2"})
        for nothing in ([2031, "csv"], [2028, "pdf"]):
            address = reverse("staff:year-export", args=nothing)
            self.assertEqual(self.get(address).status_code, 404)

    def test_the_filter_of_the_page_holds_for_the_file(self):
        make_assignment(make_question(AQA5, "five"), self.hi1, self.ada, days=30)
        address = reverse("staff:class-export", args=[self.hi1.pk, "csv"])
        text = self.get(address, task=self.assignment.pk).content.decode("utf-8-sig")

        self.assertEqual(
            {row["Question"] for row in csv.DictReader(io.StringIO(text))}, {"AQA 6"}
        )


class CostTest(OverviewTestCase):
    """One student costs as many queries as 35, and one script as 300."""

    def pages(self):
        return [
            self.page,
            self.sam_page,
            reverse("staff:class-feedback-run", args=[self.hi1.pk]),
            reverse("staff:class-export", args=[self.hi1.pk, "csv"]),
            reverse("staff:class-export", args=[self.hi1.pk, "xlsx"]),
            reverse("staff:year-export", args=[2028, "csv"]),
            reverse("staff:class-missing", args=[self.hi1.pk]),
            reverse("staff:writing-now", args=[self.assignment.pk]),
            reverse("staff:search") + "?q=Stalin",
            reverse("staff:search") + "?q=a&in=students",
            reverse("admin:index"),
        ]

    def counts(self):
        self.sign_in("ada")
        found = {}
        # The school's row is cached for some seconds: the clock stands still.
        with time_machine.travel(timezone.now(), tick=False):
            for address in self.pages():
                self.client.get(address)
                with CaptureQueriesContext(connection) as caught:
                    self.client.get(address)
                found[address] = len(caught)
        return found

    def test_whole_classes_cost_no_more_queries_than_one_student(self):
        questions = [
            self.question,
            make_question(AQA5, "five"),
            make_question(EDX3D, "agree"),
        ]
        few = bulk.make_students(self.hi1, 1, "few")
        for number in range(4):
            task = bulk.make_task(
                self.hi1, self.ada, questions, f"paper-{number}", number + 1
            )
            bulk.hand_in(task, few, self.ada, marked=number < 3, released=number < 2)
        self.mark_and_release(8)
        before = self.counts()

        many = bulk.make_students(self.hi1, 34, "many")
        for task in Assignment.objects.filter(assessment__slug__startswith="paper"):
            number = int(task.assessment.slug[-1])
            bulk.hand_in(task, many, self.ada, marked=number < 3, released=number < 2)
        self.assertGreater(Answer.objects.count(), 400)
        after = self.counts()

        self.assertEqual(after, before)
        self.assertLessEqual(after[self.page], MOST_QUERIES)

    def test_the_bulk_rows_obey_the_rules_that_the_verbs_keep(self):
        questions = [self.question, make_question(EDX3D, "agree")]
        task = bulk.make_task(self.hi1, self.ada, questions, "paper", 3)
        bulk.hand_in(task, bulk.make_students(self.hi1, 9), self.ada)

        script = Script.objects.filter(assignment=task).first()
        answer = script.answers.get(order=1)
        self.assertEqual(answer.handed_in_text, answer.text)
        self.assertIn("Stalin", answer.text)
        for mark in answer.marks.all():
            mark.full_clean()


class GroupTest(OverviewTestCase):
    """A group in a class: its rows, and nothing told of the others or of one name."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.others = bulk.make_students(cls.hi1, 3, "other")
        cls.task = bulk.make_task(cls.hi1, cls.ada, [cls.question], "group-task", 3)
        bulk.hand_in(cls.task, [cls.sam, *cls.others], cls.ada, released=False)
        cls.part = Subgroup.objects.create(group=cls.hi1, name="Tuesday help")
        cls.part.students.add(cls.others[0])

    def rows(self, **query):
        page = self.get(self.page, **query)
        return [student for student, _cells in page.context["rows"]]

    def test_the_page_and_what_follows_it_show_the_group_alone(self):
        self.assertEqual(len(self.rows()), 4)
        self.assertEqual(self.rows(part=self.part.pk), [self.others[0]])

        Release.show(Script.objects.filter(assignment=self.task), self.ada)
        page = self.get(self.page, part=self.part.pk)
        (column,) = [
            c for c in page.context["book"].columns if c.assignment == self.task
        ]
        self.assertEqual(len(column.marks), 1)
        name = str(self.others[0])
        for address in ("class-export", "class-feedback-run"):
            arguments = [self.hi1.pk, *(["csv"] if "export" in address else [])]
            answer = self.get(
                reverse(f"staff:{address}", args=arguments), part=self.part.pk
            )
            self.assertContains(answer, name.split()[-1])
            self.assertNotContains(answer, str(self.others[1]))

    def test_a_group_of_one_does_not_tell_whose_script_was_just_marked(self):
        """The word is that of the whole class’s task, and so are the counts."""
        last = Script.objects.get(assignment=self.task, student=self.others[2])
        last.answers.get().marks.all().delete()
        page = self.get(self.page, part=self.part.pk, task=self.task.pk)

        self.assertContains(page, "handed in")
        self.assertEqual(page.context["tiles"]["to_mark"], 1)
        ((_student, cells),) = page.context["rows"]
        self.assertEqual({cell.state for cell in cells}, {"handed in"})

    def test_another_class_s_group_is_not_a_choice(self):
        foreign = Subgroup.objects.create(group=self.hi2, name="Not theirs")
        self.assertEqual(len(self.rows(part=foreign.pk)), 4)
        self.assertNotContains(self.get(self.page), "Not theirs")


class NeighbourTest(OverviewTestCase):
    """Nobody else gets a name, a code or a word of it."""

    def addresses(self):
        sheet = self.hi1.assignments.get().class_feedback.create(
            made_by=self.ada, strengths="CANARY-WWW"
        )
        return [
            self.page,
            self.sam_page,
            reverse("staff:class-missing", args=[self.hi1.pk]),
            reverse("staff:class-feedback-run", args=[self.hi1.pk]),
            reverse("staff:student-feedback-run", args=[self.sam.pk]),
            reverse("staff:class-export", args=[self.hi1.pk, "csv"]),
            reverse("staff:class-feedback", args=[sheet.pk]),
            reverse("staff:class-feedback-board", args=[sheet.pk]),
        ]

    def test_a_neighbour_s_pages_are_not_there(self):
        self.mark_and_release(8, www="CANARY-WWW")
        for address in self.addresses():
            with self.subTest(address=address):
                page = self.get(address, "bea")
                self.assertEqual(page.status_code, 404)
                self.assertNotContains(page, "Sam", status_code=404)

    def test_a_school_role_shows_other_classes_and_nothing_of_their_work(self):
        """Dee keeps the lists of the whole school and teaches Tom’s class as well."""
        Membership.objects.create(person=self.dee, group=self.hi2, role=roles.TEACHER)
        self.mark_and_release(8, www="CANARY-WWW", ebi="CANARY-EBI")
        for address in (
            self.page,
            self.sam_page,
            reverse("staff:class-missing", args=[self.hi1.pk]),
            reverse("staff:class-feedback-run", args=[self.hi1.pk]),
            reverse("staff:student-feedback-run", args=[self.sam.pk]),
            reverse("staff:class-export", args=[self.hi1.pk, "csv"]),
            reverse("staff:year-export", args=[2028, "csv"]),
            reverse("admin:index"),
            reverse("staff:search") + "?q=answer",
        ):
            with self.subTest(address=address):
                page = self.get(address, "dee")
                self.assertEqual(page.status_code, 200)
                for words in ("CANARY", "AQA 6", self.script.marking_code, "8 / 12"):
                    self.assertNotContains(page, words)

    def test_students_are_led_away_from_all_of_it(self):
        self.mark_and_release(8, www="CANARY-WWW")
        for address in [*self.addresses(), reverse("staff:search") + "?q=sam"]:
            for person in ("sam", "tom"):
                with self.subTest(address=address, person=person):
                    page = self.get(address, person)
                    self.assertEqual(page.status_code, 302)
                    self.assertNotIn(b"CANARY", page.content)


class LandingTest(OverviewTestCase):
    def landing(self, person="ada"):
        return self.get(reverse("admin:index"), person)

    def test_what_waits_is_said_by_task_oldest_first(self):
        younger = make_assignment(make_question(AQA5, "five"), self.hi1, self.ada)
        script = make_script(self.sam, younger, "Five.", hand_in=True)
        old = timezone.now() - datetime.timedelta(days=3)
        Script.objects.filter(pk=self.script.pk).update(handed_in_at=old)
        page = self.landing()

        self.assertEqual(
            [(t["assignment"], t["to_mark"]) for t in page.context["waiting"]],
            [(self.assignment, 1), (younger, 1)],
        )
        self.assertContains(page, f"oldest of {timezone.localtime(old):%-d %b}")
        self.assertContains(page, "btn main", count=1)
        desk = reverse("admin:assessments_script_mark", args=[self.script.public_id, 1])
        self.assertContains(page, f'class="btn main" href="{desk}"')
        self.assertNotContains(page, "Sam Test")
        self.assertEqual(page.context["waiting"][1]["next"], script)

    def test_what_is_marked_waits_for_release_and_is_then_gone(self):
        make_mark(self.script, self.ada)
        page = self.landing()
        self.assertEqual(
            [(t["ready"], t["to_mark"]) for t in page.context["ready"]], [(1, 0)]
        )
        self.assertContains(page, "btn main", count=1)

        self.release(self.script)
        page = self.landing()
        self.assertEqual((page.context["ready"], page.context["waiting"]), ([], []))
        self.assertContains(page, "Nothing waits.")
        self.assertContains(page, "btn main", count=1)

        Release.take_back(Script.objects.filter(pk=self.script.pk), self.ada)
        self.assertEqual(len(self.landing().context["ready"]), 1)

    def test_who_is_missing_work_is_named_unless_let_off(self):
        ula = make_user("ula", role=roles.STUDENT, group=self.hi1)
        vic = make_user("vic", role=roles.STUDENT, group=self.hi1)
        late = timezone.now() - datetime.timedelta(hours=1)
        Assignment.objects.update(
            opens_at=late - datetime.timedelta(days=2), due_at=late
        )
        self.assignment.student_rows.create(student=vic, absence="excused")
        page = self.landing()

        self.assertEqual([r["students"] for r in page.context["missing"]], [[ula]])
        self.assertEqual(page.context["classes"][0]["missing"], 1)
        Assignment.objects.update(audience="chosen")
        self.assertContains(self.landing(), "Nobody is behind.")

    def test_a_head_without_a_class_sees_what_waits_everywhere(self):
        self.assertEqual(len(self.landing("hal").context["waiting"]), 1)
        Membership.objects.create(person=self.hal, group=self.hi2, role=roles.TEACHER)
        page = self.landing("hal")

        self.assertEqual(page.context["waiting"], [])
        self.assertEqual(
            [r["group"] for r in page.context["classes"]], [self.hi2, self.hi1]
        )

    def test_who_reads_no_answers_keeps_the_plain_list_of_classes(self):
        page = self.landing("dee")

        self.assertContains(page, "10B/Hi1")
        self.assertNotContains(page, "Waiting for marking")
        self.assertNotContains(page, "btn main")

"""What a student is shown of their own marks, and what to do next."""

import datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments import ladders, progress, work
from assessments.models import AssignmentStudent, Event, Mark, Release, Script
from lessons.models import SectionRead
from tests.base import SchoolTestCase
from tests.factories import (
    AQA5,
    make_arrangement,
    make_assignment,
    make_lesson,
    make_mark,
    make_question,
    make_script,
)

HOME = "/"
ANSWERS = reverse("assessments:my-work")


class ProgressTestCase(SchoolTestCase):
    def release(self, script, *, read=False):
        release, _shown, _held = Release.show(
            Script.objects.filter(pk=script.pk), self.ada
        )
        if read:
            Event.record(script, script.student, Event.Kind.READ)
        return release

    def marked(self, mark, slug, form=None, *, student=None, **fields):
        """Return a script of Sam's with a mark that waits to be released."""
        question = make_question(**({"form": form} if form else {}), slug=slug)
        task = make_assignment(question, self.hi1, self.ada)
        script = make_script(student or self.sam, task, f"On {slug}.", hand_in=True)
        make_mark(
            script, self.ada, mark, **{"www": "W.", "ebi": f"EBI-{slug}"} | fields
        )
        return script


class ReleasedOnlyTest(ProgressTestCase):
    def test_before_release_and_after_taking_back_nothing_shows(self):
        script = self.marked(8, "waits")
        self.sign_in("sam")
        for _time in ("before", "after"):
            for address in (HOME, ANSWERS):
                page = self.client.get(address)
                self.assertNotContains(page, "EBI-waits")
                self.assertNotContains(page, "8 of 12")
                self.assertNotContains(page, "Level 3")
            self.release(script)
            self.assertContains(self.client.get(HOME), "EBI-waits")
            answers = self.client.get(ANSWERS)
            self.assertContains(answers, "EBI-waits")
            self.assertContains(answers, "8 of 12, Level 3")
            Release.take_back(Script.objects.filter(pk=script.pk), self.ada)

    def test_a_later_mark_stays_hidden_until_the_next_release(self):
        script = self.marked(8, "moderated")
        self.release(script)
        make_mark(script, self.ada, 11, ebi="EBI-later")

        (result,) = progress.results(self.sam)
        self.assertEqual((result.mark.mark, result.mark.ebi), (8, "EBI-moderated"))
        self.release(script)
        (result,) = progress.results(self.sam)
        self.assertEqual((result.mark.mark, result.mark.ebi), (11, "EBI-later"))

    def test_nobody_gets_anothers(self):
        self.release(self.marked(8, "sams"))
        for person in ("tom", "una"):
            self.sign_in(person)
            for address in (HOME, ANSWERS):
                self.assertNotContains(self.client.get(address), "EBI-sams")

    def test_self_marks_are_not_results(self):
        script = make_script(self.sam, None, "x", self.question, hand_in=True)
        mark = Mark.prepare(script.answers.get(), self.sam, Mark.Role.SELF)
        mark.give_own(script.answers.get().question.mark_scheme.levels.get(number=1), 2)

        self.assertEqual(progress.results(self.sam), [])


class ActOnTest(ProgressTestCase):
    def test_unread_first_then_newest_and_what_is_taken_up_is_gone(self):
        scripts = {}
        for slug in ("one", "two", "three", "four"):
            scripts[slug] = self.marked(8, slug)
            self.release(scripts[slug], read=slug != "two")
        found = progress.results(self.sam)
        slugs = [result.question.slug for result in found]
        self.assertEqual(slugs, ["four", "three", "two", "one"])

        waiting = [r.question.slug for r in progress.to_act_on(found)]
        self.assertEqual(waiting, ["two", "four"])
        draft = scripts["four"].answers.get().make_redraft()
        Event.record(scripts["two"], self.sam, Event.Kind.READ)
        found = progress.results(self.sam)
        waiting = [r.question.slug for r in progress.to_act_on(found)]
        self.assertEqual(waiting, ["three", "two"])
        states = {r.question.slug: r.is_redrafted for r in found}
        self.assertEqual(
            states, {"one": None, "two": None, "three": None, "four": False}
        )
        draft.script.hand_in()
        states = {r.question.slug: r.is_redrafted for r in progress.results(self.sam)}
        self.assertTrue(states["four"])

    def test_without_advice_only_reading_is_asked(self):
        script = self.marked(8, "plain", ebi="")
        self.release(script)
        found = progress.results(self.sam)
        self.assertEqual(len(progress.to_act_on(found)), 1)
        self.assertEqual(progress.targets(found), [])

        Event.record(script, self.sam, Event.Kind.READ)
        self.assertEqual(progress.to_act_on(progress.results(self.sam)), [])

    def test_released_again_it_is_unread_again(self):
        script = self.marked(8, "again")
        self.release(script, read=True)
        self.assertTrue(progress.results(self.sam)[0].is_read)
        self.release(script)

        self.assertFalse(progress.results(self.sam)[0].is_read)

    def test_targets_are_the_advice_newest_first_on_my_answers(self):
        for slug in ("older", "newer"):
            self.release(self.marked(8, slug))
        self.sign_in("sam")
        page = self.client.get(ANSWERS)

        advice = [result.mark.ebi for result in page.context["targets"]]
        self.assertEqual(advice, ["EBI-newer", "EBI-older"])


class FormsTest(ProgressTestCase):
    def test_each_form_has_its_history_oldest_first(self):
        """By hand: AQA 6 with 5 (Level 2), 8 (Level 3), then 10 for the second draft
        (Level 4); AQA 5 with 3 (Level 2)."""
        first = self.marked(5, "six-a")
        later = self.marked(8, "six-b")
        fives = self.marked(3, "five", AQA5)
        second = first.answers.get().make_redraft().script
        second.hand_in()
        now = timezone.now()
        for days, script in ((9, first), (6, later), (3, fives), (1, second)):
            at = now - datetime.timedelta(days=days)
            Script.objects.filter(pk=script.pk).update(handed_in_at=at)
        make_mark(second, self.ada, 10)
        for script in (second, later, first, fives):
            self.release(script)

        forms = progress.by_form(progress.results(self.sam))

        self.assertEqual([str(item["form"].number) for item in forms], ["5", "6"])
        five, six = forms
        self.assertEqual(five["words"], "Level 2, 3 of 8: your first result.")
        self.assertEqual(six["words"], "Level 4, 10 of 12: 2 levels up from the first.")
        self.assertEqual(
            [row[1:] for row in six["drawing"].rows],
            [
                ("first draft", "5 / 12", "Level 2"),
                ("first draft", "8 / 12", "Level 3"),
                ("second draft", "10 / 12", "Level 4"),
            ],
        )
        # Drawn on the ladder with Level 1 at its foot, as the catalogue has it.
        redrawn = ladders.draw(
            [result.as_attempt() for result in six["results"]],
            [(1, 3), (4, 6), (7, 9), (10, 12)],
            12,
            str(six["form"]),
            f"form-{six['form'].pk}",
        )
        self.assertEqual(six["drawing"], redrawn)

    def test_suggestions_begin_with_the_weakest_form(self):
        self.release(self.marked(11, "done-six"))
        self.release(self.marked(3, "done-five", AQA5))
        make_question(slug="another-six")
        make_question(AQA5, slug="another-five")
        unlisted = make_question(AQA5, slug="part-of-a-paper")
        unlisted.is_listed = False
        unlisted.save()
        make_question(AQA5, slug="a-draft-question", published=False)
        waiting = make_question(AQA5, slug="waiting")
        make_assignment(waiting, self.hi1, self.ada)
        found = progress.results(self.sam)
        ledger = work.ledger(self.sam, found)

        offered = progress.suggestions(self.sam, found, ledger)
        self.assertEqual(
            [item["question"].slug for item in offered],
            # 3 of 8 comes before 11 of 12.
            ["another-five", "another-six"],
        )
        self.assertEqual(offered[0]["result"].mark.mark, 3)


class LedgerTest(ProgressTestCase):
    def rows(self, student=None):
        student = student or self.sam
        return work.ledger(student, progress.results(student))

    def task(self, slug, days, **fields):
        task = make_assignment(
            make_question(slug=slug), self.hi1, self.ada, days=days, opened=20
        )
        for name, value in fields.items():
            setattr(task, name, value)
        task.save()
        return task

    def test_late_first_then_the_nearest_date(self):
        self.task("next-week", 9)
        self.task("tomorrow", 1)
        self.task("late", -2)
        later = self.task("later", -4)
        make_arrangement(later, self.sam, due_at=timezone.now() + datetime.timedelta(3))
        within_grace = self.task("grace", -1, grace_minutes=3 * 24 * 60)

        rows = self.rows()["to_write"]
        slugs = [row["questions"][0].slug for row in rows if row["due_at"]]
        self.assertEqual(slugs, ["late", "grace", "tomorrow", "later", "next-week"])
        self.assertEqual(
            [row["state"] for row in rows if row["due_at"]],
            ["late", "new", "new", "new", "new"],
        )
        self.assertTrue(within_grace.due_at < timezone.now())

    def test_the_excused_need_not_and_the_absent_are_not_late(self):
        make_arrangement(
            self.task("excused", -2),
            self.sam,
            absence=AssignmentStudent.Absence.EXCUSED,
        )
        make_arrangement(
            self.task("absent", -2), self.sam, absence=AssignmentStudent.Absence.ABSENT
        )
        begun = self.task("begun", -2)
        make_script(self.sam, begun, "A draft.")
        make_arrangement(begun, self.sam, absence=AssignmentStudent.Absence.ABSENT)

        rows = self.rows()
        words = {
            row["questions"][0].slug: row["words"]
            for row in [*rows["to_write"], *rows["handed_in"]]
        }
        self.assertEqual(words["excused"], "Excused")
        self.assertEqual(words["absent"], "You were away")
        self.assertEqual(words["begun"], "Draft saved")
        self.assertEqual(rows["late"], 0)
        self.assertNotIn(
            "excused", [row["questions"][0].slug for row in rows["to_write"]]
        )

    def test_after_closing_it_can_be_written_and_says_what_that_means(self):
        task = self.task("closed", -2, takes_late=False)
        (row,) = (r for r in self.rows()["to_write"] if r["state"] == "late")
        self.assertIn("your teacher decides", row["more"])
        self.sign_in("sam")
        started = self.client.post(
            reverse("assessments:assignment-start", args=[task.pk]), follow=True
        )
        self.assertContains(started, "Hand in…")
        self.assertContains(started, "The time for this task is over.")
        self.assertContains(
            self.client.get(started.request["PATH_INFO"] + "hand-in/"),
            "The time for this task is over.",
        )
        script = self.sam.scripts.get(assignment=task)
        script.hand_in()

        (row,) = (r for r in self.rows()["handed_in"] if r["script"] == script)
        self.assertEqual(row["words"], "Handed in after closing")

    def test_home_shows_a_few_of_what_is_done_and_my_answers_all(self):
        for number in range(9):
            task = self.task(f"done-{number}", 3)
            make_script(self.sam, task, "x", hand_in=True)
        self.sign_in("sam")
        home, answers = self.client.get(HOME), self.client.get(ANSWERS)

        self.assertEqual(len(home.context["done"]), 6)
        self.assertEqual(len(answers.context["ledger"]["handed_in"]), 10)
        self.assertContains(answers, "Versions", count=10)

    def test_the_lesson_read_last_is_offered_to_go_on(self):
        first = make_lesson("first", sections=3)
        second = make_lesson("second", sections=3)
        now = timezone.now()
        for lesson, days in ((first, 1), (second, 5)):
            SectionRead.objects.create(
                student=self.sam,
                section=lesson.sections.get(slug="part-1"),
                at=now - datetime.timedelta(days=days),
            )
        self.sign_in("sam")

        self.assertEqual(self.client.get(HOME).context["reading"], first)
        for section in first.sections.exclude(slug="part-1"):
            SectionRead.objects.create(student=self.sam, section=section)
        self.assertEqual(self.client.get(HOME).context["reading"], second)

    def test_both_pages_cost_the_same_with_one_result_and_with_thirty(self):
        self.release(self.marked(8, "first"))
        self.task("waiting", 3)
        self.sign_in("sam")

        def cost(address):
            # Once before: the school's own row is remembered for a few seconds.
            self.client.get(address)
            with CaptureQueriesContext(connection) as queries:
                self.client.get(address)
            return len(queries)

        counts = {address: cost(address) for address in (HOME, ANSWERS)}
        for number in range(30):
            script = self.marked(1 + number % 12, f"more-{number}", student=self.sam)
            self.release(script, read=number % 2 == 0)
            if number % 3 == 0:
                script.answers.get().make_redraft()
            self.task(f"waiting-{number}", number - 10)
        for address, count in counts.items():
            self.assertEqual(cost(address), count, address)
            self.assertLessEqual(count, 17)

"""Kept texts as their student and their teachers see them, and what may be done."""

import datetime
import importlib
import io
import json
import random
import re
import types
from html import unescape

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import versions
from assessments.history import hours_and_minutes
from assessments.models import Answer, AnswerVersion, Event, Release, Script
from assessments.models.answers import MarkedAlreadyError
from tests.assessments.test_versions import AWKWARD
from tests.base import SchoolTestCase, make_cast
from tests.factories import make_mark, make_script

AUTOSAVE = AnswerVersion.Origin.AUTOSAVE


class HistoryTestCase(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.answer = cls.open_script.answers.get()
        cls.handed_in = cls.script.answers.get()

    def keep(self, text, answer=None, **how):
        answer = answer or self.answer
        how = {"origin": AUTOSAVE, "writer": self.sam, **how}
        return Answer.objects.get(pk=answer.pk).keep(text, **how).version

    def page(self, name, *args, answer=None, **query):
        answer = answer or self.answer
        start = [answer.script.public_id, answer.order]
        return self.client.get(reverse(name, args=[*start, *args]), query)

    def post(self, name, number, data, answer=None):
        answer = answer or self.answer
        address = reverse(name, args=[answer.script.public_id, answer.order, number])
        return self.client.post(address, data, follow=True)


class PlaceTest(HistoryTestCase):
    """What became of a text is written down when it is saved."""

    def test_each_text_knows_whether_it_stood(self):
        places = [
            self.keep("second", base=1).place,
            self.keep("beside", base=1).place,
            self.keep("brought back", origin="restore").place,
            self.keep("brought back too late", origin="restore", base=2).place,
            self.keep("rescued", origin="rescue", base=4).place,
        ]
        late = self.keep("late", self.handed_in, base=1)

        self.assertEqual(places, ["stood", "beside", "stood", "beside", "beside"])
        self.assertEqual(late.place, "late")
        self.handed_in.refresh_from_db()
        self.assertEqual(self.handed_in.text, "Sam’s answer.")

    def test_of_texts_kept_before_it_is_worked_out(self):
        self.keep("second", base=1, tab="tab-one-xx", number=1)
        self.keep("same tab", base=1, tab="tab-one-xx", number=2)
        self.keep("beside", base=1)
        self.keep("brought back", origin="restore")
        self.keep("late", self.handed_in, base=1)
        known = dict(AnswerVersion.objects.values_list("pk", "place"))
        AnswerVersion.objects.update(place="stood")
        migration = importlib.import_module("assessments.migrations.0006_kept_texts")
        migration.say_what_became_of_each(apps, None)

        self.assertEqual(set(known.values()), {"stood", "beside", "late"})
        self.assertEqual(dict(AnswerVersion.objects.values_list("pk", "place")), known)

    def test_a_late_text_is_told_so_and_offered_for_comparison(self):
        self.sign_in("sam")
        response = self.client.post(
            reverse("assessments:answer-save", args=[self.script.public_id, 1]),
            json.dumps({
                "text": "Too late.", "part": "answer", "tab": "tab-one-x", "number": 1,
                "base": 1, "reader": self.sam.pk,
            }),
            "application/json",
        )  # fmt: skip
        receipt = response.json()

        self.assertEqual((response.status_code, receipt["late"]), (409, True))
        self.assertIn("handed in already", receipt["sentence"])
        compare = self.client.get(receipt["compare"])
        self.assertContains(compare, "Too late.")
        self.assertContains(compare, "You have handed in")
        self.assertNotContains(compare, 'name="use"')


class CompareTest(HistoryTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.kept = "Sam’s draft. Written at school."
        answer = Answer.objects.get(pk=cls.answer.pk)
        answer.keep(
            "Sam’s draft. Written at home.",
            writer=cls.sam, origin=AUTOSAVE, base=1, tab="tab-home-x", number=2,
        )  # fmt: skip
        answer.keep(
            cls.kept,
            writer=cls.sam, origin=AUTOSAVE, base=1, tab="tab-school-x", number=2,
        )  # fmt: skip

    def current(self):
        return Answer.objects.get(pk=self.answer.pk).text

    def test_both_texts_stand_whole_with_what_only_one_of_them_has(self):
        self.sign_in("sam")
        page = self.page("assessments:version-compare", 3, tab="tab-school-x")
        stands, kept = page.context["sides"]

        self.assertEqual("".join(p.text for p in kept["pieces"]), self.kept)
        self.assertEqual(
            [p.text for p in stands["pieces"] if p.kind != "same"], ["home."]
        )
        self.assertEqual(stands["from_where"], "from another window or computer")
        self.assertEqual(kept["from_where"], "from this window")
        self.assertContains(page, "5 words", count=2)

    def test_the_kept_text_is_chosen(self):
        self.sign_in("sam")
        self.post("assessments:version-compare", 3, {"use": "kept", "base": 2})

        self.assertEqual(self.current(), self.kept)
        newest = self.answer.versions.first()
        self.assertEqual((newest.number, newest.origin), (4, "restore"))
        self.assertEqual(self.answer.versions.count(), 4)

    def test_both_are_put_into_the_box(self):
        self.sign_in("sam")
        self.post("assessments:version-compare", 3, {"use": "both", "base": 2})

        self.assertEqual(
            self.current(), f"Sam’s draft. Written at home.\n\n{self.kept}"
        )

    def test_a_choice_counts_only_beside_what_the_page_showed(self):
        self.keep("Newer still.", base=2)
        self.sign_in("sam")
        for data in (
            {"use": "kept", "base": 2},
            {"use": "kept", "base": ""},
            {"use": "both", "base": "x"},
            {"use": "neither", "base": 4},
            {},
        ):
            page = self.post("assessments:version-compare", 3, data)
            self.assertContains(page, "Look at the two again")
            self.assertContains(page, 'name="base" value="4"')
        self.assertEqual(self.current(), "Newer still.")
        self.assertEqual(self.answer.versions.count(), 4)

    def test_a_save_in_the_same_moment_is_never_overwritten(self):
        """The base is asked again where the pointer moves."""
        kept = Answer.objects.get(pk=self.answer.pk).keep(
            self.kept, writer=self.sam, origin="restore", base=1
        )

        self.assertFalse(kept.is_current)
        self.assertEqual(self.current(), "Sam’s draft. Written at home.")

    def test_plans_are_compared_line_by_line(self):
        self.keep('["Kirov"]', part="plan")
        self.keep('["Kirov","trials"]', part="plan", base=None, tab="tab-other-x")
        self.sign_in("sam")
        page = self.page("assessments:version-compare", 5)

        self.assertContains(page, "Two texts of your plan")
        self.assertNotContains(page, "&quot;Kirov&quot;")
        self.assertNotContains(page, 'value="both"')
        self.post("assessments:version-compare", 5, {"use": "kept", "base": 4})
        plan = Answer.objects.get(pk=self.answer.pk).plan
        self.assertEqual(plan, '["Kirov","trials"]')

    def test_what_stands_is_not_compared_with_itself(self):
        self.sign_in("sam")
        page = self.page("assessments:version-compare", 2)

        self.assertRedirects(
            page,
            reverse(
                "assessments:version-detail", args=[self.open_script.public_id, 1, 2]
            ),
        )

    def test_after_the_hand_in_nothing_is_chosen(self):
        self.open_script.hand_in()
        self.sign_in("sam")
        self.post("assessments:version-compare", 3, {"use": "kept", "base": 2})
        self.client.post(
            reverse(
                "assessments:answer-versions", args=[self.open_script.public_id, 1]
            ),
            {"version": 3},
        )

        self.assertEqual(self.current(), "Sam’s draft. Written at home.")
        self.assertEqual(self.answer.versions.count(), 3)

    def test_saving_by_button_leads_there(self):
        self.sign_in("sam")
        response = self.client.post(
            reverse("assessments:script-answer", args=[self.open_script.public_id, 1]),
            {"text": "Old page.", "tab": "tab-old-x", "number": 1, "answer_base": 1},
        )

        self.assertRedirects(
            response,
            reverse(
                "assessments:version-compare", args=[self.open_script.public_id, 1, 4]
            )
            + "?tab=tab-old-x",
        )


class ListTest(HistoryTestCase):
    def rows(self, name="assessments:answer-versions", **query):
        return self.page(name, **query).context["rows"]

    def test_each_row_says_what_changed_and_what_became_of_it(self):
        self.keep("Sam’s better draft.", base=1)
        self.keep("Sam’s draft, from elsewhere.", base=1)
        self.sign_in("sam")
        newest, second, first = self.rows()

        self.assertEqual((first.change.added, first.change.removed), (2, 0))
        self.assertEqual((second.change.added, second.change.removed), (1, 0))
        self.assertEqual((newest.change.added, newest.change.removed), (3, 2))
        self.assertEqual(first.tags, [])
        self.assertEqual(second.tags, [("ready", "stands now")])
        self.assertEqual(newest.tags, [("draft", "kept beside the text that stood")])

    def test_the_plan_has_a_list_of_its_own(self):
        self.keep('["Kirov"]', part="plan")
        self.keep('["Kirov","trials"]', part="plan", base=2)
        self.sign_in("sam")
        rows = self.rows(part="plan")

        self.assertEqual([row.version.number for row in rows], [3, 2])
        self.assertEqual([p.text for p in rows[0].change.pieces], ["Kirov", "\ntrials"])
        read = self.page("assessments:version-detail", 3)
        self.assertContains(read, "Kirov\ntrials")
        self.client.post(
            reverse(
                "assessments:answer-versions", args=[self.open_script.public_id, 1]
            ),
            {"version": 2},
        )
        answer = Answer.objects.get(pk=self.answer.pk)
        self.assertEqual((answer.plan, answer.text), ('["Kirov"]', "Sam’s draft."))

    def test_a_plan_that_is_none_is_read_as_it_is(self):
        self.keep("not a list", part="plan")
        self.sign_in("sam")

        self.assertContains(self.page("assessments:version-detail", 2), "not a list")
        desk = self.client.get(self.open_script.get_absolute_url())
        self.assertEqual(desk.status_code, 200)

    def test_a_page_costs_the_same_for_two_texts_and_for_fifty(self):
        for name, person in (
            ("assessments:answer-versions", "sam"),
            ("admin:assessments_script_texts", "ada"),
            ("assessments:answer-replay-data", "sam"),
            ("admin:assessments_script_replay", "ada"),
        ):
            with self.subTest(name=name):
                script = make_script(self.sam, None, "x", self.question)
                answer = script.answers.get()
                self.keep("another x", answer, base=1)
                self.sign_in(person)
                self.page(name, answer=answer)
                with CaptureQueriesContext(connection) as few:
                    self.page(name, answer=answer)
                # Of another sort each time, so that there are several whole texts.
                for number in range(2, 60):
                    some = random.Random(number)
                    text = " ".join(str(some.random()) for _ in range(60))
                    self.keep(text, answer, base=number)
                with CaptureQueriesContext(connection) as many:
                    self.page(name, answer=answer)
                self.assertEqual(len(few), len(many))
                self.assertGreater(answer.versions.filter(whole=None).count(), 30)
                script.hand_in()

    def test_pages_follow_one_another_without_a_gap(self):
        for number in range(1, 60):
            self.keep(f"Text {number}", base=number)
        self.sign_in("sam")
        first, second = self.rows(), self.rows(page=2)

        self.assertEqual([len(first), len(second)], [50, 10])
        numbers = [row.version.number for row in [*first, *second]]
        self.assertEqual(numbers, list(range(60, 0, -1)))
        # "Text 10" after "Text 9", over the edge of the page.
        self.assertEqual(
            [(p.kind, p.text) for p in first[-1].change.pieces],
            [("same", "Text "), ("removed", "9"), ("added", "10")],
        )

    def test_nothing_written_is_said(self):
        script = make_script(self.una, None, "", self.question)
        self.sign_in("una")
        answer = script.answers.get()

        self.assertContains(
            self.page("assessments:answer-versions", answer=answer), "Nothing is kept"
        )
        self.assertContains(
            self.page("assessments:answer-replay", answer=answer), "Nothing has been"
        )
        data = self.page("assessments:answer-replay-data", answer=answer).json()
        self.assertEqual(data, {"steps": [], "pauses": [], "passages": []})


class AnonymousTest(HistoryTestCase):
    """Before release no page about a script tells a time of day or a name."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        answer = cls.handed_in
        late = answer.keep("A late text.", writer=cls.sam, origin=AUTOSAVE).version
        # 16:04:05 and 17:07:09 of one winter's day: 1 h 3 min 4 s apart.
        day = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
        cls.times = {
            1: day + datetime.timedelta(hours=16, minutes=4, seconds=5),
            late.number: day + datetime.timedelta(hours=17, minutes=7, seconds=9),
        }
        for number, at in cls.times.items():
            answer.versions.filter(number=number).update(saved_at=at)
        Script.objects.filter(pk=cls.script.pk).update(
            started_at=day + datetime.timedelta(hours=16)
        )

    PAGES = (
        ("admin:assessments_script_texts",),
        ("admin:assessments_script_text", 1),
        ("admin:assessments_script_text", 2),
        ("admin:assessments_script_replay",),
        ("admin:assessments_script_replay_data",),
        ("admin:assessments_script_mark",),
    )

    def whole(self):
        return "".join(
            self.page(*page, answer=self.handed_in).content.decode()
            for page in self.PAGES
        )

    def test_staff_see_the_day_and_the_time_since_its_first_text(self):
        self.sign_in("ada")
        page = self.page("admin:assessments_script_texts", answer=self.handed_in)

        self.assertEqual(
            [row.when for row in page.context["rows"]],
            ["23 Nov 2026, +1:03:04", "23 Nov 2026, +0:00:00"],
        )

    def test_no_name_and_no_time_of_day_stands_anywhere(self):
        whole = {}
        for name in ("ada", "asa", "hal", "sen"):
            self.sign_in(name)
            whole[name] = self.whole()
        for name, text in whole.items():
            canaries = ("16:04", "17:07", "4:04", "5:07", "Sam Test", ">sam<")
            for canary in (*canaries, self.script.receipt_code):
                self.assertNotIn(canary, text, (name, canary))

    def test_after_release_they_see_the_time(self):
        make_mark(self.script, self.ada)
        Release.show(Script.objects.filter(pk=self.script.pk), self.ada)
        self.sign_in("ada")

        self.assertIn("23 Nov 2026, 17:07:09", self.whole())

    def test_whoever_has_looked_up_the_name_sees_it_and_nobody_else(self):
        Event.record(self.script, self.hal, Event.Kind.REVEALED)
        self.sign_in("hal")
        self.assertIn("17:07:09", self.whole())
        self.sign_in("ada")
        self.assertNotIn("17:07:09", self.whole())

    def test_practice_is_not_anonymous(self):
        self.answer.versions.update(saved_at=self.times[1])
        self.sign_in("ada")

        self.assertContains(self.page("admin:assessments_script_texts"), "16:04:05")
        self.assertContains(
            self.page("admin:assessments_script_texts"), "Sam Test: practice"
        )

    def test_a_script_being_written_shows_no_code_that_the_desk_shows_later(self):
        self.script.take_back()
        self.sign_in("ada")
        release = self.client.get(
            reverse("admin:assessments_assignment_release", args=[self.assignment.pk])
        )
        page = self.page("admin:assessments_script_texts", answer=self.handed_in)

        self.assertContains(release, "Texts kept so far")
        self.assertContains(page, "A script being written")
        for text in (release, page):
            self.assertNotContains(text, self.script.marking_code)

    def test_lengths_of_time_are_written_by_the_clock(self):
        lengths = [hours_and_minutes(seconds) for seconds in (0, 59.9, 3661, 360_000)]

        self.assertEqual(lengths, ["0:00:00", "0:00:59", "1:01:01", "100:00:00"])


class LetStandTest(HistoryTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.late = cls.handed_in.keep(
            "Sam’s late answer.", writer=cls.sam, origin=AUTOSAVE
        ).version

    def let_stand(self, name, version=None, answer=None):
        self.sign_in(name)
        version = version or self.late
        return self.post(
            "admin:assessments_script_text", version.number, {},
            answer=answer or self.handed_in,
        )  # fmt: skip

    def desk(self):
        self.sign_in("ada")
        return self.page("admin:assessments_script_mark", answer=self.handed_in)

    def test_the_desk_says_that_a_later_text_was_kept(self):
        address = reverse(
            "admin:assessments_script_text", args=[self.script.public_id, 1, 2]
        )

        self.assertContains(self.desk(), "A later text was kept (3 words, marked late)")
        self.assertContains(self.desk(), f'href="{address}"')

    def test_it_becomes_what_is_handed_in_and_is_written_down(self):
        self.let_stand("ada")
        self.handed_in.refresh_from_db()

        self.assertEqual(self.handed_in.handed_in_text, "Sam’s late answer.")
        self.assertEqual(self.handed_in.current_id, self.handed_in.handed_in_version_id)
        self.assertEqual(self.handed_in.handed_in_version.number, 3)
        self.assertEqual(self.late.place, "late")
        events = list(self.script.events.values_list("kind", "actor"))
        self.assertEqual(events, [("let stand", self.ada.pk)])
        self.assertNotContains(self.desk(), "A later text was kept")
        self.assertContains(self.desk(), "a text that came later was let stand")

    def test_pressed_twice_it_is_done_once(self):
        self.let_stand("ada")
        self.let_stand("ada")

        self.assertEqual(self.handed_in.versions.count(), 3)
        self.assertEqual(self.script.events.count(), 1)

    def test_an_awarded_mark_refuses_it(self):
        make_mark(self.script, self.ada)
        self.sign_in("ada")
        page = self.page("admin:assessments_script_text", 2, answer=self.handed_in)
        after = self.let_stand("ada")
        self.handed_in.refresh_from_db()

        self.assertContains(page, "has been marked")
        self.assertNotContains(page, "Let this text stand")
        self.assertContains(after, "has been marked meanwhile")
        self.assertEqual(self.handed_in.handed_in_text, "Sam’s answer.")
        self.assertEqual(self.handed_in.versions.count(), 2)
        with self.assertRaises(MarkedAlreadyError):
            self.handed_in.let_stand(self.late, "let stand")

    def test_a_draft_mark_goes_along_and_its_award_is_asked_again(self):
        make_mark(self.script, self.ada, award=False)
        seen = self.handed_in.handed_in_version_id
        self.let_stand("ada")
        level = self.question.mark_scheme.levels.get(number=3)
        response = self.client.post(
            reverse("admin:assessments_script_mark", args=[self.script.public_id, 1]),
            {
                "level": level.pk, "mark": 8, "ao1": 4, "ao2": 4, "_award": 1,
                "seen": 0, "seen_version": seen,
            },
        )  # fmt: skip

        self.assertContains(response, "newer text", status_code=409)

    def test_only_whoever_runs_the_class_decides(self):
        codes = {
            "ada": 200, "hal": 200, "asa": 403, "sen": 403, "bea": 404, "dee": 403,
        }  # fmt: skip
        for name, code in codes.items():
            if code != 200:
                self.assertEqual(self.let_stand(name).status_code, code, name)
                self.assertEqual(self.handed_in.versions.count(), 2)
        for name in ("asa", "sen"):
            self.sign_in(name)
            page = self.page("admin:assessments_script_text", 2, answer=self.handed_in)
            self.assertNotContains(page, "Let this text stand")

    def test_a_students_own_mark_of_practice_refuses_nothing(self):
        self.open_script.hand_in()
        make_mark(self.open_script, self.sam, role="self")
        late = self.keep("Later practice.")
        self.let_stand("ada", late, self.answer)

        self.answer.refresh_from_db()
        self.assertEqual(self.answer.handed_in_text, "Later practice.")

    def test_while_a_student_writes_only_what_never_stood_is_offered(self):
        self.keep("Stood second.", base=1)
        beside = self.keep("Beside.", base=1)
        first = self.answer.versions.get(number=1)
        self.let_stand("ada", first, self.answer)
        self.assertEqual(Answer.objects.get(pk=self.answer.pk).text, "Stood second.")
        self.let_stand("ada", beside, self.answer)
        self.assertEqual(Answer.objects.get(pk=self.answer.pk).text, "Beside.")

    def test_taken_back_and_handed_in_again_the_newest_counts(self):
        self.let_stand("ada")
        self.script.take_back()
        self.keep("Written on.", self.handed_in, base=3)
        self.script.refresh_from_db()
        self.script.hand_in()
        self.handed_in.refresh_from_db()

        self.assertEqual(self.handed_in.handed_in_text, "Written on.")
        self.assertNotContains(self.desk(), "A later text was kept")


class ReplayTest(HistoryTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.pasted = "Fear kept people quiet, " * 10
        answer = cls.answer
        begun = cls.open_script.started_at
        tries = [
            ("Sam’s draft grows.", 100, 1),
            (f"Sam’s draft grows. {cls.pasted}", 104, 2),
            ("A text from elsewhere.", 110, 3),
            ("Sam’s draft", 400, 4),
        ]
        for text, _seconds, number in tries:
            window = "tab-two-xx" if "elsewhere" in text else "tab-one-xx"
            answer.keep(
                text, writer=cls.sam, origin=AUTOSAVE, number=number, base=1, tab=window
            )
        for version, seconds in zip(
            answer.versions.order_by("number"), [30, 100, 104, 110, 400], strict=True
        ):
            answer.versions.filter(pk=version.pk).update(
                saved_at=begun + datetime.timedelta(seconds=seconds)
            )

    def test_student_and_teacher_get_the_same_and_no_time_of_day(self):
        answers = {}
        for name, route in (
            ("sam", "assessments:answer-replay-data"),
            ("ada", "admin:assessments_script_replay_data"),
        ):
            self.sign_in(name)
            answers[name] = self.page(route).json()

        self.assertEqual(answers["sam"], answers["ada"])
        # Seconds from the first text (30): 70, 74, and 370 after a pause of 296.
        self.assertEqual(
            [step[0] for step in answers["sam"]["steps"]], [0, 70, 74, 370]
        )
        self.assertEqual(answers["sam"]["pauses"], [[3, 74, 296]])
        # 24 × 10 signs and the blank before them in 4 seconds, after "Sam’s draft grows."
        self.assertEqual(answers["sam"]["passages"], [[2, 18, 241]])

    def test_without_script_the_moments_lead_to_their_texts(self):
        for name, route, read in (
            ("sam", "assessments:answer-replay", "assessments:version-detail"),
            ("ada", "admin:assessments_script_replay", "admin:assessments_script_text"),
        ):
            self.sign_in(name)
            page = self.page(route)
            found = [
                (m["at"], m["kind"], m["version"].number)
                for m in page.context["moments"]
            ]

            self.assertEqual(
                found,
                [
                    ("0:00:00", "start", 1), ("0:01:14", "passage", 3),
                    ("0:06:10", "pause", 5), ("0:06:10", "end", 5),
                ],
            )  # fmt: skip
            address = reverse(read, args=[self.open_script.public_id, 1, 3])
            self.assertContains(page, f'href="{address}"')
            self.assertContains(page, "it proves nothing")


class RestoreCommandTest(HistoryTestCase):
    def restore(self, script, order, number, by="ada"):
        told = io.StringIO()
        call_command(
            "restore_version", script, str(order), str(number), by=by, stdout=told
        )
        return told.getvalue()

    def test_a_text_is_brought_back_and_written_down(self):
        self.keep("Cleared by mistake", base=1)
        told = self.restore(self.open_script.public_id, 1, 1)
        answer = Answer.objects.get(pk=self.answer.pk)

        self.assertIn("Version 1 (2 words) stands again, as version 3", told)
        self.assertEqual(answer.text, "Sam’s draft.")
        self.assertEqual(answer.current.origin, "restore")
        self.assertEqual(answer.current.writer, self.sam)
        events = list(self.open_script.events.values_list("kind", "actor"))
        self.assertEqual(events, [("brought back", self.ada.pk)])

    def test_what_is_handed_in_follows_until_it_is_marked(self):
        late = self.handed_in.keep("Late.", writer=self.sam, origin=AUTOSAVE).version
        self.restore(self.script.public_id, 1, late.number)
        self.handed_in.refresh_from_db()
        self.assertEqual(self.handed_in.handed_in_text, "Late.")

        make_mark(self.script, self.ada)
        with self.assertRaisesMessage(CommandError, "has been marked"):
            self.restore(self.script.public_id, 1, 1)

    def test_what_stands_already_is_left(self):
        self.assertIn("stands already", self.restore(self.open_script.public_id, 1, 1))
        self.assertEqual(self.answer.versions.count(), 1)

    def test_bad_input_is_answered_with_a_sentence(self):
        here = self.open_script.public_id
        for arguments, sentence in (
            (("nothing", 1, 1), "no script of that public id"),
            ((here, 2, 1), "has 1 answer"),
            ((here, 1, 9), "versions from 1 to 1"),
            ((here, "one", 1), "invalid int"),
            ((here, 1, 1, "sam"), "no staff account"),
            ((here, 1, 1, "nobody"), "no staff account"),
        ):
            with (
                self.subTest(sentence=sentence),
                self.assertRaisesMessage(CommandError, sentence),
            ):
                self.restore(*arguments)


def written(random_source, text):
    """Return the text after some more writing: longer, shorter, or quite another."""
    words = text.split(" ")
    where = random_source.randrange(len(words) + 1)
    more = random_source.choice(
        ["Kirov", "<b>&amp;", "</div>", "“Gulag”\n", *AWKWARD[:7]]
    )
    if random_source.random() < 0.1:
        return more
    return " ".join([*words[:where], more, *words[where:]][-60:])


def keep_a_thousand(cast, random_source):
    """Keep texts of ten answers as three windows would; return what must be found."""
    kept = {}
    for number in range(10):
        script = make_script(cast.sam, None, "", cast.question)
        answer, text, plan = script.answers.get(), "", ""
        for save in range(130):
            part = "plan" if save % 13 == 0 else "answer"
            if part == "plan":
                plan = written(random_source, plan)
                new = json.dumps([plan, "trials"])
            else:
                text = new = written(random_source, text)
            version = answer.keep(
                new, writer=cast.sam, origin=AUTOSAVE, part=part,
                tab=f"a-window-{save % 3}", number=save,
                base=random_source.choice([answer.last_number, 1]),
            ).version  # fmt: skip
            answer.refresh_from_db()
            kept[script.public_id, version.number] = (part, versions.normalised(new))
            if save == 120 and number % 2:
                script.hand_in()
        if not number % 2:
            script.hand_in()
    return kept


# Two thousand pages and commands: a minute and more.
@pytest.mark.long
@pytest.mark.parallel
@pytest.mark.goal(
    "G12", "1,000 sampled versions: each shown to the teacher and brought back"
)
@pytest.mark.django_db
def test_every_kept_text_is_shown_and_brought_back(client, reached):
    cast, random_source = types.SimpleNamespace(), random.Random(12)
    make_cast(cast)
    cast.open_script.hand_in()
    kept = keep_a_thousand(cast, random_source)
    client.force_login(cast.ada)
    shown = restored = 0
    sample = random_source.sample(sorted(kept), 1000)
    for script, number in sample:
        part, text = kept[script, number]
        page = client.get(
            reverse("admin:assessments_script_text", args=[script, 1, number])
        ).content.decode()
        on_page = re.search(r'<div class="sheet written">(.*?)</div>', page, re.DOTALL)
        readable = text if part == "answer" else "\n".join(json.loads(text))
        shown += unescape(on_page[1]) == readable
        call_command(
            "restore_version", script, "1", str(number), by="ada", stdout=io.StringIO()
        )
        answer = Answer.objects.get(script__public_id=script)
        now = answer.text if part == "answer" else answer.plan
        handed_in = answer.handed_in_text == answer.text
        restored += now == text and handed_in
    reached(f"{len(kept)} kept, {shown} of 1,000 shown, {restored} brought back")

    assert len(kept) == 1300
    assert (shown, restored) == (1000, 1000)

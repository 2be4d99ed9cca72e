"""The marking desk and release, for owner, neighbour, second marker and stranger."""

import random
import threading

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import (
    Assessment,
    Assignment,
    Event,
    Mark,
    MarkScheme,
    Question,
    QuestionType,
    Release,
    Script,
)
from assessments.models.releases import shown_release
from people import roles
from tests.base import SchoolTestCase, make_cast
from tests.factories import (
    EDX3D,
    make_assignment,
    make_group,
    make_mark,
    make_membership,
    make_question,
    make_script,
    make_user,
)


class DeskTestCase(SchoolTestCase):
    def setUp(self):
        self.desk = reverse(
            "admin:assessments_script_mark", args=[self.script.public_id, 1]
        )
        self.level = self.question.mark_scheme.levels.get(number=3)

    def post(self, **changes):
        data = {
            "level": self.level.pk, "mark": 8, "ao1": 5, "ao2": 3, "www": "Good.",
            "ebi": "Weigh both.", "private_note": "", "seen": 0,
            "seen_version": self.script.answers.get().handed_in_version_id,
            "_award": "1",
        }  # fmt: skip
        data |= changes
        return self.client.post(
            self.desk, {k: v for k, v in data.items() if v is not None}
        )


class MarkingTest(DeskTestCase):
    def test_a_mark_is_awarded_with_its_split(self):
        self.sign_in("ada")
        response = self.post()

        mark = Mark.objects.standing().get()
        self.assertEqual(response.status_code, 302)
        self.assertEqual(
            (mark.mark, mark.ao1, mark.ao2, mark.level), (8, 5, 3, self.level)
        )
        self.assertEqual((mark.www, mark.ebi), ("Good.", "Weigh both."))
        self.assertEqual((mark.band_low, mark.band_high, mark.tariff), (7, 9, 12))

    def test_objectives_left_empty_are_shared_out(self):
        self.sign_in("ada")
        self.post(ao1="", ao2="", mark=7)

        mark = Mark.objects.standing().get()
        self.assertEqual((mark.ao1, mark.ao2), (4, 3))

    def test_a_draft_may_be_half_done_and_closes_the_way_back(self):
        self.sign_in("ada")
        self.post(level="", mark="", ao1="", ao2="", _award=None, _draft="1")
        self.script.refresh_from_db()

        draft = Mark.objects.get()
        self.assertIsNone(draft.awarded_at)
        self.assertEqual(draft.www, "Good.")
        self.assertFalse(self.script.can_be_taken_back)

    def test_a_script_saves_drafts_quietly(self):
        self.sign_in("ada")
        response = self.client.post(
            self.desk, {"mark": 5, "_draft": "1"}, headers={"X-Quiet-Save": "1"}
        )

        self.assertEqual(response.json()["code"], "saved")

    def test_impossible_marks_are_refused_with_sentences_and_kept_as_drafts(self):
        cases = [
            ({"mark": 10, "ao1": 6, "ao2": 4}, "lies outside this level"),
            ({"mark": 13}, "between 0 and 12"),
            ({"ao2": 2}, "add up to 7, the mark is 8"),
            ({"level": ""}, "needs a level"),
            ({"mark": ""}, "Choose a level and a mark"),
            ({"mark": 0, "ao1": 0, "ao2": 0}, "0 has no level"),
            ({"mark": "-3"}, "greater than or equal to 0"),
            ({"mark": "x"}, "whole number"),
        ]
        self.sign_in("ada")
        for changes, sentence in cases:
            with self.subTest(sentence=sentence):
                response = self.post(**changes)
                self.assertContains(response, sentence, status_code=409)
                self.assertContains(response, "Weigh both.", status_code=409)
                self.assertFalse(Mark.objects.awarded().exists())
                self.assertEqual(Mark.objects.get().ebi, "Weigh both.")

    def test_a_firm_ceiling_refuses_and_a_prompt_does_not(self):
        firm, prompt = self.question.mark_scheme.ceilings.order_by("highest_mark")
        self.sign_in("ada")
        refused = self.post(ceilings=[firm.pk])
        self.assertContains(refused, "stops this answer at 6", status_code=409)

        self.post(ceilings=[prompt.pk])
        mark = Mark.objects.standing().get()
        self.assertEqual([c.condition for c in mark.ceilings.all()], ["no judgement"])

    def test_spag_exists_only_where_the_question_has_it(self):
        question = make_question(EDX3D, "edx")
        script = make_script(
            self.sam, make_assignment(question, self.hi1, self.ada), "x", hand_in=True
        )
        level = question.mark_scheme.levels.get(number=3)
        self.desk = reverse("admin:assessments_script_mark", args=[script.public_id, 1])
        version = script.answers.get().handed_in_version_id
        self.sign_in("ada")
        edx = {
            "level": level.pk, "mark": 11, "ao1": None, "ao2": None, "ao4": 11,
            "seen_version": version,
        }  # fmt: skip
        self.assertContains(self.post(**edx), "SPaG marks", status_code=409)
        self.post(**edx, spag=3)

        mark = Mark.objects.standing().get()
        self.assertEqual((mark.mark, mark.spag, mark.total), (11, 3, 14))
        self.assertEqual(mark.highest_total, 20)

    def test_who_may_not_mark_is_refused(self):
        expected = {"asa": 403, "sen": 403, "bea": 404, "dee": 403, "sid": 403}
        for name, status in expected.items():
            with self.subTest(name=name):
                self.sign_in(name)
                self.assertEqual(self.post().status_code, status)
        self.assertFalse(Mark.objects.exists())

    def test_a_superuser_without_a_role_does_not_get_in(self):
        self.sign_in("root")

        self.assertEqual(self.post().status_code, 302)
        self.assertFalse(Mark.objects.exists())

    def test_what_was_taken_back_cannot_be_marked(self):
        self.sign_in("ada")
        self.client.get(self.desk)
        self.script.take_back()

        response = self.post()
        self.assertContains(response, "taken this script back", status_code=409)
        self.assertContains(response, "Weigh both.", status_code=409)
        self.assertFalse(Mark.objects.exists())

    def test_desk_and_next_script_stay_within_their_queries(self):
        self.sign_in("ada")
        self.client.get(self.desk)
        with CaptureQueriesContext(connection) as few:
            self.client.get(self.desk)
        self.assertLessEqual(len(few), 13, [q["sql"][:100] for q in few])
        for number in range(12):
            student = make_user(f"pupil{number}", role=roles.STUDENT, group=self.hi1)
            script = make_script(student, self.assignment, "Text.", hand_in=True)
            if number % 2:
                make_mark(script, self.ada)
        with self.assertNumQueries(len(few)):
            self.client.get(self.desk)

    def test_save_and_next_goes_round_to_the_next_unmarked(self):
        student = make_user("lea", role=roles.STUDENT, group=self.hi1)
        other = make_script(student, self.assignment, "Text.", hand_in=True)
        self.sign_in("ada")
        response = self.post(_award=None, _next="1")
        self.assertIn(other.public_id, response.url)
        self.desk = response.url
        done = self.post(
            _award=None, _next="1",
            seen_version=other.answers.get().handed_in_version_id,
        )  # fmt: skip

        self.assertIn("/release/", done.url)

    def test_awkward_values_are_sentences_and_never_an_error(self):
        self.sign_in("ada")
        for changes in (
            {"ao1": "x"}, {"ao1": "-1"}, {"ao1": 10**30}, {"mark": 10**30},
            {"ceilings": [10**30]}, {"ceilings": ["x"]}, {"level": 10**30},
            {"seen": "9" * 5000}, {"seen": "-1"}, {"seen_version": "x"},
            {"www": "x" * 200_000}, {"mark": "x", "ebi": "Kept all the same."},
        ):  # fmt: skip
            with self.subTest(changes=str(changes)[:30]):
                self.assertIn(self.post(**changes).status_code, (302, 409))
        release = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        for value in (10**30, "x", ""):
            response = self.client.post(release, {"scripts": [value], "release": "1"})
            self.assertEqual(response.status_code, 200)

    def test_the_words_of_a_bad_mark_are_kept(self):
        self.sign_in("ada")
        self.post(mark="x", ebi="Kept all the same.")

        self.assertEqual(Mark.objects.get().ebi, "Kept all the same.")

    def test_a_draft_with_too_many_spag_marks_is_kept(self):
        question = make_question(EDX3D, "edx")
        script = make_script(
            self.sam, make_assignment(question, self.hi1, self.ada), "x", hand_in=True
        )
        self.desk = reverse("admin:assessments_script_mark", args=[script.public_id, 1])
        self.sign_in("ada")
        response = self.post(
            level="", ao1=None, ao2=None, spag=9, mark="", _award=None, _draft="1",
            seen_version=script.answers.get().handed_in_version_id,
        )  # fmt: skip

        self.assertEqual(response.status_code, 302)
        self.assertEqual(Mark.objects.get().spag, 9)

    def test_an_assistant_who_teaches_elsewhere_does_not_mark_or_release_here(self):
        make_membership(self.asa, roles.TEACHER, self.hi2)
        make_mark(self.script, self.ada)
        release = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        change = reverse(
            "admin:assessments_assignment_change", args=[self.assignment.pk]
        )
        self.sign_in("asa")

        self.assertEqual(self.post().status_code, 403)
        answer = self.client.post(
            release, {"scripts": [self.script.public_id], "release": "1"}
        )
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.client.post(change, {"note": "x"}).status_code, 403)

    def test_a_newer_text_is_read_before_it_is_marked(self):
        self.sign_in("ada")
        seen = self.script.answers.get().handed_in_version_id
        self.script.take_back()
        self.script.answers.get().keep(
            "Newer.", writer=self.sam, origin="autosave", base=1
        )
        self.script.hand_in()
        refused = self.post(seen_version=seen)
        self.assertContains(refused, "newer text", status_code=409)
        self.post()

        mark = Mark.objects.standing().get()
        self.assertEqual(mark.version.text, "Newer.")

    def test_marking_again_keeps_the_ceiling_and_stays_the_first_mark(self):
        firm = self.question.mark_scheme.ceilings.get(highest_mark=6)
        low = self.question.mark_scheme.levels.get(number=2)
        self.sign_in("ada")
        self.post(ceilings=[firm.pk], level=low.pk, mark=6, ao1=3, ao2=3)
        make_mark(self.script, self.hal, 5, role=Mark.Role.SECOND, reason="Sample.")
        page = self.client.get(self.desk)
        self.post(level=low.pk, mark=5, ao1=3, ao2=2, seen=1, role="first")

        self.assertIn(
            {"ceilings": [firm], "is_ticked": True, "is_firm": True},
            page.context["ceilings"],
        )
        self.assertEqual(
            [(m.role, m.mark) for m in Mark.objects.standing()], [("first", 5)]
        )


class SecondMarkerTest(DeskTestCase):
    def test_a_second_marker_is_told_needs_a_reason_and_overwrites_nothing(self):
        make_mark(self.script, self.ada, 9)
        self.sign_in("hal")
        page = self.client.get(self.desk)
        refused = self.post(seen=1)
        self.post(seen=1, reason="Sampling.")

        self.assertContains(page, "Another marker’s mark stands here")
        self.assertNotContains(page, "Ada Test")
        self.assertContains(refused, "Say why there is another mark", status_code=409)
        self.assertEqual(
            sorted(Mark.objects.awarded().values_list("role", "mark")),
            [("first", 9), ("second", 8)],
        )
        self.assertEqual(Mark.objects.standing().get().mark, 9)
        self.assertContains(self.client.get(self.desk), "Ada Test")

    def test_a_mark_given_meanwhile_stops_the_award_and_keeps_the_draft(self):
        self.sign_in("hal")
        self.client.get(self.desk)
        make_mark(self.script, self.ada, 9)
        response = self.post(seen=0, reason="x")

        self.assertContains(response, "since you opened it", status_code=409)
        self.assertEqual(Mark.objects.awarded().get().marker, self.ada)
        self.assertEqual(Mark.objects.drafts_of(self.hal).get().www, "Good.")

    def test_agreeing_is_said_and_not_guessed(self):
        make_mark(self.script, self.ada, 9)
        self.sign_in("hal")
        self.post(seen=1, reason="Sampling.")
        unsaid = self.post(seen=1, reason="We agreed on 8.")
        roles_then = sorted(Mark.objects.awarded().values_list("role", flat=True))
        self.post(seen=1, role="second", reason="I had missed a page.")
        self.post(seen=1, role="agreed", reason="We agreed on 8.")

        self.assertContains(unsaid, "your own or the agreed one", status_code=409)
        self.assertEqual(roles_then, ["first", "second"])
        self.assertEqual(
            list(Mark.objects.awarded().order_by("pk").values_list("role", flat=True)),
            ["first", "second", "second", "agreed"],
        )
        self.assertEqual(Mark.objects.standing().get().role, Mark.Role.AGREED)

    def test_the_first_marker_may_write_down_the_agreed_mark_too(self):
        make_mark(self.script, self.ada, 9)
        make_mark(self.script, self.hal, 7, role=Mark.Role.SECOND, reason="Sample.")
        self.sign_in("ada")
        no_reason = self.post(seen=1, role="agreed")
        self.post(seen=1, role="agreed", reason="Talked it through.")

        self.assertContains(no_reason, "Say why", status_code=409)
        standing = Mark.objects.standing().get()
        self.assertEqual((standing.role, standing.marker), ("agreed", self.ada))


class InterleavingsTest(TransactionTestCase):
    """Two markers at one answer, 200 times: nothing of either is lost."""

    @pytest.mark.long
    @pytest.mark.parallel
    @pytest.mark.races
    def test_200_random_interleavings(self):
        make_cast(self)
        chance = random.Random(200)
        level = self.question.mark_scheme.levels.get(number=3)
        for round_number in range(200):
            assignment = make_assignment(self.question, self.hi1, self.ada)
            script = make_script(self.sam, assignment, "Text.", hand_in=True)
            desk = reverse("admin:assessments_script_mark", args=[script.public_id, 1])
            version = script.answers.get().handed_in_version_id
            steps = [
                ("ada", "draft"),
                ("ada", "award"),
                ("hal", "draft"),
                ("hal", "award"),
            ]
            chance.shuffle(steps)
            steps.sort(key=lambda step: step[1] == "award" and chance.random())
            seen = {"ada": 0, "hal": 0}
            for name, action in steps:
                client = Client()
                client.force_login(getattr(self, name))
                mark = 7 if name == "ada" else 9
                response = client.post(
                    desk,
                    {
                        "level": level.pk, "mark": mark, "www": f"By {name}.",
                        "seen": seen[name], "seen_version": version,
                        "reason": "Second.", f"_{action}": "1",
                    },
                )  # fmt: skip
                if response.status_code == 409:
                    seen[name] = 1
                    again = client.post(
                        desk,
                        {
                            "level": level.pk, "mark": mark, "www": f"By {name}.",
                            "seen": 1, "seen_version": version,
                            "reason": "Second.", f"_{action}": "1",
                        },
                    )  # fmt: skip
                    self.assertEqual(again.status_code, 302, round_number)
            given = {
                mark.marker.username: (mark.mark, mark.www)
                for mark in Mark.objects.awarded().filter(answer__script=script)
            }
            self.assertEqual(given, {"ada": (7, "By ada."), "hal": (9, "By hal.")})
            roles_given = set(
                Mark.objects.awarded()
                .filter(answer__script=script)
                .values_list("role", flat=True)
            )
            self.assertEqual(roles_given, {"first", "second"}, round_number)

    def test_two_awards_at_the_same_moment(self):
        make_cast(self)
        level = self.question.mark_scheme.levels.get(number=3)
        version = self.script.answers.get().handed_in_version_id
        desk = reverse("admin:assessments_script_mark", args=[self.script.public_id, 1])
        start = threading.Barrier(2)
        statuses = []

        def award(user):
            client = Client()
            client.force_login(user)
            start.wait()
            response = client.post(
                desk,
                {
                    "level": level.pk, "mark": 8, "seen": 0, "seen_version": version,
                    "reason": "x", "_award": "1",
                },
            )  # fmt: skip
            statuses.append(response.status_code)
            connection.close()

        threads = [
            threading.Thread(target=award, args=(u,)) for u in (self.ada, self.hal)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(sorted(statuses), [302, 409])
        self.assertEqual(Mark.objects.awarded().count(), 1)
        self.assertEqual(Mark.objects.count(), 2)


class AnonymityTest(DeskTestCase):
    def pages(self):
        return [
            reverse("admin:index"),
            reverse("admin:assessments_script_changelist"),
            reverse("admin:assessments_assignment_changelist"),
            reverse("admin:assessments_assignment_change", args=[self.assignment.pk]),
            reverse("admin:assessments_assignment_release", args=[self.assignment.pk]),
            self.desk,
            reverse("admin:assessments_script_events", args=[self.script.public_id]),
            reverse("admin:assessments_assignment_history", args=[self.assignment.pk]),
        ]

    @pytest.mark.goal("G48", "0 identities on 8 marking pages; no time but the day")
    def test_no_marking_page_names_the_student_before_release(self):
        self.sam.last_name = "Unmistakable"
        self.sam.save()
        make_mark(self.script, self.ada, award=False)
        Event.record(self.script, self.sam, Event.Kind.HANDED_IN)
        handed_in = timezone.localtime() - timezone.timedelta(hours=7, seconds=77)
        type(self.script).objects.filter(pk=self.script.pk).update(
            handed_in_at=handed_in, started_at=handed_in
        )
        self.sign_in("ada")
        for address in self.pages():
            with self.subTest(address=address):
                page = self.client.get(address)
                self.assertEqual(page.status_code, 200)
                for telling in (
                    "Unmistakable", "sam", f"student/{self.sam.pk}/",
                    self.script.receipt_code, f"{handed_in:%H:%M:%S}",
                ):  # fmt: skip
                    self.assertNotContains(page, telling)

    def test_names_stand_on_the_release_page_after_release(self):
        make_mark(self.script, self.ada)
        self.sign_in("ada")
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        self.client.post(address, {"scripts": [self.script.public_id], "release": "1"})

        self.assertContains(self.client.get(address), "Sam Test")

    def test_revealing_needs_the_right_and_is_written_down(self):
        address = reverse(
            "admin:assessments_script_reveal", args=[self.script.public_id]
        )
        for name, status in {"ada": 403, "asa": 403, "hal": 302, "bea": 404}.items():
            with self.subTest(name=name):
                self.sign_in(name)
                self.assertEqual(self.client.post(address).status_code, status)
        events = self.script.events.filter(kind=Event.Kind.REVEALED)

        self.assertEqual([event.actor for event in events], [self.hal])


class ReleasePageTest(DeskTestCase):
    def test_release_take_back_and_who_has_read(self):
        make_mark(self.script, self.ada)
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        self.sign_in("ada")
        released = self.client.post(
            address, {"scripts": [self.script.public_id], "release": "1"}, follow=True
        )
        self.sign_in("sam")
        self.client.get(f"/scripts/{self.script.public_id}/feedback/")
        self.sign_in("ada")
        listed = self.client.get(address)
        back = {"scripts": [self.script.public_id], "take_back": "1"}
        asked = self.client.post(address, back)
        still = shown_release(self.script)
        taken = self.client.post(address, back | {"sure": "1"}, follow=True)

        self.assertContains(released, "1 of 1 released")
        self.assertContains(listed, f"{timezone.localtime():%-d %b %Y}, ")
        self.assertContains(asked, "have been read already by: Sam Test.")
        self.assertIsNotNone(still)
        self.assertContains(taken, "1 taken back")
        self.assertIsNone(shown_release(self.script))

    def test_a_newer_mark_than_the_released_one_is_pointed_out(self):
        make_mark(self.script, self.ada, 8)
        Release.show(self.assignment.scripts.all(), self.ada)
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        self.sign_in("ada")
        before = self.client.get(address)
        make_mark(self.script, self.ada, 9)
        after = self.client.get(address)

        self.assertNotContains(before, "a newer mark waits")
        self.assertContains(after, "a newer mark waits")

    def test_releasing_costs_the_same_for_one_script_and_for_thirty(self):
        def queries(count):
            group = make_group(f"10C/{count}")
            make_membership(self.ada, roles.TEACHER, group)
            task = make_assignment(self.question, group, self.ada)
            for number in range(count):
                student = make_user(
                    f"s{count}x{number}", role=roles.STUDENT, group=group
                )
                make_mark(make_script(student, task, "x", hand_in=True), self.ada)
            with CaptureQueriesContext(connection) as release:
                Release.show(task.scripts.all(), self.ada)
            with CaptureQueriesContext(connection) as back:
                Release.take_back(task.scripts.all(), self.ada)
            assert Event.objects.filter(script__assignment=task).count() == 3 * count
            return len(release), len(back)

        self.assertEqual(queries(1), queries(30))

    def test_unmarked_scripts_are_held(self):
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        self.sign_in("ada")
        response = self.client.post(
            address, {"scripts": [self.script.public_id], "release": "1"}, follow=True
        )

        self.assertContains(response, "1 held: not fully marked yet")

    def test_nothing_ticked_and_foreign_scripts_are_refused(self):
        other = make_assignment(self.question, self.hi2, self.bea)
        foreign = make_script(self.tom, other, "x", hand_in=True)
        make_mark(foreign, self.bea)
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        self.sign_in("ada")
        nothing = self.client.post(address, {"release": "1"})
        stranger = self.client.post(
            address, {"scripts": [foreign.public_id], "release": "1"}
        )

        self.assertContains(nothing, "Tick at least one script")
        self.assertContains(stranger, "Select a valid choice")
        self.assertFalse(foreign.releases.exists())

    def test_who_may_read_may_not_release(self):
        make_mark(self.script, self.ada)
        address = reverse(
            "admin:assessments_assignment_release", args=[self.assignment.pk]
        )
        for name in ("asa", "sen"):
            self.sign_in(name)
            response = self.client.post(
                address, {"scripts": [self.script.public_id], "release": "1"}
            )
            self.assertEqual(response.status_code, 403)
        self.assertFalse(self.script.releases.exists())


class PracticeTest(DeskTestCase):
    def test_own_teachers_see_practice_as_practice(self):
        make_script(self.sam, None, "Practised.", self.question).hand_in()
        self.open_script.hand_in()
        address = reverse("admin:assessments_script_practice")
        for name, seen in {"ada": True, "hal": True, "bea": False}.items():
            with self.subTest(name=name):
                self.sign_in(name)
                shown = "Sam’s draft." in self.client.get(address).content.decode()
                self.assertEqual(shown, seen)

    def test_a_paper_is_marked_a_script_through(self):
        paper = Assessment.objects.create(title="Two questions")
        for order, question in enumerate((self.question, make_question(slug="b")), 1):
            paper.assessment_questions.create(question=question, order=order)
        assignment = Assignment.objects.create(
            assessment=paper,
            group=self.hi1,
            due_at=timezone.now() + timezone.timedelta(days=1),
            set_by=self.ada,
        )
        script = Script.start(self.sam, assignment=assignment)
        script.hand_in()
        self.sign_in("ada")
        page = self.client.get(
            reverse("admin:assessments_script_mark", args=[script.public_id, 1])
        )

        second = reverse("admin:assessments_script_mark", args=[script.public_id, 2])
        self.assertContains(page, f'href="{second}">Question 6<')


class SettingWorkTest(DeskTestCase):
    def form(self, **changes):
        return {
            "task": f"q-{self.question.pk}", "group": self.hi1.pk,
            "opens_at_0": "01/09/2026", "opens_at_1": "09:00:00",
            "due_at_0": "01/12/2026", "due_at_1": "09:00:00", "note": "Use Source B.",
            **changes,
        }  # fmt: skip

    def test_a_question_is_set_to_a_class(self):
        self.sign_in("ada")
        self.client.post(reverse("admin:assessments_assignment_add"), self.form())

        made = Assignment.objects.latest("pk")
        self.assertEqual(made.set_by, self.ada)
        self.assertEqual(list(made.assessment.questions.all()), [self.question])
        self.assertEqual(made.assessment, self.assignment.assessment)

    def test_due_before_opening_is_a_sentence(self):
        self.sign_in("ada")
        response = self.client.post(
            reverse("admin:assessments_assignment_add"),
            self.form(due_at_0="01/08/2026"),
        )

        self.assertContains(response, "It is due before it opens")
        self.assertContains(response, "Use Source B.")

    def test_a_paper_stays_a_paper_when_its_date_is_changed(self):
        paper = Assessment.objects.create(title="Two questions")
        for order, question in enumerate((self.question, make_question(slug="b")), 1):
            paper.assessment_questions.create(question=question, order=order)
        Assignment.objects.filter(pk=self.assignment.pk).update(assessment=paper)
        self.sign_in("ada")
        self.client.post(
            reverse("admin:assessments_assignment_change", args=[self.assignment.pk]),
            self.form(note="New date."),
        )

        self.assignment.refresh_from_db()
        self.assertEqual(self.assignment.note, "New date.")
        self.assertEqual(self.assignment.assessment, paper)

    def test_cover_sees_and_marks_until_the_last_day(self):
        cover = make_user("cov", staff=True)
        row = make_membership(
            cover, roles.TEACHER, self.hi1, until=timezone.localdate()
        )
        self.client.force_login(cover)
        self.assertEqual(self.client.get(self.desk).status_code, 200)
        row.until_date = timezone.localdate() - timezone.timedelta(days=1)
        row.from_date = row.until_date
        row.save()

        self.assertEqual(self.client.get(self.desk).status_code, 302)


def test_the_admin_lists_what_is_marked():
    models = {model.__name__ for model in admin.site._registry}

    assert {"Script", "Assignment", "Question"} <= models


class PointMarkingTest(SchoolTestCase):
    """A question that is marked by points: each is a mark, and there is no level."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        scheme = MarkScheme.objects.create(name="Inferences", series="2018", tariff=4)
        cls.points = []
        for order in range(1, 5):
            needed = cls.points[-1] if order % 2 == 0 else None
            cls.points.append(
                scheme.points.create(
                    order=order,
                    name=f"Point {order}",
                    for_student=f"STUDENT {order}",
                    for_marker=f"MARKER {order}",
                    needs=needed,
                )
            )
        form = QuestionType.objects.create(
            code="EDX-Q1", board="Edexcel", specification="1HI0", paper="3", number="1",
            command_word="Give two things", tariff=4, ao3=4, minutes=6,
            is_point_marked=True,
        )  # fmt: skip
        question = Question.objects.create(
            slug="points", type=form, wording="Give two things …", mark_scheme=scheme,
            indicative_content="x", published_at=timezone.now(),
        )  # fmt: skip
        cls.task = make_assignment(question, cls.hi1, cls.ada)
        cls.answer_sheet = make_script(
            cls.sam, cls.task, "He was afraid.", hand_in=True
        )
        cls.desk = reverse(
            "admin:assessments_script_mark", args=[cls.answer_sheet.public_id, 1]
        )

    def post(self, *points, **more):
        version = self.answer_sheet.answers.get().handed_in_version_id
        data = {
            "points": [point.pk for point in points], "www": "", "ebi": "",
            "seen": 0, "seen_version": version, "_award": "1",
        }  # fmt: skip
        self.sign_in("ada")
        return self.client.post(self.desk, data | more, follow=True)

    def test_ticked_points_make_the_mark_and_the_objectives(self):
        page = self.post(self.points[0], self.points[1], self.points[2])
        mark = Mark.objects.awarded().get()

        self.assertContains(page, "MARKER 4")
        self.assertEqual((mark.mark, mark.ao3, mark.level), (3, 3, None))
        self.assertEqual(set(mark.points.all()), set(self.points[:3]))

    def test_a_detail_without_its_inference_is_refused_and_kept_as_a_draft(self):
        page = self.post(self.points[1], ebi="Infer first.")

        self.assertContains(page, "earns nothing without", status_code=409)
        self.assertFalse(Mark.objects.awarded().exists())
        self.assertEqual(Mark.objects.get().ebi, "Infer first.")

    def test_the_student_reads_which_points_were_given(self):
        self.post(self.points[0])
        Release.show(self.task.scripts.all(), self.ada)
        self.sign_in("sam")
        page = self.client.get(f"/scripts/{self.answer_sheet.public_id}/feedback/")

        self.assertContains(page, "Point 1: given")
        self.assertContains(page, "Point 2: STUDENT 2")
        self.assertNotContains(page, "MARKER")

    def test_a_student_marks_their_own_practice_by_points(self):
        question = Question.objects.get(slug="points")
        script = make_script(self.una, None, "Afraid.", question)
        script.hand_in()
        self.sign_in("una")
        address = reverse("assessments:script-self-mark", args=[script.public_id])
        right = self.client.post(address, {"mark": 3}, follow=True)
        wrong = self.client.post(address, {"mark": 5})

        self.assertContains(right, "Your own mark: 3 of 4.")
        self.assertContains(wrong, "less than or equal to 4", status_code=400)

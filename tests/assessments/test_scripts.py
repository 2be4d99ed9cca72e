"""Scripts, answers and their versions: rows, rules and races."""

import datetime
import random
import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import TransactionTestCase
from django.utils import timezone

from assessments.erasing import erase
from assessments.models import (
    Answer,
    AnswerVersion,
    Assignment,
    Event,
    Release,
    Script,
)
from assessments.models.scripts import AnswerMovedError, texts_standing
from people import roles
from tests.base import SchoolTestCase, make_cast
from tests.factories import (
    make_assignment,
    make_mark,
    make_membership,
    make_script,
    make_user,
)

AUTOSAVE = AnswerVersion.Origin.AUTOSAVE


class VisibilityTest(SchoolTestCase):
    def test_scripts_are_seen_by_their_writer_and_the_staff_of_the_class(self):
        readers = {"sam", "ada", "asa", "hal", "sen"}
        for name in (
            "ada",
            "asa",
            "bea",
            "sam",
            "tom",
            "una",
            "hal",
            "sen",
            "dee",
            "sid",
            "gus",
        ):
            with self.subTest(name=name):
                seen = Script.objects.visible_to(getattr(self, name))
                self.assertEqual(self.script in seen, name in readers)
                answers = Answer.objects.visible_to(getattr(self, name))
                self.assertEqual(
                    answers.filter(script=self.script).exists(), name in readers
                )
                texts = AnswerVersion.objects.visible_to(getattr(self, name))
                self.assertEqual(
                    texts.filter(answer__script=self.script).exists(), name in readers
                )

    def test_a_students_scripts_move_along_and_stay_with_the_class_as_well(self):
        today = timezone.localdate()
        self.hi1.memberships.filter(person=self.sam).update(
            until_date=today - datetime.timedelta(days=1)
        )
        make_membership(self.sam, roles.STUDENT, self.hi2, since=today)

        self.assertIn(self.script, Script.objects.visible_to(self.bea))
        self.assertIn(self.script, Script.objects.visible_to(self.ada))
        self.assertNotIn(self.open_script, Script.objects.visible_to(self.ada))

    def test_assignments_open_for_students_at_their_time(self):
        later = make_assignment(self.question, self.hi1, self.ada, opened=-1)

        self.assertNotIn(later, Assignment.objects.visible_to(self.sam))
        self.assertIn(later, Assignment.objects.visible_to(self.ada))
        self.assertNotIn(self.assignment, Assignment.objects.visible_to(self.tom))


class RulesTest(SchoolTestCase):
    def test_who_may_write_and_mark_at_each_stage(self):
        table = {
            "sam": (True, False),
            "ada": (False, True),
            "asa": (False, False),
            "bea": (False, False),
            "hal": (False, True),
            "sen": (False, False),
            "tom": (False, False),
        }
        for name, (writes, marks) in table.items():
            person = getattr(self, name)
            with self.subTest(name=name):
                self.assertEqual(self.open_script.can_be_written_by(person), writes)
                self.assertFalse(self.script.can_be_written_by(person))
                self.assertEqual(self.script.can_be_marked_by(person), marks)
                self.assertFalse(self.open_script.can_be_marked_by(person))

    def test_it_is_due_after_it_opens(self):
        row = Assignment(
            assessment=self.assignment.assessment,
            group=self.hi1,
            opens_at=timezone.now(),
            due_at=timezone.now() - datetime.timedelta(hours=1),
            set_by=self.ada,
        )

        with pytest.raises(ValidationError, match="due before it opens"):
            row.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()

    def test_a_student_has_one_script_an_assignment(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            Script.objects.create(student=self.sam, assignment=self.assignment)
        again = Script.start(self.sam, assignment=self.assignment)
        self.assertEqual(again, self.script)

    def test_a_script_answers_something(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            Script.objects.create(student=self.sam)

    def test_handing_in_happens_once_and_pins_the_text(self):
        script = make_script(self.una, None, "First.", self.question)

        self.assertTrue(script.hand_in())
        self.assertFalse(script.hand_in())
        answer = script.answers.get()
        answer.keep("Too late.", writer=self.una, origin=AUTOSAVE)
        answer.refresh_from_db()
        self.assertEqual(answer.handed_in_text, "First.")
        self.assertEqual(answer.text, "First.")
        self.assertEqual(answer.versions.count(), 2)

    def test_it_can_be_taken_back_until_marking_starts(self):
        self.assertTrue(self.script.take_back())
        self.assertFalse(self.script.take_back())
        self.script.hand_in()
        self.assertTrue(self.script.start_marking())
        self.assertFalse(self.script.take_back())
        self.assertTrue(self.script.is_handed_in)

    def test_marking_cannot_start_on_what_was_taken_back(self):
        self.script.take_back()

        self.assertFalse(self.script.start_marking())

    def test_late_is_after_the_date(self):
        late = make_assignment(self.question, self.hi1, self.ada, days=-1, opened=3)

        self.assertTrue(make_script(self.sam, late, "x", hand_in=True).is_late)
        self.assertFalse(self.script.is_late)


class VersionsTest(SchoolTestCase):
    def setUp(self):
        self.answer = self.open_script.answers.get()

    def keep(self, text, **kwargs):
        return self.answer.keep(text, writer=self.sam, origin=AUTOSAVE, **kwargs)

    def test_every_text_is_kept_and_the_newest_stands(self):
        texts = [f"Sentence number {n}. " * n for n in range(1, 40)]
        base = 1
        for number, text in enumerate(texts, 1):
            kept = self.keep(text, tab="tab-one-x", number=number, base=base)
            base = kept.version.number
            self.assertTrue(kept.is_current)

        stored = list(self.answer.versions.of_answer().order_by("number"))
        self.assertEqual([version.text for version in stored], ["Sam’s draft.", *texts])
        self.answer.refresh_from_db()
        self.assertEqual(self.answer.text, texts[-1])

    def test_the_same_save_again_gets_the_same_receipt(self):
        first = self.keep("One.", tab="tab-one-x", number=2, base=1)
        again = self.keep("One.", tab="tab-one-x", number=2, base=1)

        self.assertEqual(first.version, again.version)
        self.assertTrue(again.is_repeated)
        self.assertTrue(again.is_current)
        self.assertEqual(self.answer.versions.count(), 2)

    def test_a_text_that_follows_from_an_older_one_is_kept_beside(self):
        self.keep("From the new tab.", tab="tab-two-x", number=2, base=1)
        kept = self.keep("From the old tab.", tab="tab-one-x", number=2, base=1)

        self.assertFalse(kept.is_current)
        self.answer.refresh_from_db()
        self.assertEqual(self.answer.text, "From the new tab.")
        self.assertEqual(kept.version.text, "From the old tab.")

    def test_a_tab_goes_on_from_its_own_unanswered_save(self):
        self.keep("One", tab="tab-one-x", number=2, base=1)
        kept = self.keep("One two", tab="tab-one-x", number=3, base=1)

        self.assertTrue(kept.is_current)

    def test_a_save_that_arrives_late_does_not_stand(self):
        self.keep("Newer", tab="tab-one-x", number=5, base=1)
        kept = self.keep("Older", tab="tab-one-x", number=4, base=1)

        self.assertFalse(kept.is_current)

    def test_bringing_back_an_old_text_makes_a_new_version(self):
        old = self.answer.versions.get(number=1)
        self.keep("Something else", tab="tab-one-x", number=2, base=1)
        self.answer.keep(old.text, writer=self.sam, origin=AnswerVersion.Origin.RESTORE)

        self.answer.refresh_from_db()
        self.assertEqual(self.answer.text, "Sam’s draft.")
        self.assertEqual(self.answer.versions.count(), 3)

    def test_the_plan_is_kept_apart(self):
        self.keep('["Kirov"]', part="plan", tab="tab-one-x", number=2)

        self.answer.refresh_from_db()
        self.assertEqual(self.answer.plan, '["Kirov"]')
        self.assertEqual(self.answer.text, "Sam’s draft.")

    def test_a_long_morning_of_writing_stays_small(self):
        text, base = "", 1
        for number in range(600):
            text += f"word{number} "
            kept = self.keep(text, tab="tab-one-x", number=number + 2, base=base)
            base = kept.version.number
        stored = sum(len(bytes(v.packed)) for v in self.answer.versions.all())

        self.assertLess(stored, 180_000)

    def test_a_save_costs_three_queries(self):
        with self.assertNumQueries(5):  # three, and the test's own savepoint
            self.keep("One.", tab="tab-one-x", number=2, base=1)

    def test_unknown_answers_keep_nothing(self):
        gone = Answer(pk=self.answer.pk + 1000)

        self.assertIsNone(gone.keep("x", writer=self.sam, origin=AUTOSAVE))

    def test_another_text_under_the_same_number_is_not_taken_for_a_repetition(self):
        self.keep("First press.", tab="tab-one-x", number=1, base=1)
        kept = self.keep("Back, changed, pressed.", tab="tab-one-x", number=1, base=1)

        self.assertEqual(kept.version.text, "Back, changed, pressed.")
        self.answer.refresh_from_db()
        self.assertEqual(self.answer.text, "Back, changed, pressed.")

    def test_a_blank_answer_is_a_text_that_can_be_marked(self):
        assignment = make_assignment(self.question, self.hi1, self.ada)
        script = Script.start(self.sam, assignment=assignment)
        script.hand_in()

        self.assertEqual(script.answers.get().handed_in_text, "")
        make_mark(script, self.ada, 0)

    def test_what_was_confirmed_is_what_is_handed_in(self):
        self.answer.refresh_from_db()
        seen = texts_standing([self.answer])
        self.keep("From another window.", tab="tab-two-x", number=1, base=1)

        with pytest.raises(AnswerMovedError):
            self.open_script.hand_in(seen)
        self.open_script.refresh_from_db()
        self.assertIsNone(self.open_script.handed_in_at)


class RedraftTest(SchoolTestCase):
    def test_a_second_draft_begins_from_the_first_and_leaves_it_alone(self):
        answer = self.script.answers.get()
        draft = answer.make_redraft()

        self.assertEqual(draft.text, "Sam’s answer.")
        self.assertEqual(draft.redraft_of, answer)
        self.assertEqual(draft.script.assignment, self.assignment)
        self.assertEqual(answer.make_redraft(), draft)
        self.assertEqual(str(draft.script), f"Script {draft.script.marking_code}")


class ErasingTest(SchoolTestCase):
    def test_erasing_takes_everything_of_these_scripts_and_no_more(self):
        make_mark(self.script, self.ada)
        self.script.answers.get().make_redraft()

        erase(Script.objects.filter(student=self.sam))

        for model in (Script, Answer, AnswerVersion, Event):
            self.assertFalse(model.objects.exists(), model)

    def test_a_release_goes_with_the_last_of_its_scripts(self):
        other = make_script(
            make_user("kim", role=roles.STUDENT, group=self.hi1),
            self.assignment,
            "Kim’s.",
            hand_in=True,
        )
        for script in (self.script, other):
            make_mark(script, self.ada)
        Release.show(Script.objects.filter(assignment=self.assignment), self.ada)

        erase(Script.objects.filter(student=self.sam))
        self.assertEqual(Release.objects.get().scripts.get().script, other)
        erase(Script.objects.filter(pk=other.pk))
        self.assertFalse(Release.objects.exists())


class RacesTest(TransactionTestCase):
    """Real threads on a real database: the lock is the database's own."""

    def setUp(self):
        make_cast(self)

    def race(self, jobs):
        errors = []

        def run(job):
            try:
                job()
            except Exception as error:  # noqa: BLE001 (reported below)
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

    def test_saves_at_once_are_all_kept_and_one_stands(self):
        answer = self.open_script.answers.get()

        def save(number):
            answer.keep(
                f"Text {number}",
                writer=self.sam,
                origin=AUTOSAVE,
                tab=f"tab-{number:04}",
                number=1,
                base=1,
            )

        self.race([lambda n=n: save(n) for n in range(8)])

        answer.refresh_from_db()
        self.assertEqual(answer.versions.count(), 9)
        self.assertEqual(answer.last_number, 9)
        self.assertTrue(answer.text.startswith("Text "))

    def test_of_two_windows_one_text_stands_and_the_other_is_told(self):
        for _ in range(6):
            script = make_script(self.una, None, "x", self.question)
            answer = script.answers.get()
            told = []

            def save(tab, answer=answer, told=told):
                kept = answer.keep(
                    f"By {tab}",
                    writer=self.una,
                    origin=AUTOSAVE,
                    tab=tab,
                    number=1,
                    base=1,
                )
                told.append(kept.is_current)

            self.race([lambda: save("window-one"), lambda: save("window-two")])

            self.assertEqual(sorted(told), [False, True])
            script.hand_in()

    def test_a_save_beside_a_hand_in_is_never_told_saved_for_nothing(self):
        for _ in range(6):
            script = make_script(self.una, None, "x", self.question)
            answer = script.answers.get()
            told = []

            def save(answer=answer, told=told):
                kept = answer.keep(
                    "Late",
                    writer=self.una,
                    origin=AUTOSAVE,
                    tab="tab-one-x",
                    number=1,
                    base=1,
                )
                told.append(kept.is_current)

            self.race([save, script.hand_in])

            answer.refresh_from_db()
            self.assertEqual(answer.handed_in_text == "Late", told == [True])
            self.assertEqual(answer.current_id, answer.handed_in_version_id)

    @pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer at a time"
    )
    def test_a_hand_in_that_waits_for_a_save_hands_in_its_text(self):
        script = make_script(self.una, None, "x", self.question)
        answer = script.answers.get()
        errors = []

        def hand_in():
            try:
                script.hand_in()
            except Exception as error:  # noqa: BLE001 (reported below)
                errors.append(error)
            finally:
                connection.close()

        waiting = threading.Thread(target=hand_in)
        with transaction.atomic():
            answer.keep(
                "Just in time.", writer=self.una, origin=AUTOSAVE, tab="tab-one-x",
                number=1, base=1,
            )  # fmt: skip
            waiting.start()
            time.sleep(1)
            self.assertTrue(waiting.is_alive())
        waiting.join()

        self.assertEqual(errors, [])
        answer.refresh_from_db()
        self.assertEqual(answer.handed_in_text, "Just in time.")

    def test_two_clicks_make_one_second_draft(self):
        answer = self.script.answers.get()

        self.race([lambda: Answer.objects.get(pk=answer.pk).make_redraft()] * 4)

        self.assertEqual(answer.redrafts.count(), 1)

    def test_hand_in_and_take_back_and_marking_never_disagree(self):
        for seed in range(10):
            script = make_script(self.una, None, "x", self.question, hand_in=True)
            jobs = [script.take_back, script.start_marking]
            random.Random(seed).shuffle(jobs)
            self.race([lambda job=job: job() for job in jobs])

            script.refresh_from_db()
            self.assertEqual(
                script.handed_in_at is None, script.marking_started_at is None
            )

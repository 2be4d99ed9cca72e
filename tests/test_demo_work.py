"""The demonstration's work: what a visitor finds, and that it is what it says."""

import datetime
from collections import Counter

import pytest
import time_machine
from django.apps import apps
from django.test import TestCase, override_settings
from django.utils import timezone

from assessments import kept_texts, versions
from assessments.models import (
    Answer,
    AnswerVersion,
    Assignment,
    ClassFeedback,
    Event,
    Mark,
    Release,
    Script,
)
from people.models import Membership, TeachingGroup, User
from terror_site import content, demo
from terror_site.demo_work import Diary


def rows():
    """Return how many rows each table has; the school's own row always stays, and so
    does the audit log, which nobody can take anything out of."""
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label
        not in ("people.School", "people.AuditEntry", "people.AuditAddress")
    }


def writing():
    """Return all that is written and marked, as people see it."""
    return sorted(
        (
            answer.script.student.username,
            answer.question.slug,
            answer.text,
            *answer.marks.values_list("mark", "www", "ebi"),
        )
        for answer in Answer.objects.select_related(
            "script__student", "question", "current__whole"
        ).prefetch_related("marks")
    )


class WorkTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        content.load(content.shipped_rows())
        cls.before = rows()
        folder = demo.settings.VAR_DIR / "demo-work"
        with override_settings(VAR_DIR=folder):
            cls.accounts = demo.load()

    def test_the_classes_are_as_large_as_they_should_be(self):
        classes = TeachingGroup.objects.with_student_count()

        self.assertEqual(
            {str(row): row.student_count for row in classes},
            {"10B/Hi1": 30, "11A/Hi2": 25, "10C/Hi3": 0},
        )
        self.assertEqual(
            Counter(role for _name, _password, role, _full in self.accounts),
            {
                "student": 55, "teacher": 3, "head": 1, "SENCo": 1,
                "data manager": 1, "site manager": 1,
            },
        )  # fmt: skip
        cover = Membership.objects.get(person__username="cpowell")
        self.assertGreater(cover.until_date, timezone.localdate())

    def test_every_state_is_there(self):
        scripts = Script.objects.with_marking_state().with_newest_release().with_due()
        states = Counter()
        for script in scripts.exclude(assignment=None).select_related("assignment"):
            draft = "second" if script.question_id else "first"
            shown = script.newest_release == "shown"
            states[draft, "released" if shown else script.state] += 1
            states[f"{script.time_words}"] += 1
        for state in (
            ("first", "writing"), ("first", "to mark"), ("first", "part marked"),
            ("first", "marked"), ("first", "released"), ("second", "writing"),
            ("second", "to mark"), ("second", "released"), "late", "after closing",
        ):  # fmt: skip
            self.assertGreater(states[state], 0, state)
        tasks = list(Assignment.objects.all())
        away = Counter(a for task in tasks for a in task.absence_by_student().values())
        self.assertEqual(set(away), {"excused", "absent"})
        self.assertTrue(any(task.due_by_student() for task in tasks))
        self.assertTrue(any(task.missing_students() for task in tasks))
        self.assertTrue(any(task.audience == "chosen" for task in tasks))
        self.assertTrue(Mark.objects.filter(awarded_at=None).exists())
        self.assertTrue(Script.objects.practice().handed_in().exists())

    def check_times(self):
        now = timezone.now()
        self.assertGreater(Script.objects.count(), 150)
        self.assertFalse(Script.objects.filter(started_at__gt=now).exists())
        self.assertFalse(Script.objects.filter(handed_in_at__gt=now).exists())
        self.assertFalse(AnswerVersion.objects.filter(saved_at__gt=now).exists())
        self.assertFalse(Mark.objects.filter(saved_at__gt=now).exists())
        self.assertFalse(Release.objects.filter(at__gt=now).exists())
        self.assertFalse(Event.objects.filter(at__gt=now).exists())
        for task in Assignment.objects.all():
            for time in (task.opens_at, task.due_at):
                local = timezone.localtime(time)
                self.assertLess(local.weekday(), 5)
                self.assertTrue(9 <= local.hour <= 16, local)
        self.assertTrue(Assignment.objects.filter(due_at__gt=now).exists())

    def test_nothing_lies_in_the_future_and_work_is_due_on_school_days(self):
        self.check_times()

    def test_it_looks_alive_on_a_weekend_after_midnight_and_in_summer_time(self):
        folder = demo.settings.VAR_DIR / "demo-work"
        for moment in ("2026-11-28T10:00Z", "2026-11-30T00:10Z", "2027-03-30T07:00Z"):
            with (
                self.subTest(moment),
                time_machine.travel(moment, tick=False),
                override_settings(VAR_DIR=folder),
            ):
                demo.remove()
                demo.load()
                self.check_times()

    def test_each_thing_comes_after_the_one_before_it(self):
        for script in Script.objects.exclude(handed_in_at=None):
            self.assertLess(script.started_at, script.handed_in_at)
            saved = AnswerVersion.objects.filter(answer__script=script, number__gt=0)
            self.assertLessEqual(saved.latest("saved_at").saved_at, script.handed_in_at)
            marks = Mark.objects.filter(answer__script=script)
            for mark in marks:
                self.assertGreater(mark.saved_at, script.handed_in_at)
            release = script.releases.select_related("release").first()
            if release:
                self.assertLess(marks.latest("saved_at").saved_at, release.release.at)

    def test_no_two_students_hand_in_the_same(self):
        texts = [
            answer.handed_in_text
            for answer in Answer.objects.exclude(handed_in_version=None)
        ]

        self.assertGreater(len(texts), 200)
        self.assertEqual(len(texts), len(set(texts)))

    def test_every_mark_obeys_its_scheme(self):
        for mark in Mark.objects.awarded().select_related("level", "scheme"):
            mark.full_clean(exclude=["ceilings", "points"])
            self.assertLessEqual(mark.level.lowest_mark, mark.mark)
            if mark.role == Mark.Role.FIRST:
                self.assertTrue(mark.www and mark.ebi)
        stopped = Mark.objects.exclude(ceilings=None).filter(role="first")
        self.assertTrue(stopped.exists())
        for mark in stopped:
            self.assertEqual(mark.ceiling, mark.ceilings.get().highest_mark)

    def test_an_exemplars_words_get_the_exemplars_mark(self):
        marks = Mark.objects.filter(
            answer__question__slug="edexcel-3d-source-a", answer__redraft_of=None
        ).select_related("answer__question", "version__whole")
        for mark in marks:
            alike = [
                exemplar
                for exemplar in mark.answer.question.exemplars.all()
                if exemplar.text[-30:] in mark.version.text + "\n"
            ]
            self.assertIn(
                (mark.mark, mark.spag), [(one.mark, one.spag) for one in alike]
            )

    def test_second_drafts_gain(self):
        gains = [
            mark.mark - mark.answer.redraft_of.marks.get().mark
            for mark in Mark.objects.exclude(answer__redraft_of=None)
        ]

        self.assertGreater(len(gains), 4)
        self.assertTrue(all(gain >= 0 for gain in gains))
        self.assertGreater(sum(gains) / len(gains), 0.5)

    def test_a_few_answers_show_a_whole_lesson_of_saves(self):
        long = [
            answer
            for answer in Answer.objects.all()
            if answer.versions.filter(part="answer").count() > 30
        ]
        self.assertGreaterEqual(len(long), 2)
        for answer in long:
            history = list(answer.versions.order_by("number").select_related("whole"))
            took = history[-1].saved_at - history[0].saved_at
            self.assertTrue(
                datetime.timedelta(minutes=28) < took < datetime.timedelta(minutes=40),
                took,
            )
            times = [version.saved_at for version in history]
            self.assertEqual(times, sorted(times))
            self.assertEqual(history[-1].text, answer.handed_in_text)
            self.assertTrue(any("not sure" in version.text for version in history))

    def test_the_first_student_starts_afresh_and_has_feedback_to_read(self):
        first = next(row for row in self.accounts if row[2] == "student")
        niamh = User.objects.get(username=first[0])
        begun = Script.objects.filter(student=niamh, question=None)
        waiting = Assignment.objects.visible_to(niamh).exclude(
            pk__in=begun.values("assignment")
        )

        self.assertEqual(niamh.username, "nfletcher")
        self.assertFalse(waiting.exists())
        self.assertFalse(niamh.sections_read.exists())
        readers = User.objects.exclude(sections_read=None).distinct().count()
        self.assertGreater(readers, 40)
        newest = begun.with_newest_release().filter(newest_release="shown")
        read = Event.objects.filter(script__in=newest, kind=Event.Kind.READ)
        self.assertLess(read.count(), newest.count())

    def test_removing_it_leaves_no_row_and_making_it_again_the_same_words(self):
        first = writing()
        folder = demo.settings.VAR_DIR / "demo-work"
        with override_settings(VAR_DIR=folder):
            demo.remove()
            self.assertEqual(rows(), self.before)
            demo.load()

        self.assertEqual(writing(), first)

    def test_its_texts_stand_as_saving_would_have_kept_them(self):
        """Each names what it followed from, and the pointers are its newest rows."""
        for version in AnswerVersion.objects.select_related("whole"):
            self.assertEqual(version.place, AnswerVersion.Place.STOOD)
            self.assertEqual(version.checksum, versions.checksum(version.text))
            self.assertEqual(version.length, len(version.text))
            self.assertEqual((version.base_number or 0) + 1, version.number)
        for answer in Answer.objects.exclude(current=None).select_related("current"):
            self.assertEqual(answer.current.number, answer.last_number)
            newest_whole = answer.versions.filter(whole=None).first()
            self.assertEqual(answer.latest_whole_id, newest_whole.pk)

    def test_removing_it_takes_what_visitors_did_in_it(self):
        ada = User.objects.get(username="aadeyemi")
        script = (
            Script.objects.handed_in()
            .filter(assignment__group__name="10B/Hi1", marking_started_at=None)
            .exclude(assignment=None)
            .first()
        )
        answer = script.answers.get()
        late = answer.keep("Late words.", writer=script.student, origin="autosave")
        kept_texts.let_stand(answer, late.version, ada)
        sheet = ClassFeedback.objects.create(
            assignment=script.assignment, made_by=ada, tasks="Weigh the reasons."
        )
        sheet.extracts.create(answer=answer, order=1, text="Late words.")
        with override_settings(VAR_DIR=demo.settings.VAR_DIR / "demo-work"):
            demo.remove()

        self.assertEqual(late.version.place, AnswerVersion.Place.LATE)
        self.assertEqual(rows(), self.before)


@pytest.mark.parametrize(
    ("today", "number", "day"),
    [
        # 28 Nov 2026 is a Saturday.
        ("2026-11-28", -1, "2026-11-27"),
        ("2026-11-28", 1, "2026-11-30"),
        ("2026-11-28", -6, "2026-11-20"),
        ("2026-11-26", 1, "2026-11-27"),
        ("2026-11-26", 2, "2026-11-30"),
        ("2026-11-30", -1, "2026-11-27"),
        ("2026-11-30", -5, "2026-11-23"),
    ],
)
@pytest.mark.django_db
def test_a_diary_counts_school_days(today, number, day):
    with time_machine.travel(f"{today}T12:00Z"):
        assert Diary().day(number).isoformat() == day

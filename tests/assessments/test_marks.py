"""Marks and releases: what the form and the database allow, and who sees what."""

import itertools
import random

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments import marking
from assessments.models import Event, Mark, Release
from assessments.models.releases import shown_release
from tests.base import SchoolTestCase
from tests.factories import (
    EDX3D,
    make_assignment,
    make_mark,
    make_question,
    make_script,
)


class PossibleMarksTest(SchoolTestCase):
    """10,000 generated marks: form rule and database must agree on each."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.edexcel = make_question(EDX3D, "edexcel")
        assignment = make_assignment(cls.edexcel, cls.hi1, cls.ada)
        cls.essay = make_script(cls.sam, assignment, "Essay.", hand_in=True)

    def generated(self, seed, count):
        """Yield unsaved marks, about half of them possible."""
        chance = random.Random(seed)
        answers = [self.script.answers.get(), self.essay.answers.get()]
        templates = []
        for answer in answers:
            template = Mark.prepare(answer, self.ada)
            levels = [None, *template.scheme.levels.all()]
            templates.append((template, levels))
        for _ in range(count):
            template, levels = chance.choice(templates)
            mark = Mark(
                **{
                    field.attname: getattr(template, field.attname)
                    for field in Mark._meta.concrete_fields
                    if field.attname != "id"
                }
            )
            mark.mark = chance.randint(0, template.tariff + 1)
            level = marking.level_of(levels[1:], mark.mark)
            if chance.random() < 0.25:
                level = chance.choice(levels)
            mark.take_level(level)
            shares = marking.split_by_objective(mark.mark, template.maxima)
            if chance.random() < 0.25:
                place = chance.randrange(4)
                shares[place] = max(0, shares[place] + chance.choice((-1, 1)))
            mark.ao1, mark.ao2, mark.ao3, mark.ao4 = shares
            if chance.random() < 0.15:
                mark.ceiling = chance.choice([3, 6, 9])
            if template.spag_maximum:
                mark.spag = chance.choice([None, 0, 1, 2, 3, 4, 5])
            elif chance.random() < 0.1:
                mark.spag = 1
            mark.awarded_at = timezone.now()
            yield mark

    @pytest.mark.long
    @pytest.mark.parallel
    def test_the_rule_and_the_database_agree_on_ten_thousand_marks(self):
        possible = impossible = 0
        for mark in self.generated(seed=6, count=10_000):
            allowed = not marking.faults(mark.judgement())
            try:
                with transaction.atomic():
                    Mark.objects.bulk_create([mark])
                    # One first mark an answer: make room for the next one.
                    mark.delete()
                stored = True
            except IntegrityError:
                stored = False
            assert stored == allowed, (mark.judgement(), allowed, stored)
            possible += allowed
            impossible += not allowed
        assert possible > 2_000 and impossible > 2_000

    def test_award_refuses_what_the_rule_refuses(self):
        for mark in itertools.islice(self.generated(seed=7, count=200), 200):
            found = marking.faults(mark.judgement())
            mark.awarded_at = None
            if found:
                with pytest.raises(ValidationError):
                    mark.award()
                assert mark.awarded_at is None
            else:
                mark.award()


class StandingTest(SchoolTestCase):
    def standing(self):
        return [
            (mark.marker.username, mark.mark, mark.role)
            for mark in Mark.objects.filter(answer__script=self.script).standing()
        ]

    def test_the_newest_mark_of_the_first_marker_counts(self):
        make_mark(self.script, self.ada, 7)
        make_mark(self.script, self.ada, 8)

        self.assertEqual(self.standing(), [("ada", 8, "first")])

    def test_second_marks_drafts_and_own_marks_never_stand(self):
        make_mark(self.script, self.ada, 7)
        make_mark(self.script, self.hal, 9, role=Mark.Role.SECOND, reason="check")
        make_mark(self.script, self.bea, 10, award=False)
        make_mark(self.script, self.sam, 12, role=Mark.Role.SELF)

        self.assertEqual(self.standing(), [("ada", 7, "first")])

    def test_an_agreed_mark_counts_over_all(self):
        make_mark(self.script, self.ada, 7)
        make_mark(self.script, self.hal, 9, role=Mark.Role.AGREED, reason="agreed")
        make_mark(self.script, self.ada, 6)

        self.assertEqual(self.standing(), [("hal", 9, "agreed")])

    def test_a_second_mark_needs_a_reason(self):
        with pytest.raises(ValidationError):
            make_mark(self.script, self.hal, 9, role=Mark.Role.SECOND)
        row = make_mark(self.script, self.hal, 9, award=False, role=Mark.Role.SECOND)
        with pytest.raises(IntegrityError), transaction.atomic():
            Mark.objects.filter(pk=row.pk).update(awarded_at=timezone.now())

    def test_the_database_allows_one_markers_first_marks_only(self):
        make_mark(self.script, self.ada, 7)
        corrected = make_mark(self.script, self.ada, 8)
        stranger = make_mark(self.script, self.hal, 9, award=False)

        self.assertEqual(corrected.corrects.mark, 7)
        with pytest.raises(IntegrityError), transaction.atomic():
            Mark.objects.filter(pk=stranger.pk).update(
                awarded_at=timezone.now(), role="first"
            )
        with pytest.raises(ValidationError, match="Yours is a second one"):
            make_mark(self.script, self.hal, 9)
        with pytest.raises(IntegrityError), transaction.atomic():
            Mark.objects.filter(pk=stranger.pk).update(
                role="second", corrects=corrected
            )

    def test_a_mark_corrects_nobody_elses(self):
        first = make_mark(self.script, self.ada, 7)
        other = Mark.prepare(self.script.answers.get(), self.hal)
        other.mark, other.corrects, other.awarded_at = 0, first, timezone.now()

        with pytest.raises(ValidationError, match="same marker"):
            other.clean()

    def test_a_level_of_another_scheme_is_refused(self):
        other = make_question(EDX3D, "edx").mark_scheme.levels.get(number=3)
        with pytest.raises(ValidationError, match="another mark scheme"):
            make_mark(self.script, self.ada, 8, level=other)

    def test_one_draft_a_marker(self):
        make_mark(self.script, self.ada, 7, award=False)

        with pytest.raises(IntegrityError), transaction.atomic():
            make_mark(self.script, self.ada, 8, award=False)

    def test_a_scheme_is_frozen_by_the_first_mark(self):
        scheme = self.question.mark_scheme
        self.assertFalse(scheme.is_frozen)
        make_mark(self.script, self.ada, 7)

        self.assertTrue(scheme.is_frozen)
        self.assertTrue(scheme.levels.first().is_frozen)
        self.assertTrue(scheme.ceilings.first().is_frozen)

    def test_awards_are_written_down(self):
        make_mark(self.script, self.ada, 7)

        event = self.script.events.get()
        self.assertEqual((event.kind, event.actor), (Event.Kind.AWARDED, self.ada))


class ReleaseTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_mark(cls.script, cls.ada, 7)

    def release(self):
        return Release.show(self.assignment.scripts.all(), self.ada)

    def test_it_shows_the_marked_and_holds_the_rest(self):
        other = make_script(self.una, self.assignment, "x", hand_in=True)

        _release, released, held = self.release()

        self.assertEqual((released, held), ([self.script], [other]))
        self.assertIsNone(shown_release(other))

    def test_later_moderation_stays_hidden_until_the_next_release(self):
        self.release()
        make_mark(self.script, self.ada, 9)
        shown = shown_release(self.script)
        self.assertEqual([mark.mark for mark in shown.marks.all()], [7])

        self.release()
        shown = shown_release(self.script)
        self.assertEqual([mark.mark for mark in shown.marks.all()], [9])

    def test_it_can_always_be_taken_back(self):
        self.release()
        self.assertEqual(
            Release.take_back(self.assignment.scripts.all(), self.ada), [self.script]
        )

        self.assertIsNone(shown_release(self.script))
        self.assertEqual(Release.take_back(self.assignment.scripts.all(), self.ada), [])

    def test_nothing_marked_writes_nothing(self):
        Mark.objects.update(role=Mark.Role.SELF)

        release, released, held = self.release()

        self.assertIsNone(release)
        self.assertEqual((released, held), ([], [self.script]))
        self.assertFalse(Release.objects.exists())

    def test_no_time_decides(self):
        self.release()
        Release.take_back(self.assignment.scripts.all(), self.ada)
        Release.objects.filter(kind=Release.Kind.TAKEN_BACK).update(
            at=timezone.now() - timezone.timedelta(days=9)
        )

        self.assertIsNone(shown_release(self.script))

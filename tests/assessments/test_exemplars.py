"""Marked examples: beside the scheme for teachers, for a class once it is shown them."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from assessments.models import Exemplar
from tests.base import SchoolTestCase
from tests.factories import make_assignment, make_exemplar, make_script


class ExemplarTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.exemplar = make_exemplar(cls.question)
        cls.release = reverse(
            "admin:assessments_assignment_release", args=[cls.assignment.pk]
        )
        cls.page = reverse("assessments:exemplars", args=[cls.assignment.pk])

    def show(self, verb="show_examples"):
        self.sign_in("ada")
        return self.client.post(self.release, {verb: "1"})

    def test_teachers_read_them_beside_the_scheme_with_the_reasons(self):
        self.sign_in("ada")
        page = self.client.get(
            reverse("admin:assessments_exemplar_question", args=[self.question.pk])
        )

        self.assertContains(page, "An invented answer.")
        self.assertContains(page, "WHY-FOR-TEACHERS")
        level = self.question.mark_scheme.levels.get(number=3)
        self.assertContains(page, level.for_marker)

    def test_a_class_reads_them_after_its_teacher_shows_them(self):
        self.sign_in("sam")
        self.assertEqual(self.client.get(self.page).status_code, 404)
        self.show()
        self.sign_in("sam")
        shown = self.client.get(self.page)
        receipt = self.client.get(
            reverse("assessments:script-receipt", args=[self.script.public_id])
        )

        self.assertContains(shown, "An invented answer.")
        self.assertNotContains(shown, "WHY-FOR-TEACHERS")
        self.assertContains(receipt, self.page)
        self.show("hide_examples")
        self.sign_in("sam")
        self.assertEqual(self.client.get(self.page).status_code, 404)

    def test_who_still_writes_and_who_is_elsewhere_reads_none(self):
        task = make_assignment(self.question, self.hi1, self.ada)
        script = make_script(self.sam, task, "Still writing.")
        task.show_exemplars(True)
        page = reverse("assessments:exemplars", args=[task.pk])
        for name in ("sam", "tom", "una"):
            self.sign_in(name)
            with self.subTest(name=name):
                self.assertEqual(self.client.get(page).status_code, 404)
        type(task).objects.filter(pk=task.pk).update(
            opens_at=timezone.now() - timezone.timedelta(days=9),
            due_at=timezone.now() - timezone.timedelta(days=1),
        )
        self.sign_in("sam")
        self.assertEqual(self.client.get(page).status_code, 200)
        self.assertFalse(script.is_handed_in)

    def test_who_may_not_release_may_not_show(self):
        for name, status in {"asa": 403, "sen": 403, "bea": 404, "sam": 302}.items():
            self.sign_in(name)
            with self.subTest(name=name):
                response = self.client.post(self.release, {"show_examples": "1"})
                self.assertEqual(response.status_code, status)
        self.assignment.refresh_from_db()
        self.assertIsNone(self.assignment.exemplars_shown_at)

    def test_a_mark_outside_its_level_is_refused(self):
        for level, mark in ((3, 10), (9, 8)):
            with (
                self.subTest(level=level, mark=mark),
                pytest.raises(ValidationError, match="outside that level"),
            ):
                Exemplar(question=self.question, level=level, mark=mark).clean()
        Exemplar(question=self.question, level=3, mark=8).clean()

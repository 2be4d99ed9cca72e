"""Sign-in cards and codes: who makes them, that they are shown once, what they open."""

import datetime
import re

import segno
import time_machine
from django.core import serializers
from django.urls import reverse
from django.utils import timezone

from people.models import Student, User
from tests.base import SchoolTestCase
from tests.factories import make_assignment, make_script

WORDS = re.compile(r"<b>([a-z]+(?:-[a-z]+){3})</b>")


class CardsTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.cards = reverse("admin:people_teachinggroup_cards", args=[cls.hi1.pk])
        cls.code = reverse("admin:people_student_code", args=[cls.sam.pk])

    def make(self, person="ada", **data):
        self.sign_in(person)
        return self.client.post(self.cards, data or {"students": [self.sam.pk]})

    def words(self, page):
        (found,) = WORDS.findall(page.content.decode())
        self.client.logout()
        return found

    def try_card(self, words, name="sam"):
        return self.client.post(
            reverse("login"), {"username": name, "password": words}, follow=True
        )

    def test_a_card_opens_the_door_once_and_asks_for_an_own_password(self):
        page = self.make()
        self.assertContains(page, "http://testserver/")
        words = self.words(page)
        landed = self.try_card(words)
        own = reverse("password-change")

        self.assertEqual(landed.redirect_chain[-1][0], own)
        self.assertContains(landed, "for the first time only")
        # Every other page leads back there.
        self.assertRedirects(self.client.get(reverse("lessons:lesson-list")), own)
        done = self.client.post(
            own,
            {
                "old_password": words,
                "new_password1": "otters under lamps",
                "new_password2": "otters under lamps",
            },
        )
        self.assertRedirects(done, reverse("home"))
        self.client.logout()
        self.assertContains(self.try_card(words), "do not match")
        self.assertContains(self.try_card("otters under lamps"), "Sign out")

    def test_a_card_runs_out(self):
        words = self.words(self.make())
        for days, text in ((13.9, "first time only"), (14.1, "has run out")):
            later = timezone.now() + datetime.timedelta(days=days)
            with time_machine.travel(later):
                self.assertContains(self.try_card(words), text)
                self.client.logout()

    def test_a_code_lasts_a_day_and_signs_out_whoever_used_the_old_password(self):
        self.sign_in("sam")
        old = self.client
        self.client = self.client_class()
        self.sign_in("ada")
        words = self.words(self.client.post(self.code))

        self.assertEqual(old.get(reverse("home")).status_code, 302)
        with time_machine.travel(timezone.now() + datetime.timedelta(days=1.1)):
            self.assertContains(self.try_card(words), "has run out")

    def test_whoever_writes_sends_the_words_before_choosing_a_password(self):
        script = make_script(
            self.sam, make_assignment(self.question, self.hi1, self.ada), "Before."
        )
        self.sign_in("ada")
        self.try_card(self.words(self.client.post(self.code)))

        self.assertEqual(self.client.get(script.get_absolute_url()).status_code, 200)
        save = reverse("assessments:answer-save", args=[script.public_id, 1])
        answer = self.client.post(
            save,
            {
                "text": "After.", "part": "answer", "tab": "a-tab-of-mine",
                "number": 1, "base": 1, "reader": self.sam.pk,
            },
            content_type="application/json",
        )  # fmt: skip
        self.assertEqual(answer.json()["code"], "saved")

    def test_the_words_are_stored_nowhere(self):
        words = self.words(self.make())
        rows = serializers.serialize("json", User.objects.all())
        self.assertNotIn(words, rows)
        # Opened again, the page makes nothing and shows nothing.
        self.sign_in("ada")
        before = User.objects.get(pk=self.sam.pk).password
        self.assertNotContains(self.client.get(self.cards), words)
        self.assertEqual(self.client.get(self.code).status_code, 405)
        self.assertEqual(User.objects.get(pk=self.sam.pk).password, before)

    def test_nobody_makes_cards_for_others_students(self):
        for person in ("bea", "sam", "nobody"):
            with self.subTest(person=person):
                before = User.objects.get(pk=self.sam.pk).password
                self.make(person)
                self.client.post(self.code)
                self.assertEqual(User.objects.get(pk=self.sam.pk).password, before)

    def test_a_student_of_another_class_is_not_among_the_choices(self):
        page = self.make(students=[self.tom.pk])
        self.assertEqual(WORDS.findall(page.content.decode()), [])
        self.assertContains(page, "not one of the available choices")

    def test_ticked_are_those_who_never_came_in(self):
        Student.objects.filter(pk=self.sam.pk).update(last_login=None)
        self.sign_in("ada")
        page = self.client.get(self.cards)
        self.assertEqual(page.context["form"].initial["students"], [self.sam.pk])
        Student.objects.filter(pk=self.sam.pk).update(last_login=timezone.now())
        self.assertEqual(
            self.client.get(self.cards).context["form"].initial, {"students": []}
        )

    def test_the_code_leads_to_the_sign_in_page(self):
        drawn = segno.make("http://testserver/sign-in/", error="m")
        path = re.search(r' d="([^"]+)"', drawn.svg_inline(border=2))[1]
        self.assertContains(self.make(), path)


class WaitingTest(SchoolTestCase):
    """A classmate hammered Sam's name: the teacher sees it and lets Sam in."""

    def setUp(self):
        for _try in range(5):
            self.client.post(reverse("login"), {"username": "sam", "password": "x"})
        self.client.cookies.clear()
        self.cards = reverse("admin:people_teachinggroup_cards", args=[self.hi1.pk])

    def is_slowed(self):
        page = self.client.post(
            reverse("login"), {"username": "sam", "password": "a long secret"}
        )
        return page.status_code == 429

    def test_the_teacher_sees_who_waits_and_lets_them_try(self):
        self.assertTrue(self.is_slowed())
        self.sign_in("ada")
        self.assertContains(self.client.get(self.cards), "Let them try now")
        self.client.post(self.cards, {"let_try": self.sam.pk})
        self.assertNotContains(self.client.get(self.cards), "Let them try now")
        self.client.logout()
        self.assertFalse(self.is_slowed())

    def test_another_class_and_nonsense_change_nothing(self):
        for name, value in (("bea", self.sam.pk), ("ada", self.tom.pk), ("ada", "x")):
            self.sign_in(name)
            answer = self.client.post(self.cards, {"let_try": value})
            self.assertIn(answer.status_code, (302, 404))
            self.client.logout()
        self.assertTrue(self.is_slowed())

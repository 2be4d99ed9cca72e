import gzip
import re

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lessons.models import Lesson, RenderedBody, Section
from tests.base import SchoolTestCase
from tests.factories import make_lesson, make_source


class LessonPageTest(SchoolTestCase):
    address = "/lessons/stalins-terror/"

    def page(self, name="sam", **headers):
        self.sign_in(name)
        return self.client.get(self.address, headers=headers)

    def test_it_shows_sections_source_with_provenance_and_phrase(self):
        page = self.page()

        self.assertContains(page, '<section id="part-1">')
        self.assertContains(page, "They came at night.")
        for part in (
            "A neighbour",
            "A letter",
            "1937",
            "To a sister",
            "Free of copyright",
        ):
            self.assertContains(page, part)
        self.assertEqual(
            re.findall(r'class="initial"[^>]*>(.)<', page.content.decode()), ["W", "U"]
        )

    def test_compressed_and_plain_are_the_same_page(self):
        plain = self.page().content.decode()
        packed = self.page(accept_encoding="gzip, br")

        self.assertEqual(packed["Content-Encoding"], "gzip")
        unpacked = gzip.decompress(packed.content).decode()
        token = r'name="csrfmiddlewaretoken" value="[^"]+"'
        self.assertEqual(re.sub(token, "", plain), re.sub(token, "", unpacked))
        self.assertIn("Accept-Encoding", packed["Vary"])

    def test_each_reader_gets_their_own_name_token_and_settings(self):
        self.una.first_name = '<b>"Una"</b>'
        self.una.paper = "blue"
        self.una.save()
        sam = self.page("sam").content.decode()
        una = self.page("una").content.decode()

        self.assertIn("Sam Test", sam)
        self.assertNotIn("Sam", una)
        self.assertIn("&lt;b&gt;&quot;Una&quot;&lt;/b&gt; Test", una)
        self.assertIn('data-paper="blue"', una)
        self.assertIn('data-paper="auto"', sam)

    def test_an_edit_in_the_admin_is_seen_at_once(self):
        self.page()
        self.sign_in("ada")
        address = reverse("admin:lessons_source_change", args=[self.source.pk])
        form = self.client.get(address).context["adminform"].form
        data = {k: form.initial.get(k) or "" for k in form.fields}
        data |= {
            "extract": "They came at dawn.",
            "published_at_0": "2026-09-01",
            "published_at_1": "00:00:00",
        }
        response = self.client.post(address, data)

        self.assertEqual(response.status_code, 302)
        self.assertContains(self.page(), "They came at dawn.")
        self.assertNotContains(self.page(), "They came at night.")

    def test_deleting_a_source_tells_staff_and_leaves_no_trace_for_students(self):
        self.page()
        self.sign_in("ada")
        said = self.client.post(
            reverse("admin:lessons_source_delete", args=[self.source.pk]),
            {"post": "yes"},
            follow=True,
        )

        self.assertContains(said, "places {source a}, which it lacks")
        self.assertNotContains(self.page(), "They came at night.")
        self.assertNotContains(self.page(), "source a}")

    def test_deleting_from_the_list_counts_too(self):
        self.page()
        self.sign_in("ada")
        self.client.post(
            reverse("admin:lessons_source_changelist"),
            {
                "action": "delete_selected",
                "_selected_action": self.source.pk,
                "post": "yes",
            },
        )

        self.assertNotContains(self.page(), "They came at night.")

    def test_a_body_rendered_from_older_content_counts_for_nothing(self):
        self.page()
        Section.objects.filter(lesson=self.lesson).update(title="Newer title")
        Lesson.objects.filter(pk=self.lesson.pk).touch()
        stale = RenderedBody.objects.get(lesson=self.lesson)

        self.assertContains(self.page(), "Newer title")
        fresh = RenderedBody.objects.get(lesson=self.lesson)
        self.assertNotEqual(stale.source, fresh.source)

    def test_unpublished_sections_and_sources_stay_away(self):
        Section.objects.create(
            lesson=self.lesson, slug="later", title="Later", order=9, text="Secret."
        )
        make_source(self.lesson, "B", extract="Hidden.", published_at=None)

        page = self.page()

        self.assertNotContains(page, "Later")
        self.assertNotContains(page, "Hidden.")

    def test_it_costs_two_queries_however_long_it_is(self):
        make_lesson("long", sections=30)
        self.sign_in("sam")
        for slug in ("stalins-terror", "long"):
            address = reverse("lessons:lesson-detail", args=[slug])
            self.client.get(address)
            with self.subTest(slug=slug), self.assertNumQueries(2):
                self.client.get(address)

    def test_the_list_costs_the_same_with_one_lesson_and_with_many(self):
        self.sign_in("sam")
        self.client.get("/lessons/")
        with CaptureQueriesContext(connection) as few:
            self.client.get("/lessons/")
        for number in range(30):
            make_lesson(f"more-{number}")
        with self.assertNumQueries(len(few)):
            page = self.client.get("/lessons/")

        self.assertEqual(len(page.context["lessons"]), 31)

    def test_a_lesson_for_tomorrow_is_not_there_today(self):
        tomorrow = timezone.now() + timezone.timedelta(days=1)
        Lesson.objects.filter(pk=self.lesson.pk).update(published_at=tomorrow)

        self.assertEqual(self.page().status_code, 404)

    def test_messages_reach_a_lesson_page(self):
        self.sign_in("sam")
        response = self.client.post(
            f"/reading-settings/?next={self.address}",
            {
                "text_size": "1",
                "line_spacing": "1",
                "typeface": "serif",
                "paper": "auto",
            },
            follow=True,
        )

        self.assertContains(response, "Your reading settings are saved.")
        self.assertNotContains(self.client.get(self.address), "are saved.")

    def test_a_part_that_is_due_later_appears_at_its_time(self):
        soon = timezone.now() + timezone.timedelta(hours=1)
        Section.objects.create(
            lesson=self.lesson,
            slug="soon",
            title="Appears soon",
            order=9,
            text="Here.",
            published_at=soon,
        )
        self.lesson_touched()
        self.assertNotContains(self.page(), "Appears soon")

        with time_machine.travel(soon + timezone.timedelta(seconds=1), tick=False):
            self.assertContains(self.page(), "Appears soon")

    def lesson_touched(self):
        Lesson.objects.filter(pk=self.lesson.pk).touch()

    def test_a_part_moved_to_another_lesson_leaves_the_old_page(self):
        self.page()
        other = make_lesson("other")
        self.sign_in("ada")
        address = reverse("admin:lessons_source_change", args=[self.source.pk])
        form = self.client.get(address).context["adminform"].form
        data = {k: form.initial.get(k) or "" for k in form.fields}
        data |= {
            "lesson": other.pk,
            "published_at_0": "2026-09-01",
            "published_at_1": "00:00:00",
        }
        self.client.post(address, data)

        self.assertNotContains(self.page(), "They came at night.")

    def test_the_lesson_before_is_named_only_when_published(self):
        Lesson.objects.filter(pk=self.lesson.pk).update(previous=self.draft)
        self.lesson_touched()
        self.assertNotContains(self.page(), "Before this")

        Lesson.objects.filter(pk=self.draft.pk).update(published_at=timezone.now())
        Lesson.objects.filter(pk=self.draft.pk).touch()
        self.assertContains(self.page(), "Before this")

    def test_a_draft_says_that_it_is_one(self):
        self.sign_in("ada")

        self.assertContains(self.client.get("/lessons/a-draft/"), "Draft: only staff")
        self.assertContains(self.client.get("/lessons/"), "draft, only staff see it")

    def test_letters_are_taken_in_either_case(self):
        Section.objects.filter(lesson=self.lesson).update(text="{Source A}\n")
        self.lesson_touched()

        self.assertContains(self.page(), "They came at night.")

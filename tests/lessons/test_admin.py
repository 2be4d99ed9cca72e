"""Editing lessons: guided, previewed, published only when nothing is missing."""

import io
import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from lessons import publishing
from lessons.copying import copy_lesson
from lessons.models import Figure, Lesson, Picture, Section, ShippedRow, Source
from tests.base import SchoolTestCase
from tests.factories import make_apparatus, make_lesson, make_source


def photograph(**options):
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "grey").save(file, "JPEG", **options)
    return SimpleUploadedFile("kirov.jpg", file.getvalue(), "image/jpeg")


def ship(lesson):
    ShippedRow.objects.create(
        model="lessons.lesson",
        key=json.dumps([lesson.slug]),
        fields=["title"],
        content_hash="x",
    )


class PublishingTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.own = make_lesson("our-own", published=False)
        cls.own.sections.update(published_at=None, text="Read.")

    def publish(self, lesson, **data):
        address = reverse("admin:lessons_lesson_publish", args=[lesson.pk])
        return self.client.post(address, data or {"publish": "1"}, follow=True)

    def test_a_whole_lesson_is_published_with_its_parts(self):
        make_source(self.own, "A", published_at=None)
        self.own.sections.update(text="Read.\n\n{source a}\n")
        self.sign_in("ada")
        said = self.publish(self.own)
        self.sign_in("sam")

        self.assertContains(said, "Published: students see it now.")
        page = self.client.get("/lessons/our-own/")
        self.assertContains(page, "They came at night.")

    def test_what_is_missing_is_listed_and_nothing_is_published(self):
        section = self.own.sections.get()
        section.text = "{source z}\n{figure f}\n"
        section.save()
        Section.objects.create(
            lesson=self.own, slug="empty", title="Empty one", order=9, text=" "
        )
        Figure.objects.create(
            lesson=self.own, slug="f", kind="columns", title="Bad", caption="x",
            source_line="x", alt_text="x", unit="x", data="nothing",
        )  # fmt: skip
        source = make_source(self.own, "B")
        Source.objects.filter(pk=source.pk).update(who=" ")
        Lesson.objects.filter(pk=self.own.pk).update(standfirst=" ")
        self.sign_in("ada")
        said = self.publish(self.own)
        form = self.client.get(
            reverse("admin:lessons_lesson_change", args=[self.own.pk])
        )

        for page in (said, form):
            self.assertContains(page, "places {source z}, which the lesson lacks")
            self.assertContains(page, "Section “Empty one” is empty")
            self.assertContains(page, "Figure “Bad” cannot be drawn")
            self.assertContains(page, "Source B lacks its provenance or rights: who")
            self.assertContains(page, "no standfirst")
        self.own.refresh_from_db()
        self.assertIsNone(self.own.published_at)

    def test_a_lesson_without_sections_is_refused(self):
        empty = make_lesson("empty", published=False, sections=0)

        self.assertIn("It has no section. Add one.", publishing.faults(empty))

    def test_hiding_keeps_the_dates_of_its_parts(self):
        self.sign_in("ada")
        self.publish(self.own)
        self.publish(self.own, withdraw="1")
        self.own.refresh_from_db()

        self.assertIsNone(self.own.published_at)
        self.assertTrue(self.own.sections.published().exists())

    def test_who_may_not_edit_may_not_publish_copy_or_preview(self):
        for verb, args in (
            ("publish", [self.own.pk]), ("copy", [self.own.pk]), ("preview", []),
        ):  # fmt: skip
            address = reverse(f"admin:lessons_lesson_{verb}", args=args)
            for name in ("asa", "sen", "dee", "sid"):
                self.sign_in(name)
                with self.subTest(verb=verb, name=name):
                    self.assertIn(self.client.post(address).status_code, (403, 404))
            for name in ("sam", "gus", "root"):
                self.sign_in(name)
                with self.subTest(verb=verb, name=name):
                    self.assertEqual(self.client.post(address).status_code, 302)
        self.assertFalse(Lesson.objects.filter(slug__contains="copy").exists())


class CopyTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.rows = make_apparatus(cls.lesson)
        cls.rows["partnertask"].source = cls.source
        cls.rows["partnertask"].save()
        ship(cls.lesson)

    def test_what_was_shipped_is_read_only_and_its_copy_is_not(self):
        self.sign_in("ada")
        for part in (self.lesson, self.lesson.sections.get(), self.source):
            name = f"admin:lessons_{part._meta.model_name}"
            change = reverse(f"{name}_change", args=[part.pk])
            with self.subTest(part=name):
                self.assertContains(self.client.get(change), "came with the product")
                self.assertEqual(self.client.post(change, {}).status_code, 403)
        delete = reverse("admin:lessons_source_delete", args=[self.source.pk])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)

        copied = self.client.post(
            reverse("admin:lessons_lesson_copy", args=[self.lesson.pk]), follow=True
        )
        self.assertContains(copied, "This is a copy")
        copy = Lesson.objects.get(slug="stalins-terror-copy")
        title = reverse("admin:lessons_section_change", args=[copy.sections.get().pk])
        self.assertNotContains(self.client.get(title), "came with the product")

    def test_a_copy_has_every_part_and_stands_by_itself(self):
        copy = copy_lesson(self.lesson)
        again = copy_lesson(self.lesson)

        self.assertIsNone(copy.published_at)
        self.assertEqual(again.slug, "stalins-terror-copy-2")
        for related in (
            "sections", "sources", "mnemonics", "timeline_events", "key_people",
            "readings", "partner_tasks", "boxes", "historians_notes", "figures",
            "pictures", "retrieval_questions",
        ):  # fmt: skip
            with self.subTest(related=related):
                self.assertEqual(
                    getattr(copy, related).count(),
                    getattr(self.lesson, related).count(),
                )
        self.assertEqual(copy.partner_tasks.get().source.lesson, copy)
        self.assertEqual(copy.mnemonics.get().points.count(), 2)
        self.assertEqual(copy.retrieval_questions.get().answers.count(), 1)
        copy.sources.update(extract="Changed.")
        self.source.refresh_from_db()
        self.assertEqual(self.source.extract, "They came at night.")

    def test_nothing_can_be_added_to_a_shipped_lesson(self):
        self.sign_in("ada")
        form = self.client.get(reverse("admin:lessons_box_add"))
        offered = form.context["adminform"].form.fields["lesson"].queryset

        self.assertNotIn(self.lesson, offered)


class PreviewTest(SchoolTestCase):
    def test_it_shows_text_as_students_will_see_it_and_cleans_it(self):
        self.sign_in("ada")
        response = self.client.post(
            reverse("admin:lessons_lesson_preview"),
            {"text": "**Bold** <script>alert(1)</script>\n\n{source a}\n"},
        )
        html = response.json()["html"]

        self.assertIn("<strong>Bold</strong>", html)
        self.assertNotIn("<script", html)
        self.assertIn("Here stands: source a", html)


class PictureTest(SchoolTestCase):
    def upload(self, file):
        return self.client.post(
            reverse("admin:lessons_picture_add"),
            {
                "lesson": self.lesson.pk, "slug": "kirov", "file": file,
                "alt_text": "Kirov at a desk, 1934.", "caption": "Kirov",
                "credit": "Unknown, 1934", "licence": "Free.",
            },
        )  # fmt: skip

    def test_it_is_made_anew_in_two_sizes_without_what_a_camera_writes(self):
        exif = Image.Exif()
        exif[0x010E] = "GPS-CANARY"
        self.sign_in("ada")
        response = self.upload(photograph(exif=exif))
        picture = Picture.objects.get()

        self.assertEqual(response.status_code, 302)
        self.assertEqual((picture.small_width, picture.large_width), (720, 900))
        for file in (picture.small, picture.large):
            with file.open("rb") as opened:
                data = opened.read()
            self.assertNotIn(b"GPS-CANARY", data)
            self.assertEqual(Image.open(io.BytesIO(data)).format, "WEBP")

    def test_what_is_no_picture_is_refused_with_a_sentence(self):
        self.sign_in("ada")
        for name, data in {
            "evil.png": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            "empty.jpg": b"",
            "text.webp": b"hello",
        }.items():
            with self.subTest(name=name):
                response = self.upload(SimpleUploadedFile(name, data, "image/png"))
                self.assertEqual(response.status_code, 200)
                self.assertTrue(response.context["adminform"].form.errors["file"])
        self.assertFalse(Picture.objects.exists())

    def test_only_who_reads_the_lesson_gets_the_picture(self):
        self.sign_in("ada")
        self.upload(photograph())
        picture = Picture.objects.get()
        address = reverse("lessons:picture", args=[picture.pk, "large"])
        self.sign_in("sam")
        seen = self.client.get(address)
        Lesson.objects.filter(pk=self.lesson.pk).update(published_at=None)

        self.assertEqual(seen["Content-Type"], "image/webp")
        self.assertEqual(seen.content[:4], b"RIFF")
        self.assertEqual(self.client.get(address).status_code, 404)
        wrong = reverse("lessons:picture", args=[picture.pk, "huge"])
        self.sign_in("ada")
        self.assertEqual(self.client.get(wrong).status_code, 404)

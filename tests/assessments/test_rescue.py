"""Rescue files: what is one, whose it is, and what becomes of it."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, strategies as st

from assessments import kept_texts, rescue, versions
from assessments.models import AnswerVersion, Event
from people import roles
from tests.base import SchoolTestCase
from tests.factories import make_group, make_mark, make_membership, make_script

TEXT = "Words that never came through.\n“Kirov” 👩‍👧 1934"
PLAN = '["Kirov","trials"]'


def part(text, base=1, /, **changes):
    return {
        "text": text,
        "base": base,
        "checksum": versions.checksum(text),
        "length": len(text),
        **changes,
    }


def make_file(seal="a seal", **changes):
    found = {
        "format": "classroom-rescue-1",
        "seal": seal,
        "saved_at": "2026-11-26T09:30:00",
        "parts": {"answer": part(TEXT), "plan": part(PLAN, None)},
        **changes,
    }
    return json.dumps(found).encode()


BAD = {
    "too-large": b" " * 2_000_001,
    "no-text": b"\x89PNG\r\n\x1a\n\x00\x00\xff",
    "unreadable": make_file()[:100],
    "other-format": make_file(format="classroom-rescue-2"),
    "no-seal": make_file(seal=""),
    "bad-time": make_file(saved_at="x" * 41),
    "no-parts": make_file(parts={"mark": part("x")}),
    "empty": make_file(parts={"answer": part(" \n"), "plan": part('["",""]')}),
    "bad-text": make_file(parts={"answer": {"text": 7}}),
    "too-long": make_file(parts={"answer": part("x" * 500_001)}),
    "changed": make_file(parts={"answer": part(TEXT, text=TEXT + "!")}),
    "bad-base": make_file(parts={"answer": part(TEXT, "one")}),
}
MORE_BAD = [
    ("unreadable", b""),
    ("unreadable", b"[" * 100_000),
    ("unreadable", b"1" * 5_000),
    ("other-format", b"null"),
    ("other-format", b"[]"),
    ("no-seal", make_file(seal=None)),
    ("no-seal", make_file(seal="x" * 201)),
    ("bad-time", make_file(saved_at=7)),
    ("no-parts", make_file(parts=[])),
    ("empty", make_file(parts={})),
    ("bad-text", make_file(parts={"answer": "text"})),
    ("changed", make_file(parts={"answer": part(TEXT, length=5)})),
    ("changed", make_file(parts={"answer": part(TEXT, checksum=None)})),
    ("bad-base", make_file(parts={"answer": part(TEXT, -1)})),
]


@pytest.mark.parametrize(("code", "data"), [*BAD.items(), *MORE_BAD])
def test_what_is_no_rescue_file_is_refused_with_a_sentence(code, data):
    with pytest.raises(rescue.BadFileError) as refused:
        rescue.read(data)

    assert refused.value.code == code
    assert refused.value.sentence.endswith((".", ")."))


def test_a_file_is_read_with_or_without_a_byte_order_mark():
    expected = rescue.Rescue(
        "a seal", "2026-11-26T09:30:00",
        {"answer": rescue.Text(TEXT, 1), "plan": rescue.Text(PLAN, None)},
    )  # fmt: skip

    assert rescue.read(make_file()) == expected
    assert rescue.read(b"\xef\xbb\xbf" + make_file()) == expected


def test_an_empty_part_is_left_out_and_halves_of_signs_become_whole():
    found = rescue.read(
        make_file(
            seal="\ud800",
            parts={"answer": part("a\ufffdb", text="a\ud800b"), "plan": part("[]")},
        )
    )

    assert found.parts == {"answer": rescue.Text("a\ufffdb", 1)}
    assert found.seal == "\ufffd"


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_file_is_a_fault_of_the_site(data):
    with pytest.raises(rescue.BadFileError):
        rescue.read(data)


class RescuePageTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.address = reverse("admin:assessments_script_rescue")
        cls.answer = cls.script.answers.get()
        cls.draft = cls.open_script.answers.get()

    def file(self, answer=None, **changes):
        seal = kept_texts.seal(answer or self.answer)
        return make_file(changes.pop("seal", seal), **changes)

    def upload(self, data, **more):
        file = SimpleUploadedFile("rescue.json", data)
        return self.client.post(self.address, {"file": file, **more})

    def send(self, data, verb):
        content = {"content": data.decode(), verb: 1}
        return self.client.post(self.address, content, follow=True)

    def rescued(self, answer=None):
        return list((answer or self.answer).versions.filter(origin="rescue"))

    def test_the_desk_carries_the_seal_of_its_answer(self):
        self.sign_in("sam")
        desk = self.client.get(self.open_script.get_absolute_url())

        self.assertContains(desk, f'data-seal="{kept_texts.seal(self.draft)}"')
        self.assertNotEqual(kept_texts.seal(self.draft), kept_texts.seal(self.answer))

    def test_first_it_is_shown_whose_it_is_and_nothing_is_kept(self):
        self.sign_in("ada")
        page = self.upload(self.file())

        self.assertContains(page, "Sam Test")
        self.assertContains(page, self.question.wording)
        self.assertContains(page, "“Kirov” 👩‍👧 1934")
        self.assertNotContains(page, self.script.marking_code)
        self.assertNotContains(page, self.script.public_id)
        self.assertEqual(self.answer.versions.count(), 1)

    def test_it_is_kept_beside_what_stands_and_written_down(self):
        self.sign_in("ada")
        page = self.send(self.file(), "keep")
        self.answer.refresh_from_db()

        self.assertContains(page, "2 texts kept for Sam Test")
        self.assertEqual(self.answer.text, "Sam’s answer.")
        kept = {version.part: version for version in self.rescued()}
        self.assertEqual(kept["answer"].text, TEXT)
        self.assertEqual(kept["plan"].text, PLAN)
        self.assertEqual(kept["answer"].writer, self.sam)
        self.assertEqual({v.place for v in kept.values()}, {"late"})
        events = self.script.events.values_list("kind", "actor")
        self.assertEqual(list(events), [("rescued", self.ada.pk)])

    def test_the_same_file_twice_adds_nothing(self):
        self.sign_in("ada")
        for verb in ("keep", "keep"):
            page = self.send(self.file(), verb)

        self.assertContains(page, "Nothing was missing")
        self.assertEqual(self.answer.versions.count(), 3)
        self.assertEqual(self.script.events.count(), 1)

    def test_a_text_that_arrived_after_all_is_known(self):
        self.answer.keep(TEXT, writer=self.sam, origin="autosave")
        self.sign_in("ada")
        data = self.file(parts={"answer": part(TEXT)})
        shown = self.upload(data)
        self.send(data, "keep")

        self.assertContains(shown, "this text has arrived before")
        self.assertEqual(self.rescued(), [])

    def test_before_the_hand_in_it_can_stand(self):
        self.sign_in("ada")
        self.send(self.file(self.draft), "let_stand")
        self.draft.refresh_from_db()

        self.assertEqual((self.draft.text, self.draft.plan), (TEXT, PLAN))
        self.assertIsNone(self.draft.handed_in_version)
        self.assertEqual({v.place for v in self.rescued(self.draft)}, {"beside"})
        self.assertEqual(self.draft.current.origin, AnswerVersion.Origin.LET_STAND)
        self.assertEqual(self.draft.current.writer, self.sam)
        kinds = self.open_script.events.order_by("pk").values_list("kind", flat=True)
        self.assertEqual(list(kinds), ["rescued", "let stand", "let stand"])
        again = self.send(self.file(self.draft), "let_stand")
        self.assertContains(again, "stands for Sam Test")
        self.assertEqual(self.draft.versions.count(), 5)

    def test_after_the_hand_in_it_becomes_what_is_handed_in(self):
        make_mark(self.script, self.ada, award=False)
        self.sign_in("ada")
        self.send(self.file(), "let_stand")
        self.answer.refresh_from_db()

        self.assertEqual(self.answer.handed_in_text, TEXT)
        self.assertEqual(self.answer.current_id, self.answer.handed_in_version_id)
        self.script.refresh_from_db()
        self.assertTrue(self.script.is_handed_in)

    def test_what_is_marked_stays_what_was_marked(self):
        make_mark(self.script, self.ada)
        self.sign_in("ada")
        shown = self.upload(self.file())
        page = self.send(self.file(), "let_stand")
        self.answer.refresh_from_db()

        self.assertNotContains(shown, "let it stand")
        self.assertContains(shown, "has been marked")
        self.assertContains(page, "does not stand")
        self.assertEqual(self.answer.handed_in_text, "Sam’s answer.")
        self.assertEqual(self.answer.plan, "")
        self.assertEqual(len(self.rescued()), 2)
        kinds = set(self.script.events.values_list("kind", flat=True))
        self.assertEqual(kinds, {"awarded", "rescued"})

    def test_a_foreign_file_is_refused_exactly_like_a_forged_one(self):
        toms = make_script(self.tom, None, "Tom’s.", self.question).answers.get()
        signed = kept_texts.seal(self.answer)
        other_student = kept_texts.seal(toms).split(":")[1]
        self.sign_in("ada")
        pages = set()
        for seal in (
            kept_texts.seal(toms),
            "forged",
            f"{self.answer.pk}-{self.sam.pk}:forged",
            f"{self.answer.pk}-{self.sam.pk}:{other_student}",
            f"{signed}x",
            "\ud800",
        ):
            for send in (self.upload, lambda data: self.send(data, "let_stand")):
                response = send(self.file(seal=seal))
                self.assertEqual(response.status_code, 200)
                self.assertNotContains(response, "Tom")
                self.assertNotContains(response, "Kirov")
                pages.add(response.content.split(b'role="alert"')[1].split(b"<form")[0])

        self.assertEqual(len(pages), 1)
        self.assertIn(b"This file was changed, or it is not by a student", pages.pop())
        self.assertFalse(AnswerVersion.objects.filter(origin="rescue").exists())

    def test_who_may_take_in_a_file_of_sams(self):
        allowed = {
            "homework": {"ada", "hal"},
            "practice": {"ada", "hal"},
        }
        answers = {"homework": self.answer, "practice": self.draft}
        for kind, answer in answers.items():
            for name in ("ada", "bea", "hal"):
                with self.subTest(kind=kind, name=name):
                    self.sign_in(name)
                    page = self.upload(self.file(answer))
                    (self.assertContains if name in allowed[kind]
                     else self.assertNotContains)(page, "Sam Test")  # fmt: skip
            for name in ("asa", "sen", "dee", "sid", "gus", "root"):
                with self.subTest(kind=kind, name=name):
                    self.sign_in(name)
                    page = self.upload(self.file(answer))
                    self.assertNotContains(
                        page, "Sam Test", status_code=page.status_code
                    )
                    self.assertIn(page.status_code, (302, 403))

    def test_whoever_teaches_elsewhere_and_assists_here_takes_nothing_in(self):
        make_membership(self.bea, roles.ASSISTANT, self.hi1)
        self.sign_in("bea")
        for answer in (self.answer, self.draft):
            self.assertNotContains(self.upload(self.file(answer)), "Sam Test")

    def test_practice_moves_with_the_student_and_homework_stays(self):
        make_membership(self.tom, roles.STUDENT, make_group("elsewhere"))
        toms = make_script(self.tom, None, "Tom’s.", self.question).answers.get()
        self.sign_in("bea")
        self.assertContains(self.upload(self.file(toms)), "Tom Test")

    def test_files_that_are_none_are_refused_in_words(self):
        self.sign_in("ada")
        for code, data in BAD.items():
            with self.subTest(code=code):
                page = self.upload(data)
                self.assertContains(page, 'role="alert"')
                self.assertContains(page, "See what it holds")
        five_megabytes = self.upload(b"x" * 5_000_000)
        self.assertContains(five_megabytes, "larger than any rescue file")
        self.assertContains(
            self.client.post(self.address, {}), "This field is required"
        )
        self.assertContains(self.upload(b""), "cut off or damaged")
        empty = self.client.post(self.address, {"content": "", "keep": 1})
        self.assertContains(empty, "cut off or damaged")
        self.assertFalse(Event.objects.filter(kind="rescued").exists())

    def test_it_is_reached_from_the_queue_and_from_the_assignments(self):
        lists = (
            "admin:assessments_script_changelist",
            "admin:assessments_assignment_changelist",
        )
        for name in lists:
            self.sign_in("ada")
            self.assertContains(self.client.get(reverse(name)), self.address)
            self.sign_in("asa")
            self.assertNotContains(self.client.get(reverse(name)), self.address)

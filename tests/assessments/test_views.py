"""Students' pages: the save protocol, handing in, feedback, second drafts."""

import json
import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import versions
from assessments.models import (
    Answer,
    Assessment,
    Assignment,
    Event,
    Mark,
    Release,
    Script,
)
from tests.base import SchoolTestCase
from tests.factories import make_assignment, make_mark, make_question, make_script

DIFFICULT = [
    " leading", "trailing ", "\nnewline first", "\n\n\ntwo", "a\r\nb\rc", "\ttab\t",
    "👩‍👩‍👧‍👦 joiners", "مرحبا بالعالم", "שלום", "e\u0301 combining", "\u200b\u200d",
    "</textarea><script>alert(1)</script>", "{{7*7}}", "{% csrf_token %}", "&amp; &lt;",
    "a\x00b", "\ud83d lone", "x" * 100_000, "‘curly’ – dash …", "\u2028line\u2029para",
    "\ufeffbom", "0", "None", "'; DROP TABLE x; --", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "\x0b\x0c",
]  # fmt: skip
DIFFICULT += [f"{text}{number}" for number, text in enumerate(DIFFICULT)] + [
    chr(33 + number * 211) * (number + 1) for number in range(248)
]


def page_text(response):
    """Return what a browser would put into the page's box."""
    html = response.content.decode()
    found = re.search(r'<textarea id="answer"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    return unescape(found[1])


def unescape(text):
    for entity, sign in (
        ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&"),
    ):  # fmt: skip
        text = text.replace(entity, sign)
    return text


class SaveTest(SchoolTestCase):
    def setUp(self):
        self.sign_in("sam")
        self.address = reverse(
            "assessments:answer-save", args=[self.open_script.public_id, 1]
        )
        self.answer = self.open_script.answers.get()

    def save(self, client=None, **changes):
        data = {
            "text": "A new text.",
            "part": "answer",
            "tab": "tab-one-x",
            "number": 2,
            "base": 1,
            "reader": self.sam.pk,
        }
        return (client or self.client).post(
            self.address, json.dumps({**data, **changes}), "application/json"
        )

    def test_the_receipt_echoes_what_was_kept(self):
        receipt = self.save().json()

        self.assertEqual(receipt["code"], "saved")
        self.assertEqual(receipt["checksum"], versions.checksum("A new text."))
        self.assertEqual((receipt["version"], receipt["number"]), (2, 2))
        self.assertEqual((receipt["length"], receipt["words"]), (11, 3))
        self.assertRegex(receipt["saved_at"], r"^\d\d:\d\d:\d\d$")

    def test_a_save_is_four_queries(self):
        self.save()
        with CaptureQueriesContext(connection) as queries:
            self.save(number=3, base=2)
        real = [q for q in queries if "SAVEPOINT" not in q["sql"]]

        self.assertEqual(len(real), 4, [q["sql"][:80] for q in real])

    def test_a_clash_keeps_both_and_says_so(self):
        self.save()
        response = self.save(tab="tab-two-x", text="From elsewhere.")

        self.assertEqual(response.status_code, 409)
        self.assertEqual(response.json()["code"], "kept-beside")
        self.assertEqual(response.json()["standing"], 2)
        self.assertEqual(self.answer.versions.count(), 3)

    def test_bad_input_gets_a_code_and_a_sentence_and_changes_nothing(self):
        cases = [
            ({"part": "mark"}, 400, "bad-part"),
            ({"tab": "short"}, 400, "bad-tab"),
            ({"tab": "x" * 41}, 400, "bad-tab"),
            ({"number": -1}, 400, "bad-number"),
            ({"number": 10**30}, 400, "bad-number"),
            ({"number": "two"}, 400, "bad-number"),
            ({"base": -1}, 400, "bad-base"),
            ({"text": 7}, 400, "bad-text"),
            ({"text": ["x"]}, 400, "bad-text"),
            ({"text": "x" * 500_001}, 400, "bad-text"),
            ({"reader": None}, 400, "bad-reader"),
            ({"reader": self.tom.pk}, 409, "other-user"),
        ]
        for changes, status, code in cases:
            with self.subTest(changes=str(changes)[:40]):
                response = self.save(**changes)
                self.assertEqual(response.status_code, status)
                self.assertEqual(response.json()["code"], code)
                self.assertTrue(response.json()["sentence"])
        for body in (b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'"x"', b"null"):
            response = self.client.post(self.address, body, "application/json")
            self.assertEqual(response.status_code, 400)
            self.assertEqual(response.json()["code"], "unreadable")
        self.assertEqual(self.answer.versions.count(), 1)

    def test_owner_neighbour_and_strangers(self):
        expected = {"sam": 200, "tom": 404, "una": 404, "ada": 404, "hal": 404}
        for name, status in expected.items():
            with self.subTest(name=name):
                self.sign_in(name)
                person = getattr(self, name)
                response = self.save(reader=person.pk)
                self.assertEqual(response.status_code, status)
        self.assertEqual(self.answer.versions.count(), 2)

    def test_without_a_sign_in_the_answer_is_json_and_nothing_is_lost(self):
        response = self.save(client=Client())

        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json()["code"], "signed-out")

    def test_a_stale_token_is_json_too(self):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.sam)

        response = self.save(client=strict)

        self.assertEqual(response.status_code, 403)
        self.assertEqual(response.json()["code"], "stale-token")

    def test_after_the_hand_in_a_text_is_kept_but_does_not_stand(self):
        self.open_script.hand_in()
        response = self.save()

        self.assertEqual(response.json()["code"], "kept-beside")
        self.answer.refresh_from_db()
        self.assertEqual(self.answer.text, "Sam’s draft.")


class FidelityTest(SchoolTestCase):
    """Every difficult text is the same by every way, for student and teacher."""

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached

    @pytest.mark.goal("G10", "300 texts by every way, equal code point by code point")
    def test_300_difficult_texts_by_autosave_and_button(self):
        self.sign_in("sam")
        written = []
        for number, text in enumerate(DIFFICULT):
            expected = versions.normalised(text)
            for script in (
                self.write(number, text, self.autosave),
                self.write(number, text, self.press, name="save"),
            ):
                page = self.client.get(script.get_absolute_url())
                self.assertEqual(page_text(page), expected, number)
                written.append(expected)
        exported = self.client.get("/answers/export.json").json()["answers"]

        self.assertEqual(len(set(DIFFICULT)), 300)
        self.assertEqual([item["text"] for item in exported][-600:], written)
        self.reached("300 by autosave and by form: page after reload, export")

    def test_what_is_handed_in_is_what_the_teacher_reads(self):
        self.hand_in_and_read(DIFFICULT[:30])

    @pytest.mark.long
    @pytest.mark.parallel
    @pytest.mark.goal("G10", "300 texts by every way, equal code point by code point")
    def test_300_difficult_texts_handed_in(self):
        self.hand_in_and_read(DIFFICULT)
        self.reached("300 handed in: the teacher’s desk, export")

    def hand_in_and_read(self, texts):
        self.sign_in("sam")
        scripts = []
        for number, text in enumerate(texts):
            assignment = make_assignment(self.question, self.hi1, self.ada)
            script = Script.start(self.sam, assignment=assignment)
            self.press(script, text, number, name="hand_in")
            self.client.post(
                reverse("assessments:script-hand-in", args=[script.public_id]),
                self.confirmation(script),
            )
            scripts.append(script)
        exported = self.client.get("/answers/export.json").json()["answers"]
        expected = [versions.normalised(text) for text in texts]
        self.assertEqual(
            [item["handed_in_text"] for item in exported][-len(texts) :], expected
        )
        self.sign_in("ada")
        for script, text in zip(scripts, expected, strict=True):
            desk = self.client.get(
                reverse("admin:assessments_script_mark", args=[script.public_id, 1])
            )
            found = re.search(
                r'<div class="written reading">(.*?)</div>',
                desk.content.decode(),
                re.DOTALL,
            )
            self.assertEqual(unescape(found[1]), text)

    def confirmation(self, script):
        page = self.client.get(
            reverse("assessments:script-hand-in", args=[script.public_id])
        )
        return {
            "empty_is_meant": "on",
            "confirmed": page.context["form"].initial["confirmed"],
        }

    def write(self, number, text, how, **kwargs):
        script = Script.objects.create(student=self.sam, question=self.question)
        Answer.objects.create(script=script, question=self.question)
        how(script, text, number, **kwargs)
        return script

    def autosave(self, script, text, number):
        response = self.client.post(
            reverse("assessments:answer-save", args=[script.public_id, 1]),
            json.dumps(
                {
                    "text": text, "part": "answer", "tab": f"tab-{number:05}",
                    "number": 1, "base": None, "reader": self.sam.pk,
                }
            ),
            "application/json",
        )  # fmt: skip
        self.assertEqual(response.status_code, 200, response.content[:200])

    def press(self, script, text, number, name):
        # A browser's form cannot carry a lone surrogate: it sends U+FFFD.
        sent = re.sub("[\ud800-\udfff]", "\ufffd", text)
        response = self.client.post(
            reverse("assessments:script-answer", args=[script.public_id, 1]),
            {"text": sent, "tab": f"tab-{number:05}", "number": "1", name: "1"},
        )
        self.assertEqual(response.status_code, 302, response.content[:200])


class TripTest(SchoolTestCase):
    """The pages of the trip, without script."""

    def address(self, name, script=None, *args):
        return reverse(
            f"assessments:{name}", args=[(script or self.script).public_id, *args]
        )

    def test_home_shows_new_work_at_once_with_its_state(self):
        question = make_question(slug="newer")
        self.sign_in("sam")
        make_assignment(question, self.hi1, self.ada)
        page = self.client.get("/")

        self.assertContains(page, "How far do you agree, newer?")
        self.assertContains(page, "Not started")
        self.assertContains(page, "You can take it back until marking starts")

    def test_home_costs_the_same_with_one_piece_of_work_and_with_many(self):
        self.sign_in("sam")
        make_assignment(make_question(slug="waiting"), self.hi1, self.ada)
        self.client.get("/")
        with CaptureQueriesContext(connection) as few:
            self.client.get("/")
        for number in range(6):
            question = make_question(slug=f"q{number}")
            assignment = make_assignment(question, self.hi1, self.ada)
            if number % 2:
                make_script(self.sam, assignment, "text", hand_in=number == 3)
        with self.assertNumQueries(len(few)):
            self.client.get("/")

    def test_the_desk_is_twelve_queries_at_most(self):
        self.sign_in("sam")
        address = self.address("script-write", self.open_script)
        self.client.get(address)
        with CaptureQueriesContext(connection) as queries:
            self.client.get(address)

        self.assertLessEqual(len(queries), 12, [q["sql"][:90] for q in queries])

    def test_late_work_stands_first_and_never_locks(self):
        late = make_assignment(
            make_question(slug="late"), self.hi1, self.ada, days=-1, opened=3
        )
        self.sign_in("sam")
        page = self.client.get("/")
        begun = self.client.post(
            reverse("assessments:assignment-start", args=[late.pk]), follow=True
        )

        self.assertContains(page, "Late – not started")
        self.assertEqual(page.context["ledger"]["to_write"][0]["state"], "late")
        self.assertContains(begun, "Hand in…")

    def test_an_assignment_of_another_class_is_not_there(self):
        self.sign_in("tom")
        address = reverse("assessments:assignment-start", args=[self.assignment.pk])

        self.assertEqual(self.client.post(address).status_code, 404)
        self.assertFalse(self.tom.scripts.exists())

    def test_an_empty_hand_in_is_asked_about(self):
        self.sign_in("una")
        script = Script.start(self.una, question=self.question)
        address = self.address("script-hand-in", script)
        asked = self.client.post(address, {"confirmed": "0"})
        script.refresh_from_db()
        self.assertContains(asked, "There is no answer yet")
        self.assertIsNone(script.handed_in_at)

        self.client.post(address, {"confirmed": "0", "empty_is_meant": "on"})
        script.refresh_from_db()
        self.assertIsNotNone(script.handed_in_at)

    def test_the_receipt_names_time_words_and_code(self):
        self.sign_in("sam")
        page = self.client.get(self.address("script-receipt"))

        self.assertContains(page, self.script.receipt_code)
        self.assertNotContains(page, self.script.marking_code)
        self.assertContains(page, "<dd>2</dd>", html=True)

    def test_it_is_taken_back_until_marking_starts(self):
        self.sign_in("sam")
        back = self.client.post(self.address("script-take-back"), follow=True)
        self.assertContains(back, "You have it back")
        self.script.hand_in()
        make_mark(self.script, self.ada, award=False)
        self.script.start_marking()
        refused = self.client.post(self.address("script-take-back"), follow=True)

        self.assertContains(refused, "Marking has begun")
        kinds = [event.kind for event in self.script.events.all()]
        self.assertEqual(kinds, [Event.Kind.HAND_IN_UNDONE])

    def test_versions_are_listed_read_and_brought_back(self):
        answer = self.open_script.answers.get()
        answer.keep("Second text.", writer=self.sam, origin="autosave", base=1)
        self.sign_in("sam")
        listed = self.client.get(self.address("answer-versions", self.open_script, 1))
        read = self.client.get(self.address("version-detail", self.open_script, 1, 1))
        self.client.post(
            self.address("answer-versions", self.open_script, 1), {"version": "1"}
        )
        answer.refresh_from_db()

        self.assertContains(listed, "stands now")
        self.assertContains(read, "Sam’s draft.")
        self.assertEqual(answer.text, "Sam’s draft.")
        self.assertEqual(answer.versions.count(), 3)
        for version in ("99", "-1", "x", "", "9" * 5000):
            response = self.client.post(
                self.address("answer-versions", self.open_script, 1),
                {"version": version},
            )
            self.assertEqual(response.status_code, 404)

    def test_a_clash_by_button_leads_to_both_texts(self):
        self.sign_in("sam")
        desk = self.address("script-answer", self.open_script, 1)
        self.client.post(
            desk,
            {"text": "Newer.", "tab": "tab-two-x", "number": 1, "answer_base": 1},
        )
        response = self.client.post(
            desk,
            {"text": "Older.", "tab": "tab-one-x", "number": 1, "answer_base": 1},
            follow=True,
        )

        self.assertContains(response, "kept beside it")
        texts = {v.text for v in self.open_script.answers.get().versions.of_answer()}
        self.assertEqual(texts, {"Sam’s draft.", "Newer.", "Older."})

    def test_a_refused_save_shows_the_text_again(self):
        self.sign_in("sam")
        response = self.client.post(
            self.address("script-answer", self.open_script, 1),
            {"text": "My words.", "tab": "?", "number": 1},
        )

        self.assertContains(response, "My words.", status_code=400)

    def test_typed_words_survive_an_ended_sign_in(self):
        desk = self.address("script-answer", self.open_script, 1)
        response = self.client.post(desk, {"text": "My <words>.", "tab": "x"})

        self.assertContains(response, "My &lt;words&gt;.", status_code=403)
        self.assertContains(response, "You are signed out", status_code=403)

    def test_practice_is_marked_by_oneself_and_never_stands(self):
        self.sign_in("una")
        self.client.post(
            reverse("assessments:question-detail", args=[self.question.slug])
        )
        script = self.una.scripts.get()
        script.answers.get().keep("Mine.", writer=self.una, origin="autosave")
        script.hand_in()
        level = self.question.mark_scheme.levels.get(number=3)
        wrong = self.client.post(
            self.address("script-self-mark", script), {"level": level.pk, "mark": 12}
        )
        right = self.client.post(
            self.address("script-self-mark", script),
            {"level": level.pk, "mark": 8},
            follow=True,
        )

        self.assertContains(wrong, "Choose one of those", status_code=400)
        self.assertContains(right, "Your own mark: Level 3, 8 of 12.")
        nothing = self.client.post(
            self.address("script-self-mark", script),
            {"level": "", "mark": 0},
            follow=True,
        )
        missing = self.client.post(
            self.address("script-self-mark", script), {"level": "", "mark": 4}
        )
        self.assertContains(nothing, "Your own mark: 0 of 12.")
        self.assertContains(missing, "Choose the level", status_code=400)
        self.assertFalse(Mark.objects.standing().exists())

    def test_staff_cannot_practise_or_start(self):
        self.sign_in("ada")
        for address in (
            reverse("assessments:question-detail", args=[self.question.slug]),
            reverse("assessments:assignment-start", args=[self.assignment.pk]),
        ):
            self.assertEqual(self.client.post(address).status_code, 404)


class ExportTest(SchoolTestCase):
    def test_each_student_gets_their_own_words_and_no_marks(self):
        make_mark(self.script, self.ada, www="WWW-CANARY")
        for name, texts in {
            "sam": {"Sam’s answer.", "Sam’s draft."},
            "tom": set(),
        }.items():
            self.sign_in(name)
            response = self.client.get("/answers/export.json")
            found = {item["text"] for item in response.json()["answers"]}
            self.assertEqual(found, texts)
            self.assertNotContains(response, "CANARY")
        self.sign_in("ada")
        self.assertEqual(
            self.client.get("/answers/export.json").json(), {"answers": []}
        )

    def test_a_task_of_several_questions_links_its_answers(self):
        paper = Assessment.objects.create(title="Two questions")
        for order, question in enumerate((self.question, make_question(slug="b")), 1):
            paper.assessment_questions.create(question=question, order=order)
        Assignment.objects.filter(pk=self.assignment.pk).update(assessment=paper)
        script = Script.start(
            self.una, assignment=Assignment.objects.get(pk=self.assignment.pk)
        )
        self.sign_in("una")
        page = self.client.get(f"/scripts/{script.public_id}/")

        self.assertContains(page, f"/scripts/{script.public_id}/answers/2/")


class CanaryTest(SchoolTestCase):
    """No byte of a judgement reaches a student before release, or after take-back."""

    CANARIES = (
        "WWW-CANARY", "EBI-CANARY", "NOTE-CANARY", "MARKER-WORDING",
        "INDICATIVE-CONTENT", "only one bullet",
    )  # fmt: skip

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_mark(
            cls.script, cls.ada, 11,
            www="WWW-CANARY", ebi="EBI-CANARY", private_note="NOTE-CANARY",
        )  # fmt: skip

    def addresses(self):
        script, draft = self.script.public_id, self.open_script.public_id
        return [
            "/", "/answers/", f"/questions/{self.question.slug}/",
            f"/scripts/{script}/", f"/scripts/{script}/receipt/",
            f"/scripts/{script}/hand-in/", f"/scripts/{script}/feedback/",
            f"/scripts/{script}/answers/1/versions/", f"/scripts/{draft}/",
            f"/scripts/{draft}/hand-in/", "/lessons/stalins-terror/",
            "/answers/export.json", f"/classes/{self.hi1.pk}/dates.ics",
            f"/scripts/{script}/answers/1/replay/",
            f"/scripts/{script}/answers/1/replay.json",
            f"/scripts/{script}/answers/1/versions/1/",
            # A page that is not there, and a form that is wrong.
            "/answers/CANARY-nothing/", f"/scripts/{script}/self-mark/",
        ]  # fmt: skip

    def everything(self):
        """Return every byte and header a student can get, form tokens masked."""
        self.sign_in("sam")
        seen = []
        for address in self.addresses():
            response = self.client.get(address, follow=True)
            body = re.sub(rb'value="[\w]{64}"', b"", response.content)
            body = re.sub(rb'(data-tab|value)="[\w-]{16}"', b"", body)
            headers = str(response.headers)
            seen.append((address, response.status_code, body, headers))
        return seen

    @pytest.mark.goal("G42", "before release 0 canaries, and lengths tell nothing")
    def test_before_release_nothing_shows_not_even_in_lengths(self):
        marked = self.everything()
        for address, _status, body, headers in marked:
            for canary in self.CANARIES:
                self.assertNotIn(canary, body.decode(), address)
                self.assertNotIn(canary, headers, address)
            # A page that the browser keeps could tell by its stamp that a mark came.
            for stamp in ("ETag", "Last-Modified"):
                self.assertNotIn(stamp, headers, address)
        # Students have no mail; nobody else is written to about a mark either.
        self.assertEqual(mail.outbox, [])
        Mark.objects.update(mark=12, ao1=6, ao2=6, www="", ebi="x" * 500)

        other = self.everything()

        self.assertEqual(
            [(a, s, len(b), len(h)) for a, s, b, h in marked],
            [(a, s, len(b), len(h)) for a, s, b, h in other],
        )

    def test_after_release_the_students_part_shows_and_no_more(self):
        Release.show(self.assignment.scripts.all(), self.ada)
        self.sign_in("sam")
        page = self.client.get(f"/scripts/{self.script.public_id}/feedback/")

        self.assertContains(page, "WWW-CANARY")
        self.assertContains(page, "EBI-CANARY")
        self.assertContains(page, "You are here: 11 marks.")
        for canary in self.CANARIES[2:]:
            self.assertNotContains(page, canary)
        self.sign_in("tom")
        self.assertEqual(
            self.client.get(f"/scripts/{self.script.public_id}/feedback/").status_code,
            404,
        )

    @pytest.mark.goal("G42", "taken back, all of it is gone again")
    def test_after_take_back_it_is_gone(self):
        before = self.everything()
        Release.show(self.assignment.scripts.all(), self.ada)
        Release.take_back(self.assignment.scripts.all(), self.ada)
        after = self.everything()

        self.assertEqual(
            [(a, s, len(b)) for a, s, b, _ in before],
            [(a, s, len(b)) for a, s, b, _ in after],
        )

    def test_reading_is_written_down_once_a_release(self):
        Release.show(self.assignment.scripts.all(), self.ada)
        self.sign_in("sam")
        for _ in range(3):
            self.client.get(f"/scripts/{self.script.public_id}/feedback/")

        self.assertEqual(self.script.events.filter(kind=Event.Kind.READ).count(), 1)

    def test_the_second_draft_carries_the_advice_and_compares_both(self):
        Release.show(self.assignment.scripts.all(), self.ada)
        self.sign_in("sam")
        desk = self.client.post(
            f"/scripts/{self.script.public_id}/answers/1/improve/", follow=True
        )
        self.assertContains(desk, "EBI-CANARY")
        draft = Answer.objects.get(redraft_of__script=self.script)
        draft.keep("Sam’s better answer.", writer=self.sam, origin="autosave", base=1)
        draft.script.hand_in()
        make_mark(draft.script, self.ada, 12)
        Release.show(Script.objects.filter(pk=draft.script_id), self.ada)
        page = self.client.get(f"/scripts/{draft.script.public_id}/feedback/")

        self.assertContains(page, "First draft 11, second draft 12.")
        self.assertContains(page, "better ")
        self.assertContains(page, "<ins>")

    def test_no_second_draft_before_release(self):
        self.sign_in("sam")
        response = self.client.post(
            f"/scripts/{self.script.public_id}/answers/1/improve/"
        )

        self.assertEqual(response.status_code, 404)

"""Whatever is sent as a save gets JSON with a known code, and changes nothing else."""

import json
import random
import re
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from assessments import saves, versions
from assessments.models import Answer, AnswerVersion
from tests.base import SchoolTestCase
from tests.factories import make_question, make_script
from tests.site import BASE

INPUTS = 2000
TOKEN = "t" * 32
WORDS = "Fear and violence mattered; so did propaganda. "
# Signs that have broken other sites: NUL, halves of a pair, joiners, both directions.
SIGNS = [
    "\x00",
    "\ud83d",
    "\udc00",
    "👩‍👩‍👧‍👦",
    "é",
    "e\u0301",
    "م",
    "\u2028",
    "\r\n",
    '"',
    "\\",
    "<",
]
WRONG = {
    "text": [None, 7, 1.5, True, [], ["x"], {}, {"text": "x"}],
    "part": [None, 7, True, [], {}, "", "mark", "ANSWER", "answer\x00"],
    "tab": [None, 7, [], {}, "", "short", "x" * 41, "tab one x", "täb-one-x", "tab-one-x\n"],
    "number": [None, -1, 10**30, 2_000_000_001, 0.5, "2", True, [], {}],
    "base": [-1, 10**30, -(10**30), 0.5, "1", False, [], {}],
    "reader": [None, -1, 10**30, 0.5, "1", True, [], {}],
    "checksum": [None, 7, [], {}, "", "0", "00000001", "zzzzzzzz", True],
}  # fmt: skip


def documented():
    """Return (status, code) of every row of the table in docs/saving.md."""
    page = (BASE / "docs" / "saving.md").read_text()
    return {
        (int(status), code)
        for code, status in re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", page, re.M)
    }


class Sender:
    """Sam's browser: one tab, numbers that rise, a token that is right."""

    def __init__(self, case):
        self.case = case
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.client.force_login(case.sam)
        self.client.cookies["csrf"] = TOKEN
        self.number = 0
        self.script = make_script(case.sam, None, question=make_question(slug="new"))
        self.answer = self.script.answers.get()
        self.theirs = make_script(case.tom, None, "Tom’s words.", case.question)

    def address(self, script=None, order=1):
        return reverse("assessments:answer-save", args=["x", 1]).replace(
            "/x/answers/1/",
            f"/{script or self.script.public_id}/answers/{order}/",
        )

    def valid(self, **changes):
        self.number += 1
        text = f"{WORDS} {self.number}"
        return {
            "text": text, "part": "answer", "tab": "tab-one-x", "number": self.number,
            "base": None, "reader": self.case.sam.pk, **changes,
        }  # fmt: skip

    def post(self, body, kind="application/json", *, address=None, **options):
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        client = options.pop("client", self.client)
        return client.generic(
            options.pop("method", "POST"),
            address or self.address(),
            body,
            content_type=kind,
            headers={"X-CSRFToken": options.pop("token", TOKEN)},
        )


def wrong_field(sender, rng):
    field = rng.choice(list(WRONG))
    wrong = rng.choice(WRONG[field])
    save = sender.valid(**{field: wrong})
    return sender.post(save), (400, f"bad-{field}")


def missing_field(sender, rng):
    field = rng.choice(["text", "part", "tab", "number", "reader"])
    save = sender.valid()
    del save[field]
    return sender.post(save), (400, f"bad-{field}")


def mangled(sender, rng):
    """A sign changed on the way, and the page's checksum tells."""
    save = sender.valid()
    save["checksum"] = versions.checksum(save["text"])
    place = rng.randrange(len(save["text"]))
    save["text"] = save["text"][:place] + "#" + save["text"][place + 1 :]
    return sender.post(save), (400, "bad-checksum")


def no_plan(sender, rng):
    text = rng.choice(
        ["", "x", "{}", "7", "null", '["x", 7]', '["x"', "[[]]", "[" * 90_000, "[NaN]",
         '["\\u0000"]', '["\\ud83d"]', '["a\\r\\nb"]']
    )  # fmt: skip
    return sender.post(sender.valid(part="plan", text=text)), (400, "bad-text")


def no_json(sender, rng):
    whole = json.dumps(sender.valid()).encode()
    place = rng.randrange(1, len(whole))
    body = rng.choice(
        [
            b"{", b"null", b"7", b'"x"', b"[]", b"[" + whole + b"]", b"\xff\xfe",
            whole[:place],
            whole + whole,
            whole[:place] + bytes([rng.choice([0x80, 0xC0, 0xFF])]) + whole[place:],
            whole.replace(b"Fear", b"Fear\xed\xa0\xbd"),
            whole.decode().encode("utf-16"),
            b"\xef\xbb\xbf" + whole,
            whole.replace(b'"text"', b'"text": "another", "text"'),
            whole.replace(b'"base": null', b'"base": NaN'),
            whole.replace(b'"base": null', b'"base": Infinity'),
            whole.replace(b'"base": null', b'"base": ' + b"9" * 5000),
            rng.randbytes(rng.randrange(1, 3000)),
        ]
    )  # fmt: skip
    return sender.post(body), (400, "unreadable")


def deep(sender, rng):
    opening, closing = rng.choice([(b"[", b"]"), (b'{"a":', b"}")])
    nested = opening * 200_000 + b"1" + closing * 200_000
    whole = json.dumps(sender.valid()).encode()
    body = rng.choice(
        [opening * 200_000, nested, whole.replace(b"null", nested), b"[" * 5_000_000]
    )
    return sender.post(body), (400, "unreadable")


def large(sender, rng):
    if rng.random() < 0.5:
        return sender.post(b"\x00" * 9_000_000), (413, "too-large")
    size = rng.choice([saves.LONGEST_TEXT + 1, 5_000_000])
    return sender.post(sender.valid(text="x" * size)), (400, "bad-text")


def another_kind(sender, rng):
    kind = rng.choice(
        ["text/plain", "application/x-www-form-urlencoded", "", "x", "application/xml",
         "multipart/form-data; boundary=x", "application/jsonx"]
    )  # fmt: skip
    return sender.post(sender.valid(), kind), (415, "not-json")


def elsewhere(sender, rng):
    address = rng.choice(
        [
            sender.address(sender.theirs.public_id),
            sender.address(sender.case.script.public_id + "x"),
            sender.address("nobody-has-this1"),
            sender.address("a%00b"),
            sender.address("%ED%A0%BD"),
            sender.address("x" * 5000),
            sender.address(order=2),
            sender.address(order=0),
            sender.address(order=10**30),
        ]
    )
    return sender.post(sender.valid(), address=address), (404, "unknown")


def somebody_else(sender, rng):
    reader = rng.choice([sender.case.tom.pk, 0, 2**63 - 1])
    return sender.post(sender.valid(reader=reader)), (409, "other-user")


def another_method(sender, rng):
    method = rng.choice(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
    return sender.post(sender.valid(), method=method), (405, "wrong-method")


def no_sign_in(sender, rng):
    if rng.random() < 0.5:
        return sender.post(sender.valid(), token="s" * 32), (403, "stale-token")
    stranger = Client(raise_request_exception=False)
    return sender.post(sender.valid(), client=stranger), (401, "signed-out")


BAD = {
    wrong_field: 600, missing_field: 100, mangled: 150, no_plan: 80, no_json: 260,
    deep: 20, large: 12, another_kind: 60, elsewhere: 60, somebody_else: 40,
    another_method: 40, no_sign_in: 40,
}  # fmt: skip
NOT_BY_INPUT = {
    (200, "saved"), (409, "kept-beside"), (403, "forbidden"), (500, "broken"),
    (503, "busy"),
}  # fmt: skip
KEPT = 538  # valid saves and saves that follow from a version to come


def test_a_plan_is_one_text_as_a_script_writes_it():
    assert (
        saves.plan_text(["One “line”.", "a\r\nb", ""]) == '["One “line”.","a\\nb",""]'
    )


class SaveInputTest(SchoolTestCase):
    def rows(self):
        return (
            list(Answer.objects.order_by("pk").values_list()),
            AnswerVersion.objects.count(),
        )

    def good_save(self, sender, rng):
        """Send what must stand or, from a version to come, must be kept beside."""
        signs = "".join(rng.choice([WORDS, *SIGNS]) for _ in range(rng.randrange(20)))
        # Two halves beside each other are one sign, in JSON as in a browser.
        text = json.loads(json.dumps(f"{signs}{sender.number}"))
        save = sender.valid(text=text, extra=[1] * rng.randrange(3))
        if is_ahead := rng.random() < 0.1 and self.standing is not None:
            save |= {"tab": "tab-two-x", "base": 10**9 + sender.number}
        elif rng.random() < 0.5:
            save["checksum"] = versions.checksum(versions.normalised(text))
        response = sender.post(save, rng.choice(["application/json"] * 3 + [
            "application/json; charset=utf-8", "application/json; charset=klingon"
        ]))  # fmt: skip
        expected = (409, "kept-beside") if is_ahead else (200, "saved")
        self.assertEqual((response.status_code, response.json()["code"]), expected)
        self.texts.append(versions.normalised(text))
        if not is_ahead:
            self.standing = self.texts[-1]

    @pytest.mark.goal("G64", "2,000 inputs to the save: 0 of 5xx, 0 rows changed")
    def test_2000_inputs(self):
        """Bad ones among good ones: each is told so, and all good ones are there."""
        self.assertEqual(sum(BAD.values()) + KEPT, INPUTS)
        rng = random.Random(64)
        jobs = [job for job, times in BAD.items() for _ in range(times)]
        jobs += [self.good_save] * KEPT
        rng.shuffle(jobs)
        sender, codes = Sender(self), documented()
        self.texts, self.standing, answered = [], None, set()
        rows = self.rows()
        for turn, job in enumerate(jobs):
            about = f"input {turn}, {job.__name__}"
            if job == self.good_save:
                job(sender, rng)
                rows = self.rows()
                continue
            response, expected = job(sender, rng)
            told = response.json()
            self.assertEqual((response.status_code, told["code"]), expected, about)
            self.assertRegex(told["sentence"], r"\w.*\.\Z", about)
            self.assertIn(expected, codes, about)
            self.assertEqual(self.rows(), rows, about)
            answered.add(expected)

        stored = sender.answer.versions.order_by("number").select_related("whole")
        self.assertEqual([version.text for version in stored], self.texts)
        sender.answer.refresh_from_db()
        self.assertEqual(sender.answer.text, self.standing)
        self.assertEqual(sender.theirs.answers.get().text, "Tom’s words.")
        self.assertEqual(answered | NOT_BY_INPUT, codes)
        self.reached(
            f"{INPUTS} inputs, {KEPT} of them good: all stand, 0 rows of the others"
        )

    def test_what_is_not_the_students_fault_is_json_too(self):
        sender = Sender(self)
        faults = {
            OperationalError("locked"): (503, "busy"),
            KeyError(): (500, "broken"),
        }
        for fault, expected in faults.items():
            with mock.patch.object(Answer, "keep_at", side_effect=fault):
                response = sender.post(sender.valid())
            self.assertEqual((response.status_code, response.json()["code"]), expected)
            self.assertEqual("Retry-After" in response, expected[0] == 503)
        foreign = sender.client.post(
            sender.address(),
            sender.valid(),
            "application/json",
            headers={"Origin": "https://evil.example"},
        )
        self.assertEqual(foreign.status_code, 403)
        self.assertEqual(foreign.json()["code"], "forbidden")
        self.assertEqual(sender.answer.versions.count(), 0)

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached

"""Requests that are not the site's own: reliability G61, G66, G67."""

import ast
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.site import BASE
from tests.test_pages import RULES
from tests.visitors import VisitedSite, fingerprints

# Safe to leave out: the sign-out ends the session that the others need.
SIGN_OUT = {"logout", "admin:logout"}
APPS = ("assessments", "lessons", "people", "terror_site")


class RequestsTest(VisitedSite):
    def forged(self, client):
        """Return what a foreign page can make a signed-in browser send."""
        stale, of_another = "a" * 64, Client(enforce_csrf_checks=True)
        of_another.force_login(self.tom)
        of_another.get("/reading-settings/")
        theirs = of_another.cookies["csrf"].value
        client.get("/reading-settings/")
        own = client.cookies["csrf"].value
        return {
            "without a token": ({}, {}),
            "stale": ({"csrfmiddlewaretoken": stale}, {}),
            "another user's": ({"csrfmiddlewaretoken": theirs}, {}),
            "foreign Origin": (
                {"csrfmiddlewaretoken": own},
                {"Origin": "https://evil.example"},
            ),
            "Origin null": ({"csrfmiddlewaretoken": own}, {"Origin": "null"}),
        }

    @pytest.mark.goal("G67", "every address, forged 5 ways: 0 taken, 0 rows changed")
    def test_a_post_that_is_not_our_own_changes_nothing(self):
        asked, wrong = 0, []
        for visitor in ("sam", "hal"):
            client = Client(enforce_csrf_checks=True)
            client.force_login(getattr(self, visitor))
            ways = self.forged(client)
            before = fingerprints()
            for name in RULES.keys() - SIGN_OUT:
                if RULES[name][visitor] not in (200, 405):
                    continue
                for way, (data, headers) in ways.items():
                    answer = client.post(self.address(name), data, headers=headers)
                    asked += 1
                    # Some addresses take no POST whatever, or are not there.
                    if answer.status_code not in (403, 404, 405):
                        wrong.append((visitor, name, way, answer.status_code))
            changed = [t for t, value in fingerprints().items() if value != before[t]]
            if changed:
                wrong.append((visitor, changed))
        self.assertFalse(wrong, "\n".join(map(str, wrong)))
        self.reached(f"{asked} forged posts")

    def test_a_forged_save_is_answered_as_json(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.sam)
        for headers in ({}, {"Origin": "https://evil.example"}):
            answer = client.post(
                self.address("assessments:answer-save"),
                {"text": "Forged."},
                content_type="application/json",
                headers=headers,
            )
            self.assertEqual(answer.status_code, 403)
            self.assertEqual(answer["Content-Type"], "application/json")
            self.assertIn("code", answer.json())

    @pytest.mark.goal("G54", "every page signs out by one button that posts")
    def test_every_page_signs_out_in_one_click(self):
        pages, without = 0, []
        for visitor in ("sam", "hal"):
            self.sign_in(visitor)
            for name in sorted(RULES.keys() - SIGN_OUT):
                answer = self.client.get(self.address(name))
                is_page = answer.get("Content-Type", "").startswith("text/html")
                if answer.status_code != 200 or not is_page:
                    continue
                pages += 1
                found = re.findall(
                    rb'<form[^>]*method="post"[^>]*action="/sign-out/"[^>]*>'
                    rb'\s*<input type="hidden" name="csrfmiddlewaretoken"[^>]*>'
                    rb'\s*<button type="submit"',
                    answer.content,
                )
                if len(found) != 1:
                    without.append((visitor, name))
        self.assertFalse(without, "\n".join(map(str, without)))
        self.reached(f"{pages} pages")

    @pytest.mark.goal("G61", "a policy on every answer, errors and files too")
    def test_every_answer_has_the_whole_policy(self):
        policies, asked = set(), 0
        for visitor in ("nobody", "hal"):
            self.sign_in(visitor)
            addresses = [self.address(name) for name in RULES.keys() - SIGN_OUT]
            addresses += ["/nothing/", "/admin/nothing/", "/static/nothing.css", "/%00"]
            for address in addresses:
                answer = self.client.get(address)
                asked += 1
                policies.add(answer.headers.get("Content-Security-Policy"))
            policies.add(self.client.put("/")["Content-Security-Policy"])
            policies.add(
                self.client.post("/sign-in/", b"\xff" * 9, "text/plain").get(
                    "Content-Security-Policy"
                )
            )
        self.assertNotIn(None, policies)
        for policy in policies:
            rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
            for name, value in {
                "default-src": "'self'",
                "object-src": "'none'",
                "base-uri": "'none'",
                "frame-ancestors": "'none'",
                "form-action": "'self'",
            }.items():
                self.assertEqual(rules[name], value)
            self.assertNotRegex(policy, r"unsafe|\*|https?:")
        self.reached(f"{asked} answers, {len(policies)} policy")

    @pytest.mark.goal("G66", "hostile patterns in searches and filters: ≤ 1 s each")
    def test_hostile_patterns_are_words_like_others(self):
        patterns = (
            "%" * 400, "(a+)+$" * 60, "' OR 1=1 --", "\x00\uffff", " ".join(["a"] * 900)
        )  # fmt: skip
        self.sign_in("hal")
        pages = [
            self.address(name)
            for name in RULES
            if name == "staff:search" or name.endswith("_changelist")
            if RULES[name]["hal"] == 200
        ]
        slow = []
        for page in pages:
            for pattern in patterns:
                with CaptureQueriesContext(connection) as queries:
                    answer = self.client.get(page, {"q": pattern})
                spent = sum(float(query["time"]) for query in queries)
                if spent > 1 or answer.status_code >= 500:
                    slow.append((page, pattern[:20], spent, answer.status_code))
        self.assertFalse(slow, "\n".join(map(str, slow)))
        self.reached(f"{len(pages) * len(patterns)} asked, 0 of 5xx")

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached


# Where, and how often. Looked at: names of tables and settings of our own, or constants.
SQL_FROM_TEXT = {
    "assessments/erasing.py": 3,
    "assessments/models/answers.py": 3,
    "people/sessions.py": 1,
    "terror_site/demo.py": 1,
    "terror_site/doctor.py": 1,
    "terror_site/management/commands/upgrade.py": 1,
    "terror_site/moving.py": 2,
    "terror_site/storage.py": 1,
}
RUNS_SQL = {"execute", "executemany", "raw", "RawSQL", "extra"}


def sql_from_text(tree):
    """Yield the lines on which something filled in is run as SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in RUNS_SQL and not isinstance(node.args[0], ast.Constant):
                yield node.lineno


@pytest.mark.goal("G66", "0 SQL from what is typed; 0 regular expressions in lookups")
def test_no_sql_is_built_from_text(reached):
    found, patterns, files = {}, [], 0
    for app in APPS:
        for path in sorted((BASE / app).rglob("*.py")):
            name = str(path.relative_to(BASE))
            if "migrations" in name:
                continue
            files += 1
            text = path.read_text()
            if places := [*sql_from_text(ast.parse(text))]:
                found[name] = len(places)
            if re.search("__i?regex", text):
                patterns.append(name)
    assert found == SQL_FROM_TEXT
    assert patterns == []
    reached(f"{files} files; {sum(found.values())} places looked at")

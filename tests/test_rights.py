"""Nobody sees or does what is not theirs, by any method (reliability G38 and G41).

Every address of the URLconf, the admin's included, for fifteen visitors: those of
`tests.base`, a teacher whose account is closed while signed in, and a student who left.
The rules are those of `test_pages.py`.
"""

import itertools

import pytest
from django.db import transaction

from tests.test_pages import RULES, STAFF, may_post
from tests.visitors import VISITORS, VisitedSite, fingerprints, met

OTHERS = ("put", "patch", "delete", "options")
# Who has no business in most places, and whose refusals are quick to ask for.
STRANGERS = ("nobody", "sam", "bea")
# They end the session that asks.
SIGN_OUT = ("logout", "admin:logout")


class RightsTest(VisitedSite):
    def setUp(self):
        self.wrong, self.checked = [], 0

    def ask(self, visitor, name, method):
        """Ask by one method; note an answer that the rules do not know."""
        response = getattr(self.client, method)(self.address(name))
        self.checked += 1
        rule = RULES[name][VISITORS[visitor]]
        status = response.status_code
        if method == "post":
            took = 200 <= status < 300
            good = status < 500 and (may_post(name, VISITORS[visitor]) or not took)
        elif method in OTHERS:
            good = status == 405
        else:
            good = status == rule and (method == "get" or not response.content)
        if canaries := met(response, visitor):
            self.wrong.append((visitor, method, name, canaries))
        if not good:
            self.wrong.append((visitor, method, name, status))
        if name in SIGN_OUT:
            self.sign_in(visitor)

    def sweep(self, visitor, *methods):
        """Ask for everything; what a POST may do for its owner is undone."""
        self.sign_in(visitor)
        before = fingerprints()
        for name, method in itertools.product(RULES, methods):
            if method == "post" and may_post(name, VISITORS[visitor]):
                with transaction.atomic():
                    self.ask(visitor, name, method)
                    transaction.set_rollback(True)
            else:
                self.ask(visitor, name, method)
        after = fingerprints()
        changed = [table for table in after if before[table] != after[table]]
        if changed:
            self.wrong.append((visitor, methods, changed))

    def tell(self):
        self.assertFalse(self.wrong, "\n".join(map(str, self.wrong)))

    def read_everything(self, visitors):
        for visitor in visitors:
            self.sweep(visitor, "get")

        self.tell()
        self.assertEqual(self.checked, len(RULES) * len(visitors))
        self.reached(
            f"{self.checked} pages by {len(visitors)} visitors: 0 rows, 0 canaries"
        )

    @pytest.mark.goal(
        "G41, G46, G47",
        "every GET by everybody: 0 rows differ, 0 words, names or ids of a student "
        "for whoever does not teach her",
    )
    def test_staff_get_each_page_by_its_rule_and_change_nothing(self):
        self.read_everything([*filter(STAFF.__contains__, VISITORS)])

    @pytest.mark.goal(
        "G41, G46, G47",
        "every GET by everybody: 0 rows differ, 0 words, names or ids of a student "
        "for whoever does not teach her",
    )
    def test_everybody_else_gets_each_page_by_its_rule_and_changes_nothing(self):
        self.read_everything([v for v in VISITORS if v not in STAFF])

    def test_strangers_posts_are_refused_and_change_nothing(self):
        for visitor in STRANGERS:
            self.sweep(visitor, "post")

        self.tell()
        self.assertEqual(self.checked, len(RULES) * len(STRANGERS))

    def test_no_address_answers_to_another_method(self):
        """Each address is asked by each; the visitors take turns."""
        names, turns = list(RULES), itertools.cycle(VISITORS)
        for method in ("head", *OTHERS):
            for first in range(0, len(names), 16):
                visitor = next(turns)
                self.sign_in(visitor)
                for name in names[first : first + 16]:
                    self.ask(visitor, name, method)

        self.tell()
        self.assertEqual(self.checked, len(RULES) * (1 + len(OTHERS)))

    @pytest.mark.long
    @pytest.mark.parallel
    @pytest.mark.goal("G38", "routes × roles × methods: 0 unexpected 2xx, 0 of 5xx")
    def test_everything_by_everybody(self):
        """With the two tests above that get every page: each of seven methods."""
        methods = ("head", "post", *OTHERS)
        for visitor in VISITORS:
            self.sweep(visitor, *methods)

        self.tell()
        self.assertEqual(self.checked, len(RULES) * len(VISITORS) * len(methods))
        self.reached(
            f"{len(RULES)} routes × {len(VISITORS)} roles × {len(methods)} methods "
            f"besides GET = {self.checked} answers as written down, 0 rows changed"
        )

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached

"""G64: whatever is put into a form, the answer is a page and never a fault."""

import os
import random

import pytest
from django.db import transaction
from django.urls import reverse

from tests.page_forms import forms_of
from tests.test_pages import Pages

# 200 take fourteen minutes, which no run of everything has: `FUZZ_INPUTS=200` does them.
INPUTS = int(os.environ.get("FUZZ_INPUTS", "40"))
# Each once in every field; the rest is put together from them by a seed.
BAD = (
    "", " ", "\x00", "a\x00b", "0", "-1", "1e400", "10" * 400, "9" * 30, "NaN", "None",
    "0000-00-00", "9999-12-31", "0001-01-01", "2026-02-30", "25:61", "'", '"', "%s%n",
    "\ud800", "\ufeff", "\u202e", "\U0001f600" * 50, "x" * 70_000, "../../etc/passwd",
    "<script>", "{{ 7*7 }}", "=1+1", "[]", "{}", "true", "on", "é" * 300, "\r\n\r\n",
)  # fmt: skip
# The pages whose forms are tried, by whoever fills them in.
PAGES = {
    "sid": [
        "admin:people_school_change", "admin:people_user_add", "admin:people_user_change",
        "admin:people_student_import", "admin:people_teachinggroup_new_year",
        "staff:student-data", "factor-app", "admin:people_teachinggroup_change",
    ],
    "dee": ["admin:people_student_change", "admin:people_student_add"],
    "ada": [
        "admin:assessments_assignment_add", "admin:assessments_assignment_students",
        "admin:assessments_assignment_copy", "admin:assessments_script_mark",
        "admin:assessments_question_change", "admin:assessments_question_import",
        "admin:assessments_script_concern", "admin:people_teachinggroup_cards",
        "admin:lessons_lesson_change", "admin:people_subgroup_change",
        "staff:class-feedback", "admin:assessments_assessment_change",
        "admin:assessments_assignment_release",
    ],
    "hal": ["admin:assessments_markscheme_change", "admin:assessments_boundaryset_change"],
    "sam": [
        "assessments:script-write", "assessments:script-hand-in", "reading-settings",
        "password-change",
    ],
    "nobody": ["login"],
}  # fmt: skip


class FuzzTest(Pages):
    def inputs(self, data, count, seed):
        """Yield filled forms: each bad value somewhere, then at several places."""
        chance = random.Random(seed)
        names = [name for name in data if name != "csrfmiddlewaretoken"]
        for number in range(count):
            changed = {name: list(values) for name, values in data.items()}
            for name in chance.sample(names, min(len(names), chance.randint(1, 3))):
                value = BAD[number % len(BAD)] if number < len(BAD) else None
                changed[name] = [chance.choice(BAD) if value is None else value]
            if chance.random() < 0.1:
                changed.pop(chance.choice(names))
            if chance.random() < 0.05:
                changed |= {f"extra{n}": ["x"] for n in range(900)}
            yield changed

    def fuzz(self, count):
        asked, forms, wrong = 0, 0, []
        for person, pages in PAGES.items():
            for page in pages:
                self.sign_in(person)
                address = self.address(page)
                for number, (action, data) in enumerate(
                    forms_of(self.client.get(address))
                ):
                    if not data.keys() - {"csrfmiddlewaretoken"} or "logout" in action:
                        continue
                    target = action if action.startswith("/") else address
                    if target == reverse("logout"):
                        continue
                    forms += 1
                    for changed in self.inputs(data, count, f"{page}{number}"):
                        with transaction.atomic():
                            status = self.answer(target, changed)
                            transaction.set_rollback(True)
                        asked += 1
                        if status >= 500:
                            wrong.append((person, page, target, status, changed))
        self.assertFalse(wrong, [(w[0], w[1], str(w[4])[:300]) for w in wrong])
        return asked, forms

    def answer(self, target, data):
        self.client.raise_request_exception = False
        try:
            return self.client.post(target, data).status_code
        except UnicodeEncodeError:
            # A lone surrogate cannot be sent by anything; a browser sends U+FFFD.
            kept = {
                name: [str(v).encode("utf-8", "replace").decode() for v in values]
                for name, values in data.items()
            }
            return self.client.post(target, kept).status_code

    def test_some_inputs_to_each_form(self):
        asked, forms = self.fuzz(4)
        self.assertGreater(forms, 25)
        self.assertEqual(asked, 4 * forms)

    @pytest.mark.long
    @pytest.mark.parallel
    @pytest.mark.goal("G64", "generated inputs to each form: 0 of 5xx")
    def test_many_inputs_to_each_form(self):
        asked, forms = self.fuzz(INPUTS)
        self.assertGreater(forms, 25)
        self.assertEqual(asked, INPUTS * forms)
        self.reached(f"{asked} inputs to {forms} forms, 0 of 5xx")

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached

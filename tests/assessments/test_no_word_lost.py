"""No word is lost on the server: order, limits, deletion, handing in at once."""

import hashlib
import json
import random
import threading
import time

import pytest
from django.contrib import admin
from django.db import connection, models, transaction
from django.test import Client, TransactionTestCase
from django.urls import reverse

from assessments import saves
from assessments.models import Answer, AnswerVersion, Event, Script
from lessons.models import PartnerTask, TaskNote
from tests.base import SchoolTestCase, make_cast
from tests.factories import make_apparatus, make_assignment, make_mark, make_script

SEQUENCES = 500
# One kind may win for a while, before the pauses suit the machine.
MOST_RACES = 300


def address(script, order=1):
    return reverse("assessments:answer-save", args=[script.public_id, order])


def new_script(student, question):
    """Return a script with an answer in which nothing stands yet."""
    script = Script.objects.create(student=student, question=question)
    Answer.objects.create(script=script, question=question)
    return script


class Tab:
    """A student's page over a bad line: `autosave.js` as far as the server sees it.

    Requests wait in `line`; each may be delivered late, twice, or without its answer
    coming back.
    """

    def __init__(self, client, script, reader):
        self.client = client
        self.script = script
        self.reader = reader
        self.typed = []
        self.line = []
        self.delivered = []
        self.acknowledged = set()
        self.number = 0
        self.base = None

    def type(self):
        self.typed.append(f"{self.typed[-1] if self.typed else ''} w{len(self.typed)}")
        self.send()

    def send(self):
        self.number += 1
        self.line.append(
            {
                "text": self.typed[-1], "part": "answer", "tab": "tab-one-x",
                "number": self.number, "base": self.base, "reader": self.reader,
            }
        )  # fmt: skip

    def deliver(self, save, *, is_heard):
        response = self.client.post(
            address(self.script), json.dumps(save), "application/json"
        )
        receipt = response.json()
        assert receipt["code"] in ("saved", "kept-beside"), receipt
        self.delivered.append(save)
        self.acknowledged.add(save["text"])
        if is_heard and receipt["code"] == "saved":
            self.base = receipt["version"]
        return receipt


class OrderTest(SchoolTestCase):
    """One student's saves over a line that repeats, reorders, delays and drops."""

    def play(self, seed):
        rng = random.Random(seed)
        tab = Tab(self.client, new_script(self.sam, self.question), self.sam.pk)
        tab.type()
        for _ in range(rng.randrange(3, 9)):
            does = rng.random()
            if does < 0.45:
                tab.type()
            elif does < 0.8 and tab.line:
                save = tab.line.pop(rng.randrange(len(tab.line)))
                tab.deliver(save, is_heard=rng.random() < 0.6)
            elif tab.delivered:
                tab.deliver(rng.choice(tab.delivered), is_heard=False)
        # In the end all that waits arrives, the newest text before or after older ones.
        rng.shuffle(tab.line)
        for save in tab.line:
            tab.deliver(save, is_heard=False)
        if rng.random() < 0.5:
            # Its answer got lost: the page sends the newest text once more.
            tab.send()
            receipt = tab.deliver(tab.line[-1], is_heard=True)
            self.assertEqual(receipt["code"], "saved", seed)
        return tab

    @pytest.mark.goal("G9", "500 sequences: the newest stands, all kept, 0 rows twice")
    def test_500_sequences(self):
        self.sign_in("sam")
        repeats = 0
        for seed in range(SEQUENCES):
            tab = self.play(seed)
            answer = tab.script.answers.select_related("current__whole").get()
            history = answer.versions.select_related("whole")
            self.assertEqual(answer.text, tab.typed[-1], seed)
            self.assertLessEqual(
                tab.acknowledged, {version.text for version in history}, seed
            )
            numbers = {save["number"] for save in tab.delivered}
            self.assertEqual(len(history), len(numbers), seed)
            repeats += len(tab.delivered) - len(numbers)
        self.assertGreater(repeats, SEQUENCES / 2)
        self.reached(f"{SEQUENCES} of {SEQUENCES}; {repeats} repeats, 0 rows for them")

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached


class LimitTest(SchoolTestCase):
    """At the limit it saves; above it what stands is not touched."""

    def setUp(self):
        self.sign_in("sam")
        self.script = new_script(self.sam, self.question)

    def autosave(self, text, number):
        save = {
            "text": text, "part": "answer", "tab": "tab-one-x", "number": number,
            "base": None, "reader": self.sam.pk,
        }  # fmt: skip
        return self.client.post(
            address(self.script), json.dumps(save), "application/json"
        )

    def press(self, text, number):
        return self.client.post(
            reverse("assessments:script-answer", args=[self.script.public_id, 1]),
            {"text": text, "tab": "tab-one-x", "number": str(number)},
        )

    def stands(self):
        return self.script.answers.select_related("current__whole").get().text

    @pytest.mark.goal("G11", "saved at 100 % of the limit; above it nothing is touched")
    def test_at_and_above_the_limit(self):
        # The most bytes that a sign can take, escaped in JSON and in a form.
        for number, sign in enumerate(("x", "\x01", "\N{GRINNING FACE}"), 1):
            text = sign * saves.LONGEST_TEXT
            self.assertEqual(self.autosave(text, 2 * number).json()["code"], "saved")
            self.assertEqual(self.stands(), text)
            self.assertEqual(
                self.press(f"{text[:-1]}!", 2 * number + 1).status_code, 302
            )
            self.assertEqual(self.stands(), f"{text[:-1]}!")
        stood, count = self.stands(), AnswerVersion.objects.count()
        above = "y" * (saves.LONGEST_TEXT + 1)
        refused = self.autosave(above, 90)
        shown = self.press(above, 91)
        far_above = self.autosave("z" * 9_000_000, 92)

        self.assertEqual(
            (refused.status_code, refused.json()["code"]), (400, "bad-text")
        )
        self.assertIn("500000 signs", refused.json()["sentence"])
        self.assertEqual(shown.status_code, 400)
        self.assertContains(shown, above, status_code=400)
        self.assertEqual(
            (far_above.status_code, far_above.json()["code"]), (413, "too-large")
        )
        self.assertEqual(self.stands(), stood)
        self.assertEqual(AnswerVersion.objects.count(), count)
        self.reached(
            f"{saves.LONGEST_TEXT} signs by autosave and form; 400 and 413 above"
        )

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached


def texts_hash():
    """Return the count and a hash of every row that holds a student's words."""
    rows = [
        row
        for model in (Script, Answer, AnswerVersion, TaskNote)
        for row in model.objects.order_by("pk").values_list()
    ]
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()


def path_to_an_answer():
    """Return every foreign key on the way from a student's words to what they hang on."""
    keys, open_models, seen = [], [Script, Answer, AnswerVersion], set()
    while open_models:
        model = open_models.pop()
        if model in seen:
            continue
        seen.add(model)
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey):
                keys.append(field)
                open_models.append(field.related_model)
    return keys


class DeletionTest(SchoolTestCase):
    @pytest.mark.goal("G13", "0 keys with CASCADE; whatever is deleted, 0 texts change")
    def test_no_key_on_the_way_to_an_answer_cascades(self):
        keys = path_to_an_answer()
        cascading = [
            str(key) for key in keys if key.remote_field.on_delete is models.CASCADE
        ]

        self.assertGreater(len(keys), 20)
        self.assertEqual(cascading, [])
        self.assertIs(
            TaskNote._meta.get_field("task").remote_field.on_delete, models.PROTECT
        )
        self.reached(f"{len(keys)} keys, 0 with CASCADE")

    @pytest.mark.goal("G13", "0 keys with CASCADE; whatever is deleted, 0 texts change")
    def test_nothing_that_can_be_deleted_takes_a_text_along(self):
        """Everybody on the staff tries each row of each model, one and many at a time."""
        make_mark(self.script, self.ada)
        make_apparatus(self.lesson)
        task = PartnerTask.objects.get()
        TaskNote.objects.create(student=self.sam, task=task, text="We agreed.")
        before = texts_hash()
        tried = deleted = 0
        for name in ("ada", "hal", "sid"):
            self.sign_in(name)
            for model in admin.site._registry:
                for row in model._base_manager.all():
                    tried += 1
                    deleted += self.delete_one(model, row, before)
                self.delete_many(model, before)
        self.assertGreater(tried, 100)
        # Some rows can go, so the attempts are real.
        self.assertGreater(deleted, 0)
        self.reached(
            f"{tried} attempts on {len(admin.site._registry)} models, 0 texts changed"
        )

    def undone(self, attempt, before):
        """Try it, compare, and put everything back; return whether a row went."""
        with transaction.atomic():
            result = attempt()
            self.assertEqual(texts_hash(), before)
            transaction.set_rollback(True)
        return result

    def delete_one(self, model, row, before):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

        def attempt():
            self.client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"})
            return not model._base_manager.filter(pk=row.pk).exists()

        return self.undone(attempt, before)

    def delete_many(self, model, before):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = model._base_manager.values_list("pk", flat=True)

        def attempt():
            self.client.post(
                reverse(f"{name}_changelist"),
                {"action": "delete_selected", "_selected_action": rows, "post": "yes"},
            )

        self.undone(attempt, before)

    def test_a_task_with_notes_stays(self):
        make_apparatus(self.lesson)
        task = PartnerTask.objects.get()
        TaskNote.objects.create(student=self.sam, task=task, text="We agreed.")
        self.sign_in("ada")
        delete = reverse("admin:lessons_partnertask_delete", args=[task.pk])
        response = self.client.post(delete, {"post": "yes"})

        self.assertEqual(response.status_code, 200)
        self.assertContains(response, "annot")
        self.assertTrue(TaskNote.objects.exists())

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached


class HandInRacesTest(TransactionTestCase):
    """Real threads, each with a connection of its own, on a real database."""

    def setUp(self):
        make_cast(self)

    def browser(self):
        client = Client(raise_request_exception=False)
        client.force_login(self.sam)
        return client

    def at_once(self, jobs):
        statuses = []

        def run(job):
            try:
                statuses.append(job())
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(statuses), len(jobs))
        return statuses

    def confirmation(self, client, script):
        page = client.get(
            reverse("assessments:script-hand-in", args=[script.public_id])
        )
        return page.context["form"].initial["confirmed"] if page.context else None

    def press(self, client, script, confirmed):
        return client.post(
            reverse("assessments:script-hand-in", args=[script.public_id]),
            {"confirmed": confirmed},
        ).status_code

    def assert_handed_in_once(self, script, text):
        script.refresh_from_db()
        answer = script.answers.select_related(
            "current__whole", "handed_in_version__whole"
        ).get()
        events = Event.objects.filter(script=script, kind=Event.Kind.HANDED_IN)
        self.assertIsNotNone(script.handed_in_at)
        self.assertEqual(events.count(), 1)
        self.assertEqual(answer.handed_in_text, text)
        self.assertEqual(answer.text, text)

    @pytest.mark.goal("G23", "20 at once and 100 races: 1 hand-in, 1 receipt, 0 of 5xx")
    def test_20_identical_hand_ins(self):
        assignment = make_assignment(self.question, self.hi1, self.ada)
        script = make_script(self.sam, assignment, "The text.")
        receipt = script.receipt_code
        clients = [self.browser() for _ in range(20)]
        confirmed = self.confirmation(clients[0], script)
        statuses = self.at_once(
            [lambda c=c: self.press(c, script, confirmed) for c in clients]
        )

        self.assertEqual(set(statuses), {302})
        self.assert_handed_in_once(script, "The text.")
        self.assertEqual(script.receipt_code, receipt)
        page = clients[0].get(
            reverse("assessments:script-receipt", args=[script.public_id])
        )
        self.assertContains(page, receipt)
        self.reached("20 pressed, 1 hand-in, 1 receipt")

    def test_a_hand_in_races_saves(self):
        self.races(20)

    @pytest.mark.long
    @pytest.mark.goal("G23", "20 at once and 100 races: 1 hand-in, 1 receipt, 0 of 5xx")
    def test_a_hand_in_races_saves_100_times(self):
        late, saved = self.races(100)
        self.reached(f"100 races, {late} of {saved} saves came after the hand-in")

    def races(self, times):
        """Race so many times, and on until saves were both first and last."""
        presser, writer = self.browser(), self.browser()
        late = done = 0
        # Between two saves there must be time to look and press, on a slow machine too.
        longest = 1 / 30
        while done < times or (done < MOST_RACES and not 0 < late < 3 * done):
            came_late = self.race(done, longest, presser, writer)
            late, done = late + came_late, done + 1
            longest = max(longest * 0.8, 1 / 30) if came_late else longest * 1.2
        self.assertGreater(late, 0, "no hand-in ever came before a save")
        self.assertLess(late, 3 * done, "no save ever came before a hand-in")
        return late, 3 * done

    def race(self, seed, longest, presser, writer):
        """Let three saves race a hand-in; return how many came after it."""
        rng = random.Random(seed)
        script = make_script(
            self.sam, make_assignment(self.question, self.hi1, self.ada), "Typed 0."
        )
        pauses = [rng.random() * longest for _ in range(4)]
        told, seen = [], []

        def save():
            base = 1
            for number in (1, 2, 3):
                time.sleep(pauses[number])
                response = writer.post(
                    address(script),
                    json.dumps(
                        {
                            "text": f"Typed {number}.", "part": "answer",
                            "tab": "tab-one-x", "number": number, "base": base,
                            "reader": self.sam.pk,
                        }
                    ),
                    "application/json",
                )  # fmt: skip
                told.append(response.json()["code"])
                base = response.json()["version"]
            return response.status_code

        def hand_in():
            """Press; told that another text was saved since, look and press again."""
            time.sleep(pauses[0])
            while shown := self.confirmation(presser, script):
                seen.append(shown)
                self.press(presser, script, shown)
            return 302

        statuses = self.at_once([save, hand_in])

        self.assertLessEqual(set(statuses), {200, 302, 409})
        self.assertEqual(told, sorted(told, reverse=True))
        self.assert_handed_in_once(script, f"Typed {told.count('saved')}.")
        # It is the text that the student looked at last, before pressing.
        self.assertEqual(seen[-1], str(script.answers.get().handed_in_version_id))
        texts = {v.text for v in script.answers.get().versions.select_related("whole")}
        self.assertEqual(texts, {f"Typed {number}." for number in range(4)})
        return told.count("kept-beside")

    @pytest.fixture(autouse=True)
    def _note(self, reached):
        self.reached = reached

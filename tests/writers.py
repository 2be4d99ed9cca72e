"""Students who write at once, and a history that is checked afterwards.

Every call is written down as ok (acknowledged), failed (refused in so many words) or
unknown (no answer came): what is ok must be in the database, what is unknown may be,
and nothing else may be.
"""

import http.client
import json
import random
import re
import secrets
import sqlite3
import threading
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field

from assessments import versions

_CSRF = "c" * 32
_WORDS = (
    "Stalin feared rivals, terror spread, the NKVD arrested thousands; “оно” – é 😀 "
    "show trials, quotas and camps. "
)


def seats(site, count):
    """Seat `count` students with an open paper each; return what `seats.py` says."""
    site.environment["SEATS"] = str(count)
    code = "exec(open('tests/seats.py').read())"
    said = site.manage("shell", "--no-imports", "-c", code)
    return json.loads(said.splitlines()[-1])


def headers_for(session):
    """Return the headers of a browser that is signed in and may post."""
    return {"Cookie": f"session={session}; csrf={_CSRF}", "X-CSRFToken": _CSRF}


@dataclass
class Call:
    """One save as it was sent, and what came back."""

    student: str
    answer: int
    number: int
    text: str
    began: float
    outcome: str = "unknown"
    status: int | None = None
    headers: dict = field(default_factory=dict)
    body: dict | None = None
    seconds: float = 0.0
    error: str = ""


class Writer(threading.Thread):
    """One student: types, saves, and after a failure sends the newest text again."""

    def __init__(self, site, seat, history, stop, pause=0.02, retries=()):
        super().__init__(daemon=True)
        self.site, self.seat, self.history, self.stop = site, seat, history, stop
        self.pause, self.retries = pause, retries
        self.tab = f"tab-{secrets.token_hex(6)}"
        self.texts = dict.fromkeys(seat["answers"], "")
        self.bases = dict.fromkeys(seat["answers"])
        self.number = 0
        self.connection = None
        self.unsaved = {}
        self.random = random.Random(seat["name"])

    def run(self):
        tries = 0
        while not self.stop.is_set():
            call = self.save(self.random.choice(self.seat["answers"][:3]))
            pause = self.pause
            if call.outcome != "ok" and self.retries:
                pause = self.retries[min(tries, len(self.retries) - 1)]
                tries += 1
            else:
                tries = 0
            self.stop.wait(pause * self.random.uniform(0.75, 1.25))

    def save(self, answer):
        """Type on and save; half of what failed is first sent again as it was."""
        call = self.unsaved.pop(answer, None)
        if call is None or self.random.random() < 0.5:
            self.number += 1
            mark = f"[{self.seat['name']}|{answer}|{self.number}]"
            begin = self.random.randrange(len(_WORDS) - 60)
            self.texts[answer] += f"{mark} {_WORDS[begin : begin + 60]}\n"
            text = self.texts[answer]
            if len(text) > 6000:
                text = self.texts[answer] = f"{mark} Begun again.\n"
            call = Call(self.seat["name"], answer, self.number, text, 0)
        else:
            call = Call(call.student, answer, call.number, call.text, 0)
        self.send(call)
        if call.outcome != "ok":
            self.unsaved[answer] = call
        return call

    def send(self, call):
        order = self.seat["answers"].index(call.answer) + 1
        body = {
            "text": call.text,
            "part": "answer",
            "tab": self.tab,
            "number": call.number,
            "base": self.bases[call.answer],
            "reader": self.seat["student"],
        }
        call.began = time.monotonic()
        self.history.append(call)
        try:
            call.status, call.headers, raw = self.post(
                f"/scripts/{self.seat['script']}/answers/{order}/save/", body
            )
            call.body = json.loads(raw)
        except ConnectionRefusedError:
            # Nobody was there to take it.
            call.outcome = "failed"
        except (OSError, http.client.HTTPException, ValueError) as error:
            call.error = repr(error)
            self.hang_up()
        else:
            call.outcome = "ok" if self.is_receipt(call) else "failed"
            if call.outcome == "ok" and call.status == 200:
                self.bases[call.answer] = call.body["version"]
        call.seconds = time.monotonic() - call.began

    def is_receipt(self, call):
        """Whether this answers for exactly this text, as a page asks it."""
        return (
            call.status in (200, 409)
            and call.body.get("code") in ("saved", "kept-beside")
            and call.body["answer"] == call.answer
            and call.body["length"] == len(call.text)
            and call.body["checksum"] == f"{zlib.adler32(call.text.encode()):08x}"
        )

    def post(self, path, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.site.port, timeout=20
            )
        try:
            self.connection.request(
                "POST",
                path,
                json.dumps(body),
                {
                    "Content-Type": "application/json",
                    **headers_for(self.seat["session"]),
                },
            )
            answer = self.connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Class:
    """Writers at work beside whatever a test does to the server."""

    def __init__(self, site, count, **how):
        self.history = []
        self.stop = threading.Event()
        self.site = site
        self.school = seats(site, count)
        self.writers = [
            Writer(site, seat, self.history, self.stop, **how)
            for seat in self.school["seats"]
        ]

    def __enter__(self):
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *error):
        self.stop.set()
        for writer in self.writers:
            writer.join(timeout=60)
            writer.hang_up()

    @property
    def acknowledged(self):
        return sum(call.outcome == "ok" for call in list(self.history))

    def wait_for_more(self, count, seconds=30):
        """Wait until `count` more saves are acknowledged; return the seconds."""
        began, wanted = time.monotonic(), self.acknowledged + count
        while self.acknowledged < wanted:
            assert time.monotonic() < began + seconds, (
                f"{wanted - self.acknowledged} of {count} saves were not acknowledged "
                f"within {seconds} s; last answers: "
                f"{[(c.status, c.body) for c in self.history[-5:]]}"
            )
            time.sleep(0.02)
        return time.monotonic() - began

    def finish(self):
        """Let everybody send what is unsaved, once the server is well again."""
        self.stop.set()
        for writer in self.writers:
            writer.join(timeout=60)
            for answer in list(writer.unsaved):
                for _try in range(5):
                    if writer.save(answer).outcome == "ok":
                        break
            writer.hang_up()


class Stored:
    """What the database holds, read past the product: plain SQL and `versions`."""

    _SQL = """
        SELECT answer.id, person.username, version.number, version.tab,
               version.tab_number, version.packed, whole.packed, version.id,
               answer.current_id
        FROM assessments_answerversion version
        JOIN assessments_answer answer ON answer.id = version.answer_id
        JOIN assessments_script script ON script.id = answer.script_id
        JOIN people_user person ON person.id = script.student_id
        LEFT JOIN assessments_answerversion whole ON whole.id = version.whole_id
    """

    def __init__(self, rows):
        self.texts = {}
        self.owners = {}
        self.current = {}
        self.standing = {}
        self.sent_as = Counter()
        for row in rows:
            answer, person, number, tab, tab_number, packed, whole, pk, current = row
            base = versions.unpack(bytes(whole), None) if whole is not None else None
            text = versions.unpack(bytes(packed), base)
            self.texts[answer, number] = text
            self.owners[answer] = person
            self.sent_as[answer, tab, tab_number] += 1
            if pk == current:
                self.standing[answer] = text

    @classmethod
    def in_sqlite(cls, path):
        database = sqlite3.connect(path)
        try:
            return cls(database.execute(cls._SQL).fetchall())
        finally:
            database.close()

    @classmethod
    def in_postgres(cls, connect):
        with connect() as database:
            return cls(database.execute(cls._SQL).fetchall())


def check(history, stored):
    """Return what must all be nothing: missing, misplaced, never sent, repeated."""
    sent = {(call.answer, call.text) for call in history}
    missing = [
        call
        for call in history
        if call.outcome == "ok"
        and stored.texts.get((call.answer, call.body["version"])) != call.text
    ]
    misplaced, unsent = [], []
    for (answer, number), text in stored.texts.items():
        if not stored.owners[answer].startswith("seat-"):
            continue
        marks = re.findall(r"\[(seat-\d+)\|(\d+)\|\d+\]", text)
        if any(mark != (stored.owners[answer], str(answer)) for mark in marks):
            misplaced.append((answer, number))
        if (answer, text) not in sent:
            unsent.append((answer, number))
    repeated = [key for key, count in stored.sent_as.items() if count > 1]
    # What stands is the newest that was acknowledged, or a later one that got through.
    newest = {}
    for call in history:
        if call.outcome == "ok":
            newest[call.answer] = max(newest.get(call.answer, 0), call.number)
    stale = []
    for answer, number in newest.items():
        marks = re.findall(r"\|(\d+)\]", stored.standing.get(answer, ""))
        if not marks or int(marks[-1]) < number:
            stale.append((answer, number, marks[-1:]))
    return {
        "missing": missing,
        "misplaced": misplaced,
        "never sent": unsent,
        "repeated": repeated,
        "stale": stale,
    }


NOTHING = {
    "missing": [], "misplaced": [], "never sent": [], "repeated": [], "stale": []
}  # fmt: skip


def outcomes(history):
    """Return how many calls ended how, in words."""
    counted = Counter(call.outcome for call in history)
    return ", ".join(f"{counted[name]} {name}" for name in ("ok", "failed", "unknown"))

"""The load: students as raw HTTP/1.1 connections, in a process of its own.

Open loop: when each request is due is fixed beforehand, and its time counts from
then, so a server that falls behind is seen to. Reads what to send from standard
input as JSON and writes what came back to standard output.
"""

import asyncio
import contextlib
import json
import random
import resource
import sys
import time
import urllib.parse
import zlib

# Drawn at random, so that a text is no easier to pack than a student's prose.
WORDS = (
    "a about after against all also although and Another any army arrest arrested "
    "as at be became because been before believe Beria between Bolsheviks both but "
    "by camps Central city collective Comintern confess could country cult death "
    "did enemies even evidence factories famine fear first five-year for forced "
    "from gave grain had harvest he him his How However However, if important in "
    "industry into is it its kept Kirov kulaks leaders Lenin less loyal many meant "
    "members might more most mother Moscow murder no none not Nobody of officers "
    "old on one only opposition or orders other out Party peasants people plan "
    "police Politburo posters power prisoners propaganda purges quotas reason "
    "removed rivals Russia secret show shows shot so some Soviet Stalin state still "
    "targets terror than that the their them there they This those through to too "
    "trial trials Trotsky under until was were what when which who whole why with "
    "without workers would wreckers year years Yezhov "
)
_RNG = random.Random(1937)
ESSAY = " ".join(_RNG.choices(WORDS.split(), k=500))
SAVE_EVERY = 5.0
TOKEN = "t" * 32
PATIENCE = 30


def essay(number):
    """Return the text of a save: 3 KB, and a few words more than the last one."""
    return f"{ESSAY}{' more' * (number % 40)} {number}"


class Connection(asyncio.Protocol):
    """One browser's connection, kept open; one request on it at a time."""

    def __init__(self):
        self.transport = None
        self.answer = None
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.transport = None
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionError("closed"))

    def data_received(self, data):
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        headers = head.lower()
        if b"transfer-encoding: chunked" in headers:
            if rest.endswith(b"0\r\n\r\n"):
                self.finish(head, unchunked(rest))
            return
        _, found, length = headers.partition(b"content-length:")
        if len(rest) >= (int(length.split(b"\r\n")[0]) if found else 0):
            self.finish(head, rest)

    def finish(self, head, body):
        self.buffer = b""
        if not self.answer.done():
            self.answer.set_result((int(head[9:12]), head, body))


def unchunked(data):
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        body += data[: int(size, 16)]
        data = data[int(size, 16) + 2 :]
    return body


class Student:
    """One account: its connection, its cookies, what it last had acknowledged."""

    def __init__(self, host, port, row):
        self.host, self.port = host, port
        self.row = row
        self.connection = None
        self.busy = asyncio.Lock()
        self.number = 0
        self.acknowledged = 0

    async def ask(self, method, path, body=b"", kind=None):
        if self.connection is None or self.connection.transport is None:
            loop = asyncio.get_running_loop()
            _, self.connection = await loop.create_connection(
                Connection, self.host, self.port
            )
        connection = self.connection
        connection.answer = asyncio.get_running_loop().create_future()
        cookies = f"csrf={TOKEN}; session={self.row['session']}"
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Cookie: {cookies}\r\nAccept-Encoding: gzip, deflate, br\r\n"
        )
        if body:
            head += (
                f"X-CSRFToken: {TOKEN}\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\n"
            )
        connection.transport.write(head.encode() + b"\r\n" + body)
        try:
            return await asyncio.wait_for(connection.answer, PATIENCE)
        except TimeoutError:
            connection.transport.abort()
            raise

    async def save(self):
        """Save the next text; True when the receipt echoes it."""
        self.number += 1
        text = essay(self.number)
        checksum = f"{zlib.adler32(text.encode()):08x}"
        body = json.dumps(
            {
                "text": text, "part": "answer", "tab": "Xy3-5Zab",
                "number": self.number, "base": None, "checksum": checksum,
                "reader": self.row["pk"],
            }
        ).encode()  # fmt: skip
        number = self.number
        status, _, answer = await self.ask(
            "POST", self.row["save"], body, "application/json"
        )
        if status != 200:
            return False
        if answer != b"saved":
            receipt = json.loads(answer)
            if (receipt["code"], receipt["checksum"]) != ("saved", checksum):
                return False
        self.acknowledged = max(self.acknowledged, number)
        return True

    async def post(self, path, **fields):
        body = urllib.parse.urlencode(fields).encode()
        return await self.ask("POST", path, body, "application/x-www-form-urlencoded")

    async def look_at_hand_in(self):
        """Open the confirmation and keep what it will be pressed with."""
        _, _, page = await self.ask("GET", self.row["hand_in"])
        if page[:2] == b"\x1f\x8b":
            page = zlib.decompress(page, 47)
        _, _, rest = page.decode().partition('name="confirmed" value="')
        self.row["confirmed"] = rest.partition('"')[0]

    async def hand_in(self):
        status, head, _ = await self.post(
            self.row["hand_in"], confirmed=self.row["confirmed"]
        )
        return status == 302 and b"/receipt/" in head

    async def sign_in(self):
        status, head, _ = await self.post(
            "/sign-in/", username=self.row["username"], password=self.row["password"]
        )
        return status == 302 and b"sign-in" not in head.partition(b"ocation:")[2][:40]


async def run(plan):
    """Play a plan; return for each kind of request (due, seconds, was good)."""
    rng = random.Random(plan["seed"])
    host, port = plan["host"], plan["port"]
    students = [Student(host, port, row) for row in plan["students"]]
    due = []
    seconds = plan["seconds"]
    for student in students[: plan["writers"]]:
        at = rng.random() * SAVE_EVERY
        while at < seconds:
            due.append((at, "save", student))
            at += SAVE_EVERY
    others = students[plan["writers"] :]
    for kind in ("hand_in", "sign_in"):
        for _ in range(plan.get(kind, 0)):
            at = plan["from"] + rng.random() * plan["within"]
            due.append((at, kind, others.pop()))
    due.sort(key=lambda item: item[0])
    if plan.get("hand_in"):
        for _at, kind, student in due:
            if kind == "hand_in":
                await student.look_at_hand_in()
    done = {"save": [], "hand_in": [], "sign_in": []}
    began = time.perf_counter() + 0.5

    async def act(at, kind, student):
        async with student.busy:
            try:
                good = await getattr(student, kind)()
            except (OSError, TimeoutError, ValueError, KeyError):
                good = False
        done[kind].append((at, time.perf_counter() - began - at, good))
        # What the browser opens next is load as well.
        if kind == "hand_in":
            await student.ask(
                "GET", student.row["hand_in"].replace("hand-in", "receipt")
            )
        elif kind == "sign_in":
            await student.ask("GET", "/")

    tasks = []
    for at, kind, student in due:
        pause = began + at - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(act(at, kind, student)))
    await asyncio.gather(*tasks, return_exceptions=True)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "done": done,
        "acknowledged": {
            student.row["script"]: student.acknowledged
            for student in students
            if student.acknowledged
        },
        "cpu": usage.ru_utime + usage.ru_stime,
    }


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()

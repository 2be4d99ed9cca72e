"""Many students at once: the product and the floor under the same load, in one run."""

import json
import os
import subprocess
import sys
import urllib.parse

from tests.floor import floor
from tests.site import BASE, cpu_seconds, running_site

# (writers, seconds of ours, seconds of the floor): the smaller ones are shorter.
WRITERS = [(300, 20, 20), (1000, 60, 30), (2000, 60, 30)]
HAND_INS = 300
# (how many, within how many seconds, how long others write); shorter on the second
# database, so that all of `make bench` stays within a quarter of an hour.
SIGN_INS = [(30, 1, 12), (300, 60, 66)]
FEWER_SIGN_INS = [(30, 1, 12), (150, 30, 36)]


def ask_rows(site, what, **arguments):
    """Run a function of `tests.load.rows` on the site's database."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.load.rows", what],
        cwd=BASE,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "terror_site.settings",
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "SITE_SCHEME": "http",
            "VAR_DIR": str(site.folder),
            "DATABASE_URL": site.database,
        },
        input=json.dumps(arguments),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def play(address, process, students, **plan):
    """Put a load on a server; return what came of it, with CPU shares added."""
    url = urllib.parse.urlsplit(address)
    plan = {
        "host": url.hostname, "port": url.port, "students": students, "seed": 6,
        "writers": 0, "from": 0, "within": 0, **plan,
    }  # fmt: skip
    before = cpu_seconds(process)
    result = subprocess.run(
        [sys.executable, "-m", "tests.load.client"],
        cwd=BASE,
        input=json.dumps(plan),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    outcome = json.loads(result.stdout)
    outcome["server"] = (cpu_seconds(process) - before) / plan["seconds"]
    outcome["client"] = outcome["cpu"] / plan["seconds"]
    return outcome


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Latencies:
    """What one kind of request took, in ms from when it was due."""

    def __init__(self, done):
        self.taken = [seconds * 1000 for _due, seconds, _good in done]
        self.errors = sum(not good for _due, _seconds, good in done)
        self.p50, self.p95, self.p99 = (
            percentile(self.taken, share) for share in (0.5, 0.95, 0.99)
        )
        first, last = min(done)[0], max(done)[0]
        # When the last answer came, counted from when the first request was due.
        self.all_in = max(due + seconds for due, seconds, _good in done) - first
        third = (last - first) / 3
        early = [s for due, s, _good in done if due <= first + third]
        late = [s for due, s, _good in done if due >= last - third]
        # Does the queue grow?
        self.growth = percentile(late, 0.95) / percentile(early, 0.95)

    def __str__(self):
        return f"{self.p50:.0f} / {self.p95:.0f} / {self.p99:.0f}"


def writing(site, floor_site, students):
    """Return the rows of a table: writers, ours and the floor's, side by side."""
    rows = []
    for writers, seconds, floor_seconds in WRITERS:
        crowd = students[:writers]
        bare = play(*floor_site, [{**row, "save": "/save"} for row in crowd],
                    writers=writers, seconds=floor_seconds)  # fmt: skip
        ours = play(site.address, site.process, crowd, writers=writers, seconds=seconds)
        lost = ask_rows(site, "lost", acknowledged=ours["acknowledged"])
        floor_lost = ask_rows(site, "floor_lost", acknowledged=bare["acknowledged"])
        mine, theirs = Latencies(ours["done"]["save"]), Latencies(bare["done"]["save"])
        students[:writers] = ask_rows(site, "open_again", students=crowd)
        rows.append(
            f"| {writers:,} for {seconds} s | {mine} | {theirs} | "
            f"**{mine.p95 / theirs.p95:.1f}** | {mine.growth:.1f} ({theirs.growth:.1f}) | "
            f"{mine.errors} ({theirs.errors}) | {lost} ({floor_lost}) | "
            f"{ours['server']:.2f} ({bare['server']:.2f}) | {ours['client']:.2f} |"
        )
        print(rows[-1], flush=True)
    return rows


def handing_in(site, students):
    crowd = students[:HAND_INS]
    ask_rows(site, "begin", students=crowd)
    outcome = play(site.address, site.process, crowd, seconds=5,
                   hand_in=HAND_INS, within=5)  # fmt: skip
    stored = ask_rows(site, "handed_in", students=crowd)
    times = Latencies(outcome["done"]["hand_in"])
    return (
        f"| {HAND_INS} hand in within 5 s, each opens the receipt | {times} ms | "
        f"{stored} stored, the last {times.all_in:.1f} s after the first was due | "
        f"{times.errors} errors | all ≤ 6 s, p95 ≤ 500 ms |"
    )


def signing_in(site, students, count, within, seconds):
    """`count` students sign in and open the front page while 300 others write."""
    crowd = students[: 300 + count]
    outcome = play(site.address, site.process, crowd, writers=300, seconds=seconds,
                   sign_in=count, within=within, **{"from": 5})  # fmt: skip
    lost = ask_rows(site, "lost", acknowledged=outcome["acknowledged"])
    # The next to write here begin with a text that nobody has sent before.
    students[:300] = ask_rows(site, "open_again", students=crowd[:300])
    times, saves = (Latencies(outcome["done"][kind]) for kind in ("sign_in", "save"))
    budget = "all ≤ 2 s after" if count == 30 else "p95 ≤ 1,000 ms"
    return (
        f"| {count} sign in within {within} s while 300 write | {times} ms | "
        f"all in {times.all_in:.1f} s after the first was due; saves meanwhile {saves} ms, "
        f"{lost} lost | {times.errors + saves.errors} errors | {budget} |"
    )


def measure(name, sign_ins=SIGN_INS, **environment):
    """Return the page's lines for one database."""
    with running_site(**environment) as site:
        students = ask_rows(site, "make", count=2000, prefix="writer")
        pressers = ask_rows(site, "make", count=HAND_INS, prefix="presser")
        essays = [
            ask_rows(site, "make", count=8, prefix=name)
            for name in ("essay-typed", "essay-rushed")
        ]
        ask_rows(site, "floor_rows")
        with floor(site) as floor_site:
            rows = writing(site, floor_site, students)
        others = [handing_in(site, pressers)]
        others += [signing_in(site, students, *plan) for plan in sign_ins]
        stored = [
            ask_rows(site, "storage", students=students, pauses=pauses)
            for students, pauses in zip(essays, (True, False), strict=True)
        ]
        others += [
            f"| an essay of 3 KB in 40 minutes, {how}: {row['saves']} saves | "
            f"{row['kilobytes']:.0f} KB of database | {row['packed']:.0f} KB of it "
            f"texts; {row['compact']:.0f} KB once compacted | | {budget} |"
            for row, how, budget in zip(
                stored,
                ("typed with pauses", "saved every 4 s without a pause"),
                ("≤ 120 KB", "the most there can be"),
                strict=True,
            )
        ]
    print(*others, sep="\n", flush=True)
    return [
        f"### {name}",
        "",
        "| students, 3 KB every 5 s | p50 / p95 / p99 ms | the floor’s | p95 against it, "
        "≤ 3 | p95 of the last third against the first | errors | lost | server, of "
        f"{os.cpu_count()} cores | generator |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        "| besides | p50 / p95 / p99 | | | budget |",
        "|---|---|---|---|---|",
        *others,
        "",
    ]

"""`make bench`: the product beside the bare Django floor, in one run.

Absolute figures move by more than half between hours and machines, so the ratios
are what counts. Writes `docs/benchmarks.md`.
"""

import datetime
import http.cookiejar
import os
import platform
import re
import subprocess
import time
import urllib.parse
import urllib.request

from tests import load
from tests.browser import chromium, sign_in
from tests.floor import floor
from tests.postgres import cluster
from tests.site import (
    BASE,
    cpu_seconds,
    memory_mb,
    running_site,
)

ROUNDS = 5
SECONDS = 4
CONNECTIONS = 16


def session_cookie(site, role="student"):
    """Sign in over HTTP and return the Cookie header."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"{site.address}/sign-in/"
    form = opener.open(address).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
    account = site.account(role)
    opener.open(
        address,
        urllib.parse.urlencode(
            {
                "csrfmiddlewaretoken": token,
                "username": account["username"],
                "password": account["password"],
            }
        ).encode(),
    ).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def requests_per_second(address, cookie):
    """Load one address with wrk; raise if any answer was not a success."""
    result = subprocess.run(
        [
            "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency",
            "-H", f"Cookie: {cookie}", "-H", "Accept-Encoding: gzip, deflate, br",
            address,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in result:
        raise AssertionError(result)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", result)[1])


SAVE_SCRIPT = """
local n = {first}
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-CSRFToken"] = "{token}"
request = function()
  n = n + 1
  local body = string.format(
    '{{"text":"%s %d","part":"answer","tab":"bench-tab","number":%d,"base":null,"reader":{reader}}}',
    string.rep("Fear and violence mattered. ", 110), n, n)
  return wrk.format(nil, nil, nil, body)
end
"""


def cpu_per_save(process, address, cookie, script):
    """Return the server's CPU milliseconds for one save of 3 KB."""
    before = cpu_seconds(process)
    result = subprocess.run(
        [
            "wrk", "-t1", "-c1", f"-d{SECONDS}s", "-s", str(script),
            "-H", f"Cookie: {cookie}", address,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in result:
        raise AssertionError(result)
    done = int(re.search(r"(\d+) requests in", result)[1])
    return (cpu_seconds(process) - before) / done * 1000


class Browserless:
    """A signed-in person over plain HTTP, for pages that need forms."""

    def __init__(self, site, role):
        self.site = site
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar)
        )
        account = site.account(role)
        self.post(
            "/sign-in/",
            username=account["username"],
            password=account["password"],
        )

    def get(self, path):
        with self.opener.open(self.site.address + path) as answer:
            return answer.geturl(), answer.read().decode()

    def post(self, path, form_at=None, **fields):
        _, form = self.get(form_at or path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields})
        with self.opener.open(self.site.address + path, data.encode()) as answer:
            return answer.geturl(), answer.read().decode()

    @property
    def cookie(self):
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def cookie_value(self, name):
        return next(cookie.value for cookie in self.jar if cookie.name == name)


def milliseconds(person, path, times=40):
    """Return the median time of a page over loopback, in ms."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        person.get(path)
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[times // 2]


def set_write_and_hand_in(site):
    """Set a question and hand an answer in; return both people and two addresses."""
    teacher, student = Browserless(site, "teacher"), Browserless(site, "student")
    add = "/admin/assessments/assignment/add/"
    _, form = teacher.get(add)
    question = re.search(r'<option value="([^"]+)">AQA-style question 6', form)[1]
    group = re.search(r'<option value="(\d+)">10B/Hi1', form)[1]
    for _ in range(2):
        teacher.post(
            add, task=question, group=group, due_at_0="30/11/2027",
            due_at_1="15:00:00", opens_at_0="01/09/2026", opens_at_1="09:00:00", note="",
        )  # fmt: skip
    # This student has begun all that the demonstration sets.
    _, home = student.get("/")
    to_write, to_mark = re.findall(r'action="/assignments/(\d+)/start/"', home)
    open_desk, _ = student.post(f"/assignments/{to_write}/start/", form_at="/")
    done_desk, _ = student.post(f"/assignments/{to_mark}/start/", form_at="/")
    path = urllib.parse.urlparse(done_desk).path
    student.post(
        f"{path}answers/1/", form_at=path, text="Fear and violence. " * 150,
        tab="bench-hand-in", number=1, save=1,
    )  # fmt: skip
    _, confirmation = student.get(f"{path}hand-in/")
    confirmed = re.search(r'name="confirmed" value="([^"]+)"', confirmation)[1]
    student.post(f"{path}hand-in/", confirmed=confirmed)
    _, queue = teacher.get(f"/admin/assessments/assignment/{to_mark}/release/")
    marking = re.search(r'href="(/admin/assessments/script/mark/[^"]+)"', queue)[1]
    return teacher, student, urllib.parse.urlparse(open_desk).path, marking


def cold_page(browser, site, path):
    """Open a page on a cold cache; return KB, requests, LCP in ms, layout shift."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    sign_in(page, site, "student")
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes = []
    client.on(
        "Network.loadingFinished",
        lambda event: sizes.append(event["encodedDataLength"]),
    )
    page.goto(site.address + path, wait_until="networkidle")
    lcp, shift = page.evaluate(
        """() => new Promise((resolve) => {
          let lcp = 0, shift = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) lcp = entry.startTime;
          }).observe({ type: "largest-contentful-paint", buffered: true });
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) shift += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve([lcp, shift]), 500);
        })"""
    )
    context.close()
    return sum(sizes) / 1024, len(sizes), lcp, shift


def main():
    # It measures with what is above.
    from tests import bench_school  # noqa: PLC0415

    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench`; do not edit. Ratios compare with a bare Django view "
        "that does the same work in the same run (`tests/floor/`). Absolute figures "
        "change with the machine and the hour.",
        "",
        f"{datetime.datetime.now(tz=datetime.UTC):%d %b %Y %H:%M} UTC, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite with "
        "synchronous=FULL, load generator on the same cores.",
        "",
    ]
    path = "/lessons/stalins-terror/"
    with running_site() as site:
        idle = memory_mb(site.process)
        cookie = session_cookie(site)
        urllib.request.urlopen(
            urllib.request.Request(site.address + path, headers={"Cookie": cookie})
        ).read()
        ours, bare = [], []
        teacher, student, desk, marking = set_write_and_hand_in(site)
        script = site.folder / "save.lua"
        reader = re.search(r'data-reader="(\d+)"', student.get(desk)[1])[1]
        our_saves, bare_saves = [], []
        load.ask_rows(site, "floor_rows")
        with floor(site) as (floor_address, floor_process):
            for _ in range(ROUNDS):
                bare.append(requests_per_second(f"{floor_address}/page", cookie))
                ours.append(requests_per_second(site.address + path, cookie))
            for turn in range(3):
                # One tab that goes on: its numbers rise from turn to turn.
                script.write_text(
                    SAVE_SCRIPT.format(
                        first=turn * 1_000_000,
                        reader=reader,
                        token=student.cookie_value("csrf"),
                    )
                )
                bare_saves.append(
                    cpu_per_save(
                        floor_process, f"{floor_address}/save", student.cookie, script
                    )
                )
                our_saves.append(
                    cpu_per_save(
                        site.process,
                        f"{site.address}{desk}answers/1/save/",
                        student.cookie,
                        script,
                    )
                )
        busy = memory_mb(site.process)
        pages = {
            "home of a student": milliseconds(student, "/"),
            "writing desk": milliseconds(student, desk),
            "marking desk (next script)": milliseconds(teacher, marking),
            "marking queue": milliseconds(teacher, "/admin/assessments/script/"),
        }
        with chromium() as browser:
            colds = [cold_page(browser, site, path) for _ in range(5)]
    ratios = sorted(a / b for a, b in zip(ours, bare, strict=True))
    kilobytes, requests, lcp, shift = sorted(colds, key=lambda cold: cold[2])[2]
    lines += [
        f"## Lesson page, signed in, {CONNECTIONS} connections, "
        f"{ROUNDS} rounds of {SECONDS} s",
        "",
        "| figure | value | budget |",
        "|---|---|---|",
        f"| requests/s against the floor, median (lowest – highest) | "
        f"**{ratios[ROUNDS // 2]:.2f}** ({ratios[0]:.2f} – {ratios[-1]:.2f}) | ≥ 0.6 |",
        f"| requests/s, ours / floor | {sorted(ours)[ROUNDS // 2]:.0f} / "
        f"{sorted(bare)[ROUNDS // 2]:.0f} | – |",
        f"| cold cache: KB over the wire | {kilobytes:.1f} | ≤ 60 |",
        f"| cold cache: requests | {requests} | ≤ 12 |",
        f"| cold cache: LCP, median of 5 | {lcp:.0f} ms | ≤ 350 ms |",
        f"| layout shift | {shift:.3f} | 0 |",
        f"| memory idle / after the load | {idle:.0f} / {busy:.0f} MB | ≤ 200 MB |",
        "",
    ]
    saves = sorted(a / b for a, b in zip(our_saves, bare_saves, strict=True))
    lines += [
        "## Writing and marking",
        "",
        "| figure | value | budget |",
        "|---|---|---|",
        f"| CPU of one save of 3 KB against the floor’s (session, user, one update) | "
        f"**{saves[1]:.2f}** ({saves[0]:.2f} – {saves[-1]:.2f}) | ≤ 2 |",
        f"| CPU of one save, ours / floor | {sorted(our_saves)[1]:.2f} / "
        f"{sorted(bare_saves)[1]:.2f} ms | – |",
        *(
            f"| {name}: median over loopback | {value:.1f} ms | "
            f"{'≤ 30 ms' if 'next' in name else '–'} |"
            for name, value in pages.items()
        ),
        "",
    ]
    lines += [*bench_school.lines(), ""]
    lines += [
        "## Many at once",
        "",
        "Open loop: each request is due at a time fixed beforehand, and its time counts "
        "from then. Each student has a connection and saves a text of 3 KB that grows; "
        "the floor has the same load in the same run. Lost: the last text that was "
        "acknowledged does not stand.",
        "",
        *load.measure("SQLite, synchronous=FULL"),
    ]
    with cluster() as running:
        lines += load.measure(
            "PostgreSQL on the same cores",
            load.FEWER_SIGN_INS,
            DATABASE_URL=running.address,
        )
    text = "\n".join(lines)
    (BASE / "docs" / "benchmarks.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()

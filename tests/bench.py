"""`make bench`: the product beside the bare Django floor, in one run.

Absolute figures move by more than half between hours and machines, so the ratios
are what counts. Writes `docs/benchmarks.md`.
"""

import contextlib
import datetime
import http.cookiejar
import os
import platform
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

from tests.browser import chromium, sign_in
from tests.site import BASE, free_port, running_site, wait_until_ready

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


@contextlib.contextmanager
def floor(site):
    """Serve the floor on the site's own database, with the site's own server."""
    port = free_port()
    code = (
        "from granian.server import Server; from granian.constants import Interfaces;"
        "import os; Server('terror_site.wsgi:application', address='127.0.0.1',"
        f"port={port}, interface=Interfaces.WSGI, workers=os.cpu_count(),"
        "blocking_threads=2, log_level='warning', websockets=False).serve()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=BASE,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.floor.settings",
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "SITE_SCHEME": "http",
            "DATABASE_URL": f"sqlite:///{site.folder / 'classroom.sqlite3'}",
        },
    )
    try:
        time.sleep(2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


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


def memory_mb(process):
    """Return the proportional memory of a server and its workers, in MB."""
    pids = [process.pid]
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    pids += [int(pid) for pid in children.split()]
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1])
    return total / 1024


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
        wait_until_ready(site.address, site.process)
        idle = memory_mb(site.process)
        cookie = session_cookie(site)
        urllib.request.urlopen(
            urllib.request.Request(site.address + path, headers={"Cookie": cookie})
        ).read()
        ours, bare = [], []
        with floor(site) as floor_address:
            for _ in range(ROUNDS):
                bare.append(requests_per_second(f"{floor_address}/page", cookie))
                ours.append(requests_per_second(site.address + path, cookie))
        busy = memory_mb(site.process)
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
    text = "\n".join(lines)
    (BASE / "docs" / "benchmarks.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()

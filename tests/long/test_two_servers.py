"""Two app servers on one PostgreSQL and Redis: one dies, both are renewed in turn."""

import contextlib
import http.cookiejar
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.long import networks
from tests.long.databases import database, site_on
from tests.long.test_load_and_clock import Beside, marking
from tests.writers import NOTHING, Class, Stored, check, outcomes

pytestmark = pytest.mark.long

WRITERS = 300
QUIET = 8  # seconds of undisturbed work between the disturbances


class Front:
    """The site as people reach it: through the proxy."""

    def __init__(self, port, server):
        self.port, self.manage = port, server.manage
        self.environment = server.environment


def reading(person):
    assert "Sign out" in person.ask("/")


@pytest.mark.goal(
    "G8, two servers",
    f"{WRITERS} write and 2 mark; one server is killed, both are renewed in turn: 0 "
    "acknowledged words lost, sign-ins survive, 0 error pages while renewing",
)
def test_a_server_dies_and_both_are_renewed(tmp_path, reached):
    media = tmp_path / "media"
    with (
        networks.database() as cluster,
        networks.shared_cache(tmp_path) as redis_port,
        networks.computers() as (outside, computers),
    ):
        servers = []
        for number, (address, prefix) in enumerate(computers):
            folder = tmp_path / f"server-{number + 1}"
            folder.mkdir()
            servers.append(
                networks.Server(
                    folder,
                    address,
                    prefix,
                    DATABASE_URL=cluster.address.replace("127.0.0.1", outside[number]),
                    REDIS_URL=f"redis://{outside[number]}:{redis_port}/0",
                    MEDIA_DIR=str(media),
                    ALLOWED_HOSTS=f"localhost,127.0.0.1,{address}",
                )
            )
            servers[-1].manage("prepare")
        try:
            for server in servers:
                server.start()
                server.wait_until_ready()
            proxy = networks.Proxy(tmp_path, servers)
            try:
                _work_on(proxy, servers, cluster, reached)
            finally:
                proxy.stop()
        finally:
            for server in servers:
                server.kill()


def _work_on(proxy, servers, cluster, reached):
    first, second = servers
    front = Front(proxy.port, first)
    students = Class(front, WRITERS, pause=5, retries=(1, 2, 4))
    school = students.school
    evening = threading.Event()
    sessions = [*school["teachers"], school["seats"][0]["session"]]
    works = [*(marking(desk) for desk in school["desks"][:2]), reading]
    others = [
        Beside(front, session, evening, work)
        for session, work in zip(sessions, works, strict=True)
    ]
    for person in others:
        person.start()
    with students:
        students.wait_for_more(2 * WRITERS, seconds=60)
        first.kill()
        students.wait_for_more(2 * WRITERS, seconds=60)
        pages_after_kill = [len(person.statuses) for person in others]
        first.start()
        first.wait_until_ready()
        time.sleep(QUIET)
        began = len(students.history)
        for server in (first, second):
            server.stop()
            time.sleep(QUIET / 4)
            server.start()
            server.wait_until_ready()
            time.sleep(QUIET)
        renewed = [
            call for call in list(students.history)[began:] if call.outcome == "failed"
        ]
    evening.set()
    for person in others:
        person.join(timeout=60)
    students.finish()
    left = check(students.history, Stored.in_postgres(lambda: networks.rows(cluster)))
    wrong = [s for person in others for s in person.statuses if s >= 400]
    both = [server.log.count("Traceback") for server in servers]
    reached(
        f"{outcomes(students.history)}; "
        f"while renewing {len(renewed)} refused, pages and marks "
        f"{sorted({s for person in others for s in person.statuses})} "
        f"({sum(len(person.statuses) for person in others)} asked)"
    )
    assert left == NOTHING
    assert both == [0, 0]
    assert renewed == []
    assert wrong == []
    assert all(
        len(p.statuses) > n for p, n in zip(others, pages_after_kill, strict=True)
    )


@pytest.mark.goal("G50, two servers", "guesses are counted together, and forgotten so")
def test_guesses_at_two_servers_are_counted_together(tmp_path, reached):
    with database("PostgreSQL") as place, contextlib.ExitStack() as stack:
        sites = []
        for number in (1, 2):
            folder = tmp_path / f"server-{number}"
            folder.mkdir()
            sites.append(stack.enter_context(site_on(place, folder)))
        name = sites[0].account("student")["username"]
        sent = threading.Barrier(2)
        answers = []

        def guess(site):
            for _ in range(20):
                sent.wait(timeout=60)
                answers.append(sign_in(site, name, "wrong"))

        threads = [threading.Thread(target=guess, args=[site]) for site in sites]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        # Right, at the server that saw the fewer of them: unread during the wait.
        right = sign_in(sites[1], name, sites[0].account("student")["password"])

    assert len(answers) == 40
    checked = answers.count(200)
    reached(f"{checked} of 40 guesses in a race checked, the rest told to wait")
    assert 5 <= checked <= 6
    assert set(answers) == {200, 429}
    assert right == 429


def sign_in(site, username, password):
    """Return what the form answers to a name and a password from a new computer."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"{site.address}/sign-in/"
    page = opener.open(address, timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    data = {"username": username, "password": password, "csrfmiddlewaretoken": token}
    try:
        with opener.open(
            address, urllib.parse.urlencode(data).encode(), timeout=30
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code

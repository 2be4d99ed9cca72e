import functools
import os
import time

import pytest
from django.core.cache import cache
from django.db.backends.sqlite3.base import DatabaseOperations
from xdist.scheduler import LoadScopeScheduling

from people.clock import Clock
from tests import goals, site as sites
from tests.browser import LAN_NAME, chromium
from tests.goals import reached  # noqa: F401 (a fixture)
from tests.relay import Relay
from tests.site import BASE, running_site


@pytest.fixture(autouse=True)
def _forget_the_school(monkeypatch):
    """The school is cached for seconds; a test's school is gone with the test.

    Within a test it is remembered throughout: where queries are counted, a slow machine
    would else read it once more.
    """
    cache.clear()
    monkeypatch.setattr("people.models.SCHOOL_CACHE_SECONDS", 600)


@pytest.fixture(scope="session", autouse=True)
def _flushed_all_the_same():
    """Between tests tables are emptied, which the audit log refuses (PostgreSQL's
    TRUNCATE asks no trigger)."""
    emptied = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self, statements):
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
                "AND tbl_name = 'people_auditentry'"
            )
            kept = cursor.fetchall()
            for name, _sql in kept:
                cursor.execute(f"DROP TRIGGER {name}")
            emptied(self, statements)
            for _name, sql in kept:
                cursor.execute(sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


@pytest.fixture(autouse=True)
def _time_that_is_moved_has_passed(monkeypatch):
    """Tests move the clock to let time pass; to the site it would have been set."""
    clock = Clock(ticks=lambda: time.time())
    for where in ("people.sessions.CLOCK", "terror_site.middleware.CLOCK"):
        monkeypatch.setattr(where, clock)


@pytest.fixture(scope="session", autouse=True)
def _one_school_for_all_workers(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    sites.shared_folder = base.parent if is_worker else base


@pytest.fixture(scope="session")
def site():
    """The real site with a demonstration school, for browser tests."""
    with running_site() as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    """Ends with its file: while it runs, Django refuses the database in its thread."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def lan_site():
    """A site of its own under a LAN name, behind a line that tests can break."""
    with running_site(ALLOWED_HOSTS=f"{LAN_NAME},127.0.0.1") as running:
        running.relay = Relay(running.port)
        running.address = f"http://{LAN_NAME}:{running.relay.port}"
        yield running
        running.relay.close()


@pytest.fixture
def relay(lan_site):
    """The line between browser and server, whole again after each test."""
    yield lan_site.relay
    lan_site.relay.mode = "pass"
    lan_site.relay.false_reply = None


@pytest.fixture
def context(browser, relay):
    made = browser.new_context()
    made.set_default_timeout(15_000)
    yield made
    relay.mode = "pass"
    made.close()


@functools.cache
def has_costly_set_up(path):
    """Whether a file of tests loads all content or starts a site for its tests."""
    text = (BASE / path).read_text()
    return "def _loaded(" in text or "mark.browser" in text


class Scheduling(LoadScopeScheduling):
    """Every test where there is room, but files with a costly set-up on one worker.

    Otherwise each worker does it over again: ten seconds for every such file.
    """

    def _split_scope(self, nodeid):
        path = nodeid.partition("::")[0]
        return path if has_costly_set_up(path) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Scheduling(config, log)


def pytest_runtest_setup(item):
    marker = item.get_closest_marker("goal")
    if marker is not None:
        item.user_properties.append(("goal", marker.args))


def pytest_terminal_summary(terminalreporter, config):
    """Print every goal of this run; `make test-long` keeps them in the docs.

    The quick ones belong to `make test`, whose two parts leave their rows to `make
    test-long`, and so does the first half of that, which runs side by side.
    """
    rows = [
        row
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.stats.get(outcome, [])
        if getattr(report, "when", "call") == "call" or report.failed
        if (row := goals.of(report)) is not None
    ]
    part = os.environ.get("KEEP_GOALS")
    if part in ("quick", "pure", "parallel"):
        config.cache.set(f"goals/{part}", rows)
    elif part == "long":
        for kept in ("quick", "pure", "parallel"):
            rows += map(tuple, config.cache.get(f"goals/{kept}", []))
    if not rows:
        return
    terminalreporter.section("goals")
    terminalreporter.write(goals.table(rows))
    if part == "long":
        goals.keep(rows)

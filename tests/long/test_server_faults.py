"""The server and the database are killed while a class writes: goals G1, G2 and G8."""

import random
import time

import pytest

from tests.long.databases import database, site_on
from tests.writers import NOTHING, Class, check, outcomes

pytestmark = pytest.mark.long

# As autosave.js tries again.
LIKE_A_BROWSER = (1, 2, 5, 10)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.goal(
                "G1",
                f"{name}: 20 kills among ≥ 1,000 saves by 10 students: 0 lost, 0 under "
                "a wrong name, 0 never sent; answers within 10 s",
            ),
        )
        for name in ("SQLite", "PostgreSQL")
    ],
)
def test_killing_the_server_loses_no_acknowledged_word(name, var, reached):
    restarts = []
    with (
        database(name) as place,
        site_on(place, var) as site,
        Class(site, 10) as students,
    ):
        for _kill in range(20):
            students.wait_for_more(50)
            time.sleep(random.uniform(0, 0.5))
            site.kill()
            place.check(site)
            site.start()
            restarts.append(students.wait_for_more(1, seconds=30))
        students.finish()
        left = check(students.history, place.stored(site))

        reached(
            f"{outcomes(students.history)}; "
            + ", ".join(f"{len(rows)} {what}" for what, rows in left.items())
            + f"; saves again after ≤ {max(restarts):.1f} s"
        )
        assert left == NOTHING
        assert students.acknowledged >= 1000
        assert max(restarts) <= 10


@pytest.mark.goal(
    "G2",
    "PostgreSQL: 5 kills of it and 5 of everything: 0 lost; in the gap each save is "
    "refused in words within 10 s; then saving works by itself",
)
def test_killing_the_database_loses_no_acknowledged_word(var, reached):
    gaps, returns = [], []
    with (
        database("PostgreSQL") as place,
        site_on(place, var) as site,
        Class(site, 10) as students,
    ):
        for _kill in range(5):
            students.wait_for_more(50)
            place.kill()
            began = time.monotonic()
            time.sleep(2)
            ended = time.monotonic()
            place.start()
            returns.append(students.wait_for_more(20))
            gaps += [
                call for call in students.history if began < call.began < ended - 0.2
            ]
        for _kill in range(5):
            students.wait_for_more(50)
            place.kill()
            site.kill()
            place.start()
            site.start()
            returns.append(students.wait_for_more(20))
        students.finish()
        left = check(students.history, place.stored(site))

    refused = {(call.status, (call.body or {}).get("code")) for call in gaps}
    slowest = max(call.seconds for call in gaps)
    reached(
        f"{outcomes(students.history)}; "
        + ", ".join(f"{len(rows)} {what}" for what, rows in left.items())
        + f"; {len(gaps)} saves in the gaps, all 503 within {slowest:.1f} s; "
        f"saves again after ≤ {max(returns):.1f} s"
    )
    assert left == NOTHING
    assert refused == {(503, "busy")}
    assert all("Your text stays" in call.body["sentence"] for call in gaps)
    assert all(call.headers["retry-after"] == "10" for call in gaps)
    assert slowest <= 10
    assert max(returns) <= 15


@pytest.mark.goal(
    "G8",
    "a planned restart while 30 students type: 0 lost, 0 errors but “no connection”, "
    "everybody’s words saved within 15 s",
)
def test_a_planned_restart_is_hardly_noticed(var, reached):
    with (
        database("SQLite") as place,
        site_on(place, var) as site,
        Class(site, 30, pause=1, retries=LIKE_A_BROWSER) as students,
    ):
        students.wait_for_more(90)
        began = time.monotonic()
        site.stop()
        site.start()
        waited = {}
        while len(waited) < 30 and time.monotonic() < began + 30:
            for call in list(students.history):
                if call.outcome == "ok" and call.began > began + 0.5:
                    waited.setdefault(call.student, call.began + call.seconds - began)
            time.sleep(0.05)
        students.finish()
        left = check(students.history, place.stored(site))

    errors = {
        call.status for call in students.history if call.status not in (None, 200, 409)
    }
    reached(
        f"{outcomes(students.history)}; {len(left['missing'])} missing; "
        f"all {len(waited)} saved after ≤ {max(waited.values()):.1f} s"
    )
    assert left == NOTHING
    assert errors <= {503}
    assert len(waited) == 30
    assert max(waited.values()) <= 15

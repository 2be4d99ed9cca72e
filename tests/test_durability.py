"""What is acknowledged is on disk (goal G3), and what PostgreSQL must promise."""

import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import JsonResponse
from django.test import Client
from django.urls import path

from tests.site import BASE, Site, copy_school
from tests.writers import NOTHING, Class, Stored, check

_ASKED = {
    "sqlite": ("PRAGMA synchronous", "PRAGMA journal_mode"),
    "postgresql": ("SHOW fsync", "SHOW full_page_writes", "SHOW synchronous_commit"),
}


@login_not_required
def promises(request):
    """What this request's own connection says of itself."""
    said = {}
    with connection.cursor() as cursor:
        for question in _ASKED[connection.vendor]:
            cursor.execute(question)
            said[question] = cursor.fetchone()[0]
    return JsonResponse(said)


urlpatterns = [path("promises/", promises)]


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
def test_a_requests_own_connection_waits_for_the_disk():
    def ask():
        try:
            return Client().get("/promises/").json()
        finally:
            connection.close()

    # A thread of its own has a connection of its own, opened as the server opens it.
    with ThreadPoolExecutor(1) as thread:
        said = thread.submit(ask).result()

    if connection.vendor == "sqlite":
        assert said["PRAGMA synchronous"] >= 2
        assert said["PRAGMA journal_mode"] in ("wal", "delete", "truncate", "persist")
    else:
        assert set(said.values()) == {"on"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite’s files")
@pytest.mark.goal(
    "G3", "SQLite: 100 acknowledged saves, one after another, wait for ≥ 100 syncs"
)
def test_each_acknowledgement_waits_for_a_sync(tmp_path, reached):
    assert shutil.which("strace"), "strace is missing: apt-get install strace"
    trace = tmp_path / "syncs"
    copy_school(tmp_path)
    site = Site(
        tmp_path,
        *("strace", "-f", "-y", "-qq", "--seccomp-bpf", "-o", str(trace)),
        *("-e", "trace=fsync,fdatasync", sys.executable, "manage.py"),
        *("serve", "--prepare"),
    ).start()
    try:
        site.wait_until_ready()
        students = Class(site, 1)
        before = len(trace.read_text().splitlines())
        for _save in range(100):
            call = students.writers[0].save(students.writers[0].seat["answers"][0])
            assert call.outcome == "ok", call
        students.writers[0].hang_up()
        lines = trace.read_text().splitlines()[before:]
        left = check(students.history, Stored.in_sqlite(tmp_path / "classroom.sqlite3"))
    finally:
        # strace hears no SIGTERM.
        site.kill()

    synced = [
        line
        for line in lines
        if re.search(r"f(data)?sync\(\d+<[^>]*classroom\.sqlite3(-wal)?>", line)
    ]
    reached(f"{len(synced)} syncs of the database’s files")
    assert len(synced) >= 100
    assert left == NOTHING


def test_the_product_asks_one_clock():
    """`jumping_clock.py` changes `timezone.now` and `time.time`: there is no third."""
    others = re.compile(
        r"datetime\.now|utcnow|\btoday\(|time\.time_ns|from time import"
    )
    files = [
        file
        for app in ("people", "lessons", "assessments", "terror_site")
        for file in (BASE / app).rglob("*.py")
    ]
    assert len(files) > 50
    assert not [file for file in files if others.search(file.read_text())]

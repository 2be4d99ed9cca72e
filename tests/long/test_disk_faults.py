"""Disks that are full, read-only or broken: goals G5 and G6."""

import contextlib
import hashlib
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.bench import Browserless
from tests.long.databases import SQLite, can_mount, database, site_on
from tests.postgres import cluster
from tests.site import BASE, Site, copy_school, running_site
from tests.writers import NOTHING, Class, check, headers_for, outcomes

pytestmark = pytest.mark.long

FULL = "disk full while 10 students write: each save kept or refused in words, then all"


@contextlib.contextmanager
def small_disk(folder, megabytes):
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder],
        check=True,
    )
    try:
        copy_school(folder)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path):
    """Write until nothing fits any more."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        size = 2**20
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2


def refusals_since(students, began):
    return [
        call
        for call in list(students.history)
        if call.began > began and call.outcome == "failed"
    ]


def wait_for_refusals(students, count):
    began = time.monotonic()
    while len(refusals_since(students, began)) < count:
        assert time.monotonic() < began + 20, outcomes(students.history)
        time.sleep(0.05)
    return began


def assert_refused_in_words(calls, codes):
    assert {(call.status, call.body["code"]) for call in calls} <= {
        (503, code) for code in codes
    }
    assert all(
        "Your text stays in this page" in call.body["sentence"] for call in calls
    )
    assert all(call.headers["retry-after"] == "10" for call in calls)


@pytest.mark.goal("G5", f"{FULL}; reading and signing in work; no half upload")
def test_a_full_disk_stops_saves_and_nothing_else(tmp_path, reached):
    if not can_mount():
        pytest.skip("needs root to mount a small disk; the limit on files stands in")
    with (
        small_disk(tmp_path, 64),
        database("SQLite") as place,
        site_on(place, tmp_path) as site,
        Class(site, 10) as students,
    ):
        reader = Browserless(site, "student")
        students.wait_for_more(100)
        fill(tmp_path / "filler")
        began = wait_for_refusals(students, 30)

        newcomer = Browserless(site, "student")
        where, _page = newcomer.get("/")
        assert "/sign-in/" not in where
        for person in (reader, newcomer):
            for path in ("/", "/lessons/stalins-terror/"):
                assert "<h1" in person.get(path)[1]
        uploaded = uploads(tmp_path)
        upload(site, students.school["teachers"][0])
        assert uploads(tmp_path) == uploaded
        refused = refusals_since(students, began)

        (tmp_path / "filler").unlink()
        back = students.wait_for_more(100)
        students.finish()
        left = check(students.history, place.stored(site))
        place.check(site)

    reached(
        f"small disk: {outcomes(students.history)}, {len(refused)} refused with 503; "
        f"{len(left['missing'])} missing; saved again {back:.1f} s after there was room"
    )
    assert_refused_in_words(refused, {"disk-full"})
    assert left == NOTHING


def uploads(folder):
    return sorted((folder / "media").rglob("*"))


def upload(site, session):
    """Post a file to a page of staff; it must be refused in words."""
    body = (
        b'--end\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + os.urandom(3 * 2**20) + b"\r\n--end--\r\n"
    )
    request = urllib.request.Request(
        f"{site.address}/admin/lessons/picture/add/",
        body,
        {**headers_for(session), "Content-Type": "multipart/form-data; boundary=end"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 503
    with refused.value:
        assert "disk is full" in refused.value.read().decode()


@pytest.mark.goal("G5", f"{FULL}; without root, by a limit on the size of files")
def test_files_that_cannot_grow_stop_saves_and_nothing_else(var, reached):
    with (
        database("SQLite") as place,
        site_on(place, var) as site,
        Class(site, 10) as students,
    ):
        reader = Browserless(site, "student")
        students.wait_for_more(100)
        limit_files(site, 2**20)
        began = wait_for_refusals(students, 30)
        assert "<h1" in reader.get("/lessons/stalins-terror/")[1]
        refused = refusals_since(students, began)

        limit_files(site, resource.RLIM_INFINITY)
        back = students.wait_for_more(100)
        students.finish()
        left = check(students.history, place.stored(site))
        place.check(site)

    reached(
        f"limit: {outcomes(students.history)}, {len(refused)} refused with 503; "
        f"{len(left['missing'])} missing; saved again after {back:.1f} s"
    )
    assert_refused_in_words(refused, {"disk-full", "read-only"})
    assert left == NOTHING


def limit_files(site, size):
    """Let no process of the server write past `size` bytes of any file."""
    first = site.process.pid
    workers = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    for process in (first, *map(int, workers)):
        _soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


def contents(folder):
    """Return the names and hashes of what stands around a database."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        if file.is_file()
        else "folder"
        for file in folder.iterdir()
        if not file.name.endswith(("-shm", "-wal", ".log"))
    }


def refused(folder, *command, **environment):
    """Start a site that must refuse; return its one sentence."""
    before = contents(folder)
    site = Site(folder, *command, **environment)
    process = subprocess.Popen(
        site.command, cwd=BASE, env=site.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        output, said = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        raise AssertionError("The site was not refused.") from None
    finally:
        site.process = process
        site.kill()
    said = said.strip()
    assert process.returncode == 1, output
    assert contents(folder) == before
    assert said.startswith("CommandError: ") and "\n" not in said, said
    assert said.endswith("(docs/reliability.md, “Repair”)")
    return said


GUIDE = (BASE / "docs" / "reliability.md").read_text()
SERVE = (sys.executable, "manage.py", "serve")
# Root may write everywhere; without this capability it may not.
AS_ANYBODY = (
    ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")
    if os.geteuid() == 0
    else ()
)


def sql(folder, *statements):
    database = sqlite3.connect(folder / "classroom.sqlite3")
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


@pytest.mark.parallel
@pytest.mark.goal(
    "G6", "6 of 6 broken stores: one sentence, nothing is made or changed"
)
def test_a_broken_store_is_refused_at_the_start(var, reached):
    path = var / "classroom.sqlite3"
    whole = path.read_bytes()
    said = {}

    var.chmod(0o555)
    said["read-only"] = refused(var, *AS_ANYBODY, *SERVE, "--prepare")
    assert said["read-only"] == refused(var, *AS_ANYBODY, *SERVE)
    var.chmod(0o755)
    assert f"folder {var} of the database cannot be written" in said["read-only"]

    path.write_bytes(b"This is not a database. " * 5000)
    said["garbage"] = refused(var, *SERVE, "--prepare")
    assert "is not a database of this site" in said["garbage"]

    path.write_bytes(whole)
    sql(var, "DELETE FROM django_migrations WHERE app = 'assessments' AND id > 5")
    said["older"] = refused(var, *SERVE)
    assert "older than this version" in said["older"] and "prepare" in said["older"]

    path.write_bytes(whole)
    sql(
        var,
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('assessments', '0999_the_future', '2030-01-01')",
    )
    said["newer"] = refused(var, *SERVE, "--prepare")
    assert "newer version" in said["newer"] and "0999_the_future" in said["newer"]
    assert said["newer"] == refused(var, *SERVE)

    path.unlink()
    path.mkdir()
    said["folder"] = refused(var, *SERVE, "--prepare")
    assert "is a folder" in said["folder"]
    path.rmdir()

    for size in (len(whole) // 2, len(whole) - 4096 * 3):
        path.write_bytes(whole[:size])
        said["cut off"] = refused(var, *SERVE, "--prepare")
        assert "is damaged" in said["cut off"]

    reached(f"{len(said)} of 6 refused")
    assert len(said) == 6


@pytest.mark.parallel
def test_nothing_is_made_in_place_of_a_database_that_was_there(var):
    path = var / "classroom.sqlite3"
    path.write_bytes(b"")
    assert "is empty" in refused(var, *SERVE, "--prepare")

    path.unlink()
    (var / "classroom.sqlite3-wal").write_bytes(b"the last words")
    assert "is missing but its log" in refused(var, *SERVE, "--prepare")

    (var / "classroom.sqlite3-wal").unlink()
    assert "There is no database" in refused(var, *SERVE)
    elsewhere = f"sqlite:///{var / 'nowhere' / 'classroom.sqlite3'}"
    assert "does not exist" in refused(var, *SERVE, DATABASE_URL=elsewhere)


@pytest.mark.parallel
def test_damage_is_found_and_repaired_as_the_guide_says(var):
    """A page in the middle is overwritten; `docs/reliability.md`, “Repair”, steps 2–5."""
    assert shutil.which("sqlite3"), "sqlite3 is missing: apt-get install sqlite3"
    path = var / "classroom.sqlite3"
    whole = path.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    path.write_bytes(whole[:middle] + b"\xaa" * 4096 + whole[middle + 4096 :])
    assert "is damaged" in refused(var, *SERVE, "--prepare")

    dump = re.search(r"`(sqlite3 classroom.sqlite3 .dump .*?)`", GUIDE, re.DOTALL)[1]
    subprocess.run(["sh", "-c", dump], cwd=var, check=True, capture_output=True)
    for file in var.glob("classroom.sqlite3*"):
        file.unlink()
    (var / "repaired.sqlite3").rename(path)
    with running_site(var) as site:
        Browserless(site, "student").get("/")
        SQLite().check(site)


@pytest.mark.parallel
def test_postgresql_that_may_forget_is_refused(tmp_path):
    with cluster() as running:
        address = running.address
        for name in ("fsync", "full_page_writes"):
            running.configure(name, "off")
            said = refused(tmp_path, *SERVE, "--prepare", DATABASE_URL=address)
            assert f"{name}=off" in said and "UNSAFE_DATABASE=1" in said
            running.configure(name, "on")
        forgetful = f"{address}?options=-c%20synchronous_commit%3Doff"
        said = refused(tmp_path, *SERVE, "--prepare", DATABASE_URL=forgetful)
        assert "synchronous_commit=off" in said

        with running_site(
            tmp_path, DATABASE_URL=forgetful, UNSAFE_DATABASE="1", DEMO="0"
        ) as site:
            assert re.search(r"Open http://", site.log)
        running.stop()
        said = refused(tmp_path, *SERVE, DATABASE_URL=address)
        assert "that it runs" in said
        running.start()

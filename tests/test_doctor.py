"""Faults are planted one by one, and `doctor` finds each and nothing else: goal G74."""

import collections
import datetime
import io
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from assessments.models import AnswerVersion
from people.models import School
from terror_site import doctor
from tests.base import make_cast

pytestmark = pytest.mark.django_db

Usage = collections.namedtuple("Usage", "total used free")
LOCAL = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="a fault of SQLite alone"
)


class Settings:
    """Django's settings, put back when the test ends."""

    def __init__(self, monkeypatch):
        self.__dict__["patch"] = monkeypatch

    def __getattr__(self, name):
        return getattr(settings, name)

    def __setattr__(self, name, value):
        self.patch.setattr(settings, name, value)


class Place:
    """A sound installation in a folder of its own, to plant faults in."""

    def __init__(self, folder, monkeypatch):
        settings = Settings(monkeypatch)
        self.var, self.patch, self.settings = folder, monkeypatch, settings
        folder.chmod(0o700)
        for name in ("media", "static", "backups"):
            (folder / name).mkdir()
        (folder / "static" / ".collected").write_text("x")
        self.key = folder / "secret_key"
        self.key.write_text("k")
        self.key.chmod(0o600)
        self.mounts = folder / "mountinfo"
        self.mounts.write_text(LOCAL)
        settings.VAR_DIR = folder
        settings.SECRET_KEY = "".join(map(chr, range(40, 110)))
        settings.SECRET_KEY_FILE = self.key
        settings.MEDIA_ROOT = folder / "media"
        settings.STATIC_ROOT = folder / "static"
        settings.BACKUP_DIR = folder / "backups"
        settings.SITE_SCHEME, settings.IS_HTTPS = "https", True
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_HSTS_SECONDS = 3600
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
        settings.SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
        settings.ALLOWED_HOSTS = ["history.school.lan"]
        monkeypatch.setattr(doctor, "MOUNTS", self.mounts)
        monkeypatch.setenv("UNSAFE_DATABASE", "1")
        monkeypatch.setenv("HOST", "127.0.0.1")
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
        self.free = 50 * 2**30
        monkeypatch.setattr(
            shutil, "disk_usage", lambda _: Usage(2**40, 2**40 - self.free, self.free)
        )
        self.back_up(hours_ago=3)

    def back_up(self, hours_ago):
        made = (timezone.now() - datetime.timedelta(hours=hours_ago)).isoformat()
        said = {"file": "classroom-1.zip", "bytes": 1, "made_at": made}
        note = self.settings.BACKUP_DIR / "last.json"
        note.write_text(json.dumps({**said, "checked_at": made}))


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


def found():
    """Return what is not in order as check → (state, sentence)."""
    return {
        about: (state, said)
        for state, about, said in doctor.examine()
        if state != doctor.OK
    }


def test_a_sound_place_is_found_sound(place):
    assert found() == {}


def old_sqlite(place):
    place.patch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))


def forgetful_database(place):
    # As a change of the database's settings would do; the connection is a test's own.
    place.patch.setattr(connection, "cursor", forgetful(connection.cursor))


def forgetful(real):
    def cursor():
        wrapped = real()
        execute = wrapped.execute

        def ask(sql, *args):
            if sql == "PRAGMA synchronous":
                sql = "SELECT 0"
            return execute(sql, *args)

        wrapped.execute = ask
        return wrapped

    return cursor


def network_disk(place):
    place.mounts.write_text(
        f"{LOCAL}22 21 0:50 / {place.var.parent} rw - nfs4 server:/school rw\n"
    )
    place.patch.setattr(doctor.room, "folder", lambda: place.var)


def little_room(place):
    place.free = 900 * 2**20


def clock_before_the_build(place):
    place.patch.setattr(doctor, "BUILT_ON", datetime.date(2126, 1, 1))


def clock_behind_the_work(place):
    case = type("Case", (), {})
    make_cast(case)
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    AnswerVersion.objects.update(saved_at=tomorrow)


def unknown_time_zone(place):
    School.objects.update_or_create(pk=1, defaults={"time_zone": "Mars/Phobos"})


def open_key(place):
    place.key.chmod(0o644)


def short_key(place):
    place.settings.SECRET_KEY = "short"


def open_folder(place):
    place.var.chmod(0o755)


def no_media_folder(place):
    place.settings.MEDIA_ROOT.rmdir()


def old_backup(place):
    place.back_up(hours_ago=27)


def no_backup(place):
    (place.settings.BACKUP_DIR / "last.json").unlink()


def https_without_proxy(place):
    place.settings.SECURE_PROXY_SSL_HEADER = None


def way_round_the_proxy(place):
    place.patch.setenv("HOST", "0.0.0.0")  # noqa: S104


def no_https(place):
    place.settings.IS_HTTPS = False


def nameless(place):
    place.settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]


def database_of_tomorrow(place):
    MigrationRecorder(connection).record_applied("assessments", "0999_the_future")


def database_of_yesterday(place):
    recorder = MigrationRecorder(connection)
    newest = max(n for app, n in recorder.applied_migrations() if app == "people")
    recorder.record_unapplied("people", newest)


def old_django(place):
    place.patch.setattr(doctor, "_pin", lambda name: "5.2.99")


def no_static_files(place):
    (place.settings.STATIC_ROOT / ".collected").unlink()


def unsafe_setting(place):
    place.settings.SESSION_COOKIE_SECURE = False


# The ten kinds of G74 and more: plant → (check, state, word of what to do).
PLANTS = {
    old_sqlite: ("sqlite version", "warning", "3.51.3"),
    forgetful_database: ("database settings", "FAULT", "synchronous=0"),
    network_disk: ("file system", "FAULT", "nfs4"),
    little_room: ("free space", "warning", "0.9 GB"),
    clock_before_the_build: ("clock", "FAULT", "time server"),
    clock_behind_the_work: ("clock", "FAULT", "newest text"),
    unknown_time_zone: ("time zone", "FAULT", "Mars/Phobos"),
    open_key: ("secret key", "FAULT", "chmod 600"),
    short_key: ("secret key", "FAULT", "too short"),
    open_folder: ("private folder", "FAULT", "chmod 700"),
    no_media_folder: ("pictures", "FAULT", "chown"),
    old_backup: ("last backup", "warning", "26 hours"),
    no_backup: ("last backup", "warning", "every night"),
    https_without_proxy: ("proxy", "FAULT", "BEHIND_PROXY=1"),
    way_round_the_proxy: ("proxy", "warning", "goes round"),
    no_https: ("https", "warning", "inside the school"),
    nameless: ("names", "warning", "ALLOWED_HOSTS"),
    database_of_tomorrow: ("database", "FAULT", "newer version"),
    database_of_yesterday: ("database", "FAULT", "manage.py prepare"),
    old_django: ("versions", "FAULT", "make upgrade"),
    no_static_files: ("static files", "FAULT", "manage.py prepare"),
    unsafe_setting: ("django checks", "FAULT", "security.W011"),
}
SQLITES = {old_sqlite, forgetful_database}
# What the short key and the broken database spoil besides.
ALSO = {
    short_key: {"django checks"},
    database_of_tomorrow: {"database settings", "clock", "time zone"},
    database_of_yesterday: {"database settings", "clock", "time zone"},
}


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_each_planted_fault_is_found(plant, place):
    if plant in SQLITES and connection.vendor != "sqlite":
        pytest.skip("a fault of SQLite alone")
    about, state, word = PLANTS[plant]

    plant(place)
    said = found()

    assert said[about][0] == state
    assert word in said[about][1]
    assert {*said} - ALSO.get(plant, set()) == {about}


# The ten subjects of the guide; permissions and the database itself count twice.
TWELVE = (
    old_sqlite, forgetful_database, network_disk, little_room, clock_before_the_build,
    unknown_time_zone, open_key, open_folder, old_backup, https_without_proxy, no_https,
    database_of_tomorrow,
)  # fmt: skip


@on_sqlite
@pytest.mark.goal("G74", "12 planted faults: each found, in a sentence")
def test_twelve_of_twelve(reached, tmp_path):
    hits = 0
    for number, plant in enumerate(TWELVE):
        about, state, word = PLANTS[plant]
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch, transaction.atomic():
            plant(Place(folder, patch))
            said = found().get(about, ("", ""))
            transaction.set_rollback(True)
        hits += said[0] == state and word in said[1]
    reached(f"{hits} of {len(TWELVE)} found")
    assert hits == len(TWELVE) == 12


@on_sqlite
def test_a_missing_database_is_not_made(place, monkeypatch):
    missing = place.var / "none.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", str(missing))
    monkeypatch.setattr(connection, "is_in_memory_db", lambda: False)

    said = found()

    assert "There is no database" in said["database"][1]
    assert said["clock"] == ("warning", "not looked at: mend the database first.")
    assert not missing.exists()


def test_what_cannot_be_looked_at_is_a_fault(place, monkeypatch):
    def broken(_):
        raise OSError("stale handle")

    monkeypatch.setattr(shutil, "disk_usage", broken)

    assert found()["free space"] == (
        "FAULT",
        "could not be looked at: stale handle",
    )


def test_the_nearest_mount_counts_and_odd_names_are_read(place):
    place.mounts.write_text(
        f"{LOCAL}"
        "22 21 0:50 / /srv rw - nfs server:/srv rw\n"
        "23 22 8:2 / /srv/my\\040disk rw - xfs /dev/sdb rw\n"
    )

    assert doctor.mount_of(Path("/srv/my disk/var")) == ("/srv/my disk", "xfs")
    assert doctor.mount_of(Path("/srv/var")) == ("/srv", "nfs")
    assert doctor.mount_of(Path("/srvvar")) == ("/", "ext4")
    for kind in ("ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuseblk"):
        assert not doctor.NETWORK.match(kind)
    for kind in ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "glusterfs"):
        assert doctor.NETWORK.match(kind)


def test_the_command_ends_with_one_line_and_its_code(place):
    def run():
        said = io.StringIO()
        call_command("doctor", stdout=said)
        return said.getvalue().splitlines()

    lines = run()
    assert lines[-1] == (
        f"Looked at {len(doctor.CHECKS) + 1} things: 0 to mend, 0 to think about."
    )
    assert len(lines) == len(doctor.CHECKS) + 2

    open_key(place)
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 1


def test_the_clock_may_run_on(place):
    with time_machine.travel(timezone.now() + datetime.timedelta(days=400)):
        assert {*found()} == {"last backup"}


def test_settings_name_a_place_for_backups():
    assert Path(os.path.abspath(settings.BACKUP_DIR)) == Path(settings.BACKUP_DIR)

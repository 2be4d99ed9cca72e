"""What people and scripts are told when the database or the disk fails."""

import collections
import errno
import json
import logging
import sqlite3
import time
import urllib.parse
from unittest import mock

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client, RequestFactory

from lessons.models import RenderedBody
from people.clock import Clock
from terror_site import failures, logs, middleware, room
from tests.base import SchoolTestCase

Usage = collections.namedtuple("Usage", "total used free")


class DriverError(Exception):
    """Stands for a driver's own error, with the name that it gives."""


def sqlite_error(work):
    """Return Django's error around the one that SQLite really raises."""
    try:
        work()
    except sqlite3.Error as cause:
        kind = (
            OperationalError
            if isinstance(cause, sqlite3.OperationalError)
            else DatabaseError
        )
        error = kind(str(cause))
        error.__cause__ = cause
        return error
    raise AssertionError("SQLite raised nothing.")


def full(folder):
    database = sqlite3.connect(folder / "full")
    database.execute("PRAGMA max_page_count = 2")
    database.execute("CREATE TABLE t (x)")
    try:
        database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    finally:
        database.close()


def read_only(folder):
    sqlite3.connect(folder / "ro").execute("CREATE TABLE t (x)").connection.close()
    database = sqlite3.connect(f"file:{folder / 'ro'}?mode=ro", uri=True)
    try:
        database.execute("INSERT INTO t VALUES (1)")
    finally:
        database.close()


def locked(folder):
    first = sqlite3.connect(folder / "locked", isolation_level=None)
    second = sqlite3.connect(folder / "locked", timeout=0, isolation_level=None)
    try:
        first.execute("BEGIN IMMEDIATE")
        second.execute("BEGIN IMMEDIATE")
    finally:
        first.close()
        second.close()


def missing(folder):
    sqlite3.connect(f"file:{folder / 'none'}?mode=rw", uri=True)


def garbage(folder):
    (folder / "garbage").write_bytes(b"nothing of the kind" * 1000)
    database = sqlite3.connect(folder / "garbage")
    try:
        database.execute("SELECT * FROM sqlite_master")
    finally:
        database.close()


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (full, "disk-full"),
        (read_only, "read-only"),
        (missing, "read-only"),
        (locked, "busy"),
        (garbage, "damaged"),
    ],
)
def test_sqlites_own_errors_are_told_apart(work, code, tmp_path):
    assert failures.of(sqlite_error(lambda: work(tmp_path))).code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "disk-full"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only"),
        (OperationalError("could not connect"), "busy"),
        (InterfaceError("connection already closed"), "busy"),
        (OSError(errno.ENOENT, "No such file"), None),
        (DatabaseError("Forced update did not affect any rows."), None),
        (ValueError("something else"), None),
    ],
)
def test_other_errors_are_told_apart(error, code):
    failure = failures.of(error)

    assert (failure and failure.code) == code


def test_postgresqls_states_are_told_apart():
    for state, code in {
        "53100": "disk-full",
        "57P01": "busy",
        "XX001": "damaged",
    }.items():
        error = OperationalError("from PostgreSQL")
        error.__cause__ = DriverError()
        error.__cause__.sqlstate = state

        assert failures.of(error).code == code


class RefusedTest(SchoolTestCase):
    def setUp(self):
        self.client = Client(raise_request_exception=False)
        self.sign_in("sam")
        self.desk = f"/scripts/{self.open_script.public_id}/answers/1/"

    def save(self):
        body = {
            "text": "The words.", "part": "answer", "tab": "tab-12345", "number": 1,
            "base": None, "reader": self.sam.pk,
        }  # fmt: skip
        return self.client.post(
            f"{self.desk}save/", json.dumps(body), content_type="application/json"
        )

    def failing(self, error):
        return mock.patch(
            "assessments.models.answers.Answer._append", side_effect=error
        )

    def assert_refused(self, response, code):
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response["Retry-After"], "10")
        self.assertEqual(response.json()["code"], code)
        self.assertIn("Your text stays in this page", response.json()["sentence"])

    def test_a_save_hears_in_json_that_the_database_is_busy(self):
        with self.failing(OperationalError("database is locked")):
            response = self.save()

        self.assert_refused(response, "busy")
        self.assertNotIn("locked", response.content.decode())

    def test_a_refusal_leaves_nothing_of_the_request_unread(self):
        away = OperationalError("could not connect")
        with mock.patch("people.sessions.SessionStore.load", side_effect=away):
            response = self.save()

        self.assert_refused(response, "busy")
        self.assertEqual(response.wsgi_request.read(), b"")

    def test_a_full_disk_gives_back_what_was_kept(self):
        error = OperationalError("database or disk is full")
        error.__cause__ = DriverError()
        error.__cause__.sqlite_errorname = "SQLITE_FULL"
        with self.failing(error), mock.patch.object(room, "give_back") as given:
            response = self.save()

        self.assert_refused(response, "disk-full")
        given.assert_called_once_with()

    def test_a_form_that_could_not_be_saved_shows_what_was_typed(self):
        fields = {"text": "</textarea><b>My words", "tab": "tab-12345", "number": 1}
        with self.failing(OperationalError("database is locked")):
            response = self.client.post(
                self.desk,
                urllib.parse.urlencode(fields),
                content_type="application/x-www-form-urlencoded",
            )

        self.assertContains(
            response, "&lt;/textarea&gt;&lt;b&gt;My words", status_code=503
        )
        self.assertContains(response, f'action="{self.desk}"', status_code=503)
        self.assertContains(response, "csrfmiddlewaretoken", status_code=503)
        self.assertContains(response, "Send again", status_code=503)
        for name, value in (("tab", "tab-12345"), ("number", "1")):
            unseen = f'<input type="hidden" name="{name}" value="{value}">'
            self.assertContains(response, unseen, status_code=503, html=True)
        self.assertEqual(response["Retry-After"], "10")

    def test_a_form_with_a_password_is_not_shown_again(self):
        away = OperationalError("could not connect")
        with mock.patch("people.sessions.SessionStore.load", side_effect=away):
            response = self.client.post(
                "/sign-in/", {"username": "sam", "password": "hush"}
            )

        self.assertContains(response, "Wait ten seconds", status_code=503)
        self.assertNotContains(response, "hush", status_code=503)
        self.assertNotContains(response, "Send again", status_code=503)

    def test_a_session_that_cannot_be_written_is_not_taken_for_one_that_is_gone(self):
        locked = OperationalError("database is locked")
        with mock.patch("people.models.Session.save", side_effect=locked):
            response = self.client.post(
                self.desk, {"text": "Words.", "tab": "tab-12345", "number": 1}
            )

        self.assertContains(response, "Wait ten seconds", status_code=503)

    def test_with_little_room_only_sign_ins_are_stored(self):
        with (
            mock.patch.object(room, "is_short", return_value=True),
            mock.patch.object(room, "give_back") as given,
        ):
            self.assert_refused(self.save(), "disk-full")
            self.assertContains(self.client.get(self.desk), "Sam’s draft.")
            given.assert_not_called()
            self.client.logout()
            response = self.client.post(
                "/sign-in/", {"username": "sam", "password": "a long secret"}
            )

        self.assertEqual(response.status_code, 302)
        given.assert_called_once_with()
        self.assertEqual(self.open_script.answers.get().versions.count(), 1)

    def test_a_lesson_is_read_while_nothing_can_be_written(self):
        locked = OperationalError("database is locked")
        with mock.patch.object(
            RenderedBody.objects, "update_or_create", side_effect=locked
        ):
            response = self.client.get("/lessons/stalins-terror/")

        self.assertContains(response, "Some <em>words</em>")
        self.assertFalse(RenderedBody.objects.exists())


class TestRoom:
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path, monkeypatch):
        self.free = 100 * 2**20
        monkeypatch.setattr(room, "folder", lambda: tmp_path)
        monkeypatch.setattr(
            room.shutil,
            "disk_usage",
            lambda _: Usage(10**12, 10**12 - self.free, self.free),
        )
        self.file = tmp_path / "kept-free"

    def test_room_is_kept_and_given_back(self):
        room.keep()
        assert self.file.stat().st_size == room.KEPT_BYTES
        assert not room.is_short()

        room.give_back()
        room.give_back()
        assert not self.file.exists()

    def test_nothing_is_kept_where_room_is_scarce(self):
        self.free = 4 * room.KEPT_BYTES - 1
        room.keep()

        assert not self.file.exists()

    def test_what_is_kept_counts_as_room_before_and_after(self):
        room.keep()
        self.free = room.SPARE_BYTES
        assert not room.is_short()
        self.free -= 1
        assert room.is_short()
        room.give_back_if_short()
        self.free += room.KEPT_BYTES
        assert not self.file.exists()
        assert room.is_short()
        self.free += 1
        assert not room.is_short()


def test_room_is_nobodys_business_without_a_file(monkeypatch):
    monkeypatch.setattr(room, "folder", lambda: None)

    room.keep()
    room.give_back()
    assert not room.is_short()


def test_a_jump_of_the_clock_is_written_down(monkeypatch, caplog):
    monkeypatch.setattr(middleware, "CLOCK", Clock())
    answer = middleware.ClockMiddleware(lambda request: "answer")
    request = RequestFactory().get("/")
    assert answer(request) == "answer"
    assert not caplog.records

    now = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: now)
    answer(request)
    answer(request)

    assert [record.getMessage() for record in caplog.records] == [
        "The server's clock has jumped by +3600 seconds."
    ]


def test_a_database_that_is_away_is_one_line_in_the_log():
    def logged(status):
        error = OperationalError("connection refused\n\tIs the server running?")
        record = logging.LogRecord(
            "django.request", logging.ERROR, __file__, 1, "Answer: %s", ("/save/",),
            (OperationalError, error, None),
        )  # fmt: skip
        record.status_code = status
        assert logs.ShortRefusals().filter(record)
        return record.getMessage(), record.exc_info is None

    assert logged(503) == ("Answer: /save/ (connection refused)", True)
    assert logged(403) == ("Answer: /save/", True)
    assert logged(500) == ("Answer: /save/", False)

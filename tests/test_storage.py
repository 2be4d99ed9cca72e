"""The sentences of a start that is refused; `long/test_disk_faults.py` really starts."""

import errno
import sqlite3
from unittest import mock

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from terror_site import storage


def refusal(work):
    with pytest.raises(CommandError) as refused:
        work()
    said = str(refused.value)
    assert said.endswith("(docs/reliability.md, “Repair”)")
    return said


@pytest.mark.django_db
def test_a_sound_store_is_served():
    storage.check()
    storage.check(is_to_be_migrated=True)


@pytest.mark.django_db
def test_a_newer_database_is_refused_and_an_older_one_only_without_prepare():
    recorder = MigrationRecorder(connection)
    recorder.record_applied("assessments", "0999_the_future")
    assert "0999_the_future" in refusal(storage.check)
    assert "newer" in refusal(lambda: storage.check(is_to_be_migrated=True))
    recorder.record_unapplied("assessments", "0999_the_future")

    newest = sorted(
        name for app, name in recorder.applied_migrations() if app == "assessments"
    )[-1]
    recorder.record_unapplied("assessments", newest)
    said = refusal(storage.check)
    assert "older than this version (1 changes" in said and "manage.py prepare" in said
    storage.check(is_to_be_migrated=True)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL’s settings")
@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_postgresql_has_to_wait_for_the_disk(name, monkeypatch):
    real = connection.cursor

    def cursor():
        wrapped = mock.MagicMock(wraps=real())
        wrapped.__enter__.return_value = wrapped
        wrapped.execute.side_effect = lambda sql: setattr(wrapped, "asked", sql)
        wrapped.fetchone.side_effect = lambda: (
            "off" if wrapped.asked == f"SHOW {name}" else "on",
        )
        return wrapped

    monkeypatch.setattr(connection, "cursor", cursor)
    assert f"{name}=off" in refusal(storage.check_durability)
    monkeypatch.setenv("UNSAFE_DATABASE", "1")
    storage.check_durability()


class TestFile:
    @pytest.fixture(autouse=True)
    def _file(self, tmp_path, monkeypatch):
        self.path = tmp_path / "classroom.sqlite3"
        monkeypatch.setitem(connection.settings_dict, "NAME", str(self.path))
        monkeypatch.setattr(connection, "is_in_memory_db", lambda: False, raising=False)

    def said(self):
        return refusal(lambda: storage.check_file(is_to_be_made=True))

    def make(self):
        database = sqlite3.connect(self.path)
        database.execute("CREATE TABLE t (x)")
        database.executemany("INSERT INTO t VALUES (?)", [("word " * 500,)] * 200)
        database.commit()
        database.close()

    def test_a_whole_file_and_a_place_for_a_new_one_are_fine(self):
        assert storage.check_file(is_to_be_made=True) is False
        assert "There is no database" in refusal(
            lambda: storage.check_file(is_to_be_made=False)
        )
        self.make()
        assert storage.check_file(is_to_be_made=False) is True
        assert sorted(file.name for file in self.path.parent.iterdir()) == [
            "classroom.sqlite3"
        ]

    def test_a_folder_in_its_place(self):
        self.path.mkdir()

        assert "is a folder" in self.said()

    def test_no_folder_around_it(self):
        self.path.parent.rmdir()

        assert "does not exist" in self.said()

    def test_what_cannot_be_written(self, monkeypatch):
        self.make()
        for place, words in (
            (self.path.parent, "folder"),
            (self.path, "database"),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(
                    storage.os, "access", lambda path, _, place=place: path != place
                )
                said = self.said()
            assert (
                said.startswith(f"The {words} {place}") and "cannot be written" in said
            )

    def test_an_empty_file_and_a_log_without_its_database(self):
        self.path.touch()
        assert "is empty" in self.said()

        self.path.rename(f"{self.path}-wal")
        (self.path.parent / "classroom.sqlite3-wal").write_text("words")
        assert "is missing but its log" in self.said()

    def test_a_restore_that_was_interrupted_is_no_new_school(self):
        aside = self.path.parent / "before-restore-20261126-020000"
        aside.mkdir()
        assert storage.check_file(is_to_be_made=True) is False
        (aside / self.path.name).write_text("x")

        assert "a restore was interrupted" in self.said()

    def test_garbage_and_damage(self):
        self.make()
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[: len(whole) // 2])
        assert "is damaged" in self.said()

        self.path.write_bytes(b"no database " * 1000)
        assert "is not a database of this site" in self.said()


def test_a_database_that_is_away_or_full_is_one_sentence():
    away = OperationalError("connection refused\n\tIs the server running?")
    with mock.patch.object(storage, "check", side_effect=away):
        said = refusal(lambda: call_command("prepare"))
    assert "\n" not in said and "that it runs" in said

    full = OSError(errno.ENOSPC, "No space left on device")
    assert "The disk is full" in refusal(lambda: storage.refuse_unusable(full))

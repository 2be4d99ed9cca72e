"""What the operator knows: the backup's age on the front page, the version (G36)."""

import datetime
import json
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from terror_site import backups, version
from tests.base import PEOPLE, SchoolTestCase


class BackupOnTheFrontPageTest(SchoolTestCase):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path, settings):
        self.folder = settings.BACKUP_DIR = tmp_path

    def back_up(self, hours, minutes=0):
        at = timezone.now() - datetime.timedelta(hours=hours, minutes=minutes)
        note = {
            "file": "classroom-20261123-020000.zip",
            "bytes": 5 * 2**20,
            "made_at": at.isoformat(),
            "checked_at": at.isoformat(),
        }
        (self.folder / "last.json").write_text(json.dumps(note))

    def page(self, name="sid"):
        self.sign_in(name)
        return self.client.get("/admin/")

    def test_only_a_site_manager_is_told(self):
        self.back_up(3)
        for name in PEOPLE:
            with self.subTest(name=name):
                response = self.page(name)
                self.assertEqual(b"classroom-2026" in response.content, name == "sid")
                self.assertEqual(b"backup-title" in response.content, name == "sid")

    def test_a_fresh_one_is_told_with_its_age_and_its_check(self):
        self.back_up(25, 59)
        page = self.page()

        self.assertContains(page, "1\xa0day, 1\xa0hour ago")
        self.assertContains(page, "Last checked on")
        self.assertContains(page, "5.0\xa0MB")
        self.assertNotContains(page, "too old")

    @pytest.mark.goal(
        "G36", "age and last check on the front page; a warning after 26 h"
    )
    def test_after_26_hours_it_warns(self):
        self.back_up(26, 1)

        self.assertContains(self.page(), "a night was missed")

    def test_none_at_all_is_worse(self):
        self.assertContains(self.page(), "There is no backup yet")

    def test_checking_the_last_one_again_is_written_down(self):
        self.back_up(20)
        before = backups.last()
        backups.note_check("/media/stick/classroom-20200101-020000.zip")
        self.assertEqual(backups.last(), before)

        backups.note_check(f"/media/stick/{before['file']}")
        after = backups.last()
        self.assertEqual(after["made_at"], before["made_at"])
        self.assertGreater(after["checked_at"], before["checked_at"])

    def test_half_a_note_is_none(self):
        (self.folder / "last.json").write_text('{"file": ')

        self.assertIsNone(backups.last())


class VersionTest(SchoolTestCase):
    def test_staff_read_it_in_the_footer_and_nobody_else_anywhere(self):
        words = f"version {version.VERSION}"
        for name, address, is_told in (
            ("ada", "/admin/", True),
            ("ada", "/admin/assessments/script/", True),
            ("ada", "/admin/search/", True),
            ("sam", "/", False),
            ("sam", "/lessons/", False),
            ("nobody", "/sign-in/", False),
            ("nobody", "/privacy/", False),
            ("nobody", "/nothing/", False),
        ):
            with self.subTest(name=name, address=address):
                self.sign_in(name)
                page = self.client.get(address).content.decode()
                self.assertEqual(words in page, is_told)


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())

    assert project["project"]["version"] == version.VERSION

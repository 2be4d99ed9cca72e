"""A bare installation is a safe one: goals G68, G69, G71."""

import os
import re
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from people.models import User
from terror_site import bootstrap
from tests.base import SchoolTestCase
from tests.site import BASE


def manage(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE,
        env={
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(folder),
            # As `make run` makes one.
            "SECRET_KEY": "".join(map(chr, range(40, 110))),
            **environment,
        },
        capture_output=True,
        text=True,
    )


@pytest.mark.goal(
    "G68", "check --deploy: 0 findings; what plain HTTP lacks, there only"
)
def test_the_deploy_check_finds_nothing_in_either_mode(tmp_path, reached):
    silenced = {}
    for scheme in ("https", "http"):
        found = manage(
            tmp_path, "check", "--deploy", "--fail-level=WARNING", SITE_SCHEME=scheme
        )
        assert found.returncode == 0, found.stderr
        assert "no issues" in found.stdout
        code = (
            "from django.conf import settings; print(*settings.SILENCED_SYSTEM_CHECKS)"
        )
        said = manage(tmp_path, "shell", "--no-imports", "-c", code, SITE_SCHEME=scheme)
        silenced[scheme] = set(said.stdout.split())

    # W011 is what G68 calls W012, for a site with sessions in its middleware alone.
    assert silenced["http"] - silenced["https"] == {
        f"security.{name}" for name in ("W004", "W008", "W011", "W016")
    }
    # Both ask for the school's own decision (docs/architecture.md, “One switch”).
    assert silenced["https"] == {"security.W005", "security.W021"}
    reached("0 in both modes")


def test_the_key_is_made_once_long_and_for_its_owner_alone(tmp_path):
    bootstrap.make_secret_key(tmp_path)
    key = tmp_path / "secret_key"
    made = key.read_text()

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(made) >= 64
    bootstrap.make_secret_key(tmp_path)
    assert key.read_text() == made
    # What a full disk may leave behind is no key.
    key.write_text("")
    bootstrap.make_secret_key(tmp_path)
    assert len(key.read_text()) >= 64


class NewKeyTest(SchoolTestCase):
    def text(self):
        return self.client.get(f"/scripts/{self.open_script.public_id}/answers/1/")

    @pytest.mark.goal(
        "G71", "a new key with the old one beside it: nobody is signed out"
    )
    def test_nobody_is_signed_out_in_the_middle_of_an_exam(self):
        old = settings.SECRET_KEY
        self.sign_in("sam")
        self.assertContains(self.text(), "Sam’s draft.")

        with override_settings(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS=[old]):
            self.assertContains(self.text(), "Sam’s draft.")
            # And it goes on once the old key is gone: the session has the new one.
        with override_settings(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS=[]):
            self.assertContains(self.text(), "Sam’s draft.")

    def test_without_the_old_one_everybody_is(self):
        self.sign_in("sam")
        with override_settings(SECRET_KEY="other" * 20, SECRET_KEY_FALLBACKS=[]):
            self.assertEqual(self.text().status_code, 302)


@pytest.mark.django_db
def test_an_empty_site_has_no_account():
    assert not User.objects.exists()
    assert Client().login(username="admin", password="admin") is False


def test_no_secret_is_in_the_repository():
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=BASE, capture_output=True, text=True
    ).stdout.split("\0")
    secret = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}"
        r"|^SECRET_KEY *= *[\"'][^\"']{16}",
        re.MULTILINE,
    )
    found = []
    for name in filter(None, names):
        file = BASE / name
        if file.suffix in {".png", ".webp", ".woff2"} or not file.is_file():
            continue
        if secret.search(file.read_text(encoding="utf-8", errors="ignore")):
            found.append(name)
        assert file.name not in ("secret_key", ".env"), name
    assert found == []


@pytest.mark.browser
@pytest.mark.goal("G69", "0 banners: no answer says what software serves it")
def test_no_answer_says_what_serves_it(site, reached):
    looked = 0
    static = Path(BASE / "terror_site/static/terror_site/favicon.svg").name
    for path in ("/sign-in/", "/health/alive", "/nothing/", f"/static/{static}"):
        request = urllib.request.Request(site.address + path)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            for name, value in answer.headers.items():
                words = f"{name}: {value}".lower()
                assert not re.search(r"granian|django|python|wsgi|whitenoise", words)
                assert name.lower() not in ("x-powered-by", "via")
            assert answer.headers.get_all("Server") == ["classroom"]
            looked += 1
    reached(f"0 in {looked} kinds of answers")

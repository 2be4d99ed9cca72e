"""The log, its request id, and the error pages that carry it: goals G70 and G73."""

import json
import logging
import re
import sys
from unittest import mock

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client, override_settings
from django.urls import path

from people.models import User
from terror_site import logs, urls, views
from tests.base import SchoolTestCase

CANARY = "Zebra-Canary-7391"


def fail(exception):
    def view(request):
        raise exception

    return view


def fail_with_typed_text(request):
    """What converting typed text raises has that text in its own words."""
    int(request.GET["number"])


def fail_twice(request):
    """So has what PostgreSQL says of a row, and what both databases are told."""
    try:
        with transaction.atomic():
            User.objects.create(username=CANARY.lower(), first_name=CANARY)
            User.objects.create(username=CANARY.lower(), first_name=CANARY)
    except IntegrityError as error:
        raise RuntimeError(CANARY) from error


urlpatterns = [
    *urls.urlpatterns,
    path("fail/400", fail(BadRequest(CANARY))),
    path("fail/403", fail(PermissionDenied(CANARY))),
    path("fail/413", lambda request: views.error_page(request, 413)),
    path("fail/429", lambda request: views.error_page(request, 429)),
    path("fail/500", fail_with_typed_text),
    path("fail/500/twice", fail_twice),
    path("fail/503", fail(OperationalError("database is locked"))),
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


class Kept(logging.Handler):
    """Keeps lines as the product's own handler would write them."""

    def __init__(self, formatter):
        super().__init__()
        self.setFormatter(formatter)
        self.addFilter(logs.ShortRefusals())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@override_settings(ROOT_URLCONF=__name__)
class LogTest(SchoolTestCase):
    def setUp(self):
        self.client = Client(raise_request_exception=False)
        self.sign_in("sam")
        self.line, self.json = Kept(logs.LineFormatter()), Kept(logs.JSONFormatter())
        logger = logging.getLogger("django")
        for handler in (self.line, self.json):
            logger.addHandler(handler)
            self.addCleanup(logger.removeHandler, handler)

    def test_every_refusal_has_an_id_that_its_log_line_has_too(self):
        cases = {
            "/fail/400": 400,
            "/fail/403": 403,
            "/fail/404": 404,
            "/fail/413": 413,
            "/fail/429": 429,
            f"/fail/500?number={CANARY}": 500,
            "/fail/503": 503,
        }
        for address, status in cases.items():
            with self.subTest(status=status):
                response = self.client.get(address)
                found = response["X-Request-ID"]
                page = response.content.decode()

                self.assertEqual(response.status_code, status)
                self.assertRegex(found, r"\A[0-9a-f]{12}\Z")
                self.assertIn(f"<b>{found}</b>", page)
                self.assertNotIn(CANARY, page)
                self.assertNotIn("Traceback", page)
                self.assertNotIn("fail/", page)
                self.assertIn(f"[{found}]", self.line.lines[-1])
                self.assertEqual(json.loads(self.json.lines[-1])["request_id"], found)
                self.assertEqual(json.loads(self.json.lines[-1])["status"], status)

    def test_a_wrong_method_is_told_like_the_rest(self):
        response = self.client.post("/lessons/")

        self.assertContains(
            response, f"<b>{response['X-Request-ID']}</b>", status_code=405
        )

    def test_a_script_gets_the_id_as_well(self):
        response = self.client.post("/fail/429", "{}", content_type="application/json")

        self.assertEqual(response.json()["request"], response["X-Request-ID"])
        self.assertEqual(response.json()["code"], "too-often")

    def test_nothing_that_was_typed_is_in_the_log(self):
        self.client.get(f"/fail/500?number={CANARY}")
        twice = self.client.get(f"/fail/500/twice?word={CANARY}")
        self.assertEqual(twice.status_code, 500)
        self.client.post("/sign-in/", {"username": CANARY, "password": CANARY})
        written = "\n".join(self.line.lines + self.json.lines)

        self.assertNotIn(CANARY.lower(), written.lower())
        # Yet it can be found: what was raised, where, and what the database said.
        self.assertIn("ValueError", written)
        self.assertIn("fail_with_typed_text", written)
        self.assertIn("RuntimeError", written)
        unique = {"sqlite": "SQLITE_CONSTRAINT_UNIQUE", "postgresql": "23505"}
        self.assertIn(unique[connection.vendor], written)

    def test_a_line_break_makes_no_second_event(self):
        self.client.get("/fail/one%0A2026-11-26 09:00:00Z ERROR forged")
        record = logging.LogRecord(
            "django", logging.ERROR, "", 1, "one\nERROR %s", ("two\r\n",), None
        )

        self.assertEqual(len(self.line.lines[-1].splitlines()), 1)
        self.assertEqual(len(self.line.format(record).splitlines()), 1)
        self.assertEqual(len(self.json.format(record).splitlines()), 1)

    def test_an_id_from_outside_is_believed_only_behind_a_proxy(self):
        given = {"X-Request-ID": "from-the-proxy-1"}
        alone = self.client.get("/privacy/", headers=given)
        with override_settings(
            SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")
        ):
            behind = self.client.get("/privacy/", headers=given)
            bad = self.client.get("/privacy/", headers={"X-Request-ID": "a b<c>d efgh"})

        self.assertNotEqual(alone["X-Request-ID"], "from-the-proxy-1")
        self.assertEqual(behind["X-Request-ID"], "from-the-proxy-1")
        self.assertRegex(bad["X-Request-ID"], r"\A[0-9a-f]{12}\Z")


class HealthTest(SchoolTestCase):
    def test_it_says_one_word_and_nothing_of_the_site(self):
        away = OperationalError(f"connection to {CANARY} refused")
        alive, ready = (
            self.client.get("/health/alive"),
            self.client.get("/health/ready"),
        )
        with mock.patch.object(connection, "cursor", side_effect=away):
            still = self.client.get("/health/alive")
            broken = self.client.get("/health/ready")

        self.assertEqual((alive.status_code, alive.content), (200, b"alive\n"))
        self.assertEqual((ready.status_code, ready.content), (200, b"ready\n"))
        self.assertEqual((still.status_code, still.content), (200, b"alive\n"))
        self.assertEqual((broken.status_code, broken.content), (503, b"not ready\n"))
        for response in (alive, ready, broken):
            self.assertFalse(response.cookies)


def test_what_caused_an_error_comes_first_and_never_its_words():
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise LookupError(CANARY) from error
    except LookupError:
        lines = logs.trace(sys.exc_info()[1])

    assert [line for line in lines if not line.startswith("  ")] == [
        "KeyError",
        "LookupError",
    ]
    assert not re.search(CANARY, "\n".join(lines))

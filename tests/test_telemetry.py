"""Sentry and OpenTelemetry: off by default, and what they send when they are on."""

import gzip
import http.server
import json
import os
import subprocess
import sys
import threading
from unittest import mock

import brotli
import pytest
from django.core.exceptions import ImproperlyConfigured

from terror_site import telemetry
from tests.site import BASE
from tests.test_logs import CANARY

# One request that fails with typed text in its words, address, form and cookie.
PROGRAM = f"""
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
from django.conf import settings
settings.ROOT_URLCONF = "tests.test_logs"
settings.ALLOWED_HOSTS = ["testserver"]
from terror_site.wsgi import application
from django.test import Client
from unittest import mock
client = Client(raise_request_exception=False)
client.cookies["other"] = "{CANARY}"
with mock.patch("terror_site.middleware.SignInRequiredMiddleware.process_view",
                return_value=None):
    with mock.patch("people.middleware.SchoolMiddleware.__call__",
                    lambda self, request: self.get_response(request)):
        answer = client.get("/fail/500?number={CANARY}", headers={{"x-other": "{CANARY}"}})
print(answer.status_code, answer["X-Request-ID"])
{{flush}}
"""
FLUSH = {
    "SENTRY_DSN": "import sentry_sdk; sentry_sdk.flush()",
    "OTEL_EXPORTER_OTLP_ENDPOINT": (
        "from opentelemetry import trace; trace.get_tracer_provider().force_flush()"
    ),
}


class Collector(http.server.ThreadingHTTPServer):
    """Stands for a school's own Sentry or collector, and keeps what it is sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def place(self):
        return f"127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}
        body = unpack[self.headers.get("Content-Encoding")](body)
        self.server.got.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def collector():
    running = Collector()
    yield running
    running.shutdown()
    running.server_close()


def fail_once(tmp_path, name=None, value=None):
    """Serve one failing request in a process of its own; return (status, id)."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV_")}
    environment |= {"VAR_DIR": str(tmp_path), "no_proxy": "127.0.0.1"}
    if name:
        environment[name] = value
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{flush}", FLUSH.get(name, ""))],
        cwd=BASE, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_an_error_is_reported_without_a_word_of_anybody(collector, tmp_path):
    address = f"http://key@{collector.place}/1"
    status, found = fail_once(tmp_path, "SENTRY_DSN", address)

    assert status == "500"
    sent = b"\n".join(body for _, body in collector.got)
    assert CANARY.lower().encode() not in sent.lower()
    (event,) = [
        json.loads(line) for line in sent.splitlines() if b'"exception"' in line
    ]
    (error,) = event["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["stacktrace"]["frames"][-1]["function"] == "fail_with_typed_text"
    assert event["tags"]["request_id"] == found
    assert not {"request", "user", "breadcrumbs", "extra", "message"} & {*event}


def test_a_trace_names_the_page_not_the_address(collector, tmp_path):
    name = "OTEL_EXPORTER_OTLP_ENDPOINT"
    status, found = fail_once(tmp_path, name, f"http://{collector.place}")

    assert status == "500"
    ((path, sent),) = collector.got
    assert path == "/v1/traces"
    assert b"GET tests.test_logs.fail_with_typed_text" in sent
    assert found.encode() in sent
    assert CANARY.lower().encode() not in sent.lower()


def test_both_are_off_unless_somebody_is_named(collector, tmp_path):
    with mock.patch("importlib.import_module") as imported:
        telemetry.start()
    assert fail_once(tmp_path)[0] == "500"

    imported.assert_not_called()
    assert collector.got == []


@pytest.mark.parametrize(
    ("setting", "part"), [("SENTRY_DSN", "sentry"), ("OTEL_ENDPOINT", "otel")]
)
def test_a_missing_package_is_named(setting, part, settings):
    setattr(settings, setting, "http://key@127.0.0.1/1")
    with (
        mock.patch("importlib.import_module", side_effect=ImportError),
        pytest.raises(ImproperlyConfigured, match=f"requirements-{part}.txt"),
    ):
        telemetry.start()

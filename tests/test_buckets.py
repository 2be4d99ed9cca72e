"""Pictures in S3-compatible storage, against a small stand-in that keeps objects."""

import http.server
import subprocess
import sys
import threading

import pytest
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage

from tests.site import BASE


class Bucket(http.server.BaseHTTPRequestHandler):
    """Puts, gets and deletes objects by path; no rights, no lists."""

    objects = {}

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = unchunked(body)
        self.objects[self.path] = body
        self.answer(200, b"")

    def do_GET(self):
        body = self.objects.get(self.path)
        self.answer(404 if body is None else 200, body or b"")

    def do_HEAD(self):
        self.do_GET()

    def do_DELETE(self):
        self.objects.pop(self.path, None)
        self.answer(204, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Thu, 26 Nov 2026 09:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_words):
        pass


def unchunked(body):
    """Take the frames off that a client puts around what it signs in pieces."""
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if not length:
            break
        whole, body = whole + body[:length], body[length + 2 :]
    return whole


@pytest.fixture
def storage():
    Bucket.objects = {}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield S3Storage(
        bucket_name="school",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        region_name="eu-west-2",
        access_key="key",
        secret_key="secret",
        addressing_style="path",
        default_acl=None,
        file_overwrite=False,
    )
    server.shutdown()
    server.server_close()


def test_a_picture_is_kept_in_the_bucket_and_read_from_there(storage):
    name = storage.save("pictures/poster.webp", ContentFile(b"\x00WEBP" * 1000))

    assert list(Bucket.objects) == [f"/school/{name}"]
    with storage.open(name, "rb") as opened:
        assert opened.read() == b"\x00WEBP" * 1000


def test_a_name_that_is_taken_is_not_written_over(storage):
    first = storage.save("pictures/poster.webp", ContentFile(b"one"))
    second = storage.save("pictures/poster.webp", ContentFile(b"two"))

    assert first != second
    assert Bucket.objects[f"/school/{first}"] == b"one"
    storage.delete(first)
    assert list(Bucket.objects) == [f"/school/{second}"]


def test_the_settings_name_the_bucket():
    """As `docs/scaling.md` says; without S3_BUCKET pictures are files."""
    code = (
        "import django; django.setup();"
        "from django.core.files.storage import default_storage as s;"
        "print(type(s._wrapped or s).__name__ if s.exists.__name__ else '',"
        "getattr(s, 'bucket_name', ''), getattr(s, 'endpoint_url', ''))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, capture_output=True, text=True,
        env={
            "DJANGO_SETTINGS_MODULE": "terror_site.settings", "SECRET_KEY": "x" * 60,
            "SITE_SCHEME": "http", "S3_BUCKET": "school",
            "S3_ENDPOINT": "http://127.0.0.1:9000", "PATH": "/usr/bin",
        },
    )  # fmt: skip
    assert told.stdout.split() == ["S3Storage", "school", "http://127.0.0.1:9000"]

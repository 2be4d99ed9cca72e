"""Passkeys over real TLS in a browser, and a sign-in through a small OpenID provider."""

import base64
import json
import ssl
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
import requests
from playwright.sync_api import sync_playwright

from tests.browser import Watch, options
from tests.site import Site, free_port

pytestmark = [pytest.mark.long, pytest.mark.parallel]


def certificate(folder):
    """Make a certificate for localhost; return the paths and the key's fingerprint."""
    cert, key = folder / "tls.crt", folder / "tls.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    public = subprocess.run(
        ["openssl", "x509", "-in", str(cert), "-pubkey", "-noout"],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"],
        input=public, check=True, capture_output=True,
    ).stdout  # fmt: skip
    digest = subprocess.run(
        ["openssl", "dgst", "-sha256", "-binary"],
        input=der, check=True, capture_output=True,
    ).stdout  # fmt: skip
    return cert, key, base64.b64encode(digest).decode()


class TlsSite(Site):
    """A site with a certificate of its own, which its own health check trusts."""

    def wait_until_ready(self):
        trusting = ssl.create_default_context(
            cafile=self.environment["TLS_CERTIFICATE"]
        )
        for _try in range(600):
            if self.process.poll() is not None:
                raise AssertionError(self.log)
            try:
                with urllib.request.urlopen(
                    f"{self.address}/health/ready", timeout=5, context=trusting
                ):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("The site did not start.")


@pytest.mark.browser
@pytest.mark.goal(
    "G57", "passkeys: made, proved and refused over TLS of the site's own"
)
def test_a_passkey_is_made_and_opens_the_account(tmp_path, reached):
    cert, key, fingerprint = certificate(tmp_path)
    site = TlsSite(
        tmp_path / "var", SITE_SCHEME="https", ALLOWED_HOSTS="localhost",
        TLS_CERTIFICATE=str(cert), TLS_KEY=str(key),
    )  # fmt: skip
    site.folder.mkdir()
    site.address = f"https://localhost:{site.port}"
    site.start()
    try:
        site.wait_until_ready()
        head = site.account("head")
        with sync_playwright() as playwright:
            told = options()
            told["args"].append(f"--ignore-certificate-errors-spki-list={fingerprint}")
            browser = playwright.chromium.launch_persistent_context(
                str(tmp_path / "profile"), **told
            )
            page = browser.new_page()
            watch = Watch(page, site.address)
            device = browser.new_cdp_session(page)
            device.send("WebAuthn.enable")
            made = device.send(
                "WebAuthn.addVirtualAuthenticator",
                {
                    "options": {
                        "protocol": "ctap2", "transport": "internal",
                        "hasUserVerification": True, "isUserVerified": True,
                        "automaticPresenceSimulation": True,
                    }
                },
            )  # fmt: skip
            sign_in(page, site, head)
            page.goto(f"{site.address}/second-step/passkey/")
            page.fill("#id_name", "Office PC")
            page.get_by_role("button", name="Make it").click()
            page.wait_for_url(f"{site.address}/second-step/")
            assert page.get_by_text("Office PC").first.is_visible()

            page.goto(f"{site.address}/admin/")
            page.get_by_role("button", name="Sign out").click()
            sign_in(page, site, head)
            page.wait_for_url("**/sign-in/second-step/")
            page.get_by_role("button", name="Use your passkey").click()
            page.wait_for_url(f"{site.address}/admin/")

            # Another key than that of the account is refused.
            page.get_by_role("button", name="Sign out").click()
            device.send(
                "WebAuthn.clearCredentials",
                {"authenticatorId": made["authenticatorId"]},
            )
            sign_in(page, site, head)
            page.wait_for_url("**/sign-in/second-step/")
            device.send(
                "WebAuthn.setUserVerified",
                {"authenticatorId": made["authenticatorId"], "isUserVerified": False},
            )
            page.goto(f"{site.address}/admin/")
            assert "/sign-in/" in page.url
            assert not watch.problems, watch.problems
            browser.close()
    finally:
        site.kill()
    reached("made, proved, and no way in without it")


def sign_in(page, site, account):
    page.goto(f"{site.address}/sign-in/")
    page.fill("#id_username", account["username"])
    page.fill("#id_password", account["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()


class Provider:
    """As much of an OpenID provider as a sign-in needs; it says whom we tell it to."""

    def __init__(self):
        self.claims = {}
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def answer(self, told):
                body = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                path, _mark, query = self.path.partition("?")
                if path.endswith("/openid-configuration"):
                    self.answer(
                        {
                            "issuer": provider.address,
                            "authorization_endpoint": f"{provider.address}/ask",
                            "token_endpoint": f"{provider.address}/token",
                            "userinfo_endpoint": f"{provider.address}/who",
                            "jwks_uri": f"{provider.address}/keys",
                        }
                    )
                elif path == "/ask":
                    told = dict(urllib.parse.parse_qsl(query))
                    if provider.claims is None:
                        back = {"error": "access_denied", "state": told["state"]}
                    else:
                        back = {"code": "a-code", "state": told["state"]}
                    self.send_response(302)
                    self.send_header(
                        "Location",
                        f"{told['redirect_uri']}?{urllib.parse.urlencode(back)}",
                    )
                    self.end_headers()
                else:
                    self.answer({"sub": "7", **provider.claims})

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                now = int(time.time())
                claims = {
                    "iss": provider.address, "aud": "classroom", "sub": "7",
                    "iat": now, "exp": now + 60, **provider.claims,
                }  # fmt: skip
                self.answer(
                    {
                        "access_token": "t", "token_type": "Bearer",
                        "id_token": jwt.encode(claims, "s" * 32, "HS256"),
                    }
                )  # fmt: skip

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.mark.goal(
    "G57", "OpenID: a verified address of the school's domain opens one account"
)
def test_a_provider_opens_the_account_of_a_verified_school_address(tmp_path, reached):
    provider = Provider()
    site = Site(
        tmp_path, OPENID_DOMAINS="school.example", OPENID_NAME="School account",
        OPENID_URL=provider.address, OPENID_CLIENT_ID="classroom", OPENID_SECRET="s",
    ).start()  # fmt: skip
    try:
        site.wait_until_ready()
        head = site.account("head")["username"]
        site.manage(
            "shell", "-c",
            "from people.models import User; User.objects.filter("
            f"username={head!r}).update(email='head@school.example')",
        )  # fmt: skip
        page = requests.get(f"{site.address}/sign-in/", timeout=20).text
        assert "Sign in with School account" in page
        right = {"email": "head@school.example", "email_verified": True}
        tries = [
            (right, True),
            ({**right, "email_verified": False}, False),
            ({"email": "head@evil.example", "email_verified": True}, False),
            ({"email": "nobody@school.example", "email_verified": True}, False),
            ({}, False),
            (None, False),
        ]
        for claims, opens in tries:
            provider.claims = claims
            with requests.Session() as browser:
                landed = browser.get(
                    f"{site.address}/sign-in/with/oidc/openid/login/", timeout=20
                )
                assert landed.status_code == 200, (claims, landed.url)
                staff = browser.get(f"{site.address}/admin/", timeout=20)
                assert ("/sign-in/" not in staff.url) is opens, (claims, staff.url)
                if not opens:
                    assert landed.url == f"{site.address}/sign-in/", claims
        # A callback that nobody asked for, and the library's own pages.
        for path in (
            "/sign-in/with/oidc/openid/login/callback/?code=x&state=y",
            "/sign-in/with/oidc/nobody/login/",
            "/sign-in/with/signup/",
            "/accounts/login/",
        ):
            with requests.Session() as browser:
                answer = browser.get(site.address + path, timeout=20)
                assert answer.status_code in (200, 404), (path, answer.status_code)
                assert (
                    "/sign-in/" in browser.get(f"{site.address}/admin/", timeout=20).url
                )
        said = site.manage(
            "shell", "-c",
            "from people.models import User; print(User.objects.count());"
            "from allauth.socialaccount.models import SocialAccount as S;"
            "print(S.objects.count())",
        )  # fmt: skip
        assert said.split()[-1] == "0"
        check = site.manage("check", "--fail-level", "WARNING")
        assert "no issues" in check
    finally:
        site.kill()
        provider.server.shutdown()
        provider.server.server_close()
    reached(f"{len(tries)} answers of a provider, {1} opened")

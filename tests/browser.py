"""Chromium from the system, driven by Playwright, with everything watched."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

LAN_NAME = "classroom.school.lan"
STRANGE_NAME = "evil.example"
WIDTHS = {"phone": 390, "tablet": 768, "desktop": 1280}


def chromium_path():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise AssertionError(
            "Chromium is missing: apt-get install chromium, then run this again."
        )
    return path


def options():
    """Return how Chromium is started, with whatever launches it."""
    return {
        "executable_path": chromium_path(),
        "args": [
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-quic",
            "--disable-sync",
            # A name that is not localhost: there browsers offer least.
            f"--host-resolver-rules=MAP {LAN_NAME} 127.0.0.1,"
            f"MAP {STRANGE_NAME} 127.0.0.1",
            "--no-first-run",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ],
    }


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options())
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def window_of_tabs(kind):
    """Start a browser whose pages are tabs of one window, as a student's are.

    Pages that Playwright makes by itself count as in front for ever, whatever covers
    them; so do all in a context that it gives its usual settings.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        start = options()
        process = subprocess.Popen(
            [start["executable_path"], *start["args"], "--headless=new",
             "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = Path(folder) / "DevToolsActivePort"
            for _try in range(300):
                if port.exists() and port.read_text().count("\n"):
                    break
                time.sleep(0.1)
            address = f"http://127.0.0.1:{port.read_text().split()[0]}"
            running = kind.connect_over_cdp(address, no_defaults=True)
            yield running.contexts[0]
            running.close()
        finally:
            process.kill()
            process.wait()


class Watch:
    """Collects what must not happen on a page: errors, violations, strangers."""

    def __init__(self, page, address):
        self.problems = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:", "blob:"))
                else self.problems.append(f"foreign request: {request.url}")
            ),
        )
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"
        )

    def _on_console(self, message):
        # Chromium reports every answer of 400 and above here; tests look at those
        # themselves.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.problems.append(f"console {message.type}: {message.text}")


def sign_in(page, site, role):
    account = site.account(role)
    page.goto(f"{site.address}/sign-in/")
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    return account

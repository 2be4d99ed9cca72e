"""What tests do at a writing desk in a browser, and what they look up behind it."""

import contextlib
import datetime
import re
import sqlite3
import time
from urllib.parse import urlparse

from playwright.sync_api import expect

from assessments import versions
from tests.browser import sign_in

QUESTION = "/questions/aqa-6-fear-or-propaganda/"
KEPT = "kept on this computer, not yet sent"

# Notes each moment at which the page says "saved", with the text that is on it.
RECORDER = """
addEventListener("DOMContentLoaded", () => {
  window.savedMoments = [];
  const line = document.getElementById("saved");
  if (!line) return;
  const note = () => {
    if (!line.textContent.startsWith("saved at")) return;
    window.savedMoments.push([Date.now(), document.getElementById("answer").value]);
  };
  new MutationObserver(note).observe(line, { childList: true, characterData: true });
  document.getElementById("answer").addEventListener("input", () => setTimeout(note));
});
"""
# Names of what browsers keep from pages on plain HTTP: asking for them is an error.
MISSING = """
window.askedFor = [];
for (const [owner, name] of [
  [Navigator.prototype, "serviceWorker"], [Navigator.prototype, "locks"],
  [Navigator.prototype, "storage"], [Crypto.prototype, "subtle"],
  [Crypto.prototype, "randomUUID"], [window, "caches"],
]) {
  Object.defineProperty(owner, name, {
    configurable: true, get: () => void window.askedFor.push(name),
  });
}
"""


def open_desk(context, site, question=QUESTION):
    """Open a student's desk, signing in unless this browser is signed in already."""
    page = context.new_page()
    page.add_init_script(RECORDER)
    page.goto(site.address)
    if "/sign-in/" in page.url:
        sign_in(page, site, "student")
    page.goto(site.address + question)
    page.get_by_role("button", name="Practise this question").click()
    page.locator("#answer").wait_for()
    return page


def open_task(site):
    """Return (script, task, name): what the first student still has to hand in."""
    with database(site) as rows:
        return rows.execute(
            "SELECT public_id, assignment_id, first_name || ' ' || last_name"
            " FROM assessments_script JOIN people_user person"
            " ON person.id = student_id WHERE username = ? AND question_id IS NULL"
            " AND handed_in_at IS NULL LIMIT 1",
            [site.account("student")["username"]],
        ).fetchone()


def status(page):
    return page.locator("#saved")


def wait_until_saved(page, seconds=15):
    expect(status(page)).to_contain_text("saved at", timeout=seconds * 1000)


def fresh_text(page, words):
    """Type a text of its own and wait until the server has it."""
    with page.expect_response(
        lambda answer: (
            "/save/" in answer.url and answer.request.post_data_json["text"] == words
        )
    ):
        page.locator("#answer").fill("")
        page.locator("#answer").press_sequentially(words, delay=1)
    wait_until_saved(page)


def add(page, words, delay=1):
    page.locator("#answer").press("Control+End")
    page.locator("#answer").press_sequentially(words, delay=delay)


def unsent(page):
    """Return the texts that this browser keeps for later."""
    return page.evaluate(
        """() => new Promise((resolve) => {
          const request = indexedDB.open("classroom", 1);
          request.onsuccess = () => {
            const all = request.result.transaction("unsent").objectStore("unsent").getAll();
            all.onsuccess = () => resolve(all.result.map((kept) => kept.text).filter((text) => text !== undefined));
          };
        })"""
    )


@contextlib.contextmanager
def database(site):
    with contextlib.closing(
        sqlite3.connect(site.folder / "classroom.sqlite3", timeout=20)
    ) as connection:
        yield connection


def on_server(site, address, part="answer"):
    """Return [(text, saved at in seconds)] of a desk's answer, oldest first."""
    found = re.search(r"/scripts/([^/]+)/(?:answers/(\d+)/)?", urlparse(address).path)
    with database(site) as connection:
        rows = connection.execute(
            "SELECT version.packed, whole.packed, version.saved_at"
            " FROM assessments_answerversion version"
            " JOIN assessments_answer answer ON answer.id = version.answer_id"
            " JOIN assessments_script script ON script.id = answer.script_id"
            " LEFT JOIN assessments_answerversion whole ON whole.id = version.whole_id"
            ' WHERE script.public_id = ? AND answer."order" = ? AND version.part = ?'
            " ORDER BY version.number",
            (found[1], int(found[2] or 1), part),
        ).fetchall()
    return [
        (
            versions.unpack(packed, whole and versions.unpack(whole, None)),
            datetime.datetime.fromisoformat(at)
            .replace(tzinfo=datetime.UTC)
            .timestamp(),
        )
        for packed, whole, at in rows
    ]


def false_moments(site, page):
    """Return the moments at which "saved" stood while the server lacked the text."""
    held = on_server(site, page.url)
    return [
        (at, text)
        for at, text in page.evaluate("window.savedMoments")
        # A version is stamped before its transaction begins: the clocks agree.
        if not any(text == kept and since <= at / 1000 for kept, since in held)
    ]


def wait_until_on_server(site, page, text, seconds=15):
    """Wait until the server holds a text; return how many seconds that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if any(text == kept for kept, _at in on_server(site, page.url)):
            return time.monotonic() - began
        page.wait_for_timeout(100)
    raise AssertionError(f"Not on the server after {seconds} s: {text[-60:]!r}")

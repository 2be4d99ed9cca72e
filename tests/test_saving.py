"""No word is lost: the network goes, the browser dies, the sign-in ends.

In real Chromium over plain HTTP under a name that is not localhost, where neither
service workers nor Web Crypto exist.
"""

import pytest
from playwright.sync_api import expect

from tests.browser import LAN_NAME, sign_in
from tests.site import running_site

pytestmark = pytest.mark.browser

QUESTION = "/questions/aqa-6-fear-or-propaganda/"


@pytest.fixture(scope="module")
def lan_site():
    with running_site(ALLOWED_HOSTS=f"{LAN_NAME},127.0.0.1") as running:
        running.address = running.address.replace("127.0.0.1", LAN_NAME)
        yield running


@pytest.fixture
def context(browser):
    made = browser.new_context()
    made.set_default_timeout(15_000)
    yield made
    made.close()


def open_desk(context, site, role="student"):
    page = context.new_page()
    sign_in(page, site, role)
    page.goto(site.address + QUESTION)
    page.get_by_role("button", name="Practise this question").click()
    page.locator("#answer").wait_for()
    return page


def status(page):
    return page.locator("#saved")


def fresh_text(page, words):
    """Type a text of its own and wait until the server has it."""
    with page.expect_response(
        lambda answer: (
            "/save/" in answer.url and answer.request.post_data_json["text"] == words
        )
    ):
        page.locator("#answer").fill("")
        page.locator("#answer").press_sequentially(words, delay=1)
    expect(status(page)).to_contain_text("saved at", timeout=15_000)


def unsent(page):
    """Return the texts that this browser keeps for later."""
    return page.evaluate(
        """() => new Promise((resolve) => {
          const request = indexedDB.open("classroom", 1);
          request.onsuccess = () => {
            const all = request.result.transaction("unsent").objectStore("unsent").getAll();
            all.onsuccess = () => resolve(all.result.map((kept) => kept.text));
          };
        })"""
    )


def test_it_runs_where_browsers_offer_least(context, lan_site):
    page = open_desk(context, lan_site)

    assert page.evaluate("isSecureContext") is False
    fresh_text(page, "On plain HTTP.")
    assert unsent(page) == []


def test_without_a_connection_words_stay_here_and_go_when_it_returns(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Online words.")
    context.set_offline(True)
    page.locator("#answer").press_sequentially(" Offline words.", delay=1)
    expect(status(page)).to_have_text(
        "kept on this computer, not yet sent", timeout=10_000
    )
    assert unsent(page) == ["Online words. Offline words."]

    context.set_offline(False)
    expect(status(page)).to_contain_text("saved at", timeout=25_000)
    page.wait_for_function(
        "() => document.querySelector('#answer').value.endsWith('Offline words.')"
    )
    page.reload()
    assert page.locator("#answer").input_value() == "Online words. Offline words."
    page.wait_for_timeout(300)
    assert unsent(page) == []


def test_what_a_closed_page_could_not_send_is_sent_at_the_next_visit(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Before the crash.")
    desk = page.url
    context.set_offline(True)
    page.locator("#answer").press_sequentially(" After it.", delay=1)
    expect(status(page)).to_have_text(
        "kept on this computer, not yet sent", timeout=10_000
    )
    page.close(run_before_unload=False)
    context.set_offline(False)
    again = context.new_page()
    again.goto(desk)
    expect(status(again)).to_contain_text("saved at", timeout=15_000)

    expect(again.locator("#answer")).to_have_value("Before the crash. After it.")
    again.reload()
    expect(again.locator("#answer")).to_have_value("Before the crash. After it.")


def test_words_from_before_are_kept_beside_a_newer_text(context, browser, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Common start.")
    desk = page.url
    context.set_offline(True)
    page.locator("#answer").fill("Common start. Written at school, unsent.")
    expect(status(page)).to_have_text(
        "kept on this computer, not yet sent", timeout=10_000
    )
    page.close()
    home = browser.new_context()
    other = home.new_page()
    sign_in(other, lan_site, "student")
    other.goto(desk)
    fresh_text(other, "Common start. Written at home.")
    home.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(desk)
    expect(status(again)).to_contain_text("kept beside this text", timeout=15_000)

    expect(again.locator("#answer")).to_have_value("Common start. Written at home.")
    again.get_by_role("link", name="Earlier versions").click()
    again.get_by_role("link", name="Read version").first.click()
    again.wait_for_url("**/versions/*/")
    assert "unsent." in again.locator("main").inner_text()


def test_a_sign_in_that_ends_is_renewed_on_the_same_page(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Signed in.")
    desk = page.url
    context.clear_cookies()
    page.locator("#answer").press_sequentially(" Signed out.", delay=1)
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    account = lan_site.account("student")
    dialog.get_by_label("Username").fill(account["username"])
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Sign in and send").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_label("Password").fill(account["password"])
    dialog.get_by_role("button", name="Sign in and send").click()
    expect(status(page)).to_contain_text("saved at", timeout=20_000)

    assert page.url == desk
    page.reload()
    expect(page.locator("#answer")).to_have_value("Signed in. Signed out.")


def test_another_account_neither_sends_nor_sees_the_words(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Niamh’s text.")
    desk = page.url
    context.clear_cookies()
    page.locator("#answer").press_sequentially(" SECRET", delay=1)
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    teacher = lan_site.account("teacher")
    dialog.get_by_label("Username").fill(teacher["username"])
    dialog.get_by_label("Password").fill(teacher["password"])
    dialog.get_by_role("button", name="Sign in and send").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "another account", timeout=15_000
    )
    assert unsent(page) == ["Niamh’s text. SECRET"]

    stranger = context.new_page()
    response = stranger.goto(desk)
    assert response.status == 404
    assert "SECRET" not in stranger.content()


def test_handing_in_without_a_connection_hands_in_nothing_and_loses_nothing(
    context, lan_site
):
    page = open_desk(context, lan_site)
    fresh_text(page, "Nearly done.")
    context.set_offline(True)
    page.locator("#answer").press_sequentially(" Done.", delay=1)
    page.get_by_role("button", name="Hand in").click()
    expect(status(page)).to_contain_text("not handed in yet", timeout=15_000)
    context.set_offline(False)
    expect(status(page)).to_contain_text("saved at", timeout=25_000)
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/hand-in/")

    page.get_by_text("Nearly done. Done.").first.wait_for()
    page.go_back()


def test_a_false_receipt_is_never_called_saved(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "True.")
    false = [
        {"code": "saved"},
        {"code": "saved", "part": "answer", "number": 1, "checksum": "0", "length": 9},
        {"saved": True},
        [],
    ]
    answers = iter(false)

    def lie(route):
        body = next(answers, None)
        if body is None:
            route.continue_()
        else:
            route.fulfill(status=200, json=body)

    page.route("**/save/", lie)
    page.locator("#answer").press_sequentially(" More.", delay=1)
    page.wait_for_timeout(2500)
    assert "saved at" not in status(page).inner_text()
    expect(status(page)).to_contain_text("saved at", timeout=40_000)

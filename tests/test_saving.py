"""No word is lost: the network goes, the browser dies, the sign-in ends.

In real Chromium over plain HTTP under a name that is not localhost, where neither
service workers nor Web Crypto exist, through a relay that breaks the line.
"""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser import Watch, sign_in, window_of_tabs
from tests.desk import (
    KEPT,
    MISSING,
    add,
    database,
    false_moments,
    fresh_text,
    on_server,
    open_desk,
    open_task,
    status,
    unsent,
    wait_until_on_server,
    wait_until_saved,
)
from tests.relay import reply

pytestmark = pytest.mark.browser


def press_save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def sign_in_again(page, account, password=None):
    dialog = page.get_by_role("dialog", name="You have been signed out")
    dialog.get_by_label("Username").fill(account["username"])
    dialog.get_by_label("Password").fill(password or account["password"])
    dialog.get_by_role("button", name="Sign in and send").click()
    return dialog


@pytest.mark.goal("G29", "plain HTTP: 0 console errors, 0 calls of what is missing")
def test_it_runs_where_browsers_offer_least(context, lan_site, reached):
    context.add_init_script(MISSING)
    page = open_desk(context, lan_site)
    watch = Watch(page, lan_site.address)
    fresh_text(page, "On plain HTTP.")

    assert page.evaluate("isSecureContext") is False
    page.wait_for_timeout(300)
    assert unsent(page) == []
    assert watch.problems == []
    assert page.evaluate("window.askedFor") == []
    reached("0 errors, 0 calls")


def test_the_line_is_said_in_the_language_of_the_page(context, lan_site):
    # As Django's catalogue stands on a page that brings one along.
    context.add_init_script(
        "const known = { 'saved at %(at)s': 'wedi’i gadw am %(at)s' };"
        "window.django = { gettext: (words) => known[words] ?? words };"
    )
    page = open_desk(context, lan_site)
    add(page, " Geiriau.")
    expect(status(page)).to_contain_text(re.compile(r"^wedi’i gadw am \d\d:\d\d:\d\d$"))


@pytest.mark.goal("G26", "“saved” never stands while the server lacks the text")
def test_saved_is_never_said_of_a_text_that_is_not_there(
    context, lan_site, relay, reached
):
    page = open_desk(context, lan_site)
    fresh_text(page, "Start.")
    moments = 0
    for mode in ("lossy", "slow", "lost reply", "pass"):
        relay.mode = mode
        for word in range(12):
            add(page, f" {mode} {word}", delay=20)
            page.wait_for_timeout(100)
    wait_until_saved(page, 30)
    moments = len(page.evaluate("window.savedMoments"))

    assert false_moments(lan_site, page) == []
    assert moments
    reached(f"0 of {moments} moments, on a broken line")


@pytest.mark.goal("G26", "loss of connection is said within 10 s")
@pytest.mark.parametrize("mode", ["reset", "hang"])
def test_loss_of_the_connection_is_seen(context, lan_site, relay, mode, reached):
    page = open_desk(context, lan_site)
    fresh_text(page, "Before.")
    relay.mode = mode
    began = time.monotonic()
    add(page, " After.")
    expect(status(page)).to_have_text(KEPT, timeout=10_000)
    reached(f"{mode}: {time.monotonic() - began:.1f} s")
    assert unsent(page) == ["Before. After."]

    relay.mode = "pass"
    wait_until_on_server(lan_site, page, "Before. After.")
    wait_until_saved(page)
    assert false_moments(lan_site, page) == []


@pytest.mark.goal("G26", "the teacher’s list shows a lost connection within 60 s")
def test_the_teachers_list_sees_a_lost_connection(
    context, browser, lan_site, relay, reached
):
    script, task, name = open_task(lan_site)
    page = context.new_page()
    page.goto(lan_site.address)
    sign_in(page, lan_site, "student")
    page.goto(f"{lan_site.address}/scripts/{script}/")
    add(page, " More.")
    wait_until_saved(page)
    staff = browser.new_context()
    desk = staff.new_page()
    # The teacher's own line is whole.
    direct = f"http://127.0.0.1:{lan_site.port}"
    desk.goto(direct)
    account = lan_site.account("teacher")
    desk.locator("[name=username]").fill(account["username"])
    desk.locator("[name=password]").fill(account["password"])
    desk.get_by_role("button", name="Sign in").click()
    desk.goto(f"{direct}/admin/tasks/{task}/writing/")
    row = desk.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("writing")

    relay.mode = "hang"
    began = time.monotonic()
    expect(row).to_contain_text("no connection", timeout=60_000)
    reached(f"{time.monotonic() - began:.0f} s")

    relay.mode = "pass"
    expect(row).to_contain_text("at the desk", timeout=60_000)
    page.close()
    expect(row).to_contain_text("away from the desk", timeout=60_000)
    staff.close()


def test_without_a_connection_words_stay_here_and_go_when_it_returns(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Online words.")
    context.set_offline(True)
    add(page, " Offline words.")
    expect(status(page)).to_have_text(KEPT, timeout=10_000)
    assert unsent(page) == ["Online words. Offline words."]

    context.set_offline(False)
    wait_until_saved(page)
    page.reload()
    assert page.locator("#answer").input_value() == "Online words. Offline words."
    page.wait_for_timeout(300)
    assert unsent(page) == []


def test_what_a_closed_page_could_not_send_is_sent_at_the_next_visit(
    context, lan_site, relay
):
    page = open_desk(context, lan_site)
    fresh_text(page, "Before the crash.")
    desk = page.url
    relay.mode = "reset"
    add(page, " After it.")
    expect(status(page)).to_have_text(KEPT, timeout=10_000)
    page.close(run_before_unload=False)
    relay.mode = "pass"
    again = context.new_page()
    again.goto(desk)
    wait_until_saved(again)

    expect(again.locator("#answer")).to_have_value("Before the crash. After it.")
    again.reload()
    expect(again.locator("#answer")).to_have_value("Before the crash. After it.")


def test_coming_back_to_the_front_page_is_enough(context, lan_site, relay):
    page = open_desk(context, lan_site)
    fresh_text(page, "Front.")
    desk = page.url
    relay.mode = "reset"
    add(page, " Unsent.")
    expect(status(page)).to_have_text(KEPT, timeout=10_000)
    page.close(run_before_unload=False)
    relay.mode = "pass"
    home = context.new_page()
    home.goto(lan_site.address)
    home.get_by_text("are with the school now").wait_for()

    assert on_server(lan_site, desk)[-1][0] == "Front. Unsent."
    assert unsent(home) == []


def test_a_receipt_that_got_lost_adds_nothing_twice(context, lan_site, relay):
    page = open_desk(context, lan_site)
    fresh_text(page, "Sent once.")
    relay.mode = "lost reply"
    add(page, " And again.")
    expect(status(page)).to_have_text(KEPT, timeout=10_000)
    page.wait_for_timeout(3000)
    relay.mode = "pass"
    wait_until_saved(page)

    texts = [text for text, _at in on_server(lan_site, page.url)]
    assert texts.count("Sent once. And again.") == 1


def test_words_from_before_are_kept_beside_a_newer_text(context, browser, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Common start.")
    desk = page.url
    context.set_offline(True)
    page.locator("#answer").fill("Common start. Written at school, unsent.")
    expect(status(page)).to_have_text(KEPT, timeout=10_000)
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
    again.get_by_role("link", name="Compare both").click()
    again.get_by_text("unsent.").first.wait_for()


FALSE_REPLIES = {
    "200 and a sign-in page": reply("200 OK", b"<html>Please sign in</html>"),
    "200 and nothing": reply("200 OK"),
    "204": reply("204 No Content"),
    "302 to a portal": reply("302 Found", Location="/sign-in/"),
    "200 and another version’s receipt": reply(
        "200 OK",
        json.dumps(
            {"code": "saved", "part": "answer", "number": 1, "version": 1,
             "length": 3, "checksum": "00000001", "saved_at": "09:00:00"}
        ).encode(),
        "application/json",
    ),
    "200 and another part’s receipt": None,
    "half a JSON": reply("200 OK", b'{"code": "saved", "par', "application/json"),
    "500": reply("500 Internal Server Error", b"<h1>Oh</h1>"),
    "502": reply("502 Bad Gateway", b"<h1>Bad gateway</h1>"),
    "429": reply("429 Too Many Requests", b"{}", "application/json", Retry_After="1"),
}  # fmt: skip


@pytest.mark.goal("G19", "10 of 10 false replies are never called saved")
def test_a_false_reply_is_never_called_saved(context, lan_site, relay, reached):
    page = open_desk(context, lan_site)
    fresh_text(page, "True.")
    believed = []
    for name, false in FALSE_REPLIES.items():
        sent = relay.saves
        number = int(page.evaluate("document.forms.desk.elements.number.value")) + 99
        relay.false_reply = false or reply(
            "200 OK",
            json.dumps(
                {"code": "saved", "part": "plan", "number": number, "version": 9,
                 "length": 1, "checksum": "00000001", "saved_at": "09:00:00"}
            ).encode(),
            "application/json",
        )  # fmt: skip
        add(page, f" {len(name)}")
        press_save(page)
        page.wait_for_timeout(1200)
        assert relay.saves > sent, name
        if "saved at" in status(page).inner_text():
            believed.append(name)
    assert believed == []
    relay.false_reply = None
    text = page.locator("#answer").input_value()
    wait_until_on_server(lan_site, page, text)
    wait_until_saved(page)
    assert false_moments(lan_site, page) == []
    reached(f"{len(FALSE_REPLIES)} of {len(FALSE_REPLIES)}; saved by itself afterwards")


def end_by_deleting_it(lan_site, page):
    with database(lan_site) as connection:
        connection.execute("DELETE FROM people_session")
        connection.commit()


def end_by_signing_out_elsewhere(lan_site, page):
    other = page.context.new_page()
    other.goto(lan_site.address)
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in/**")
    other.close()


def end_by_a_new_key(lan_site, page):
    lan_site.stop()
    lan_site.environment["SECRET_KEY"] = "another-key-only-for-tests-" + "y" * 50
    lan_site.start().wait_until_ready()


@pytest.mark.goal("G20", "sign-in ends while typing: 0 characters, 0 navigations")
@pytest.mark.parametrize(
    "end",
    [end_by_deleting_it, end_by_signing_out_elsewhere, end_by_a_new_key],
)
def test_a_sign_in_that_ends_is_renewed_on_the_same_page(
    context, lan_site, end, reached
):
    page = open_desk(context, lan_site)
    fresh_text(page, "Signed in.")
    desk = page.url
    went = []
    page.on("framenavigated", lambda frame: went.append(frame.url))
    end(lan_site, page)
    add(page, " Signed out.")
    account = lan_site.account("student")
    page.get_by_role("dialog", name="You have been signed out").wait_for()
    dialog = sign_in_again(page, account, "wrong")
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    sign_in_again(page, account)
    wait_until_saved(page, 20)

    assert page.url == desk
    assert went == []
    page.reload()
    expect(page.locator("#answer")).to_have_value("Signed in. Signed out.")
    reached(end.__name__.replace("_", " "))


def test_the_notice_comes_once_and_typing_goes_on(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Once.")
    end_by_deleting_it(lan_site, page)
    add(page, " More.")
    dialog = page.get_by_role("dialog", name="You have been signed out")
    dialog.wait_for()
    dialog.get_by_role("button", name="Later").click()
    for word in range(6):
        add(page, f" {word}")
        page.wait_for_timeout(700)

    assert not dialog.is_visible()
    expect(status(page)).to_contain_text("your text is safe here")
    press_save(page)
    sign_in_again(page, lan_site.account("student"))
    wait_until_saved(page)
    assert on_server(lan_site, page.url)[-1][0] == "Once. More. 0 1 2 3 4 5"


@pytest.mark.goal("G20", "another account is refused the words")
def test_another_account_neither_sends_nor_sees_the_words(context, lan_site, reached):
    page = open_desk(context, lan_site)
    fresh_text(page, "Niamh’s text.")
    desk = page.url
    context.clear_cookies()
    add(page, " SECRET")
    page.get_by_role("dialog").first.wait_for()
    dialog = sign_in_again(page, lan_site.account("teacher"))
    expect(dialog.get_by_role("alert")).to_contain_text(
        "another account", timeout=15_000
    )
    assert unsent(page) == ["Niamh’s text. SECRET"]

    stranger = context.new_page()
    response = stranger.goto(desk)
    assert response.status == 404
    assert "SECRET" not in stranger.content()
    stranger.goto(lan_site.address)
    assert "SECRET" not in stranger.content()
    assert "Niamh’s text. SECRET" not in [
        text for text, _at in on_server(lan_site, desk)
    ]
    reached("refused, kept here, 404 for the other")


@pytest.mark.goal("G21", "token gone or rotated: the next save succeeds within 10 s")
@pytest.mark.parametrize("way", ["signed in again elsewhere", "cookie cleared"])
def test_a_stale_token_is_renewed_by_itself(context, lan_site, way, reached):
    page = open_desk(context, lan_site)
    fresh_text(page, "Token one.")
    if way == "cookie cleared":
        context.clear_cookies(name="csrf")
    else:
        end_by_signing_out_elsewhere(lan_site, page)
        other = context.new_page()
        sign_in(other, lan_site, "student")
        other.close()
    began = time.monotonic()
    add(page, " Token two.")
    took = wait_until_on_server(lan_site, page, "Token one. Token two.", 10)
    wait_until_saved(page)

    assert not page.get_by_role("dialog").first.is_visible()
    reached(f"{way}: {max(took, time.monotonic() - began):.1f} s")


class TestHandingIn:
    def test_without_a_connection_it_waits_and_then_hands_in(
        self, context, lan_site, relay
    ):
        page = open_desk(context, lan_site)
        fresh_text(page, "Nearly done.")
        relay.mode = "reset"
        add(page, " Done.")
        page.get_by_role("button", name="Hand in").click()
        page.get_by_role("button", name="Keep writing").click()
        expect(status(page)).to_contain_text("not")
        page.get_by_role("button", name="Hand in").click()
        page.get_by_role("button", name="Hand in by itself").click()
        expect(status(page)).to_contain_text("not handed in yet")
        page.wait_for_timeout(2500)
        expect(status(page)).to_contain_text("not handed in yet")
        relay.mode = "pass"
        page.wait_for_url("**/receipt/", timeout=20_000)

        assert "Nearly done. Done." in page.locator("main").inner_text()
        page.get_by_role("button", name="Take it back").click()

    @pytest.mark.goal("G24", "hand-in that fails is said, kept, and done by itself")
    def test_the_wish_outlives_the_page(self, context, lan_site, relay, reached):
        page = open_desk(context, lan_site)
        fresh_text(page, "A wish.")
        desk = page.url
        relay.mode = "reset"
        page.get_by_role("button", name="Hand in").click()
        page.get_by_role("button", name="Hand in by itself").click()
        expect(status(page)).to_contain_text("not handed in yet")
        page.close(run_before_unload=False)
        relay.mode = "pass"
        again = context.new_page()
        again.goto(desk)
        again.wait_for_url("**/receipt/")

        assert "A wish." in again.locator("main").inner_text()
        again.get_by_role("button", name="Take it back").click()
        reached("receipt after the connection returned, also in a new page")

    @pytest.mark.goal("G24", "500 and silence at the confirmation: tried by itself")
    @pytest.mark.parametrize("mode", ["reset", "lost reply"])
    def test_the_confirmation_goes_on_trying(
        self, context, lan_site, relay, mode, reached
    ):
        page = open_desk(context, lan_site)
        fresh_text(page, f"Confirmed, {mode}.")
        page.get_by_role("button", name="Hand in").click()
        page.wait_for_url("**/hand-in/")
        relay.mode = mode
        page.get_by_role("button", name="Hand in").click()
        expect(page.locator("form [role=status]")).to_contain_text("Not handed in yet")
        relay.mode = "pass"
        page.wait_for_url("**/receipt/", timeout=20_000)

        assert f"Confirmed, {mode}." in page.locator("main").inner_text()
        assert hand_ins(lan_site, page) == 1
        reached(f"{mode}: 1 receipt")
        page.get_by_role("button", name="Take it back").click()

    @pytest.mark.goal("G23", "double click, Back and again: 1 hand-in, 1 receipt")
    def test_once_is_enough(self, context, lan_site, reached):
        page = open_desk(context, lan_site)
        fresh_text(page, "Only once.")
        page.locator("#answer").press_sequentially(" Newest.", delay=1)
        page.get_by_role("button", name="Hand in").click()
        page.wait_for_url("**/hand-in/")
        page.get_by_role("button", name="Hand in").dblclick()
        page.wait_for_url("**/receipt/")
        code = page.locator("dd.num").inner_text()
        page.go_back()
        if page.get_by_role("button", name="Hand in").count():
            page.get_by_role("button", name="Hand in").click()
        page.wait_for_url("**/receipt/")

        assert page.locator("dd.num").inner_text() == code
        assert "Only once. Newest." in page.locator("main").inner_text()
        assert hand_ins(lan_site, page) == 1
        page.get_by_role("button", name="Take it back").click()
        reached("1 hand-in, 1 receipt, the newest text")

    @pytest.mark.goal("G24", "a rescue file holds the words and the server’s seal")
    def test_a_rescue_file_can_be_saved(self, context, lan_site, relay, reached):
        page = open_desk(context, lan_site)
        fresh_text(page, "To be rescued.")
        relay.mode = "reset"
        add(page, " Unsent: “žluťoučký” 🙂")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save a rescue file").click()
        file = json.loads(download.value.path().read_text("utf-8"))

        assert file["format"] == "classroom-rescue-1"
        assert file["parts"]["answer"]["text"].endswith("Unsent: “žluťoučký” 🙂")
        assert file["seal"]
        reached("saved while the server could not be reached")


def hand_ins(site, page):
    """Return how often a script was handed in since it was last taken back."""
    public_id = re.search(r"/scripts/([^/]+)/", page.url)[1]
    with database(site) as connection:
        kinds = [
            kind
            for (kind,) in connection.execute(
                "SELECT kind FROM assessments_event event JOIN assessments_script"
                " script ON script.id = event.script_id WHERE public_id = ?"
                " ORDER BY event.id",
                (public_id,),
            )
        ]
    since = kinds[::-1].index("hand-in undone") if "hand-in undone" in kinds else None
    return kinds[::-1][:since].count("handed in")


@pytest.mark.goal("G25", "leaving in any way loses nothing older than 1 s")
@pytest.mark.parametrize("way", ["link", "back", "reload", "close"])
def test_leaving(context, lan_site, way, reached):
    page = open_desk(context, lan_site)
    fresh_text(page, "Staying.")
    desk = page.url
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.message), dialog.accept()))
    add(page, f" Leaving by {way}.")
    page.wait_for_timeout(100)
    if way == "link":
        page.get_by_role("link", name="Earlier versions").click()
    elif way == "back":
        page.go_back()
    elif way == "reload":
        page.reload()
    else:
        page.close(run_before_unload=True)
    again = context.new_page()
    again.goto(desk)

    expect(again.locator("#answer")).to_have_value(f"Staying. Leaving by {way}.")
    assert warned == []
    reached(way)


@pytest.mark.goal("G25", "leaving in any way loses nothing older than 1 s")
def test_another_tab_in_front(browser, lan_site, relay, reached):
    with window_of_tabs(browser.browser_type) as window:
        page = open_desk(window, lan_site)
        fresh_text(page, "Staying.")
        # From here on nothing is sent because time has passed.
        page.clock.install()
        page.clock.pause_at(page.evaluate("Date.now()") + 60_000)
        # A phone that shows another app leaves the focus where it was.
        page.evaluate(
            "addEventListener('blur', (event) => event.stopImmediatePropagation(), true)"
        )
        add(page, " Another tab.")
        page.wait_for_timeout(300)
        assert on_server(lan_site, page.url)[-1][0] == "Staying."

        window.new_page().bring_to_front()
        wait_until_on_server(lan_site, page, "Staying. Another tab.")
    reached("hidden")


def test_leaving_warns_while_something_cannot_be_sent(context, lan_site, relay):
    page = open_desk(context, lan_site)
    fresh_text(page, "Warn me.")
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.dismiss()))
    relay.mode = "reset"
    add(page, " Unsent.")
    expect(status(page)).to_have_text(KEPT, timeout=10_000)
    page.close(run_before_unload=True)
    page.wait_for_timeout(500)

    assert warned == ["beforeunload"]
    assert not page.is_closed()


REFUSED_STORAGE = {
    "no IndexedDB": "delete window.indexedDB; delete Window.prototype.indexedDB;"
    "Object.defineProperty(window, 'indexedDB', { get: () => undefined });",
    "opening refused": "IDBFactory.prototype.open = () => {"
    " throw new DOMException('no', 'SecurityError'); };",
    "quota full": "IDBObjectStore.prototype.put = () => {"
    " throw new DOMException('full', 'QuotaExceededError'); };",
}


@pytest.mark.goal(
    "G27", "storage refused: saves go on, one notice, a warning on leaving"
)
@pytest.mark.parametrize("how", REFUSED_STORAGE)
def test_a_browser_that_keeps_nothing(context, lan_site, relay, how, reached):
    context.add_init_script(REFUSED_STORAGE[how])
    page = open_desk(context, lan_site)
    if how != "quota full":
        expect(status(page)).to_contain_text("cannot keep a copy")
    fresh_text(page, f"Saved all the same: {how}.")
    relay.mode = "reset"
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.dismiss()))
    add(page, " Unsent.")
    expect(status(page)).to_contain_text("cannot keep a copy", timeout=10_000)
    page.close(run_before_unload=True)
    page.wait_for_timeout(300)
    relay.mode = "pass"

    assert warned == ["beforeunload"]
    wait_until_on_server(lan_site, page, f"Saved all the same: {how}. Unsent.")
    reached(how)


@pytest.mark.goal("G30", "100 KB changed and closed at once: nothing lost, no errors")
def test_a_long_text_on_closing(context, lan_site, reached):
    page = open_desk(context, lan_site)
    watch = Watch(page, lan_site.address)
    long = "Fear and violence mattered. " * 3_700
    page.locator("#answer").fill(long)
    page.wait_for_timeout(700)
    desk = page.url
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(desk)

    expect(again.locator("#answer")).to_have_value(long, timeout=20_000)
    wait_until_on_server(lan_site, again, long)
    assert watch.problems == []
    again.locator("#answer").fill("Short again.")
    wait_until_saved(again)
    reached(f"{len(long) // 1000} KB, 0 errors")


@pytest.mark.goal("G31", "no script: the page says so, Save and Hand in work")
@pytest.mark.parametrize("how", ["switched off", "does not load"])
def test_no_script(browser, lan_site, how, reached):
    context = browser.new_context(java_script_enabled=how != "switched off")
    context.route("**/autosave*.js", lambda route: route.abort())
    page = context.new_page()
    sign_in(page, lan_site, "student")
    page.goto(lan_site.address + "/questions/aqa-5-lives-under-stalin/")
    page.get_by_role("button", name="Practise this question").click()
    expect(status(page)).to_have_text("Automatic saving is off: press Save often.")
    page.locator("#answer").fill(f"By hand: {how}.")
    press_save(page)
    page.get_by_text("Saved at").wait_for()
    expect(page.locator("#answer")).to_have_value(f"By hand: {how}.")
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/receipt/")

    assert f"By hand: {how}." in page.locator("main").inner_text()
    page.get_by_role("button", name="Take it back").click()
    context.close()
    reached(how)


def test_words_from_before_the_script_had_come_are_saved(context, lan_site):
    page = open_desk(context, lan_site)
    fresh_text(page, "Before.")
    held = []
    context.route("**/autosave*.js", lambda route: held.append(route))
    page.goto(page.url, wait_until="commit")
    page.locator("#answer").fill("Before. Typed while the page was still loading.")
    page.wait_for_timeout(300)
    held[0].continue_()
    wait_until_on_server(
        lan_site, page, "Before. Typed while the page was still loading."
    )
    wait_until_saved(page)

    assert false_moments(lan_site, page) == []


@pytest.mark.goal("G11", "too long is said while typing; nothing is cut off")
def test_a_text_above_the_limit_is_told_while_typing(context, lan_site, reached):
    page = open_desk(context, lan_site)
    fresh_text(page, "Short.")
    page.locator("#answer").fill("x" * 500_001)
    expect(status(page)).to_contain_text("longer than this site takes")
    page.wait_for_timeout(800)
    assert [len(text) for text in unsent(page)] == [500_001]
    assert on_server(lan_site, page.url)[-1][0] == "Short."
    assert len(page.locator("#answer").input_value()) == 500_001

    page.locator("#answer").fill("x" * 500_000)
    wait_until_saved(page, 30)
    assert len(on_server(lan_site, page.url)[-1][0]) == 500_000
    page.locator("#answer").fill("Short again.")
    wait_until_saved(page)
    reached("told, kept here whole; at 100 % it saves")

"""One computer, one tab, two students after each other: reliability G54."""

import csv

import pytest

from tests.desk import (
    add,
    database,
    fresh_text,
    on_server,
    open_desk,
    unsent,
    wait_until_on_server,
)

pytestmark = pytest.mark.browser

TOGETHER = "ALPHA of the first. ALPHA unsent."
SHOWN = """() => document.documentElement.innerText + [
  ...document.querySelectorAll("input, textarea")
].map((field) => field.value).join(" ") + document.title"""


def another_student(site):
    with (site.folder / "demo-accounts.csv").open(newline="") as file:
        students = [row for row in csv.DictReader(file) if row["role"] == "student"]
    return students[1]


def sign_in_as(page, account):
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def sign_out(page):
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")


def rows_of(site, username):
    with database(site) as rows:
        return rows.execute(
            "SELECT count(*) FROM assessments_answerversion version"
            " JOIN assessments_answer answer ON answer.id = version.answer_id"
            " JOIN assessments_script script ON script.id = answer.script_id"
            " JOIN people_user person ON person.id = script.student_id"
            " WHERE person.username = ?",
            [username],
        ).fetchone()


@pytest.mark.goal(
    "G54",
    "one tab, Back and Forward × 10, reload: 0 characters of A on screen, 0 saved "
    "under B, a warning at sign-out, A's unsent words sent when A returns",
)
def test_the_next_student_meets_nothing_of_the_last(context, lan_site, reached):
    first, second = lan_site.account("student"), another_student(lan_site)
    page = open_desk(context, lan_site)
    warnings = []
    page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))
    fresh_text(page, "ALPHA of the first.")
    desk = page.url
    page.route("**/save/", lambda route: route.abort())
    add(page, " ALPHA unsent.")
    page.wait_for_timeout(1500)
    assert unsent(page) == [TOGETHER]
    cookie = next(c for c in context.cookies() if c["name"] == "session")

    # What a browser fills in by itself, or keeps of a form for a restored tab.
    offered = page.locator("#desk :is(textarea, input:not([type=hidden]))")
    for field in offered.all():
        assert field.get_attribute("autocomplete") == "off"
    assert warnings == []
    sign_out(page)
    assert warnings == ["beforeunload"]
    page.unroute("**/save/")
    before = rows_of(lan_site, second["username"])
    sign_in_as(page, second)
    looks = []
    for step in [page.go_back, page.go_forward] * 10:
        step()
        page.wait_for_timeout(100)
        looks.append(page.evaluate(SHOWN))
    # As far back as it goes: the desk itself, which the browser asks for again.
    for _ in range(6):
        page.go_back()
        page.wait_for_timeout(100)
        looks.append(page.evaluate(SHOWN))
    page.goto(desk)
    looks.append(page.evaluate(SHOWN))
    page.reload()
    looks.append(page.evaluate(SHOWN))
    page.goto(lan_site.address)
    looks.append(page.evaluate(SHOWN))

    assert [look for look in looks if "ALPHA" in look or "unsent" in look] == []
    assert rows_of(lan_site, second["username"]) == before
    assert not any("unsent" in text for text, _at in on_server(lan_site, desk))
    # The cookie of the first, kept by somebody, opens nothing.
    with_old = context.browser.new_context()
    with_old.add_cookies([cookie])
    stranger = with_old.new_page()
    stranger.goto(desk)
    assert "/sign-in/" in stranger.url
    with_old.close()

    sign_out(page)
    sign_in_as(page, first)
    page.goto(desk)
    took = wait_until_on_server(page=page, site=lan_site, text=TOGETHER)
    reached(f"{len(looks)} looks, 0 characters; sent {took:.1f} s after the return")

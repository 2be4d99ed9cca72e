"""In a real browser, on the real server: the ways people go through the site."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import WIDTHS, Watch, sign_in

pytestmark = pytest.mark.browser

STUDENT_PAGES = [
    "/",
    "/answers/",
    "/questions/aqa-6-fear-or-propaganda/",
    "/questions/edexcel-3d-source-a/",
    "/lessons/",
    "/lessons/stalins-terror/",
    "/reading-settings/",
    "/password/",
    "/help/",
    "/privacy/",
    "/accessibility/",
    "/no-such-page/",
]
STAFF_PAGES = {
    "teacher": [
        "/admin/",
        "/admin/people/student/",
        "/admin/people/teachinggroup/",
        "/admin/people/teachinggroup/1/change/",
        "/admin/lessons/lesson/",
        "/admin/lessons/lesson/1/change/",
        "/admin/lessons/lesson/add/",
        "/admin/lessons/source/",
        "/admin/lessons/source/1/change/",
        "/admin/lessons/source/1/delete/",
        "/admin/lessons/source/1/history/",
        "/admin/lessons/mnemonic/1/change/",
        "/admin/assessments/assignment/",
        "/admin/assessments/assignment/add/",
        "/admin/assessments/script/",
        "/admin/assessments/question/",
        "/admin/people/student/5/password/",
    ],
    "head": [
        "/admin/",
        "/admin/people/teachinggroup/1/change/",
        "/admin/people/user/",
    ],
    "site manager": [
        "/admin/people/school/1/change/",
        "/admin/people/user/add/",
        "/admin/people/user/1/change/",
        "/admin/people/student/",
        "/admin/people/student/add/",
    ],
}


def open_page(browser, site, *, width=1280, scheme="light", **options):
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        **options,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page, Watch(page, site.address)


def check_page(page, watch, address):
    """No accessibility fault, nothing cut off at the side, nothing unexpected."""
    # Preloading stylesheets would have axe itself write an inline style.
    result = Axe().run(page, options={"preload": False})
    faults = [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]])
        for fault in result.response["violations"]
    ]
    assert not faults, (address, faults)
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0, (address, f"{overflow} px too wide")
    assert not watch.problems, (address, watch.problems)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, *WIDTHS.values(), 1920])
def test_students_pages_are_sound_at_every_width(browser, site, width, scheme):
    page, watch = open_page(browser, site, width=width, scheme=scheme)
    page.goto(f"{site.address}/sign-in/")
    check_page(page, watch, "/sign-in/")
    sign_in(page, site, "student")
    for address in STUDENT_PAGES:
        page.goto(site.address + address)
        check_page(page, watch, address)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("role", STAFF_PAGES)
def test_staff_pages_are_sound(browser, site, role, scheme):
    page, watch = open_page(browser, site, scheme=scheme)
    sign_in(page, site, role)
    for address in STAFF_PAGES[role]:
        response = page.goto(site.address + address)
        assert response.status == 200, address
        check_page(page, watch, address)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_student_signs_in_reads_sets_and_signs_out(
    browser, site, width, scheme, script
):
    page, watch = open_page(
        browser, site, width=width, scheme=scheme, java_script_enabled=script
    )
    account = sign_in(page, site, "student")
    assert page.get_by_text(account["name"]).first.is_visible()

    page.get_by_role("link", name="Stalin’s Terror").first.click()
    page.get_by_role("heading", name="Stalin’s Terror", level=1).wait_for()
    assert page.locator(".initial").all_text_contents() == ["W", "U", "P"]
    for letter in "ABC":
        assert page.get_by_role("figure", name=f"Source {letter}").is_visible()

    page.get_by_role("link", name="Reading settings").click()
    page.get_by_label("Cream", exact=True).check()
    page.get_by_label("130%", exact=True).check()
    page.get_by_role("button", name="Save reading settings").click()
    page.wait_for_url("**/lessons/stalins-terror/")
    root = page.locator("html")
    assert root.get_attribute("data-paper") == "cream"
    assert root.get_attribute("data-size") == "3"

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    assert "/sign-in/" in page.url
    assert not watch.problems
    page.context.close()


def test_settings_show_and_save_at_once_and_follow_the_account(browser, site):
    page, watch = open_page(browser, site)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/reading-settings/")
    page.get_by_label("Wide, spaced", exact=True).check()
    page.get_by_text("Saved in your account.").wait_for()
    assert page.locator("html").get_attribute("data-face") == "wide"

    other, _ = open_page(browser, site)
    sign_in(other, site, "student")
    assert other.locator("html").get_attribute("data-face") == "wide"

    page.get_by_label("Serif", exact=True).check()
    page.get_by_text("Saved in your account.").wait_for()
    assert not watch.problems
    page.context.close()
    other.context.close()


def test_after_sign_out_back_shows_nothing(browser, site):
    page, _watch = open_page(browser, site)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    for _ in range(3):
        page.go_back()
        page.wait_for_load_state()
        assert page.get_by_role("heading", name="Sign in to History").is_visible()
    page.context.close()


def test_the_lesson_is_read_with_the_keyboard_alone(browser, site):
    page, _watch = open_page(browser, site)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator(".toc a", has_text="Two voices").press("Enter")
    page.wait_for_function("location.hash === '#voices'")
    page.locator(".toc a[aria-current]", has_text="Two voices").wait_for()
    page.context.close()


def test_a_wrong_password_is_said_and_the_name_is_kept(browser, site):
    page, watch = open_page(browser, site)
    page.goto(f"{site.address}/sign-in/")
    page.locator("[name=username]").fill("nfletcher")
    page.locator("[name=password]").fill("wrong")
    page.get_by_label("Show password").check()
    assert page.locator("[name=password]").get_attribute("type") == "text"
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()

    assert "do not match" in page.get_by_role("alert").inner_text()
    assert page.locator("[name=username]").input_value() == "nfletcher"
    assert page.evaluate("document.activeElement.className") == "errors"
    check_page(page, watch, "/sign-in/ with errors")
    page.context.close()

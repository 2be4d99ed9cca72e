"""What somebody new tried by hand and could not do, in the browser."""

import pytest
from playwright.sync_api import expect

from tests.browser import sign_in
from tests.site import running_site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site():
    with running_site() as running:
        yield running


@pytest.mark.parametrize("width", [390, 1366])
def test_a_link_in_a_lesson_leads_to_its_place(site, browser, width):
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    links = page.locator("main a[href^='#']:visible")
    places = {link.get_attribute("href") for link in links.all()}
    assert len(places) > 5
    for place in sorted(places):
        page.goto(f"{site.address}/lessons/stalins-terror/")
        page.locator(f"main a[href='{place}']:visible").first.click()
        page.wait_for_timeout(600)
        top, is_last = page.evaluate(
            "(id) => [document.getElementById(id).getBoundingClientRect().top,"
            " scrollY + innerHeight > document.documentElement.scrollHeight - 2]",
            place[1:],
        )
        assert is_last or -5 <= top <= 200, (place, top)


def test_a_band_of_two_marks_is_marked_by_keys(site, browser):
    page = browser.new_context().new_page()
    sign_in(page, site, "teacher")
    page.goto(f"{site.address}/admin/assessments/script/")
    page.locator("a[href*='/script/mark/']").first.wait_for()
    addresses = [
        link.get_attribute("href")
        for link in page.locator("a[href*='/script/mark/']").all()
    ]
    for address in addresses:
        page.goto(site.address + address)
        level = page.locator("[name=level][data-number='2']")
        is_new = page.locator("#id_mark").input_value() == ""
        if is_new and level.count() and not level.get_attribute("data-start"):
            break
    else:
        raise AssertionError("No script with bands of two marks waits.")
    low, high = level.get_attribute("data-low"), level.get_attribute("data-high")
    mark = page.locator("#id_mark")
    page.keyboard.press("+")
    expect(mark).to_have_value("")
    page.keyboard.press("2")
    expect(mark).to_have_value("")
    page.keyboard.press("+")
    expect(mark).to_have_value(low)
    page.keyboard.press("+")
    expect(mark).to_have_value(high)


def test_the_groups_to_teach_again_are_not_printed(site, browser):
    page = browser.new_context().new_page()
    sign_in(page, site, "teacher")
    page.goto(f"{site.address}/admin/")
    page.locator("a[href*='/admin/classes/']").first.click()
    page.get_by_role("button", name="Make whole-class feedback").first.click()
    groups = page.get_by_role("heading", name="Groups to teach again")
    expect(groups).to_be_visible()
    page.emulate_media(media="print")
    expect(groups).to_be_hidden()

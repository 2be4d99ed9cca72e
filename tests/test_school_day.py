"""A head of department decides by clicking through the demonstration, in a browser."""

import re

import pytest

from tests.browser import sign_in
from tests.site import running_site
from tests.test_journeys import EVERY_WIDTH, check_page, open_page

pytestmark = pytest.mark.browser

LONGEST = {"strengths": 900, "work_on": 900, "tasks": 600, "spellings": 300}


@pytest.fixture(scope="module")
def school():
    """A school of its own: whole-class feedback is made in it."""
    with running_site() as running:
        yield running


def link_of(page, name):
    return page.get_by_role("link", name=name, exact=True).first.get_attribute("href")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_teachers_pages_are_sound_at_every_width(browser, school, scheme):
    page, watch = open_page(browser, school, scheme=scheme)
    sign_in(page, school, "teacher")
    home = f"{school.address}/admin/"
    page.goto(home)
    group = link_of(page, "10B/Hi1")
    page.goto(school.address + group)
    student = link_of(page, "Niamh Fletcher")
    addresses = [
        "/admin/",
        group,
        f"{group}?until=2020-01-01",
        f"{group}missing/",
        f"{group}feedback/",
        student,
        f"{student}feedback/",
        "/admin/search/?q=Stalin",
        "/admin/search/?q=Stalin&in=answers&page=2",
        "/admin/search/?q=nothing+of+that+kind",
    ]
    for address in addresses:
        page.goto(school.address + address)
        for width in EVERY_WIDTH if scheme == "light" else (1280,):
            page.set_viewport_size({"width": width, "height": 900})
            check_page(page, watch, f"{address} at {width}")
        page.set_viewport_size({"width": 1280, "height": 900})
    page.context.close()


def test_a_head_finds_what_to_do_next(browser, school):
    page, watch = open_page(browser, school)
    sign_in(page, school, "head")
    # Who is missing work, and in which class.
    missing = page.locator("section", has=page.get_by_role("heading", name="Missing"))
    assert missing.locator("li").count() > 1
    page.get_by_role("link", name="10B/Hi1", exact=True).first.click()
    # What the class is weakest at.
    assert page.get_by_text(re.compile(r"^Weakest: AO\d")).is_visible()
    weakest = page.locator("section", has=page.locator("#questions-title")).locator(
        "tbody tr"
    )
    assert weakest.first.locator("td").last.inner_text().startswith("−")
    # Names are links, words of unreleased work are not.
    assert page.locator("td.wait a").count() == 0
    assert page.locator("td.wait").count() > 5
    # How one student has improved.
    page.get_by_role("link", name="Jamal Bright", exact=True).first.click()
    page.get_by_role("heading", name="Progress", exact=True).wait_for()
    assert page.locator("figure.chart circle").count() > 2
    assert page.get_by_role("heading", name="Targets").is_visible()
    page.context.close()
    assert not watch.problems


def test_whole_class_feedback_is_made_edited_shown_and_fits_one_page(browser, school):
    page, watch = open_page(browser, school)
    sign_in(page, school, "teacher")
    page.get_by_role("link", name="10B/Hi1", exact=True).first.click()
    page.get_by_role("button", name="Make whole-class feedback").last.click()
    page.wait_for_url("**/class-feedback/**")
    # What to teach next stands there without a word typed.
    assert page.input_value("#id_tasks")
    assert page.input_value("#id_work_on")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        check_page(page, watch, f"sheet at {width}")
    for name, length in LONGEST.items():
        lines = ("Weigh the two reasons against each other.\n" * 30)[:length]
        page.fill(f"#id_{name}", lines)
    for extract in page.locator("textarea[id^=id_form-]").all():
        extract.fill(("After Kirov was shot nobody spoke. " * 30)[:600])
    page.get_by_role("button", name="Save and show on the board").click()
    page.wait_for_url("**/board/")
    page.reload()
    for width in (320, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        check_page(page, watch, f"board at {width}")
    size = page.locator(".class-board li").first.evaluate(
        "element => parseFloat(getComputedStyle(element).fontSize)"
    )
    assert size >= 24
    assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) == 1
    page.context.close()


def test_each_student_s_feedback_begins_on_a_page_of_its_own(browser, school):
    page, _watch = open_page(browser, school)
    sign_in(page, school, "teacher")
    page.get_by_role("link", name="10B/Hi1", exact=True).first.click()
    page.get_by_role("link", name="Print feedback").click()
    students = page.locator(".feedback-page").count()
    assert students > 20

    assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) == students
    page.context.close()

"""A data manager takes a list in and the school into its next year, in the browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import WIDTHS, Watch, chromium, sign_in
from tests.site import running_site

pytestmark = pytest.mark.browser
LIST = (
    "UPN,Surname,Forename,Year,Class\n"
    "X801400121001,Achterberg,Noor,10,10B/Hi1\n"
    "L801400121002,Fletcher,Niamh,10,10B/Hi1\n"
    "A801400121001,Mistaken,Ann,10,10B/Hi1\n"
)


@pytest.fixture(scope="module")
def site():
    with running_site() as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def is_sound(page, watch, name, shots):
    """Look at a page at every width, in light and dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (320, *WIDTHS.values()):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
            found = Axe().run(page, options={"preload": False}).response["violations"]
            assert not found, (name, width, [fault["id"] for fault in found])
            wide = page.evaluate(
                "document.documentElement.scrollWidth"
                " - document.documentElement.clientWidth"
            )
            assert wide <= 0, (name, width)
    assert not watch.problems, (name, watch.problems)


def test_a_list_comes_in_and_a_year_begins(site, browser, tmp_path):
    page = browser.new_context().new_page()
    watch = Watch(page, site.address)
    sign_in(page, site, "data manager")
    page.goto(f"{site.address}/admin/people/student/")
    page.get_by_role("link", name="Import a list").click()
    is_sound(page, watch, "import", tmp_path)

    file = {"name": "pupils.csv", "mimeType": "text/csv"}
    page.set_input_files("[name=file]", {**file, "buffer": b"%PDF-1.7"})
    page.get_by_role("button", name="See what it would do").click()
    assert "This is a PDF" in page.get_by_role("alert").inner_text()
    is_sound(page, watch, "refused", tmp_path)

    page.set_input_files("[name=file]", {**file, "buffer": LIST.encode()})
    page.get_by_role("button", name="See what it would do").click()
    is_sound(page, watch, "letter", tmp_path)
    page.get_by_label("the same as Niamh Fletcher").check()
    page.get_by_role("button", name="See the letter with these choices").click()
    is_sound(page, watch, "settled", tmp_path)
    page.get_by_role("button", name="Do all of this").click()
    assert page.get_by_text("All of this has been done.").is_visible()
    is_sound(page, watch, "done", tmp_path)

    page.get_by_role("link", name="To the classes").click()
    page.get_by_role("link", name="Into a new school year").click()
    is_sound(page, watch, "new-year", tmp_path)
    page.get_by_label("10B/Hi1: name in the new year").fill("10B/History")
    page.get_by_role("button", name="See what would happen").click()
    is_sound(page, watch, "step", tmp_path)
    page.get_by_role("button", name="Do all of this").click()
    page.get_by_role("button", name="Take it back").click()
    assert page.get_by_text("Taken back.").is_visible()
    is_sound(page, watch, "taken-back", tmp_path)

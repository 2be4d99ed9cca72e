"""In a real browser: two windows, the history, how an answer grew, a rescue file."""

import json

import pytest
from playwright.sync_api import expect

from assessments import versions
from tests.browser import WIDTHS, sign_in
from tests.test_journeys import check_page, open_page

pytestmark = pytest.mark.browser

FIRST = "Stalin was afraid of rivals."
# 100 signs at once, a second or so after the text before.
PASTED = (" Kirov’s murder in December 1934 gave him a reason for trials without appeal, "
          "and so nobody was safe.")  # fmt: skip
WIDEST = (320, *WIDTHS.values())


def write(page, text):
    page.fill("#answer", text)
    expect(page.locator("#saved")).to_contain_text("saved at")


def look(page, watch, address, widths=WIDEST):
    """Check one page for accessibility in every width, in light and dark."""
    page.goto(address)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            check_page(page, watch, f"{address} {width} {scheme}")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture(scope="module")
def clashed(browser, site):
    """A student’s two windows with a text each; yields (page, watch, desk address)."""
    page, watch = open_page(browser, site)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/questions/aqa-5-lives-under-stalin/")
    page.locator("main form button").first.click()
    page.wait_for_url("**/scripts/**")
    desk = f"{page.url}answers/1/"
    write(page, FIRST)
    other = page.context.new_page()
    other.goto(page.url)
    write(page, FIRST + PASTED)
    other.fill("#answer", f"{FIRST} He trusted nobody.")
    expect(other.locator("#saved")).to_contain_text("kept beside")
    other.get_by_role("button", name="Save", exact=True).click()
    other.wait_for_url("**/compare/*/?tab=*")
    page.close()
    yield other, watch, desk
    other.context.close()


def test_both_texts_are_shown_and_put_together(clashed):
    page, watch, _desk = clashed
    sides = page.locator(".sides section")
    expect(sides.nth(0)).to_contain_text("another window or computer")
    expect(sides.nth(1)).to_contain_text("this window")
    for width in WIDEST:
        page.set_viewport_size({"width": width, "height": 900})
        check_page(page, watch, page.url)
        tops = [sides.nth(n).bounding_box()["y"] for n in range(2)]
        assert (tops[0] == tops[1]) is (width > 768), (width, tops)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Put both into the box").click()

    page.wait_for_url("**/answers/1/")
    expect(page.locator("#answer")).to_have_value(
        f"{FIRST}{PASTED}\n\n{FIRST} He trusted nobody."
    )


def test_the_history_and_its_texts_are_sound(clashed):
    page, watch, desk = clashed
    look(page, watch, f"{desk}versions/")
    look(page, watch, f"{desk}versions/?part=plan", (390,))
    look(page, watch, f"{desk}versions/1/")


def test_how_it_grew_is_moved_with_the_keyboard(clashed):
    page, watch, desk = clashed
    look(page, watch, f"{desk}replay/")
    slider, text = page.get_by_label("Moment", exact=True), page.locator("[data-text]")
    slider.press("Home")
    assert text.inner_text() == FIRST
    slider.press("ArrowRight")

    assert text.locator(".one-piece").inner_text() == f"in one piece {PASTED}"
    assert text.locator("ins").inner_text().strip() == PASTED.strip()
    # By hand: 5 words, and 18 more.
    assert slider.get_attribute("aria-valuetext").endswith(" · 23 words")
    assert not page.get_by_role("button", name="Play").is_visible()
    page.get_by_role("button", name="One back").click()
    assert text.inner_text() == FIRST


def test_it_plays_only_where_motion_is_wanted(clashed):
    page, _watch, desk = clashed
    page.emulate_media(reduced_motion="no-preference")
    page.goto(f"{desk}replay/")
    play, slider = page.locator("[data-play]"), page.get_by_label("Moment", exact=True)
    # The moments are fetched.
    expect(slider).not_to_have_attribute("max", "0")
    last = slider.get_attribute("max")
    assert slider.input_value() == last
    play.click()
    assert play.inner_text() == "Stop"
    expect(play).to_have_text("Play")

    assert slider.input_value() == last
    page.emulate_media(reduced_motion="reduce")
    expect(play).to_be_hidden()


def test_without_script_the_moments_are_listed(browser, site, clashed):
    _page, _watch, desk = clashed
    page, _watch = open_page(browser, site, java_script_enabled=False)
    sign_in(page, site, "student")
    page.goto(f"{desk}replay/")

    assert not page.get_by_label("Moment", exact=True).is_visible()
    assert "came in one piece" in page.locator(".moments").inner_text()
    page.context.close()


def test_the_teacher_sees_the_same_and_takes_in_a_rescue_file(browser, site, clashed):
    page, _watch, desk = clashed
    page.goto(desk)
    seal = page.locator("#desk").get_attribute("data-seal")
    public_id = desk.split("/scripts/")[1].split("/")[0]
    teacher, watch = open_page(browser, site)
    sign_in(teacher, site, "teacher")
    start = f"{site.address}/admin/assessments/script/mark/{public_id}/1"
    for address in ("/texts/", "/texts/1/", "/replay/"):
        look(teacher, watch, start + address, (1280,))

    text = "Words that never came through."
    file = {
        "format": "classroom-rescue-1", "seal": seal, "saved_at": "2026-11-26T09:30:00",
        "parts": {"answer": {
            "text": text, "base": 1, "checksum": versions.checksum(text),
            "length": len(text),
        }},
    }  # fmt: skip
    look(teacher, watch, f"{site.address}/admin/assessments/script/rescue/", (1280,))
    teacher.get_by_label("Rescue file").set_input_files(
        {
            "name": "rescue.json",
            "mimeType": "application/json",
            "buffer": json.dumps(file).encode(),
        }
    )
    teacher.get_by_role("button", name="See what it holds").click()
    teacher.get_by_text(site.account("student")["name"]).wait_for()
    check_page(teacher, watch, "a rescue file")
    teacher.get_by_role("button", name="Keep it beside what stands").click()
    teacher.get_by_text("1 text kept for").wait_for()
    teacher.goto(f"{start}/texts/")

    assert "from a rescue file" in teacher.locator(".kept-texts").inner_text()
    teacher.context.close()

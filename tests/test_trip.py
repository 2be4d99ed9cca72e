"""The whole trip in a browser: set, write, hand in, mark, release, read, improve.

Twice: AQA question 6 with script, Edexcel question 3d without. Every page on the way
is looked at by axe, at the widths of a phone, a tablet and a desktop.
"""

import re

import pytest

from assessments import versions
from tests.assessments.test_versions import AWKWARD
from tests.browser import WIDTHS
from tests.site import running_site
from tests.test_journeys import check_page, open_page, sign_in

pytestmark = pytest.mark.browser

ANSWER = (
    "Fear and violence was one reason: the NKVD arrested rivals after Kirov’s death.\n\n"
    "Propaganda mattered too, since it made people believe in him. 👩‍👩‍👧‍👦"
)
BETTER = "Fear mattered more, because propaganda could only work once nobody dared."


@pytest.fixture(scope="module")
def trip_site():
    """A school of its own: the trip changes what other journeys look at."""
    with running_site() as running:
        yield running


def look(page, watch, name, scripts=True):
    """Check the page at three widths; without scripts axe cannot run."""
    if not scripts:
        assert not watch.problems, (name, watch.problems)
        return
    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 900})
        check_page(page, watch, f"{name} at {width}")
    page.set_viewport_size({"width": 1280, "height": 900})


def set_work(page, watch, site, question, scripts):
    page.goto(f"{site.address}/admin/assessments/assignment/add/")
    option = page.locator("#id_task option", has_text=question).first
    page.select_option("#id_task", option.get_attribute("value"))
    page.select_option("#id_group", label="10B/Hi1")
    page.fill("#id_due_at_0", "30/11/2027")
    page.fill("#id_due_at_1", "15:00:00")
    page.click("[name=_save]")
    page.wait_for_url("**/admin/assessments/assignment/")
    look(page, watch, "assignments", scripts)
    return page.locator("#result_list a", has_text="Scripts and release").first


def write_and_hand_in(page, watch, site, scripts):
    page.goto(site.address)
    look(page, watch, "home", scripts)
    page.get_by_role("button", name=re.compile("Start writing")).first.click()
    page.wait_for_url("**/scripts/**")
    page.fill("#answer", ANSWER)
    page.fill("#plan-1", "Kirov 1934")
    if scripts:
        page.locator("#saved", has_text="saved at").wait_for()
        page.reload()
        assert page.input_value("#answer") == ANSWER
    look(page, watch, "desk", scripts)
    page.get_by_role("button", name="Hand in…").click()
    page.wait_for_url("**/hand-in/")
    assert ANSWER in page.locator(".written").inner_text()
    look(page, watch, "hand in", scripts)
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.wait_for_url("**/receipt/")
    look(page, watch, "receipt", scripts)


def mark(page, watch, site, question, scripts, spag):
    # The task that was just set is due last, so it stands first.
    page.goto(f"{site.address}/admin/assessments/assignment/")
    row = page.locator("#result_list tbody tr", has_text=question).first
    row.get_by_role("link", name="Scripts and release").click()
    page.get_by_role("link", name="Mark the next script").click()
    page.wait_for_url("**/mark/**")
    assert "Niamh" not in page.content()
    assert ANSWER in page.locator(".written.reading").inner_text()
    if scripts:
        page.keyboard.press("3")
        page.locator("[data-sum][data-state=ready]").wait_for()
        page.keyboard.press("+")
        page.keyboard.press("?")
        page.get_by_role("heading", name="Keys on this page").wait_for()
        page.keyboard.press("Escape")
    else:
        page.locator("[name=level]").nth(1).check()
        page.fill("#id_mark", "11" if spag else "9")
        for field in page.locator("[name^=ao]").all():
            field.fill("")
    if spag:
        page.fill("#id_spag", "3")
    page.fill("#id_www", "Exact evidence.")
    page.fill("#id_ebi", "Weigh the two reasons against each other.")
    look(page, watch, "marking desk", scripts)
    if scripts:
        page.locator("[data-saved]", has_text="Draft mark saved").wait_for()
        page.keyboard.press("Control+Enter")
    else:
        page.get_by_role("button", name="Save and next").click()
    page.wait_for_url("**/release/")


def release(page, watch, scripts):
    look(page, watch, "release", scripts)
    page.get_by_role("button", name="Release the ticked scripts").click()
    page.get_by_text("1 of 1 released.").wait_for()
    assert "Niamh Fletcher" in page.content()


def read_and_improve(page, watch, site, scripts, score):
    page.goto(site.address)
    page.get_by_role("link", name=re.compile("Read feedback")).first.click()
    page.wait_for_url("**/feedback/")
    assert page.locator(".score").inner_text().startswith(score)
    assert page.get_by_text("You are here").is_visible()
    look(page, watch, "feedback", scripts)
    page.get_by_role("button", name="Improve this answer").click()
    page.wait_for_url("**/scripts/**")
    assert page.get_by_text("Weigh the two reasons").is_visible()
    assert page.input_value("#answer") == ANSWER
    page.fill("#answer", BETTER)
    look(page, watch, "second draft", scripts)
    page.get_by_role("button", name="Hand in…").click()
    page.wait_for_url("**/hand-in/")
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.wait_for_url("**/receipt/")


@pytest.mark.parametrize(
    ("question", "scripts", "spag", "score"),
    [
        ("AQA-style question 6", True, False, "9"),
        ("Edexcel-style question 3d", False, True, "11"),
    ],
    ids=["aqa-6", "edexcel-3d-without-script"],
)
def test_from_the_question_to_the_second_draft(
    browser, trip_site, question, scripts, spag, score
):
    site = trip_site
    teacher, teachers_watch = open_page(browser, site, java_script_enabled=scripts)
    student, students_watch = open_page(browser, site, java_script_enabled=scripts)
    sign_in(teacher, site, "teacher")
    sign_in(student, site, "student")

    set_work(teacher, teachers_watch, site, question, scripts)
    write_and_hand_in(student, students_watch, site, scripts)
    mark(teacher, teachers_watch, site, question, scripts, spag)
    release(teacher, teachers_watch, scripts)
    read_and_improve(student, students_watch, site, scripts, score)

    head, heads_watch = open_page(browser, site)
    sign_in(head, site, "head")
    head.goto(f"{site.address}/admin/assessments/script/")
    head.locator("#result_list tbody a").first.click()
    look(head, heads_watch, "head’s desk")
    head.get_by_role("link", name="History of this script").click()
    look(head, heads_watch, "history")
    for page in (teacher, student, head):
        page.context.close()


def test_the_pages_checksum_is_the_servers(browser, trip_site):
    page, watch = open_page(browser, trip_site)
    sign_in(page, trip_site, "student")
    page.goto(trip_site.address)
    source = page.evaluate(
        """async () => {
          const link = [...document.querySelectorAll("link[rel=stylesheet]")][0].href;
          return link.replace(/classroom.*/, "js/");
        }"""
    )
    name = next(
        file.name
        for file in (trip_site.folder / "static/terror_site/js").glob("checksum.*.js")
    )
    texts = ["Wikipedia", ANSWER, "a\r\nb\rc\x00", *AWKWARD]
    found = page.evaluate(
        """async ([address, texts]) => {
          const { checksum, length, normalised } = await import(address);
          return texts.map((text) => {
            const clean = normalised(text);
            return [checksum(clean), length(clean)];
          });
        }""",
        [source + name, texts],
    )

    assert found == [
        [versions.checksum(versions.normalised(text)), len(versions.normalised(text))]
        for text in texts
    ]
    lone = page.evaluate(
        r"""async (address) => {
          const { normalised } = await import(address);
          return normalised("a\ud800b");
        }""",
        source + name,
    )
    assert lone == versions.normalised("a\ud800b") == "a\ufffdb"
    assert not watch.problems
    page.context.close()


def test_the_desk_goes_on_saving_and_says_so_honestly(browser, trip_site):
    page, watch = open_page(browser, trip_site)
    sign_in(page, trip_site, "student")
    page.goto(f"{trip_site.address}/questions/aqa-6-fear-or-propaganda/")
    page.get_by_role("button", name="Practise this question").click()
    page.wait_for_url("**/scripts/**")
    saved = page.locator("#saved[data-state=ready]", has_text="saved at")
    text = ""
    for word in ("Fear", " and violence", " mattered", " more."):
        text += word
        page.locator("#answer").press_sequentially(word)
        page.locator("#saved").evaluate("(line) => { line.dataset.state = 'test'; }")
        saved.wait_for()
    page.reload()
    assert page.input_value("#answer") == text
    page.locator("#answer").press_sequentially("!")
    page.locator("#saved").evaluate("(line) => { line.dataset.state = 'test'; }")
    saved.wait_for()
    page.goto(trip_site.address)
    page.go_back()
    page.reload()
    assert text in page.input_value("#answer")
    assert not watch.problems
    page.context.close()

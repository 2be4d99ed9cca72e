"""In a real browser, on the real server: the ways people go through the site."""

import io

import pytest
from axe_playwright_python.sync_playwright import Axe
from pypdf import PdfReader

from tests.browser import WIDTHS, Watch, sign_in

pytestmark = pytest.mark.browser

EVERY_WIDTH = (320, *WIDTHS.values(), 1920)
STUDENT_PAGES = [
    "/",
    "/answers/",
    "/questions/aqa-6-fear-or-propaganda/",
    "/questions/edexcel-3d-source-a/",
    "/lessons/",
    "/lessons/stalins-terror/",
    "/lessons/bolshevik-russia/",
    "/lessons/stalins-terror/sources/",
    "/lessons/stalins-terror/figures/map/?year=1950",
    "/lessons/stalins-terror/figures/estimates/",
    "/lessons/stalins-terror/tasks/everyday-life/",
    "/lessons/stalins-terror/remember/",
    "/lessons/stalins-terror/remember/next/",
    "/lessons/stalins-terror/remember/board/3/",
    "/questions/on/stalins-terror/sheet/",
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
        "/admin/lessons/source/1/history/",
        "/admin/lessons/mnemonic/1/change/",
        "/admin/lessons/section/",
        "/admin/lessons/section/add/",
        "/admin/lessons/picture/add/",
        "/admin/lessons/retrievalquestion/1/change/",
        "/admin/lessons/term/",
        "/lessons/stalins-terror/",
        "/admin/assessments/assignment/",
        "/admin/assessments/assignment/add/",
        "/admin/assessments/assignment/4/change/",
        "/admin/assessments/assignment/4/students/",
        "/admin/assessments/assignment/4/copy/",
        "/admin/assessments/assignment/5/students/",
        "/admin/assessments/script/",
        "/admin/assessments/question/",
        "/admin/people/student/8/password/",
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
    check_accessible(page, address)
    check_width(page, watch, address)


def check_accessible(page, address):
    # A colour that is on its way to another is neither.
    page.evaluate(
        "() => Promise.allSettled(document.getAnimations().map((a) => a.finished))"
    )
    # Preloading stylesheets would have axe itself write an inline style.
    result = Axe().run(page, options={"preload": False})
    faults = [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]])
        for fault in result.response["violations"]
    ]
    assert not faults, (address, faults)


def check_width(page, watch, address):
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0, (address, f"{overflow} px too wide")
    assert not watch.problems, (address, watch.problems)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_students_pages_are_sound_at_every_width(browser, site, scheme):
    """Each page is folded to every width; the dark changes colours alone."""
    page, watch = open_page(browser, site, scheme=scheme)

    def check(address):
        page.goto(site.address + address)
        for width in EVERY_WIDTH if scheme == "light" else (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            check_width(page, watch, f"{address} at {width}")
            if scheme == "light" or width == 1280:
                check_accessible(page, f"{address} at {width}")

    check("/sign-in/")
    sign_in(page, site, "student")
    for address in STUDENT_PAGES:
        check(address)
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
    assert page.locator(".initial").all_text_contents() == list("WUPSTTCROTTISGAP")
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


@pytest.mark.parametrize("width", [320, 1280])
def test_a_word_is_explained_where_it_stands_without_any_script(browser, site, width):
    page, watch = open_page(browser, site, width=width, java_script_enabled=False)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    word = page.get_by_role("button", name="NKVD").first
    meaning = page.locator("#term-cheka, [popover]").filter(has_text="police").first
    assert not meaning.is_visible()

    word.press("Enter")
    assert page.locator(":popover-open").inner_text().strip()
    page.keyboard.press("Escape")
    assert page.locator(":popover-open").count() == 0
    word.click()
    assert page.locator(":popover-open").is_visible()
    assert not watch.problems
    page.context.close()


def test_the_timeline_is_filtered_without_any_script(browser, site):
    page, _watch = open_page(browser, site, java_script_enabled=False)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    events = page.locator(".timeline li")

    def visible():
        return sum(row.is_visible() for row in events.all())

    assert visible() == 30

    page.get_by_label("only the turning points").check()
    assert visible() == 16
    page.get_by_label("only the turning points").uncheck()
    page.get_by_label("Show", exact=True).select_option("trial")
    # Typed from the guide's list of events: TL06, 17, 18, 21 and 26.
    assert visible() == 5
    page.context.close()


def test_hard_passages_are_covered_until_they_are_opened(browser, site):
    page, _watch = open_page(browser, site)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    covers = page.locator("details.covered")
    assert covers.count() == 3
    for cover in covers.all():
        assert not cover.locator("p").first.is_visible()
        cover.locator("summary").press("Enter")
        assert cover.locator("p").first.is_visible()
    page.context.close()


def test_reading_on_is_noted_and_offered_on_the_front_page(browser, site):
    page, watch = open_page(browser, site)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/bolshevik-russia/")
    first = page.locator("button[form=progress]").first
    first.scroll_into_view_if_needed()
    page.locator("button[form=progress]:disabled").first.wait_for()
    page.goto(site.address)
    page.get_by_role("link", name="Continue reading").first.click()

    assert page.url.endswith("/lessons/bolshevik-russia/#cheka")
    assert not watch.problems
    page.context.close()


def test_the_map_shows_another_year_without_any_script(browser, site):
    page, _watch = open_page(browser, site, java_script_enabled=False)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    page.get_by_label("Camps of the year").fill("1930")
    page.get_by_role("button", name="Show that year").click()
    page.get_by_role("heading", name="1930").wait_for()
    names = page.locator("tbody th").all_inner_texts()

    # By the years in the guide's table, these five existed in 1930.
    assert sorted(name.split(" ")[0] for name in names) == [
        "Dallag", "Sazlag", "Siblag", "Solovki", "Vishlag",
    ]  # fmt: skip
    page.context.close()


def printed_pages(page):
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf())).pages]


def test_sources_and_figures_stay_whole_on_paper(browser, site):
    page, _watch = open_page(browser, site)
    sign_in(page, site, "student")
    page.goto(f"{site.address}/lessons/stalins-terror/")
    sheets = [" ".join(text.split()) for text in printed_pages(page)]
    for first, last in (
        ("Source A", "Rights: In copyright (Kravchenko"),
        ("Source B", "Rights: In copyright (Solzhenitsyn"),
        ("Source C", "Rights: From the official report"),
        ("Arrests and death sentences, 1930–41", "Source: State Archive"),
        ("The camps filled as the purges spread", "Source: Camps and colonies"),
    ):
        ends = [number for number, text in enumerate(sheets) if last in text]
        assert len(ends) == 1, (last, ends)
        assert first in sheets[ends[0]], (first, last)
    whole = " ".join(sheets)
    assert "I have read to here" not in whole
    assert "Words in this lesson" in whole
    page.context.close()


def test_the_question_sheet_has_lines_and_a_sheet_for_each_question(browser, site):
    page, _watch = open_page(browser, site)
    sign_in(page, site, "teacher")
    page.goto(f"{site.address}/questions/on/stalins-terror/sheet/")
    sheets = printed_pages(page)

    starts = [text for text in sheets if "-style question" in text]
    assert len(starts) == 6
    assert page.locator(".lines li").count() == 2 * (4 + 8 + 12 + 12 + 12 + 16)
    page.context.close()


def test_a_teacher_sees_text_as_students_will_while_writing_it(browser, site):
    page, watch = open_page(browser, site)
    sign_in(page, site, "teacher")
    page.goto(f"{site.address}/admin/lessons/section/add/")
    page.locator("#id_text").fill("Some **bold** words.\n\n{source a}")
    page.get_by_text("Preview", exact=True).click()
    page.locator(".text-preview strong", has_text="bold").wait_for()
    page.locator("#id_text").press_sequentially("x")
    page.locator(".text-preview", has_text="Here stands: source a").wait_for()
    assert not watch.problems
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

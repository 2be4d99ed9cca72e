"""`make screenshots`: pictures of the main pages for the documents and for us."""

import re
import sys
from pathlib import Path

from tests.browser import chromium, sign_in
from tests.site import BASE, running_site

WIDTHS = (1280, 390)
PLAIN_PAGES = [
    ("sign-in", None, "/sign-in/"),
    ("lessons", "student", "/lessons/"),
    ("lesson", "student", "/lessons/stalins-terror/"),
    ("reading-settings", "student", "/reading-settings/"),
    ("not-found", "student", "/no-such-page/"),
    ("staff-home", "teacher", "/admin/"),
    ("class-overview", "teacher", "/admin/classes/1/"),
    ("search", "teacher", "/admin/search/?q=Kirov"),
    ("staff-class", "head", "/admin/people/teachinggroup/1/change/"),
    ("staff-students", "teacher", "/admin/people/student/"),
    ("staff-lesson", "teacher", "/admin/lessons/lesson/1/change/"),
    ("school-settings", "site manager", "/admin/people/school/1/change/"),
]
ANSWER = """\
Fear and violence made Stalin’s hold on power stronger because it took away anybody \
who could replace him. After Kirov was murdered in December 1934 a law of the same day \
allowed trials without appeal, and Zinoviev and Kamenev were put on show trial in 1936. \
This meant that there was no rival left in the Party.

Ordinary people were afraid as well. In Source B nobody dares to be the first to stop \
clapping, because NKVD men are watching. So people kept quiet and informed on there \
neighbours.

Propaganda mattered too. There were portraits and statues of Stalin everywhere, towns \
took his name, and Trotsky disappeared from the history books. People who believed in \
him did not need to be frightened.

In conclusion I think that fear was more important because people were scared of the \
camps. Propaganda was important too but less."""


class Camera:
    def __init__(self, folder, schemes):
        self.folder = folder
        self.schemes = schemes

    def take(self, page, name):
        for scheme in self.schemes:
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                dark = "-dark" if scheme == "dark" else ""
                page.screenshot(
                    path=self.folder / f"{name}-{width}{dark}.png", full_page=True
                )
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})


def plain_pages(camera, browser, site):
    for role in dict.fromkeys(role for _, role, _ in PLAIN_PAGES):
        page = browser.new_context().new_page()
        if role:
            sign_in(page, site, role)
        for name, owner, address in PLAIN_PAGES:
            if owner == role:
                page.goto(site.address + address)
                camera.take(page, name)
        page.context.close()


def trip(camera, browser, site):
    """Set two questions, write one, mark it, release it, and look at each page."""
    teacher, student = (
        browser.new_context().new_page(),
        browser.new_context().new_page(),
    )
    sign_in(teacher, site, "teacher")
    sign_in(student, site, "student")
    for question, day in (
        ("Edexcel-style question 3d", "30/11/2027"),
        ("AQA-style question 6", "29/11/2027"),
    ):
        teacher.goto(f"{site.address}/admin/assessments/assignment/add/")
        option = teacher.locator("#id_task option", has_text=question).first
        teacher.select_option("#id_task", option.get_attribute("value"))
        teacher.select_option("#id_group", label="10B/Hi1")
        teacher.fill("#id_due_at_0", day)
        teacher.fill("#id_due_at_1", "15:00:00")
        teacher.click("[name=_save]")
    student.goto(site.address)
    student.get_by_role("button", name=re.compile("Start writing")).first.click()
    student.fill("#plan-1", "Kirov 1934, trials 1936 and 1938. Source B")
    student.fill("#answer", ANSWER)
    student.locator("#saved", has_text="saved at").wait_for()
    camera.take(student, "writing-desk")
    student.goto(site.address)
    camera.take(student, "home")
    student.get_by_role("link", name=re.compile("Carry on writing: Which")).click()
    student.get_by_role("button", name="Hand in…").click()
    student.wait_for_url("**/hand-in/")
    camera.take(student, "hand-in")
    student.get_by_role("button", name="Hand in", exact=True).click()
    student.wait_for_url("**/receipt/")
    camera.take(student, "receipt")

    teacher.goto(f"{site.address}/admin/assessments/assignment/")
    row = teacher.locator("#result_list tbody tr", has_text="question 6").first
    row.get_by_role("link", name="Scripts and release").click()
    teacher.get_by_role("link", name="Mark the next script").click()
    teacher.keyboard.press("3")
    teacher.fill("#id_www", "You choose exact evidence: a name, a date, Source B.")
    teacher.fill(
        "#id_ebi",
        "Weigh the two reasons against each other: could either have worked alone?",
    )
    teacher.locator("[data-saved]", has_text="Draft mark saved").wait_for()
    camera.take(teacher, "marking-desk")
    teacher.get_by_role("button", name="Save and next").click()
    teacher.wait_for_url("**/release/")
    camera.take(teacher, "release")
    teacher.get_by_role("button", name="Release the ticked scripts").click()

    student.goto(site.address)
    student.get_by_role("link", name=re.compile("Read feedback")).first.click()
    camera.take(student, "feedback")
    for page in (teacher, student):
        page.context.close()


def main(folder, schemes=("light",)):
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, schemes)
    with running_site() as site, chromium() as browser:
        plain_pages(camera, browser, site)
        trip(camera, browser, site)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if sys.argv[1:] else BASE / "docs" / "screenshots"
    main(chosen, tuple(sys.argv[2:]) or ("light",))

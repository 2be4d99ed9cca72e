"""`make screenshots`: pictures of the main pages for the documents and for us."""

import re
import sys
from pathlib import Path

from PIL import Image

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
                path = self.folder / f"{name}-{width}{dark}.png"
                page.screenshot(path=path, full_page=True)
                # A clone carries every picture: 256 colours show all there is.
                with Image.open(path) as picture:
                    small = picture.convert("RGB").quantize(256)
                small.save(path, optimize=True)
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


def students_pages(camera, browser, site):
    """What one student of the demonstration sees, up to a hand-in."""
    page = browser.new_context().new_page()
    sign_in(page, site, "student")
    camera.take(page, "home")
    page.goto(f"{site.address}/answers/")
    camera.take(page, "my-answers")
    page.goto(site.address)
    page.get_by_role("link", name=re.compile("Read feedback")).first.click()
    camera.take(page, "feedback")
    page.goto(site.address)
    page.get_by_role("link", name=re.compile("Carry on writing")).first.click()
    page.locator("#answer").press("Control+End")
    page.locator("#answer").press_sequentially(" This meant nobody felt safe.")
    page.locator("#saved", has_text="saved at").wait_for()
    camera.take(page, "writing-desk")
    page.get_by_role("button", name="Hand in…").click()
    page.wait_for_url("**/hand-in/")
    camera.take(page, "hand-in")
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.wait_for_url("**/receipt/")
    camera.take(page, "receipt")
    page.context.close()


def teachers_pages(camera, browser, site):
    """A class, its weakest question and its next script, as its teacher sees them."""
    page = browser.new_context().new_page()
    sign_in(page, site, "teacher")
    overview = f"{site.address}/admin/classes/1/"
    for name, link in (
        ("student-overview", page.locator(".heat tbody th a")),
        ("writing-now", page.locator("[aria-labelledby=writing-title] a")),
        (
            "class-feedback",
            page.get_by_role("button", name="Make whole-class feedback"),
        ),
        ("release", page.locator("[aria-labelledby=release-title] p.row a")),
        ("marking-desk", page.get_by_role("link", name="Mark the next script")),
    ):
        page.goto(overview)
        link.first.click()
        camera.take(page, name)
    page.goto(overview)
    page.locator("[aria-labelledby=sheets-title] a").first.click()
    page.goto(page.url + "board/")
    camera.take(page, "class-feedback-board")
    page.context.close()


def main(folder, schemes=("light",)):
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, schemes)
    with running_site() as site, chromium() as browser:
        plain_pages(camera, browser, site)
        teachers_pages(camera, browser, site)
        students_pages(camera, browser, site)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if sys.argv[1:] else BASE / "docs" / "screenshots"
    main(chosen, tuple(sys.argv[2:]) or ("light",))

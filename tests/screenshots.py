"""`make screenshots`: pictures of the main pages for the documents and for us."""

import sys
from pathlib import Path

from tests.browser import chromium, sign_in
from tests.site import BASE, running_site

PAGES = [
    ("sign-in", None, "/sign-in/"),
    ("home", "student", "/"),
    ("lessons", "student", "/lessons/"),
    ("lesson", "student", "/lessons/stalins-terror/"),
    ("reading-settings", "student", "/reading-settings/"),
    ("not-found", "student", "/no-such-page/"),
    ("staff-home", "teacher", "/admin/"),
    ("staff-class", "head", "/admin/people/teachinggroup/1/change/"),
    ("staff-students", "teacher", "/admin/people/student/"),
    ("staff-lesson", "teacher", "/admin/lessons/lesson/1/change/"),
    ("school-settings", "site manager", "/admin/people/school/1/change/"),
]


def main(folder, widths=(1280, 390), schemes=("light",), only=()):
    folder.mkdir(parents=True, exist_ok=True)
    with running_site() as site, chromium() as browser:
        for role in dict.fromkeys(role for _, role, _ in PAGES):
            context = browser.new_context()
            page = context.new_page()
            if role:
                sign_in(page, site, role)
            for name, owner, address in PAGES:
                if owner != role or (only and name not in only):
                    continue
                for scheme in schemes:
                    page.emulate_media(color_scheme=scheme)
                    for width in widths:
                        page.set_viewport_size({"width": width, "height": 900})
                        page.goto(site.address + address)
                        dark = "-dark" if scheme == "dark" else ""
                        page.screenshot(
                            path=folder / f"{name}-{width}{dark}.png", full_page=True
                        )
            context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else BASE / "docs" / "screenshots")

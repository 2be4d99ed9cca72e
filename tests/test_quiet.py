"""Everybody's tour of the site asks nobody outside: goal G75."""

import contextlib
import re

import pytest

from tests.browser import Watch, sign_in

pytestmark = pytest.mark.browser

# The six roles of the demonstration; each opens so many different kinds of pages.
ROLES = ("student", "teacher", "head", "SENCo", "data manager", "site manager")
PAGES = 14
# What a click would change, or a file.
LEAVE = re.compile(r"/(delete|logout|export|download|calendar|add)|\.(xlsx|csv|ics|md)")


def kind(address):
    """Return an address without what tells one row from another."""
    return re.sub(r"/[\w-]{20,}/|/\d+/", "/*/", address.partition("?")[0])


@pytest.mark.goal("G75", "a tour as each role: 0 requests to another host")
def test_a_tour_as_each_role_stays_in_the_school(site, browser, reached):
    seen = {}
    requests = []
    for role in ROLES:
        with contextlib.closing(browser.new_context()) as context:
            page = context.new_page()
            watch = Watch(page, site.address)
            page.on("request", lambda request: requests.append(request.url))
            sign_in(page, site, role)
            waiting, met = [site.address + "/"], set()
            while waiting and len(met) < PAGES:
                address = waiting.pop(0)
                if kind(address) in met or LEAVE.search(address):
                    continue
                met.add(kind(address))
                page.goto(address)
                waiting += page.eval_on_selector_all(
                    "a[href]", "found => found.map(a => a.href.split('#')[0])"
                )
                waiting = [one for one in waiting if one.startswith(site.address)]
            foreign = [one for one in watch.problems if one.startswith("foreign")]
            assert foreign == [], role
            seen[role] = len(met)
    outside = [
        url for url in requests if not url.startswith((site.address, "data:", "blob:"))
    ]
    assert outside == []
    assert min(seen.values()) >= 8, seen
    reached(f"{sum(seen.values())} pages, {len(requests)} requests, 0 outside")

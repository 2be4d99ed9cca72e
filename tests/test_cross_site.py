"""What another site can do with a signed-in browser: reliability G67, in Chromium.

The strange pages stand at two addresses: under another name, to which browsers send
none of our cookies with a post, and under our own name at another port, to which they
send all of them (cookies know no ports).
"""

import contextlib
import http.server
import json
import threading

import pytest

from tests.browser import STRANGE_NAME, sign_in
from tests.desk import database, fresh_text, open_desk
from tests.visitors import hash_of, tables

pytestmark = pytest.mark.browser

# Sent by hidden forms in three encodings, and by scripts.
ATTACK = """<!doctype html><title>A quiz</title><body><script>
const targets = %s, body = %s, frames = %s, images = %s;
window.seen = [];
const encodings = [
  "application/x-www-form-urlencoded", "multipart/form-data", "text/plain",
];
let count = 0;
for (const [target, fields] of targets) {
  for (const enctype of encodings) {
    const frame = document.createElement("iframe");
    frame.name = `frame${count++}`;
    document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, { action: target, enctype, target: frame.name });
    form.setAttribute("method", "post");
    for (const [name, value] of fields) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    }
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form);
  }
}
const pending = targets.flatMap(([target]) => [
  fetch(target, { method: "POST", credentials: "include", mode: "no-cors", body }),
  fetch(target, {
    method: "POST", credentials: "include", body,
    headers: { "Content-Type": "application/json" },
  }).then(() => seen.push(`read ${target}`)),
  fetch(target, { method: "DELETE", credentials: "include" })
    .then(() => seen.push(`deleted ${target}`)),
]);
for (const address of images) {
  pending.push(
    fetch(address, { credentials: "include" }).then(() => seen.push(`got ${address}`)),
  );
  for (const kind of ["img", "script", "link"]) {
    const loaded = document.createElement(kind);
    if (kind === "link") loaded.rel = "stylesheet";
    loaded[kind === "link" ? "href" : "src"] = address;
    pending.push(new Promise((done) => {
      loaded.onload = () => done(seen.push(`${kind} ${address}`));
      loaded.onerror = done;
    }));
    document.head.append(loaded);
  }
}
for (const address of frames) {
  const frame = document.createElement("iframe");
  frame.src = address;
  document.body.append(frame);
}
Promise.allSettled(pending).then(() => { window.isDone = true; });
</script>"""
# What our own form on a page sends, with words of the stranger's.
FIELDS = """(target) => {
  const form = [...document.forms].find((form) => form.method === "post"
    && new URL(form.getAttribute("action") || "", location).pathname === target);
  const texts = "textarea, input[type=text]";
  return [...new FormData(form)].filter(([, value]) => typeof value === "string")
    .map(([name, value]) => [name, name === "csrfmiddlewaretoken" ? "a".repeat(32)
      : form.elements[name].matches?.(texts) ? `${value} FORGED` : value]);
}"""
PICTURE = "/static/terror_site/favicon.svg"
LEAP = """<!doctype html><title>A quiz</title>
<form method="post" action="%s"></form><script>
for (const [name, value] of %s) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  document.forms[0].append(input);
}
HTMLFormElement.prototype.submit.call(document.forms[0]);
</script>"""


class Strange(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = self.server.pages.get(self.path, "").encode()
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *args):
        pass


@pytest.fixture
def strange():
    """A site of somebody else, on a port of its own: its `pages` by path."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange) as server:
        server.pages = {}
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


def rows_of(site):
    """Return table → a hash of its rows, but for what counts who was here."""
    with database(site) as connection:
        return {
            table: hash_of(connection.execute(f'SELECT * FROM "{table}"'))  # noqa: S608
            for table in tables()
        }


def one(site, query, *values):
    with database(site) as connection:
        return connection.execute(query, values).fetchone()[0]


def attack(page, origin, pages, *plan):
    """Open the strange page and wait until all that it tried has been answered.

    `plan` is what is posted where, a text for scripts to send, what is framed, and
    what is asked for as a picture, script or style.
    """
    pages["/quiz"] = ATTACK % tuple(map(json.dumps, plan))
    answers = []
    page.on("response", lambda answer: answers.append(answer.status))
    page.goto(f"{origin}/quiz")
    page.wait_for_function("window.isDone", timeout=60_000)
    page.wait_for_load_state("networkidle")
    # Chromium puts an error page of its own where a site refuses to be framed.
    shown = [
        frame.url
        for frame in page.frames[1:]
        if not frame.url.startswith(("chrome-error:", "about:blank"))
    ]
    return page.evaluate("window.seen"), shown, len(answers)


def student_targets(script, reader):
    """Return (where to post, the page whose form does so) of what a student has."""
    desk = f"/scripts/{script}/"
    save = {
        "text": "FORGED", "part": "answer", "tab": "tab-one-x", "number": 9,
        "base": 1, "reader": reader,
    }  # fmt: skip
    return [
        (f"{desk}answers/1/", desk),
        (f"{desk}hand-in/", f"{desk}hand-in/"),
        (f"{desk}answers/1/save/", None),
        ("/reading-settings/", "/reading-settings/"),
        ("/password/", "/password/"),
        ("/sign-out/", "/"),
    ], json.dumps(save)


def teacher_targets(site):
    assignment = one(site, "SELECT min(id) FROM assessments_assignment")
    group = one(site, "SELECT min(id) FROM people_teachinggroup")
    pages = [
        f"/admin/assessments/assignment/{assignment}/change/",
        f"/admin/people/teachinggroup/{group}/change/",
        "/admin/lessons/lesson/1/change/",
        "/admin/assessments/assignment/",
    ]
    return [(page, page) for page in pages] + [("/sign-out/", "/admin/")], "{}"


def forms_of(page, site, targets):
    """Return [address, fields] of every target, as its own page would send them."""
    found = []
    for target, of_page in targets:
        fields = []
        if of_page is not None:
            page.goto(site.address + of_page)
            fields = page.evaluate(FIELDS, target)
        found.append([site.address + target, fields])
    return found


@pytest.mark.goal(
    "G67", "form, script, image and frame of two other origins: 0 effects"
)
@pytest.mark.parametrize("role", ["student", "teacher"])
def test_another_site_does_nothing_with_a_signed_in_browser(
    browser, site, strange, role, reached
):
    context = browser.new_context()
    if role == "student":
        page = open_desk(context, site)
        fresh_text(page, "My own words.")
        script = page.url.split("/scripts/")[1].split("/")[0]
        reader = page.locator("#desk").get_attribute("data-reader")
        targets, body = student_targets(script, int(reader))
        files = ["/answers/export.json", "/answers/"]
    else:
        page = context.new_page()
        sign_in(page, site, role)
        targets, body = teacher_targets(site)
        files = ["/admin/", "/admin/jsi18n/"]
    posts = forms_of(page, site, targets)
    page.close()
    assert len([fields for _, fields in posts if fields]) >= len(posts) - 1
    frames = [site.address + of_page for _, of_page in targets if of_page]
    files = [site.address + path for path in [*files, PICTURE]]
    before, asked = rows_of(site), 0
    port = strange.server_address[1]
    for origin in (f"http://{STRANGE_NAME}:{port}", f"http://127.0.0.1:{port}"):
        page = context.new_page()
        seen, shown, answers = attack(
            page, origin, strange.pages, posts, body, frames, files
        )
        assert (seen, shown) == ([], []), origin
        asked += answers
        for address, fields in posts:
            strange.pages["/leap"] = LEAP % (address, json.dumps(fields))
            page.goto(f"{origin}/leap")
            page.wait_for_url(site.address + "/**")
            asked += 1
        after = rows_of(site)
        assert {t for t in after if after[t] != before[t]} == set(), origin
        page.goto(site.address)
        assert "/sign-in/" not in page.url, origin
        page.close()
    context.close()
    reached(f"as a {role}: {asked} answers, 0 rows, 0 frames, still signed in")


def test_what_the_test_above_relies_on_would_be_seen(browser, site, strange):
    """The same page against a site that refuses nothing does load and read."""
    context = browser.new_context()
    page = context.new_page()
    port = strange.server_address[1]
    strange.pages["/open"] = "<p>open</p>"
    with contextlib.closing(context):
        seen, shown, _ = attack(
            page, f"http://127.0.0.1:{port}", strange.pages,
            [], "", [f"http://127.0.0.1:{port}/open"], [f"http://127.0.0.1:{port}/open"],
        )  # fmt: skip
    assert seen[0].startswith("got ")
    assert len(shown) == 1

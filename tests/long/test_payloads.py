"""Text is never script: 150 payloads in every text, met by every role (G60)."""

import contextlib
import json

import pytest

from tests.browser import Watch, sign_in
from tests.test_quiet import LEAVE, ROLES, kind

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.parallel]

PAGES = 22
RUN = "window.hit=1;alert(1)"
HOST = "//evil.example"
FRAMES = (
    "<script>{run}</script>",
    "</textarea><script>{run}</script>",
    "</title><script>{run}</script>",
    "'\"><img src=x onerror={run}>",
    "<svg onload={run}>",
    "<svg><animate onbegin={run} attributeName=x>",
    "<math><mtext><mglyph><style><img src=x onerror={run}>",
    "<a href='javascript:{run}'>a</a>",
    "[a](javascript:{run})",
    "[a](<java\tscript:{run}>)",
    "![a](x onerror={run})",
    "![a]({host}/i.png)",
    "<img src={host}/i.png>",
    "<link rel=stylesheet href={host}/s.css>",
    "<iframe srcdoc='<script>{run}</script>'></iframe>",
    "<form id=csrfmiddlewaretoken action={host}><input name=submit>",
    "<img name=getElementById><img id=answer>",
    "<details open ontoggle={run}>",
    "<style>@import '{host}/s.css'</style>",
    "<base href={host}/>",
    "<meta http-equiv=refresh content='0;url={host}'>",
    "<object data={host}/o></object>",
    "{{{{ request.user.password }}}}{{% load static %}}",
    "${{alert(1)}} #{{7*7}} <%= 7*7 %>",
    "{{source <script>{run}</script>}}",
    "]]><script>{run}</script><![CDATA[",
    "<!--><script>{run}</script>-->",
    "\u202e{run}\u2066<script>{run}</script>",
    "\ufeff<\u0000script>{run}</script>",
    "&lt;script&gt;{run}&lt;/script&gt;",
)
WRAPS = ("{}", "x {} y", "**{}**", "`{}`", "> {}\n\n| a |\n|---|\n| {} |")
PAYLOADS = [
    wrap.replace("{}", frame.format(run=RUN, host=HOST)).replace("\0", "")
    for frame in FRAMES
    for wrap in WRAPS
]
PLANT = """
import json
from django.apps import apps
from django.db import DatabaseError, models, transaction
from assessments.models import Answer
payloads = json.loads(%r)
keep = {"slug", "code", "username", "password", "public_id", "data", "forms",
        "time_zone", "small", "large", "checksum", "tab", "upn", "object_repr"}
n = planted = 0
for app in ("people", "lessons", "assessments"):
    for model in apps.get_app_config(app).get_models():
        if model._meta.proxy or model.__name__ in (
            "Session", "RenderedBody", "ShippedRow", "Tries", "Lane", "LaneTurn",
            "FailedName", "AnswerVersion"):
            continue
        fields = [f for f in model._meta.concrete_fields
                  if isinstance(f, (models.CharField, models.TextField))
                  and not isinstance(f, (models.FileField, models.SlugField))
                  and not f.choices and not f.unique and f.name not in keep
                  and not f.name.startswith(("mail_", "key", "anonymous", "receipt"))]
        for pk in list(model._base_manager.order_by("pk").values_list("pk", flat=True)[:40]):
            for field in fields:
                n += 1
                words = payloads[n %% len(payloads)]
                try:
                    with transaction.atomic():
                        model._base_manager.filter(pk=pk).update(
                            **{field.name: words[: field.max_length or None]})
                    planted += 1
                except DatabaseError:
                    pass
for n, answer in enumerate(Answer.objects.select_related("script__student")[:80]):
    answer.keep(payloads[n %% len(payloads)], writer=answer.script.student,
                origin="autosave", base=10**6)
print(planted)
""" % json.dumps(PAYLOADS)  # noqa: UP031 (the script is full of braces)


@pytest.mark.goal(
    "G60",
    "150 payloads in every text, a tour as each role: 0 dialogs, 0 scripts, 0 "
    "requests outside, 0 refusals by the policy",
)
def test_no_text_becomes_a_script(lan_site, browser, reached):
    assert len(PAYLOADS) == 150
    planted = int(lan_site.manage("shell", text=PLANT).split()[-1])
    assert planted > 1000
    wrong, seen = [], {}

    def note(dialog):
        wrong.append(dialog.message)
        dialog.dismiss()

    for role in ROLES:
        with contextlib.closing(browser.new_context()) as context:
            page = context.new_page()
            watch = Watch(page, lan_site.address)
            page.on("dialog", note)
            sign_in(page, lan_site, role)
            waiting, met = [lan_site.address + "/"], set()
            while waiting and len(met) < PAGES:
                address = waiting.pop(0)
                if kind(address) in met or LEAVE.search(address):
                    continue
                met.add(kind(address))
                answer = page.goto(address)
                if answer.status >= 500 or page.evaluate("window.hit"):
                    wrong.append((role, address, answer.status))
                found = page.eval_on_selector_all(
                    "a[href]", "found => found.map(a => a.href.split('#')[0])"
                )
                wrong += [(role, one) for one in found if one.startswith("javascript")]
                waiting += [one for one in found if one.startswith(lan_site.address)]
            wrong += [(role, one) for one in watch.problems]
            seen[role] = len(met)
    assert wrong == []
    assert min(seen.values()) >= 8, seen
    reached(f"{planted} texts planted, {sum(seen.values())} pages of {len(seen)} roles")

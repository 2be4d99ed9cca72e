"""The school day's pages with 30, 300 and 3,000 scripts, beside the bare Django floor.

`lines()` returns the section for `docs/benchmarks.md`. Run alone it prints it.
"""

import subprocess
import sys
import time
import urllib.request

import django
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import bench
from tests.site import BASE, running_site

STUDENTS = 30
# scripts → (classes, tasks a class); each task has six questions.
SIZES = {30: (1, 1), 300: (10, 1), 3_000: (10, 10)}
YEAR = 2099
TIMES = 9


class FloorPage:
    """The floor's page, as `bench.milliseconds` asks for it."""

    def __init__(self, address, cookie):
        self.request = urllib.request.Request(
            f"{address}/page", headers={"Cookie": cookie}
        )

    def get(self, path):
        with urllib.request.urlopen(self.request) as answer:
            return path, answer.read()


def fill(classes, tasks):
    """Make classes with work in the site's own database; print what bench needs:
    a class, a student, the class page's queries, and seconds for a sheet."""
    django.setup()
    # Only now can models be imported.
    from assessments import class_feedback  # noqa: PLC0415
    from assessments.models import Question  # noqa: PLC0415
    from people.models import Membership, TeachingGroup, User  # noqa: PLC0415
    from tests import bulk  # noqa: PLC0415

    teacher = User.objects.with_role("teacher").first()
    six = Question.objects.filter(spag_scheme=None).published()[:6]
    with transaction.atomic():
        for number in range(classes):
            group = TeachingGroup.objects.create(name=f"Bench {number}", cohort=YEAR)
            Membership.objects.create(person=teacher, group=group, role="teacher")
            students = bulk.make_students(group, STUDENTS, f"b{number}-")
            for task_number in range(tasks):
                task = bulk.make_task(
                    group,
                    teacher,
                    six,
                    f"bench-{number}-{task_number}",
                    task_number + 1,
                )
                bulk.hand_in(task, students, teacher, released=task_number % 5 < 4)
    began = time.perf_counter()
    class_feedback.make(task, teacher)
    seconds = time.perf_counter() - began
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(teacher)
    # The school's row is remembered from the first page on.
    client.get(f"/admin/classes/{group.pk}/")
    with CaptureQueriesContext(connection) as caught:
        client.get(f"/admin/classes/{group.pk}/")
    print(group.pk, students[0].pk, len(caught), seconds)


def _measure(scripts):
    with running_site() as site:
        filled = subprocess.run(
            [sys.executable, "-m", "tests.bench_school", *map(str, SIZES[scripts])],
            cwd=BASE,
            env=site.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        group, student, queries, sheet = (*map(int, filled[:3]), float(filled[3]))
        teacher = bench.Browserless(site, "teacher")
        head = bench.Browserless(site, "head")
        pages = {
            "list of scripts": (teacher, "/admin/assessments/script/"),
            "first page of a teacher": (teacher, "/admin/"),
            "first page of a head": (head, "/admin/"),
            "class page": (teacher, f"/admin/classes/{group}/"),
            "student page": (teacher, f"/admin/students/{student}/"),
            "search in answers": (teacher, "/admin/search/?q=portraits&in=answers"),
        }
        found = {
            name: bench.milliseconds(person, path, TIMES)
            for name, (person, path) in pages.items()
        }
        files = {}
        for kind in ("csv", "xlsx"):
            began = time.perf_counter()
            address = f"{site.address}/admin/years/{YEAR}/marks.{kind}"
            with head.opener.open(address) as answer:
                size = len(answer.read())
            files[kind] = (time.perf_counter() - began, size)
        # The floor sends the body that the first read of a lesson leaves.
        head.get("/lessons/stalins-terror/")
        with bench.floor(site) as (address, _process):
            floor = bench.milliseconds(FloorPage(address, teacher.cookie), "", TIMES)
    return {
        "pages": found,
        "files": files,
        "queries": queries,
        "sheet": sheet,
        "floor": floor,
    }


def lines():
    """Measure all sizes and return the section in Markdown."""
    results = {scripts: _measure(scripts) for scripts in SIZES}

    def row(name, value, budget):
        cells = " | ".join(value(result) for result in results.values())
        return f"| {name} | {cells} | {budget} |"

    def page(name):
        return lambda result: (
            f"{result['pages'][name]:.0f} ms "
            f"({result['pages'][name] / result['floor']:.1f} ×)"
        )

    def file(kind):
        return lambda result: (
            f"{result['files'][kind][0]:.2f} s "
            f"({result['files'][kind][0] * 1000 / result['floor']:.0f} ×), "
            f"{result['files'][kind][1] / 1024:.0f} KB"
        )

    budgets = {"list of scripts": "≤ 80 ms at 300"}
    names = next(iter(results.values()))["pages"]
    return [
        "## The school day",
        "",
        f"Scripts of six answers each, {STUDENTS} students a class; median of {TIMES} "
        "over loopback, in brackets against the floor’s page.",
        "",
        f"| figure | {' | '.join(f'{scripts:,} scripts' for scripts in SIZES)} | budget |",
        f"|---|{'---|' * len(SIZES)}---|",
        *(row(name, page(name), budgets.get(name, "–")) for name in names),
        row("class page: queries", lambda r: str(r["queries"]), "≤ 15"),
        row("marks of the year as CSV", file("csv"), "≤ 3 s at 300"),
        row("marks of the year as Excel file", file("xlsx"), "≤ 3 s at 300"),
        row("whole-class feedback for 30", lambda r: f"{r['sheet']:.2f} s", "≤ 2 s"),
        row("the floor’s page", lambda r: f"{r['floor']:.1f} ms", "–"),
        "",
    ]


if __name__ == "__main__":
    if sys.argv[1:]:
        fill(*map(int, sys.argv[1:]))
    else:
        print("\n".join(lines()))

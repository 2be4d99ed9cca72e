"""Marks in files: safe from formulas, exact in names, silent before release."""

import csv
import io
import shutil
import subprocess

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from assessments import exports, overview
from assessments.mark_book import MarkBook
from assessments.models import Release, Script
from people import roles, spreadsheets
from tests.base import SchoolTestCase
from tests.factories import (
    EDX3D,
    make_assignment,
    make_mark,
    make_question,
    make_script,
    make_user,
)

HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    "\tTab",
    "\rReturn",
    "\nLine",
    "\x00=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹢1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "'=1",
    '"=1',
    "“=1",
    "' \t=1",
]
PLAIN = [
    "Zofia Kowalska-Brandt",
    "O’Brien",
    "D'Arcy",
    "Łukasz Żółć",
    "Yıldız",
    "李小龍",
    "a=b",
    "1-2",
    "",
    "‘Kirov’ = a name",
    "Line one\nline two",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_could_begin_a_formula_begins_with_an_apostrophe(text):
    assert spreadsheets.cell(text)[0] == "'"
    assert spreadsheets.cell(text)[1:] == text.replace("\x00", "\ufffd")


@pytest.mark.parametrize("value", [*PLAIN, 7, 0, None, 1.5, True])
def test_everything_else_stays_as_it_is(value):
    assert spreadsheets.cell(value) == value


def test_a_cell_ends_where_a_spreadsheet_ends_it():
    assert len(spreadsheets.cell("x" * 40_000)) == 32_767


@pytest.mark.goal("G62", "exports: no cell begins a formula; names exact in Excel")
def test_a_csv_file_reads_back_exactly_and_excel_knows_its_letters():
    rows = [[text, 1] for text in (*HOSTILE, *PLAIN)]
    content = spreadsheets.as_csv(["Text", "n"], rows)
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))

    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    assert read == [
        ["Text", "n"],
        *([spreadsheets.cell(text), "1"] for text, _n in rows),
    ]


@pytest.mark.goal("G62", "exports: no cell begins a formula; names exact in Excel")
def test_a_workbook_holds_no_formula_and_every_name_exactly():
    content = spreadsheets.as_xlsx(
        [("=Sheet", ["Text"], [[t] for t in (*HOSTILE, *PLAIN)])]
    )
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]

    assert not {cell.data_type for cell in cells} & {"f", "e"}
    values = [cell.value or "" for cell in cells]
    # XML reads a lone CR as a line end.
    assert [v.replace("\r", "\n") for v in values] == [
        str(spreadsheets.cell(t)).replace("\r", "\n").replace("_x000D_", "")
        for t in (*HOSTILE, *PLAIN)
    ]


def test_control_characters_do_not_stop_a_workbook():
    assert spreadsheets.as_xlsx([("a", ["x"], [["\x01\x02\ud800\ufffe"]])])


@pytest.mark.skipif(not shutil.which("soffice"), reason="no LibreOffice here")
def test_libreoffice_finds_no_formula(tmp_path):
    (tmp_path / "marks.xlsx").write_bytes(
        spreadsheets.as_xlsx([("Marks", ["Text"], [[text] for text in HOSTILE])])
    )
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "fods", "marks.xlsx"],
        cwd=tmp_path,
        check=True,
        timeout=120,
    )

    assert "table:formula" not in (tmp_path / "marks.fods").read_text()


class BookTest(SchoolTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.rae = make_user(
            "rae",
            role=roles.STUDENT,
            group=cls.hi1,
            first_name="=Rae",
            last_name="Żółć-O’Brien",
        )
        cls.agree = make_assignment(
            make_question(EDX3D, "agree"), cls.hi1, cls.ada, days=9
        )
        script = make_script(cls.sam, cls.agree, "An answer.", hand_in=True)
        make_mark(script, cls.ada, 11, spag=3, www="=Clear.", ebi="Weigh both.")
        Release.show(Script.objects.filter(pk=script.pk), cls.ada)
        make_mark(cls.script, cls.ada, 7, www="CANARY-WWW", ebi="CANARY-EBI")

    def book(self):
        tasks = overview.tasks_of([self.hi1], self.ada)
        return MarkBook(tasks)

    def records(self):
        return [
            dict(zip(exports.headings(), row, strict=True))
            for row in exports.rows(self.book())
        ]

    def test_a_released_mark_stands_with_spag_and_total_in_columns_of_their_own(self):
        row = next(r for r in self.records() if r["Username"] == "sam" and r["Level"])

        self.assertEqual(
            {name: row[name] for name in (
                "Class", "Last name", "First name", "Question", "State", "Level", "Mark",
                "out of", "SPaG", "SPaG out of", "Total", "Total out of", "AO1", "AO4",
                "What went well", "Even better if",
            )},
            {
                "Class": "10B/Hi1", "Last name": "Test", "First name": "Sam",
                "Question": "Edexcel 3d", "State": "released", "Level": 3, "Mark": 11,
                "out of": 16, "SPaG": 3, "SPaG out of": 4, "Total": 14,
                "Total out of": 20, "AO1": None, "AO4": 11, "What went well": "=Clear.",
                "Even better if": "Weigh both.",
            },
        )  # fmt: skip

    @pytest.mark.goal("G65", "names in headers: 0 split, 0 quotes that end too early")
    def test_a_classs_name_cannot_break_a_header(self):
        self.client.force_login(self.ada)
        for name in ('10B"Hi1', "10B/Hi1; x=y", "a\r\nX-Evil: 1", "\u202etxt.exe", "–"):
            self.hi1.name = name
            self.hi1.save()
            for kind in ("csv", "xlsx"):
                answer = self.client.get(
                    reverse("staff:class-export", args=[self.hi1.pk, kind])
                )
                said = answer["Content-Disposition"]
                self.assertRegex(
                    said, rf'^attachment; filename="marks-[a-z0-9-]*\.{kind}"$'
                )
                self.assertNotIn("X-Evil", answer.headers)

    def test_before_release_there_is_a_word_and_no_mark_or_comment(self):
        content = spreadsheets.as_csv(exports.headings(), exports.rows(self.book()))
        held = [r for r in self.records() if r["State"] != "released"]

        self.assertNotIn(b"CANARY", content)
        self.assertEqual({r["State"] for r in held}, {"marked", "not yet"})
        for row in held:
            for name in ("Level", "Mark", "SPaG", "Total", "AO1", "Released"):
                self.assertIsNone(row[name])

    def test_the_workbook_has_a_sheet_of_rows_and_one_for_the_class(self):
        book = load_workbook(io.BytesIO(exports.workbook(self.book())))

        self.assertEqual(book.sheetnames, ["Marks", "10B-Hi1"])
        grid = list(book["10B-Hi1"].values)
        self.assertEqual(grid[0][0], "Student")
        self.assertEqual(
            list(grid[1:]),
            [("Sam Test", "marked", 14), ("'=Rae Żółć-O’Brien", "not yet", "not yet")],
        )
        names = [row[1] for row in list(book["Marks"].values)[1:]]
        self.assertIn("Żółć-O’Brien", names)
        self.assertFalse(
            [
                cell
                for sheet in book
                for row in sheet.iter_rows()
                for cell in row
                if cell.data_type == "f"
            ]
        )

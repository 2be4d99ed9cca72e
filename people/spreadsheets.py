"""Rows out to a spreadsheet program: one writer, safe from formulas, for every export."""

import csv
import io
import re
import unicodedata

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

# What a spreadsheet takes for the start of a formula; NFKC folds wide and small forms.
_STARTS_FORMULA = frozenset("=+-@")
# What may stand before it all the same: blanks of any kind, and quotes.
_QUOTES = frozenset("'\"‘’‚‛“”„‟`´")
# Characters that a workbook may not hold, tab and line ends apart.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_CELL = 32_767
LONGEST_SHEET_NAME = 31


def cell(value):
    """Return a value as a cell may hold it: text that no program takes for a formula.

    Numbers, dates and nothing stay what they are.
    """
    if not isinstance(value, str):
        return value
    text = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if _is_risky(value):
        text = f"'{text}"
    return text[:LONGEST_CELL]


def _is_risky(text):
    if text[:1] in ("\t", "\r", "\n", "\x00"):
        return True
    for sign in text:
        if _STARTS_FORMULA & set(unicodedata.normalize("NFKC", sign)):
            return True
        if sign not in _QUOTES and unicodedata.category(sign)[0] not in "ZC":
            return False
    return False


def as_csv(headings, rows):
    """Return a file that Excel opens right: UTF-8 with its mark, CRLF, RFC 4180."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in (headings, *rows))
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def as_xlsx(sheets):
    """Return a workbook of (name, headings, rows), the headings bold and kept in view."""
    book = Workbook(write_only=True)
    bold = Font(bold=True)
    for name, headings, rows in sheets:
        sheet = book.create_sheet(cell(name)[:LONGEST_SHEET_NAME])
        sheet.freeze_panes = "A2"
        sheet.append([_heading(sheet, value, bold) for value in headings])
        for row in rows:
            sheet.append([cell(value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _heading(sheet, value, font):
    made = WriteOnlyCell(sheet, cell(value))
    made.font = font
    return made

"""A file that should be a list, as rows of text (pure).

Knows encodings, delimiters and workbooks, and nothing of students: which row holds
the headings is decided by a function that scores a row's cells. Whatever the bytes
are, reading ends in rows or in one `FileError` with a sentence for a person.
"""

import csv
import io
import lzma
import struct
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

LARGEST = 5 * 1024 * 1024
LARGEST_UNPACKED = 60 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 100
# Where headings may stand: titles and filters come above them.
TOP_ROWS = 30
_SAMPLE = 64 * 1024
_DELIMITERS = (",", ";", "\t", "|")
_FORMULA_SIGNS = "=+-@"
# What a damaged workbook makes its reader raise; there is no end to the ways.
_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_EXPORT = "Export the list as CSV or Excel and choose that file."
_KINDS = (
    (b"%PDF", f"This is a PDF, whatever it is called. {_EXPORT}"),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an Excel file of the old kind (.xls). Open it, save it as .xlsx or "
        "CSV, and choose that file.",
    ),
    (b"<", f"This is a web page, whatever it is called. {_EXPORT}"),
    (b"{\\rtf", f"This is a text document. {_EXPORT}"),
)
_NOT_TEXT = f"This is not a list of students but a file of another kind. {_EXPORT}"
TOO_LARGE = "The file is larger than 5 MB. Export the students of your classes only."
_TOO_LONG = (
    f"The file has more than {MOST_ROWS:,} lines. Export the students of your "
    "classes only."
)
_BROKEN = f"The workbook is damaged and cannot be opened. {_EXPORT}"

Score = Callable[[list[str]], int]


class FileError(Exception):
    """The file as a whole cannot be read; its text is a sentence for a person."""


class Row(NamedTuple):
    """A row's cells as they stand, and the line of the file where it begins."""

    line: int
    cells: list[str]

    def cell(self, column: int) -> str:
        return self.cells[column] if column < len(self.cells) else ""


class Rows(NamedTuple):
    rows: list[Row]
    is_workbook: bool

    def place(self, line: int, column: int, heading: str) -> str:
        """Name a cell as the program that shows the file names it."""
        if self.is_workbook:
            return f"Cell {get_column_letter(column + 1)}{line}"
        return f"The cell in line {line}, column “{heading}”,"


def read(data: bytes, score: Score) -> Rows:
    """Return all rows but empty ones, by the delimiter or sheet that scores best."""
    if len(data) > LARGEST:
        raise FileError(TOO_LARGE)
    if data.startswith(b"PK"):
        return Rows(_read_workbook(data, score), is_workbook=True)
    return Rows(_read_text(_decode(data), score), is_workbook=False)


def clean(text: str) -> str:
    """Return text on one line, without doubled blanks and invisible signs."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(
        sign for sign in words if unicodedata.category(sign) not in ("Cc", "Cf")
    ).strip()


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute the text instead of showing it."""
    start = unicodedata.normalize("NFKC", text.strip())[:2]
    return start[:1] in tuple(_FORMULA_SIGNS) and bool(start.strip(_FORMULA_SIGNS))


def is_damaged(text: str) -> bool:
    """Whether letters went wrong: U+FFFD, or UTF-8 that was read as Windows-1252."""
    if "\N{REPLACEMENT CHARACTER}" in text:
        return True
    if text.isascii():
        return False
    try:
        text.encode("cp1252").decode()
    except UnicodeError:
        return False
    return True


def _decode(data: bytes) -> str:
    for sign, sentence in _KINDS:
        if data.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(sign):
            raise FileError(sentence)
    text = data.decode(_encoding(data), "replace").removeprefix("\ufeff")
    odd = sum(text.count(chr(n)) for n in range(32) if chr(n) not in "\t\r\n")
    if odd * 50 > len(text) or "\0" in text:
        raise FileError(_NOT_TEXT)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    start = data[:200]
    if len(start) > 1 and b"\0" in start:
        # Of plain letters UTF-16 leaves every other byte empty.
        empty_first = start[::2].count(0) > start[1::2].count(0)
        return "utf-16-be" if empty_first else "utf-16-le"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _read_text(text: str, score: Score) -> list[Row]:
    first = 1
    if text[:4].lower() == "sep=":
        # Excel's own note to itself, which every other program shows as a line.
        text, first = text.partition("\n")[2], 2
    sample = text[:_SAMPLE]
    best = max(
        _DELIMITERS,
        key=lambda sign: _best_score(_split(sample, sign, first, TOP_ROWS), score),
    )
    rows = []
    for row in _split(text, best, first):
        if len(rows) == MOST_ROWS:
            raise FileError(_TOO_LONG)
        rows.append(row)
    _refuse_open_quote(rows, best, score)
    return rows


def _split(text: str, delimiter: str, first: int, most: int = 0) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line, found = first, 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(line, [_bare(cell) for cell in cells[:MOST_COLUMNS]])
                found += 1
            if most and found == most:
                return
            line = reader.line_num + first
    except csv.Error as error:
        raise FileError(_open_quote(line)) from error


def _bare(cell: str) -> str:
    """Undo ="001234", with which programs keep a spreadsheet's hands off zeros."""
    text = cell.strip()
    if text.startswith('="') and text.endswith('"') and text.count('"') == 2:
        return text[2:-1]
    return cell


def _best_score(rows: Iterable[Row], score: Score) -> int:
    return max((score(row.cells) for row in rows), default=0)


def _open_quote(line: int) -> str:
    return (
        f"A quotation mark in line {line} is never closed. Delete it and choose the "
        "file again."
    )


def _refuse_open_quote(rows: list[Row], delimiter: str, score: Score) -> None:
    """Refuse a file in which a cell has swallowed the lines after it."""
    top = max(rows[:TOP_ROWS], key=lambda row: score(row.cells), default=None)
    enough = max(2, len(top.cells) - 1) if top else 2
    for row in rows:
        for cell in row.cells:
            swallowed = cell.split("\n")[1:]
            if any(line.count(delimiter) >= enough for line in swallowed):
                raise FileError(_open_quote(row.line))


def _read_workbook(data: bytes, score: Score) -> list[Row]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_archive(archive)
        with warnings.catch_warnings():
            # Of what it leaves out of a workbook; none of it is a list.
            warnings.simplefilter("ignore")
            return _best_sheet(data, score)
    except _DAMAGE as error:
        raise FileError(_BROKEN) from error


def _refuse_archive(archive: zipfile.ZipFile) -> None:
    """Refuse what is no workbook, unpacks to too much or declares entities."""
    parts = archive.infolist()
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise FileError(_NOT_TEXT)
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise FileError(TOO_LARGE)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as file:
                if b"<!DOCTYPE" in file.read(2_000):
                    raise FileError(_BROKEN)


def _best_sheet(data: bytes, score: Score) -> list[Row]:
    # Formulas as they are written: a value that was computed elsewhere is no value.
    book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    best: tuple[int, list[Row]] = (-1, [])
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        rows = _sheet_rows(sheet)
        found = _best_score(rows[:TOP_ROWS], score)
        if found > best[0]:
            best = (found, rows)
    book.close()
    return best[1]


def _sheet_rows(sheet: Any) -> list[Row]:
    rows = []
    for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        if line > MOST_ROWS:
            raise FileError(_TOO_LONG)
        texts = [_text_of(cell.value) for cell in cells]
        if any(text.strip() for text in texts):
            rows.append(Row(line, texts))
    return rows


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _bare(str(value))

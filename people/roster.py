"""A school's export as students (pure): which column means what, line by line.

Headings differ with each report of each system, so they are known by aliases. Of a
line only what this product needs is kept; dates of birth, gender and the like are
never read further. What cannot be taken is refused: line, column, reason, cure.
"""

import datetime
import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from people import roster_file
from people.roster_file import FileError, Row, Rows, clean

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
LONGEST_CLASS = 30
LONGEST_NAME = 60
LONGEST_NUMBER = 20
YEARS = range(7, 12)
# In order: of two columns for one field the alias that stands first is read.
ALIASES: dict[str, tuple[str, ...]] = {
    "upn": ("upn", "unique pupil number"),
    "admission": (
        "adno", "adm no", "admission number", "admissions number", "admission no",
        "admissions no",
    ),
    "last": (
        "preferred surname", "preferred last name", "chosen surname", "legal surname",
        "legal last name", "surname", "last name", "family name",
    ),
    "legal last": ("legal surname", "legal last name"),
    "first": (
        "legal forename", "legal first name", "forename", "first name", "firstname",
        "given name",
    ),
    "preferred": (
        "preferred forename", "preferred first name", "chosen first name",
        "chosen name", "preferred name", "known as",
    ),
    "name": (
        "student name", "pupil name", "full name", "legal name", "name", "student",
        "pupil",
    ),
    "year": (
        "nc year", "year group", "year", "nc year s for today",
        "year group s this academic year", "yr", "yr taught in", "year taught in",
    ),
    "class": (
        "class", "classes", "teaching group", "teaching groups", "class name",
        "courses classes", "set", "group", "groups",
    ),
    "left": ("leaving date", "date of leaving", "date left", "leave date"),
}  # fmt: skip
_FOOT = re.compile(
    r"(grand |sub ?)?total|count\b|number of|sum\b|page \d|printed|run on|report|"
    r"generated|exported|end of|students?\b|pupils?\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:nc |school )?(?:year|yr|y)?\.? ?(\d{1,2})", re.IGNORECASE)
_CLASS_YEAR = re.compile(r"(?:year|yr|y)? ?(1[01]|[789])(?!\d)", re.IGNORECASE)
_SHORTENED = re.compile(r"\d+([.,]\d+)?e[+-]?\d+", re.IGNORECASE)
_DATES = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y")
_LETTERS = str.maketrans(
    {
        "ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "đ": "d",
        "ð": "d", "ı": "i", "ħ": "h",
    }
)  # fmt: skip
AT_SOURCE = "Correct it where the file comes from and export it again."
_NO_NAMES = (
    "No line has headings for names. The file needs the columns “Surname” and "
    "“Forename”, or one column “Name”."
)
_NO_CLASS = (
    "No column says the class. Add a column “Class” to the list and choose the file "
    "again."
)


class Line(NamedTuple):
    """What one line says. `None` where the file has no such column.

    `classes` are names as they stand; `left_on` is a leaving date, past or not.
    """

    number: int
    first: str
    last: str
    preferred: str | None
    upn: str
    admission: str
    year: int | None
    classes: tuple[str, ...]
    left_on: datetime.date | None


class Refusal(NamedTuple):
    """Why a line is left out, and whom it may have meant."""

    line: int
    column: str
    reason: str
    cure: str
    upn: str = ""
    admission: str = ""
    name: frozenset[str] = frozenset()


class Roster(NamedTuple):
    """A file as read; `feet` are lines that are no students, with their words."""

    lines: list[Line]
    refusals: list[Refusal]
    feet: list[tuple[int, str]]
    unread: list[str]
    other_classes: list[str]
    headings: dict[str, str]


class LineError(Exception):
    """One line cannot be taken."""

    def __init__(self, column: str, reason: str, cure: str):
        super().__init__(reason)
        self.column, self.reason, self.cure = column, reason, cure


def fold(text: str) -> str:
    """Return the plain small letters of a text, for comparing and for user names."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(sign for sign in plain if sign.isalnum())


def admission_key(number: str) -> str:
    """Return a number without the zeros that spreadsheets drop."""
    return number.strip().upper().lstrip("0")


def check_upn(text: str) -> str:
    """Return what is wrong with a UPN, or nothing.

    The digits (a temporary number ends in a letter) are weighted 2 to 13 by place;
    the rest of the sum by 23 gives the letter in front.
    """
    if len(text) != 13:
        return f"“{text}” has {len(text)} characters instead of 13."
    digits = [int(sign) for sign in text[1:12] if sign in "0123456789"]
    final = "0123456789".find(text[12])
    if final < 0:
        final = UPN_LETTERS.find(text[12])
    if len(digits) != 11 or final < 0 or text[0] not in UPN_LETTERS:
        return f"“{text}” is not a letter and twelve digits."
    total = sum(place * n for place, n in enumerate([*digits, final], 2))
    if UPN_LETTERS[total % 23] != text[0]:
        return f"“{text}” has a typing error: its first letter does not fit the rest."
    return ""


def exam_year(year: int, today: datetime.date) -> int:
    """Return the summer in which a school year's students sit the exam."""
    return _school_year(today) + 1 + (YEARS[-1] - year)


def _school_year(today: datetime.date) -> int:
    return today.year if today.month >= 8 else today.year - 1


def year_in_class(name: str) -> int | None:
    """Return the school year with which a class's name begins, such as 10B/Hi1."""
    found = _CLASS_YEAR.match(name)
    return int(found[1]) if found else None


def read(data: bytes, only: str = "") -> Roster:
    """Return the students of a file; raise `FileError` where it has none.

    With `only`, classes without these letters in their name are left out, and lines
    that are in no other.
    """
    rows = roster_file.read(data, _score)
    top = max(
        rows.rows[: roster_file.TOP_ROWS],
        key=lambda row: _score(row.cells),
        default=None,
    )
    if top is None:
        raise FileError("The file is empty. Export the list again.")
    columns = _columns(top.cells)
    if not _has_names(columns):
        raise FileError(_NO_NAMES)
    if "class" not in columns:
        raise FileError(_NO_CLASS)
    reader = _Reader(rows, top, columns, only)
    if not reader.lines and not reader.refusals and not reader.is_narrowed:
        raise FileError(
            f"There are headings in line {top.line} and no student below them. "
            "Export the list again."
        )
    return reader.roster()


def _heading(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def _columns(cells: list[str]) -> dict[str, int]:
    """Return field → column: by the order of aliases, then from the left."""
    headings = [_heading(cell) for cell in cells]
    found = {}
    for field, aliases in ALIASES.items():
        for alias in aliases:
            if alias in headings:
                found[field] = headings.index(alias)
                break
    return found


def _has_names(columns: Mapping[str, int]) -> bool:
    return {"first", "last"} <= columns.keys() or "name" in columns


def _score(cells: list[str]) -> int:
    """Return how much of a row looks like headings; names count most."""
    columns = _columns(cells)
    return len(columns) + (len(ALIASES) if _has_names(columns) else 0)


class _Reader:
    """Reads the rows below the headings, each into a line, a refusal or a foot."""

    def __init__(self, rows: Rows, top: Row, columns: dict[str, int], only: str):
        self.rows = rows
        self.columns = columns
        self.headings = {name: clean(top.cell(n)) for name, n in columns.items()}
        self.top = top
        self.only = only.strip().casefold()
        self.lines: list[Line] = []
        self.refusals: list[Refusal] = []
        self.feet: list[tuple[int, str]] = []
        self.other_classes: set[str] = set()
        for row in rows.rows:
            if row.line > top.line:
                self._read(row)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.other_classes)

    def roster(self) -> Roster:
        read = set(self.columns.values())
        unread = [clean(cell) for n, cell in enumerate(self.top.cells) if n not in read]
        return Roster(
            self.lines,
            self.refusals,
            self.feet,
            [heading for heading in unread if heading],
            sorted(self.other_classes),
            self.headings,
        )

    def _cell(self, row: Row, field: str) -> str:
        """Return a field's text; dashes stand for an empty cell."""
        text = clean(row.cell(self.columns[field])) if field in self.columns else ""
        return text if text.strip("-–—") else ""

    def _read(self, row: Row) -> None:
        texts = [text for text in map(clean, row.cells) if text]
        if not texts:
            return
        if self._is_foot(row, texts[0]):
            self.feet.append((row.line, texts[0][:LONGEST_NAME]))
            return
        self._refuse_formulas(row)
        names = self._class_names(row)
        classes = tuple(name for name in names if self.only in name.casefold())
        self.other_classes.update(set(names) - set(classes))
        if names and not classes:
            return
        try:
            self.lines.append(self._line(row, classes))
        except LineError as why:
            self.refusals.append(self._refusal(row, why))

    def _is_foot(self, row: Row, start: str) -> bool:
        """Whether a row is a total, a page's foot or the headings once more."""
        if list(map(_heading, row.cells)) == list(map(_heading, self.top.cells)):
            return True
        return not self._has_class(row) and bool(_FOOT.match(start))

    def _refuse_formulas(self, row: Row) -> None:
        for field, column in self.columns.items():
            if roster_file.is_formula(row.cell(column)):
                place = self.rows.place(row.line, column, self.headings[field])
                raise FileError(
                    f"{place} holds a formula. Copy the sheet, paste it as values "
                    "only, and choose that file."
                )

    def _has_class(self, row: Row) -> bool:
        return bool(self._cell(row, "class"))

    def _class_names(self, row: Row) -> list[str]:
        """Return the classes of a cell, each once."""
        parts = re.split(r"[;,|\n]", row.cell(self.columns["class"]))
        return list(
            dict.fromkeys(name for name in map(clean, parts) if name.strip("-–—"))
        )

    def _line(self, row: Row, classes: tuple[str, ...]) -> Line:
        first, last, preferred = self._names(row)
        upn = self._cell(row, "upn").replace(" ", "").upper()
        fault = check_upn(upn) if upn else ""
        if fault:
            raise LineError(self.headings["upn"], fault, AT_SOURCE)
        admission = self._admission(row)
        year = self._year(row)
        if not classes:
            raise LineError(
                self.headings["class"], "The class is missing.", "Fill it in."
            )
        if any(len(name) > LONGEST_CLASS for name in classes):
            raise LineError(
                self.headings["class"],
                f"The name of the class has more than {LONGEST_CLASS} characters.",
                "Shorten it.",
            )
        left_on = self._date(row)
        return Line(
            row.line, first, last, preferred, upn, admission, year, classes, left_on
        )

    def _refusal(self, row: Row, why: LineError) -> Refusal:
        parts = ("first", "preferred", "last", "name")
        name = frozenset(fold(self._cell(row, field)) for field in parts) - {""}
        return Refusal(
            row.line,
            why.column,
            why.reason,
            why.cure,
            self._cell(row, "upn").upper(),
            self._cell(row, "admission"),
            name,
        )

    def _names(self, row: Row) -> tuple[str, str, str | None]:
        if {"first", "last"} <= self.columns.keys():
            first, last = self._name(row, "first"), self._last(row)
        else:
            first, last = self._split(row)
        if "preferred" not in self.columns:
            return first, last, None
        preferred = self._name(row, "preferred", needed=False)
        if self.headings["preferred"].lower() == "known as":
            preferred, last = _known_as(preferred, last)
        return first, last, "" if preferred == first else preferred

    def _last(self, row: Row) -> str:
        if not self._cell(row, "last") and "legal last" in self.columns:
            return self._name(row, "legal last")
        return self._name(row, "last")

    def _split(self, row: Row) -> tuple[str, str]:
        """Return first and last name of one column: “Surname, Forename”, or two words."""
        text = self._name(row, "name")
        last, comma, first = (part.strip() for part in text.partition(","))
        if not comma:
            first, _blank, last = text.partition(" ")
        if not first or not last:
            raise LineError(
                self.headings["name"],
                f"“{text}” is only one word.",
                "Write it as “Surname, Forename”.",
            )
        return first, last

    def _name(self, row: Row, field: str, needed: bool = True) -> str:
        text, heading = self._cell(row, field), self.headings[field]
        if not text and needed:
            words = {"first": "first name", "name": "name"}.get(field, "surname")
            raise LineError(heading, f"The {words} is missing.", "Fill it in.")
        if roster_file.is_damaged(text):
            raise LineError(
                heading,
                f"“{text}” holds damaged letters.",
                "Save the file as “CSV UTF-8” where it comes from and choose it again.",
            )
        if text and not any(sign.isalpha() for sign in text):
            raise LineError(
                heading,
                f"“{text[:LONGEST_NAME]}” is not a name.",
                "Look whether the columns have slipped.",
            )
        if len(text) > LONGEST_NAME:
            raise LineError(
                heading,
                f"The name has more than {LONGEST_NAME} characters.",
                "Shorten it.",
            )
        return text

    def _admission(self, row: Row) -> str:
        text = self._cell(row, "admission").upper()
        if _SHORTENED.fullmatch(text):
            raise LineError(
                self.headings["admission"],
                f"“{text}” is a number that a spreadsheet has shortened.",
                "Give the column the format “Text” and export it again.",
            )
        if len(text) > LONGEST_NUMBER:
            raise LineError(
                self.headings["admission"],
                f"The number has more than {LONGEST_NUMBER} characters.",
                AT_SOURCE,
            )
        # Nothing but noughts tells nobody apart.
        return text if admission_key(text) else ""

    def _year(self, row: Row) -> int | None:
        text = self._cell(row, "year")
        if not text:
            return None
        found = _YEAR.fullmatch(text)
        if found is None or int(found[1]) not in YEARS:
            raise LineError(
                self.headings["year"],
                f"“{text[:LONGEST_NAME]}” is not a year from 7 to 11.",
                "Correct it, or delete the line.",
            )
        return int(found[1])

    def _date(self, row: Row) -> datetime.date | None:
        text = self._cell(row, "left")
        if not text:
            return None
        words = re.sub(r"[ T]\d{2}:\d{2}.*", "", text)
        for form in _DATES:
            try:
                return datetime.datetime.strptime(words, form).date()  # noqa: DTZ007 (a day)
            except ValueError:
                continue
        raise LineError(
            self.headings["left"],
            f"“{text[:LONGEST_NAME]}” is not a date.",
            "Write it like 04/09/2026.",
        )


def _known_as(text: str, last: str) -> tuple[str, str]:
    """Return preferred first and last name of a column that holds both."""
    if fold(text).endswith(fold(last)) and len(text) > len(last):
        return text[: -len(last)].strip(), last
    first, _blank, other = text.rpartition(" ")
    return (first, other) if first else (text, last)

"""A figure's data: CSV as its author typed it → rows to draw (pure).

The first line names the columns. Whatever is wrong is said as a `FigureError`, one
plain sentence with its place.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST_ROWS = 60

_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)


class FigureError(ValueError):
    """What is wrong with a figure, as a sentence for its author."""

    def __init__(
        self, reason: str, line: int | None = None, column: str | None = None
    ) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        place = f"Line {line}: " if line else ""
        place = f"Line {line}, column “{column}”: " if column else place
        super().__init__(place + reason)


class Row(NamedTuple):
    """A line of the data: its number in the text, and its cells by column."""

    line: int
    cells: dict[str, str]

    def words(self, column: str) -> str:
        """Return the cell, which must not be empty."""
        if not self.cells[column]:
            raise FigureError("this cell must not be empty.", self.line, column)
        return self.cells[column]

    def number(self, column: str) -> float | None:
        """Return the cell's number, None if it is empty."""
        cell = self.cells[column]
        if not cell:
            return None
        if not _NUMBER.fullmatch(cell):
            raise FigureError(
                f"“{cell}” is not a number. Numbers are plain digits, as in 1344923.",
                self.line,
                column,
            )
        return float(cell)

    def amount(self, column: str) -> float | None:
        """Return the cell's number, which must not be negative; None if empty."""
        number = self.number(column)
        if number is not None and number < 0:
            raise FigureError("the number is less than 0.", self.line, column)
        return number

    def between(self, column: str, low: float, high: float) -> float:
        """Return the cell's number, which must be there and in bounds."""
        self.words(column)
        number = self.number(column)
        if number is None or not low <= number <= high:
            raise FigureError(
                f"the number must be from {low:g} to {high:g}.", self.line, column
            )
        return number


class Table(NamedTuple):
    """What a page shows as a table; every row has as many cells as headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Sheet(NamedTuple):
    """The columns in order, each with its role, and the rows."""

    roles: dict[str, str]
    rows: list[Row]

    @property
    def first(self) -> str:
        """The column that names the rows."""
        return next(iter(self.roles))

    def columns(self, role: str, least: int = 1, most: int = 1) -> list[str]:
        """Return the columns of a role, of which there must be so many."""
        found = [name for name, own in self.roles.items() if own == role]
        if not least <= len(found) <= most:
            raise FigureError(
                f"{len(found)} columns have the role {role}, but there must be "
                + (f"{least} to {most}." if least < most else f"{most}.")
            )
        return found

    def amounts(self, column: str) -> list[float | None]:
        return [row.amount(column) for row in self.rows]

    def table(self) -> Table:
        """Return every cell as a table shows it."""
        return Table(
            tuple(self.roles),
            tuple(
                tuple(
                    cell if name == self.first else shown(cell)
                    for name, cell in row.cells.items()
                )
                for row in self.rows
            ),
        )


def largest(columns: Iterable[Sequence[float | None]]) -> float:
    """Return the largest of the numbers, which must be above 0."""
    found = max((number or 0 for numbers in columns for number in numbers), default=0)
    if not found:
        raise FigureError("There is no number above 0 to draw.")
    return found


def shown(cell: str) -> str:
    """Return 1,344,923 for 1344923, a dash for nothing, and words as they are.

    An order's number such as 00447 is not a number to count with."""
    if not _NUMBER.fullmatch(cell) or re.match(r"-|0\d", cell):
        return cell or "–"
    whole, point, rest = cell.partition(".")
    return f"{int(whole):,}{point}{rest}"


def read(data: str, roles: Sequence[str]) -> Sheet:
    """Read data of which each column but the first has a role: the first of `roles`
    unless its heading ends in another, as in `Prisons | table`."""
    lines = _lines(data)
    columns: dict[str, str] = {}
    first, headings = lines[0]
    for place, heading in enumerate(headings):
        name, bar, role = (part.strip() for part in heading.partition("|"))
        name = name[:1].upper() + name[1:].replace("_", " ")
        if not name:
            raise FigureError(f"column {place + 1} has no name.", first)
        if name in columns:
            raise FigureError("there are two columns of this name.", first, name)
        if bar and (role not in roles or not place):
            raise FigureError(
                f"“{role}” is no role here. After the first column there are: "
                f"{', '.join(roles)}.",
                first,
                name,
            )
        columns[name] = role or (roles[0] if place else "")
    return Sheet(columns, _rows(lines, list(columns)))


def read_named(data: str, names: Sequence[str]) -> Sheet:
    """Read data that have exactly the columns named, in any order."""
    lines = _lines(data)
    first, headings = lines[0]
    for name in names:
        if name not in headings:
            raise FigureError("this column is missing.", first, name)
    for name in headings:
        if name not in names or headings.count(name) > 1:
            raise FigureError("this column has no place here.", first, name)
    return Sheet(dict.fromkeys(headings, ""), _rows(lines, headings))


def _lines(data: str) -> list[tuple[int, list[str]]]:
    """Return the lines that are not blank, each with its number."""
    reader = csv.reader(io.StringIO(data.removeprefix("\ufeff")), strict=True)
    try:
        lines = [([cell.strip() for cell in row], reader.line_num) for row in reader]
    except csv.Error as fault:
        raise FigureError(f"this is not CSV ({fault}).", reader.line_num) from fault
    lines = [(cells, number) for cells, number in lines if any(cells)]
    if not lines:
        raise FigureError("There are no data. The first line names the columns.")
    return [(number, cells) for cells, number in lines]


def _rows(lines: list[tuple[int, list[str]]], names: list[str]) -> list[Row]:
    rows: list[Row] = []
    for number, cells in lines[1:]:
        if len(cells) != len(names):
            raise FigureError(
                f"{len(cells)} cells, but {len(names)} columns have a name.", number
            )
        if len(rows) == MOST_ROWS:
            raise FigureError(f"there are more than {MOST_ROWS} rows.", number)
        rows.append(Row(number, dict(zip(names, cells, strict=True))))
        rows[-1].words(names[0])
    if not rows:
        raise FigureError("There are no rows below the names of the columns.")
    return rows

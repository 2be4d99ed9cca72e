"""Who each line of a roster is (pure): by number, else by a person's choice.

A name alone never decides. Lines that say precisely what the last roster said of the
students of that name need no decision, because nothing follows from it.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from people.roster import (
    AT_SOURCE,
    Line,
    Refusal,
    Roster,
    admission_key,
    exam_year,
    fold,
    year_in_class,
)

# More people of one name than a person can choose from.
MOST_OPTIONS = 8
NEW, LEAVE = "new", "leave"

ClassKey = tuple[str, int]


class Names(NamedTuple):
    first: str
    preferred: str
    last: str

    @property
    def full(self) -> str:
        nickname = f" “{self.preferred}”" if self.preferred else ""
        return f"{self.first}{nickname} {self.last}".strip()

    @property
    def parts(self) -> frozenset[str]:
        return frozenset(map(fold, self)) - {""}

    @property
    def keys(self) -> set[tuple[str, str]]:
        """The names under which this person may stand in a list."""
        firsts = {fold(self.first), fold(self.preferred)} - {""}
        return {(first, fold(self.last)) for first in firsts}


class Known(NamedTuple):
    """A student of the school. `roster` is what the last roster said, if any did."""

    id: int
    username: str
    names: Names
    upn: str
    admission: str
    classes: frozenset[ClassKey]
    is_open: bool
    has_left: bool
    roster: Names | None
    roster_classes: frozenset[ClassKey]

    @property
    def who(self) -> str:
        return f"{self.names.full} ({self.username})"

    @property
    def value(self) -> str:
        """What stands for this student among the options of a doubt."""
        return f"={self.username}" if self.username in (NEW, LEAVE) else self.username

    @property
    def has_number(self) -> bool:
        return bool(self.upn or self.admission)

    @property
    def all_parts(self) -> frozenset[str]:
        return self.names.parts | (self.roster.parts if self.roster else frozenset())

    @property
    def all_keys(self) -> set[tuple[str, str]]:
        return self.names.keys | (self.roster.keys if self.roster else set())


class School(NamedTuple):
    """What is known before a roster comes; `classes` holds names as they stand."""

    students: list[Known]
    usernames: frozenset[str]
    classes: dict[ClassKey, str]


@dataclass(eq=False)
class Entry:
    """A student of the file: one line, or several that mean the same.

    `number` is the line it is called by, which stays when lines join it.
    """

    number: int
    lines: list[int]
    first: str
    last: str
    preferred: str | None
    upn: str
    admission: str
    classes: set[ClassKey]
    left_on: datetime.date | None
    known: Known | None = None
    # Whether it is clear who it is, and whether it is no student of its own.
    is_settled: bool = False
    is_out: bool = False
    joined: "Entry | None" = None

    @property
    def names(self) -> Names:
        return Names(self.first, self.preferred or "", self.last)

    @property
    def key(self) -> tuple[str, str]:
        return (fold(self.first), fold(self.last))

    @property
    def where(self) -> str:
        return lines_in_words(self.lines)


class Option(NamedTuple):
    value: str
    words: str


@dataclass
class Doubt:
    """What a person has to choose; `key` names it in a form and on a command line."""

    key: str
    sentence: str
    options: list[Option]
    chosen: str = ""


@dataclass
class Matched:
    """The file's students, settled or not, and what was found on the way."""

    entries: list[Entry] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    class_names: dict[ClassKey, str] = field(default_factory=dict)
    years_from_names: list[str] = field(default_factory=list)
    never_here: int = 0


def lines_in_words(lines: list[int]) -> str:
    if len(lines) == 1:
        return f"Line {lines[0]}"
    return f"Lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"


def match(
    roster: Roster,
    school: School,
    today: datetime.date,
    choices: Mapping[str, str],
    cohort: int | None = None,
) -> Matched:
    """Say of each line who it is. `cohort` is for classes that tell no exam year."""
    matcher = _Matcher(roster, school, today, choices)
    matcher.refuse_shared_numbers()
    matcher.name_classes(cohort)
    matcher.merge()
    matcher.settle_numbered()
    matcher.settle_loose()
    matcher.result.entries = sorted(
        (entry for entry in matcher.result.entries if not entry.is_out),
        key=lambda entry: entry.lines[0],
    )
    matcher.result.refusals.sort(key=lambda refusal: refusal.line)
    matcher.result.doubts.sort(key=lambda doubt: int(doubt.key))
    return matcher.result


class _Matcher:
    def __init__(
        self,
        roster: Roster,
        school: School,
        today: datetime.date,
        choices: Mapping[str, str],
    ):
        self.roster = roster
        self.school = school
        self.today = today
        self.choices = choices
        self.lines = roster.lines
        self.result = Matched(refusals=list(roster.refusals))
        self.numbered: list[Entry] = []
        self.loose: list[Entry] = []
        self.used: dict[int, Entry] = {}
        self.by_value = {known.value: known for known in school.students}
        self.by_upn = {k.upn: k for k in school.students if k.upn}
        self.by_admission = {
            admission_key(k.admission): k for k in school.students if k.admission
        }
        self.by_name: dict[tuple[str, str], list[Known]] = {}
        for known in school.students:
            for key in known.all_keys:
                self.by_name.setdefault(key, []).append(known)

    # Lines among themselves

    def refuse_shared_numbers(self) -> None:
        """Refuse lines that share a number and are not the same person."""
        for name, words, number in (
            ("upn", "UPN", lambda line: line.upn),
            ("admission", "admission number", lambda line: _key(line.admission)),
        ):
            groups: dict[str, list[Line]] = {}
            for line in self.lines:
                if number(line):
                    groups.setdefault(number(line), []).append(line)
            for group in groups.values():
                self._refuse_group(group, self.roster.headings[name], words)
            self._forget_refused()

    def _refuse_group(self, group: list[Line], column: str, words: str) -> None:
        first = group[0]
        others = [line for line in group if _differs(first, line)]
        if not others:
            return
        for line in group:
            other = others[0] if not _differs(first, line) else first
            what = "another name" if _name(line) != _name(other) else "another UPN"
            self._refuse(
                line, column, f"Line {other.number} has the same {words} and {what}."
            )

    def _refuse(
        self, line: Line, column: str, reason: str, cure: str = AT_SOURCE
    ) -> None:
        self.result.refusals.append(
            Refusal(
                line.number, column, reason, cure, line.upn, line.admission,
                Names(line.first, line.preferred or "", line.last).parts,
            )
        )  # fmt: skip

    def _forget_refused(self) -> None:
        refused = {refusal.line for refusal in self.result.refusals}
        self.lines = [line for line in self.lines if line.number not in refused]

    def name_classes(self, cohort: int | None) -> None:
        """Give each class of the file its exam year, or refuse its lines."""
        years: dict[str, Counter[int]] = {}
        spelt: dict[str, str] = {}
        for line in self.lines:
            for name in line.classes:
                spelt.setdefault(name.lower(), name)
                counts = years.setdefault(name.lower(), Counter())
                if line.year:
                    counts[line.year] += 1
        self.cohorts: dict[str, int] = {}
        for name, counts in years.items():
            found = self._cohort(name, counts, cohort)
            if found is not None:
                self.cohorts[name] = found
                key = (name, found)
                self.result.class_names[key] = self.school.classes.get(key, spelt[name])
        for line in self.lines:
            lost = [name for name in line.classes if name.lower() not in self.cohorts]
            if lost:
                self._refuse(
                    line,
                    self.roster.headings["class"],
                    f"The exam year of “{lost[0]}” cannot be told.",
                    "Fill in the column “Year”, or choose an exam year with the file.",
                )
        self._forget_refused()

    def _cohort(self, name: str, years: Counter[int], cohort: int | None) -> int | None:
        if years:
            # Of a tie the younger year: its exam is further away.
            year = min(years, key=lambda year: (-years[year], year))
            return exam_year(year, self.today)
        year_in_name = year_in_class(name)
        if year_in_name:
            self.result.years_from_names.append(name)
            return exam_year(year_in_name, self.today)
        if cohort:
            return cohort
        known = [key[1] for key in self.school.classes if key[0] == name]
        return known[0] if len(known) == 1 else None

    def merge(self) -> None:
        """Make one entry of the lines that share a number.

        Lines with both numbers come first, so that one with either finds them.
        """
        by_number: dict[tuple[str, str], Entry] = {}
        for line in sorted(
            self.lines, key=lambda line: not (line.upn and line.admission)
        ):
            keys = [
                (kind, number)
                for kind, number in (
                    ("upn", line.upn), ("admission", _key(line.admission)),
                )
                if number
            ]  # fmt: skip
            entry = next((by_number[key] for key in keys if key in by_number), None)
            made = self._entry(line)
            if entry is None:
                entry = made
                (self.numbered if keys else self.loose).append(entry)
                self.result.entries.append(entry)
            else:
                _absorb(entry, made)
                entry.number = entry.lines[0]
            by_number.update(dict.fromkeys(keys, entry))

    def _entry(self, line: Line) -> Entry:
        return Entry(
            line.number,
            [line.number],
            line.first,
            line.last,
            line.preferred,
            line.upn,
            line.admission,
            {(name.lower(), self.cohorts[name.lower()]) for name in line.classes},
            line.left_on if line.left_on and line.left_on <= self.today else None,
        )

    # Lines and students

    def settle_numbered(self) -> None:
        for entry in self.numbered:
            by_upn = self.by_upn.get(entry.upn)
            by_admission = self.by_admission.get(_key(entry.admission))
            if by_upn and by_admission and by_upn is not by_admission:
                self._drop(
                    entry,
                    "admission",
                    f"The UPN belongs to {by_upn.who} and the admission number to "
                    f"{by_admission.who}.",
                )
                continue
            known = by_upn or by_admission
            if known is None:
                self._settle_unnumbered(entry)
            elif known.all_parts & entry.names.parts:
                self._settle(entry, known)
            else:
                words = "UPN" if known is by_upn else "admission number"
                self._ask(
                    entry,
                    f"The {words} belongs to {known.who}, and no part of the name is "
                    "the same.",
                    [Option(known.value, "the same student under another name")],
                )

    def settle_loose(self) -> None:
        """Settle lines without a number, all of one name together."""
        groups: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.loose:
            groups.setdefault(entry.key, []).append(entry)
        of_numbered: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.numbered:
            of_numbered.setdefault(entry.key, []).append(entry)
        for key, group in groups.items():
            if self._settle_as_before(key, group):
                continue
            earlier = list(of_numbered.get(key, ()))
            for entry in group:
                self._settle_unnumbered(entry, earlier)
                earlier.append(entry)

    def _settle_as_before(self, key: tuple[str, str], group: list[Entry]) -> bool:
        """Settle lines that say what the last roster said of the same students."""
        same = self._of_name(key)
        told = [known for known in same if known.roster and not known.has_number]
        if len(told) != len(same) or any(entry.left_on for entry in group):
            return False
        left = list(told)
        pairs = []
        for entry in group:
            found = next((k for k in left if k.roster_classes == entry.classes), None)
            if found is not None:
                left.remove(found)
                pairs.append((entry, found))
        if len(pairs) == len(group) and not left:
            for entry, known in pairs:
                self._settle(entry, known)
            return True
        together = set().union(*(entry.classes for entry in group))
        if len(told) != 1 or told[0].roster_classes != together:
            return False
        for entry in group[1:]:
            self._join(group[0], entry)
        self._settle(group[0], told[0])
        return True

    def _settle_unnumbered(self, entry: Entry, earlier: Iterable[Entry] = ()) -> None:
        """Settle an entry whose numbers, if any, are nobody's: a name is at most a
        reason to ask."""
        same = [known for known in self._of_name(entry.key) if _agrees(entry, known)]
        options = [
            Option(
                f"line {other.number}",
                f"the student of line {other.number}, written twice",
            )
            for other in list(earlier)[:MOST_OPTIONS]
        ]
        reasons = []
        if options:
            line = options[0].value.capitalize()
            reasons.append(f"{line} has the same name, and no number tells them apart.")
        if same:
            reasons.append(
                "A student of this name is here, and no number says whether it is the "
                "same."
            )
        options += [
            Option(known.value, f"the same as {known.who}{self._classes_of(known)}")
            for known in same[:MOST_OPTIONS]
        ]
        if options:
            if entry.left_on is None:
                options.append(Option(NEW, "another student"))
            self._ask(entry, " ".join(reasons), options, earlier)
        elif entry.left_on is not None:
            self.result.never_here += 1
        else:
            entry.is_settled = True

    def _ask(
        self,
        entry: Entry,
        sentence: str,
        options: list[Option],
        earlier: Iterable[Entry] = (),
    ) -> None:
        """Ask who an entry is, or do what was chosen."""
        options = [*options, Option(LEAVE, "leave this line out")]
        key = str(entry.number)
        chosen = self.choices.get(key, "")
        if chosen not in {option.value for option in options}:
            chosen = ""
        named = f"{entry.where}: {entry.names.full}, {self._words(entry.classes)}."
        self.result.doubts.append(Doubt(key, f"{named} {sentence}", options, chosen))
        if chosen == NEW:
            entry.is_settled = True
        elif chosen in self.by_value:
            self._settle(entry, self.by_value[chosen])
        elif chosen.startswith("line "):
            line = int(chosen.removeprefix("line "))
            self._join(next(e for e in earlier if e.number == line), entry)

    def _settle(self, entry: Entry, known: Known) -> None:
        other = self.used.setdefault(known.id, entry)
        if other is not entry:
            self._drop(
                entry,
                "upn" if entry.upn else "admission" if entry.admission else "",
                f"Line {other.number} stands for {known.who} already.",
            )
            return
        entry.known, entry.is_settled = known, True

    def _join(self, entry: Entry, other: Entry) -> None:
        while entry.joined is not None:
            entry = entry.joined
        _absorb(entry, other)
        other.joined, other.is_out = entry, True

    def _drop(self, entry: Entry, name: str, reason: str) -> None:
        headings = self.roster.headings
        column = headings[name or ("last" if "last" in headings else "name")]
        entry.is_out = True
        for line in entry.lines:
            self.result.refusals.append(
                Refusal(
                    line, column, reason, AT_SOURCE, entry.upn, entry.admission,
                    entry.names.parts,
                )
            )  # fmt: skip

    def _of_name(self, key: tuple[str, str]) -> list[Known]:
        return self.by_name.get(key, [])

    def _classes_of(self, known: Known) -> str:
        return f", {self._words(known.classes)}" if known.classes else ""

    def _words(self, keys: Iterable[ClassKey]) -> str:
        return class_words(keys, self.result.class_names, self.school.classes)


def class_words(
    keys: Iterable[ClassKey],
    *names: Mapping[ClassKey, str],
) -> str:
    """Return classes by name: “10B/Hi1 and 10B/Hi2”."""
    found = sorted(
        next((known[key] for known in names if key in known), key[0]) for key in keys
    )
    if len(found) < 2:
        return "".join(found) or "no class"
    return f"{', '.join(found[:-1])} and {found[-1]}"


def _key(number: str) -> str:
    return admission_key(number)


def _name(line: Line) -> tuple[str, str]:
    return (fold(line.first), fold(line.last))


def _differs(one: Line, other: Line) -> bool:
    """Whether two lines that share a number are different people."""
    if _name(one) != _name(other):
        return True
    return bool(one.upn and other.upn and one.upn != other.upn)


def _agrees(entry: Entry, known: Known) -> bool:
    """Whether no number speaks against an entry being this student."""
    if entry.upn and known.upn:
        return False
    return not (entry.admission and known.admission)


def _absorb(entry: Entry, other: Entry) -> None:
    entry.lines = sorted([*entry.lines, *other.lines])
    entry.classes |= other.classes
    entry.upn = entry.upn or other.upn
    entry.admission = entry.admission or other.admission
    entry.preferred = entry.preferred or other.preferred
    if other.left_on is None:
        entry.left_on = None

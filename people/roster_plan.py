"""What a roster would change (pure): new, moved, renamed, left, and what stays.

A file says what the office knows; an edit made here says what a teacher knows. Each
value is compared with what the last roster said: where only one side has changed,
that side counts, and where both have, a person chooses. So the same file again
changes nothing and undoes nobody's edit.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from people.roster import Refusal, Roster, admission_key, fold
from people.roster_match import (
    ClassKey,
    Doubt,
    Entry,
    Known,
    Matched,
    Names,
    Option,
    School,
    class_words,
    match,
)

LONGEST_PART = 20
# From so many on, most of a class leaving is more likely a file that was cut short.
MANY = 5
FROM_FILE, FROM_HERE = "file", "here"
_NAME_WORDS = {"first": "first name", "preferred": "preferred name", "last": "surname"}


@dataclass
class Change:
    """What becomes of one student. `known` is None for a new one.

    `memory` is what the next roster is compared with.
    """

    known: Known | None
    username: str
    names: Names
    upn: str
    admission: str
    joins: frozenset[ClassKey]
    leaves: frozenset[ClassKey]
    memory: Names
    memory_classes: frozenset[ClassKey]
    opens: bool = False
    closes: bool = False


@dataclass
class Plan:
    """A roster against the school: changes to make, and the letter's sentences."""

    changes: list[Change] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    recognised: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    new_classes: dict[ClassKey, str] = field(default_factory=dict)
    unchanged: int = 0
    lines: int = 0

    @property
    def open_doubts(self) -> list[Doubt]:
        return [doubt for doubt in self.doubts if not doubt.chosen]

    @property
    def says_something(self) -> bool:
        """Whether the letter names anything that would be different."""
        return any(
            (self.new, self.recognised, self.back, self.moved, self.renamed,
             self.numbers, self.left)
        )  # fmt: skip

    @property
    def can_be_applied(self) -> bool:
        return self.says_something and not self.open_doubts


def make_plan(
    roster: Roster,
    school: School,
    today: datetime.date,
    choices: Mapping[str, str],
    cohort: int | None = None,
    only: str = "",
) -> Plan:
    matched = match(roster, school, today, choices, cohort)
    planner = _Planner(roster, school, matched, choices, only)
    for entry in matched.entries:
        if entry.is_settled and entry.known is None:
            planner.add(entry)
        elif entry.is_settled:
            planner.compare(entry, entry.known)
    planner.let_go()
    planner.finish()
    return planner.plan


class Usernames:
    """Makes user names that nobody has: nfletcher28, then nofletcher28, and so on.

    They are made of the name that is used, in letters that every keyboard has.
    """

    def __init__(self, taken: Iterable[str]):
        self.taken = set(taken)
        self.numbers: dict[str, int] = {}

    def make(self, names: Names, cohort: int) -> str:
        first = _plain(names.preferred or names.first)
        last = _plain(names.last)
        year = f"{cohort % 100:02}"
        if not last:
            first, last = "", first or "student"
        stems = [f"{first[:n]}{last}{year}" for n in range(1, len(first) + 1)]
        stems = stems or [f"{last}{year}"]
        username = next((stem for stem in stems if stem not in self.taken), None)
        if username is None:
            username = self._numbered(stems[0])
        self.taken.add(username)
        return username

    def _numbered(self, stem: str) -> str:
        number = self.numbers.get(stem, 2)
        while f"{stem}-{number}" in self.taken:
            number += 1
        self.numbers[stem] = number
        return f"{stem}-{number}"


def _plain(name: str) -> str:
    return "".join(sign for sign in fold(name) if sign.isascii())[:LONGEST_PART]


class _Shield(NamedTuple):
    """Whom a line that is left out may have meant: they do not leave by it."""

    upns: set[str]
    admissions: set[str]
    names: dict[str, list[frozenset[str]]]

    def covers(self, known: Known) -> bool:
        if known.upn in self.upns or admission_key(known.admission) in self.admissions:
            return True
        for first, last in known.all_keys:
            whole = {first + last, last + first}
            if any(part in self.names for part in whole):
                return True
            if any(first in parts for parts in self.names.get(last, ())):
                return True
        return False


class _Planner:
    def __init__(
        self,
        roster: Roster,
        school: School,
        matched: Matched,
        choices: Mapping[str, str],
        only: str,
    ):
        self.roster = roster
        self.school = school
        self.matched = matched
        self.choices = choices
        self.only_typed = only.strip()
        self.only = self.only_typed.casefold()
        self.usernames = Usernames(school.usernames)
        self.seen: set[int] = set()
        self.covered: set[ClassKey] = set()
        self.plan = Plan(
            doubts=list(matched.doubts),
            refusals=matched.refusals,
            lines=len(roster.lines) + len(roster.refusals),
        )
        for entry in matched.entries:
            if entry.left_on is None:
                self.covered |= entry.classes

    def _words(self, keys: Iterable[ClassKey]) -> str:
        return class_words(keys, self.matched.class_names, self.school.classes)

    def _is_wanted(self, key: ClassKey) -> bool:
        """Whether this file says anything about a class at all."""
        return self.only in key[0].casefold()

    # One student

    def add(self, entry: Entry) -> None:
        cohort = max(key[1] for key in entry.classes)
        username = self.usernames.make(entry.names, cohort)
        classes = frozenset(entry.classes)
        self.plan.new.append(
            f"{entry.where}: {entry.names.full}, {self._words(classes)}. "
            f"User name: {username}."
        )
        self.plan.changes.append(
            Change(
                None, username, entry.names, entry.upn, entry.admission, classes,
                frozenset(), entry.names, classes,
            )
        )  # fmt: skip

    def compare(self, entry: Entry, known: Known) -> None:
        """Compare a student with the file and say what differs."""
        self.seen.add(known.id)
        if entry.left_on is not None:
            self._leave(known, known.roster_classes, entry)
            return
        before = self._count()
        if known.roster is None:
            self.plan.recognised.append(f"{entry.where}: {known.who}.")
        names, memory = self._compare_names(entry, known)
        upn, admission = self._compare_numbers(entry, known)
        joins, leaves = self._compare_classes(entry, known)
        if known.has_left:
            self.plan.back.append(
                f"{entry.where}: {known.who}, {self._words(entry.classes)}. "
                "The account opens again."
            )
        if self._count() == before:
            self.plan.unchanged += 1
        kept_away = {key for key in known.roster_classes if not self._is_wanted(key)}
        self.plan.changes.append(
            Change(
                known, known.username, names, upn, admission, joins, leaves, memory,
                frozenset(entry.classes | kept_away), opens=known.has_left,
            )
        )  # fmt: skip

    def _count(self) -> int:
        plan = self.plan
        said = (
            plan.recognised, plan.back, plan.moved, plan.renamed, plan.numbers,
            plan.kept, plan.left, plan.doubts,
        )  # fmt: skip
        return sum(map(len, said))

    def _compare_names(self, entry: Entry, known: Known) -> tuple[Names, Names]:
        """Return the names to have, and those to remember."""
        told = entry.names
        if entry.preferred is None:
            # No such column: the file says nothing about it.
            last_told = known.roster.preferred if known.roster else ""
            told = told._replace(preferred=last_told)
        result, conflicts = known.names, []
        for part, value in told._asdict().items():
            here = getattr(known.names, part)
            last_told = getattr(known.roster, part) if known.roster else None
            if value == here or (last_told is None and not value):
                continue
            if last_told is None or last_told == here:
                result = result._replace(**{part: value})
            elif last_told == value:
                self.plan.kept.append(
                    f"{entry.where}: {known.who}: the {_NAME_WORDS[part]} is "
                    f"{_quoted(here)} here and {_quoted(value)} in the file."
                )
            else:
                conflicts.append(part)
        if conflicts:
            result = self._ask_names(entry, known, told, result, conflicts)
        if result != known.names:
            self.plan.renamed.append(
                f"{entry.where}: {known.who} is now {result.full}."
            )
        return result, told

    def _ask_names(
        self, entry: Entry, known: Known, told: Names, result: Names, parts: list[str]
    ) -> Names:
        """Ask which name counts where it has changed on both sides."""
        key = f"{entry.number} name"
        chosen = self.choices.get(key, "")
        said = " ".join(
            f"The {_NAME_WORDS[part]} was edited here and has changed in the file: "
            f"{_quoted(getattr(known.names, part))} here, "
            f"{_quoted(getattr(told, part))} in the file."
            for part in parts
        )
        self.plan.doubts.append(
            Doubt(
                key,
                f"{entry.where}: {known.who}. {said}",
                [
                    Option(FROM_FILE, "take the name of the file"),
                    Option(FROM_HERE, "keep the name as it is here"),
                ],
                chosen if chosen in (FROM_FILE, FROM_HERE) else "",
            )
        )
        if chosen == FROM_FILE:
            return result._replace(**{part: getattr(told, part) for part in parts})
        return result

    def _compare_numbers(self, entry: Entry, known: Known) -> tuple[str, str]:
        """Return the numbers to have: a file without one takes none away."""
        upn = entry.upn or known.upn
        admission = known.admission
        if admission_key(entry.admission) not in ("", admission_key(admission)):
            admission = entry.admission
        new = [
            words
            for words, is_new in (
                ("UPN", upn != known.upn),
                ("admission number", admission != known.admission),
            )
            if is_new
        ]
        if new:
            self.plan.numbers.append(
                f"{entry.where}: {known.who}: {' and '.join(new)}."
            )
        return upn, admission

    def _compare_classes(
        self, entry: Entry, known: Known
    ) -> tuple[frozenset[ClassKey], frozenset[ClassKey]]:
        """Return the classes to join and to leave."""
        told = frozenset(entry.classes)
        last_told = frozenset(filter(self._is_wanted, known.roster_classes))
        joins = told - last_told - known.classes
        leaves = (last_told - told) & known.classes
        if known.has_left:
            return told - known.classes, leaves
        if joins or leaves:
            words = (
                f"from {self._words(leaves)} to {self._words(joins)}"
                if joins and leaves
                else f"joins {self._words(joins)}"
                if joins
                else f"leaves {self._words(leaves)}"
            )
            self.plan.moved.append(f"{entry.where}: {known.who}: {words}.")
        after = frozenset(filter(self._is_wanted, (known.classes - leaves) | joins))
        if after != told:
            self.plan.kept.append(
                f"{entry.where}: {known.who}: in {self._words(after)} here and in "
                f"{self._words(told)} in the file."
            )
        return joins, leaves

    # Those who go

    def let_go(self) -> None:
        """Let those go whom the last roster put into a class of this file and who are
        not in it any more."""
        shield = self._shield()
        going: dict[ClassKey, int] = {}
        present: dict[ClassKey, int] = {}
        for known in self.school.students:
            for key in known.classes & self.covered:
                present[key] = present.get(key, 0) + 1
            classes = known.roster_classes & self.covered
            if not classes or known.id in self.seen or known.has_left:
                continue
            if shield.covers(known):
                continue
            self._leave(known, classes, None)
            for key in classes & known.classes:
                going[key] = going.get(key, 0) + 1
        for key, count in sorted(going.items()):
            if count >= MANY and count * 2 > present[key]:
                self.plan.notes.append(
                    f"Look twice: {count} of {present[key]} students of "
                    f"{self._words([key])} would leave. Is the file complete?"
                )

    def _shield(self) -> _Shield:
        shield = _Shield(set(), set(), {})
        unsettled = [
            (entry.upn, entry.admission, entry.names.parts)
            for entry in self.matched.entries
            if not entry.is_settled
        ]
        refused = [(row.upn, row.admission, row.name) for row in self.plan.refusals]
        for upn, admission, parts in (*unsettled, *refused):
            shield.upns.update({upn} - {""})
            shield.admissions.update({admission_key(admission)} - {""})
            for part in parts:
                shield.names.setdefault(part, []).append(parts)
        return shield

    def _leave(
        self, known: Known, classes: frozenset[ClassKey], entry: Entry | None
    ) -> None:
        """Let a student leave classes; without any, the account closes."""
        if known.has_left:
            self.plan.unchanged += 1
            return
        leaves = classes & known.classes
        stays = known.classes - leaves
        if entry is not None:
            day = f"{entry.left_on:%-d %b %Y}"
            start = f"{entry.where}: {known.who} left on {day}"
        else:
            start = f"{known.who} is not in the file"
        words = f": leaves {self._words(leaves)}" if leaves else ""
        end = (
            f" and stays in {self._words(stays)}." if stays else ". The account closes."
        )
        self.plan.left.append(f"{start}{words}{end}")
        self.plan.changes.append(
            Change(
                known, known.username, known.names, known.upn, known.admission,
                frozenset(), leaves, known.roster or known.names,
                known.roster_classes - classes, closes=not stays,
            )
        )  # fmt: skip

    def finish(self) -> None:
        """Name the classes to be made, and what was left out of the file."""
        plan = self.plan
        plan.new_classes = {
            key: self.matched.class_names[key]
            for key in sorted({key for change in plan.changes for key in change.joins})
            if key not in self.school.classes
        }
        plan.notes[:0] = [
            f"Line {line} is not a student and was left out: “{words}”."
            for line, words in self.roster.feet
        ]
        if self.matched.years_from_names:
            keys = [
                key
                for key in self.matched.class_names
                if key[0] in self.matched.years_from_names
            ]
            plan.notes.append(
                "The exam year was taken from the name of the class: "
                f"{self._words(keys)}."
            )
        if self.roster.other_classes:
            plan.notes.append(
                f"Left out: classes without “{self.only_typed}” in their name "
                f"({', '.join(self.roster.other_classes)})."
            )
        if self.matched.never_here:
            count = self.matched.never_here
            plan.notes.append(
                "Left out: 1 student who has left and was never here."
                if count == 1
                else f"Left out: {count} students who have left and were never here."
            )
        if self.roster.unread:
            plan.notes.append(f"Not read: {', '.join(self.roster.unread)}.")


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"

"""What changed between two texts, word by word (pure)."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"\s+|[^\s]+")


class Piece(NamedTuple):
    """A stretch of text: `kind` is "same", "added" or "removed"."""

    kind: str
    text: str


def words(before: str, after: str) -> list[Piece]:
    """Return the pieces of both texts in reading order.

    The pieces that are not "added" make up `before`, those that are not "removed"
    make up `after`, to the character.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(Piece("removed", "".join(old[a:b])))
        if c < d:
            pieces.append(Piece("added", "".join(new[c:d])))
    return pieces


class Row(NamedTuple):
    """One text in two versions: what each side shows, and whether they differ."""

    label: str
    before: list[Piece]
    after: list[Piece]
    is_changed: bool


def side_by_side(before: Mapping[str, str], after: Mapping[str, str]) -> list[Row]:
    """Return the texts of both versions by their labels, those of `after` first."""
    rows = []
    for label in dict.fromkeys([*after, *before]):
        old, new = before.get(label, ""), after.get(label, "")
        pieces = words(old, new)
        rows.append(
            Row(
                label,
                [piece for piece in pieces if piece.kind != "added"],
                [piece for piece in pieces if piece.kind != "removed"],
                old != new,
            )
        )
    return rows


def pairs(
    before: Sequence[T], after: Sequence[T], key: Callable[[T], object]
) -> list[tuple[T | None, T | None]]:
    """Return what belongs together: by key first, and what is left over in order."""
    old_by_key = {key(item): item for item in before}
    new_keys = {key(item) for item in after}
    left = [item for item in before if key(item) not in new_keys]
    found = []
    for item in after:
        if key(item) in old_by_key:
            found.append((old_by_key[key(item)], item))
        else:
            found.append((left.pop(0) if left else None, item))
    return found + [(item, None) for item in left]

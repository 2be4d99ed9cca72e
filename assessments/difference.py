"""What changed between two texts, word by word (pure)."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"\s+|\S+")
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?\n]+\s*|\Z)")
# Comparing costs a step for each pair of words that may belong together: this many take
# a third of a second. Longer texts are compared by sentences.
MOST_PAIRS = 3_000_000
# The same for one row of a list.
MOST_PAIRS_IN_SHORT = 40_000
# What a list shows of one stretch, and of the text around it.
LONGEST_STRETCH = 90
LONGEST_ROUND = 24
MOST_STRETCHES = 12


class Piece(NamedTuple):
    """A stretch of text: `kind` is "same", "added" or "removed"."""

    kind: str
    text: str


def words(before: str, after: str, most: int = MOST_PAIRS) -> list[Piece]:
    """Return the pieces of both texts in reading order.

    The pieces that are not "added" make up `before`, those that are not "removed"
    make up `after`, to the character.
    """
    for token in (_WORD, _SENTENCE):
        old, new = token.findall(before), token.findall(after)
        shared = min(len(old), len(new))
        head = _alike(old, new, shared)
        tail = _alike(old[::-1], new[::-1], shared - head)
        middle = old[head : len(old) - tail], new[head : len(new) - tail]
        if len(middle[0]) * len(middle[1]) <= most:
            return _joined(old[:head], *middle, old[len(old) - tail :])
    whole = (["".join(part)] for part in middle)
    return _joined(old[:head], *whole, old[len(old) - tail :])


def _alike(old: list[str], new: list[str], most: int) -> int:
    """Return with how many equal tokens both begin, at most `most`."""
    return next((n for n in range(most) if old[n] != new[n]), most)


def _joined(
    head: list[str], old: list[str], new: list[str], tail: list[str]
) -> list[Piece]:
    pieces, gone, come = [Piece("same", "".join(head))], "", ""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    stretches = matcher.get_opcodes()
    for place, (kind, a, b, c, d) in enumerate(stretches):
        same = "".join(old[a:b])
        # Changes and equal stretches take turns; a mere blank between two changes is
        # read as part of them.
        is_between = 0 < place < len(stretches) - 1
        if kind != "equal" or (is_between and same.isspace()):
            gone += same
            come += "".join(new[c:d])
            continue
        pieces += [Piece("removed", gone), Piece("added", come), Piece("same", same)]
        gone = come = ""
    pieces += [Piece("removed", gone), Piece("added", come)]
    pieces.append(Piece("same", "".join(tail)))
    return [piece for piece in pieces if piece.text]


class Change(NamedTuple):
    """What one text changed in another: words added and removed, and where, in short."""

    added: int
    removed: int
    pieces: list[Piece]


def change(before: str, after: str) -> Change:
    """Return what changed, cheaply enough for each row of a list."""
    pieces = words(before, after, MOST_PAIRS_IN_SHORT)
    counts = {
        kind: sum(len(piece.text.split()) for piece in pieces if piece.kind == kind)
        for kind in ("added", "removed")
    }
    return Change(**counts, pieces=_in_short(pieces))


def _in_short(pieces: list[Piece]) -> list[Piece]:
    """Return the changed stretches with a few words around each, the rest cut."""
    last = len(pieces) - 1
    if all(piece.kind == "same" for piece in pieces):
        return []
    short = []
    for place, (kind, text) in enumerate(pieces):
        most = LONGEST_ROUND if kind == "same" else LONGEST_STRETCH
        if kind == "same" and place == 0:
            text = text if len(text) <= most else f"…{text[-most:]}"
        elif kind == "same" and place == last:
            text = text if len(text) <= most else f"{text[:most]}…"
        elif len(text) > 2 * most:
            text = f"{text[:most]} … {text[-most:]}"
        short.append(Piece(kind, text))
    if len(short) > MOST_STRETCHES:
        short[MOST_STRETCHES:] = [Piece("same", "…")]
    return short


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


def same_ends(before: Sequence, after: Sequence) -> tuple[int, int]:
    """Return how many signs two texts share at their beginning, then at their end.

    Halving, for texts or bytes: comparing slices is quicker than comparing signs.
    """
    shared = min(len(before), len(after))
    head = _largest(shared, lambda n: before[:n] == after[:n])
    tail = _largest(
        shared - head, lambda n: before[len(before) - n :] == after[len(after) - n :]
    )
    return head, tail


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number up to `most` for which it holds; it holds for 0."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        if holds(middle):
            low = middle
        else:
            most = middle - 1
    return low

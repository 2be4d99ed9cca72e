"""What changed between two texts, word by word (pure)."""

import difflib
import re
from typing import NamedTuple

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

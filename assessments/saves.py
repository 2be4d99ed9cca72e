"""What a save must look like (pure): the one door for scripts and for the button.

Plain checks instead of a form: a class of thirty sends hundreds of these a minute,
and copying six form fields cost as much as storing the text.
"""

import re
from typing import NamedTuple

LONGEST_TEXT = 500_000
_TAB = re.compile(r"[\w-]{8,40}\Z", re.ASCII)
_HIGHEST = 2_000_000_000


class Save(NamedTuple):
    """One save: `base` is the version it follows from, None where nothing stood."""

    text: str
    part: str
    tab: str
    number: int
    base: int | None
    reader: int


class BadSaveError(ValueError):
    """A save that is refused: which field, and a sentence for people."""

    def __init__(self, field: str, sentence: str):
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def _whole(data: dict, field: str, highest: int) -> int:
    value = data.get(field)
    if type(value) is not int or not 0 <= value <= highest:
        raise BadSaveError(
            field, f"The save’s “{field}” is not a number that it can be."
        )
    return value


def base(data: dict) -> int | None:
    """Return the version that a text followed from, None where nothing stood."""
    return None if data.get("base") is None else _whole(data, "base", _HIGHEST)


def read(data: dict) -> Save:
    """Return the save in a JSON object; raises `BadSaveError` for the first bad field."""
    text, part, tab = data.get("text"), data.get("part"), data.get("tab")
    if not isinstance(text, str):
        raise BadSaveError("text", "The save holds no text.")
    if len(text) > LONGEST_TEXT:
        raise BadSaveError(
            "text", f"The text is longer than this site takes ({LONGEST_TEXT} signs)."
        )
    if part not in ("answer", "plan"):
        raise BadSaveError("part", "The save is neither for an answer nor for a plan.")
    if not isinstance(tab, str) or not _TAB.match(tab):
        raise BadSaveError("tab", "The save does not say which window it comes from.")
    return Save(
        text,
        part,
        tab,
        _whole(data, "number", _HIGHEST),
        base(data),
        _whole(data, "reader", 2**63 - 1),
    )

"""What a save must look like (pure): the one door for scripts and for the button.

Plain checks instead of a form: a class of thirty sends hundreds of these a minute,
and copying six form fields cost as much as storing the text.
"""

import json
import re
from typing import NamedTuple

from assessments import versions

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
    """A save that is refused: a code for scripts (docs/saving.md), and a sentence
    for people."""

    def __init__(self, code: str, sentence: str):
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def _object(pairs: list) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# Made once: `json.loads` with these hooks makes one for every save.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)


def parse(body: bytes) -> dict:
    """Return the JSON object that a save's body is; raises `BadSaveError`.

    Strict: which of two texts under one key was typed, nobody can know.
    """
    try:
        data = _DECODER.decode(body.decode())
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise BadSaveError("unreadable", "That was not a save. Reload the page.")
    return data


def plan_text(boxes: list) -> str:
    """Return a plan's boxes as one text, as a script's JSON.stringify writes it."""
    boxes = [versions.normalised(box) for box in boxes]
    return json.dumps(boxes, ensure_ascii=False, separators=(",", ":"))


def _is_plan(text: str) -> bool:
    """Whether every page can show it: boxes of text, without what no page can show."""
    try:
        boxes = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(boxes, list) and all(
        isinstance(box, str) and box == versions.normalised(box) for box in boxes
    )


def _whole(data: dict, field: str, highest: int) -> int:
    value = data.get(field)
    if type(value) is not int or not 0 <= value <= highest:
        raise BadSaveError(
            f"bad-{field}", f"The save’s “{field}” is not a number that it can be."
        )
    return value


def base(data: dict) -> int | None:
    """Return the version that a text followed from, None where nothing stood."""
    return None if data.get("base") is None else _whole(data, "base", _HIGHEST)


def read(data: dict) -> Save:
    """Return the save in an object; raises `BadSaveError` for the first bad field.

    A `checksum` is what the page says of the text that it sent. A form, without
    script, has none.
    """
    text, part, tab = data.get("text"), data.get("part"), data.get("tab")
    if not isinstance(text, str):
        raise BadSaveError("bad-text", "The save holds no text.")
    if len(text) > LONGEST_TEXT:
        raise BadSaveError(
            "bad-text",
            f"The text is longer than this site takes ({LONGEST_TEXT} signs).",
        )
    if part not in ("answer", "plan"):
        raise BadSaveError(
            "bad-part", "The save is neither for an answer nor for a plan."
        )
    if not isinstance(tab, str) or not _TAB.match(tab):
        raise BadSaveError(
            "bad-tab", "The save does not say which window it comes from."
        )
    text = versions.normalised(text)
    if "checksum" in data and data["checksum"] != versions.checksum(text):
        raise BadSaveError(
            "bad-checksum", "The text was changed on its way here. It is sent again."
        )
    if part == "plan" and not _is_plan(text):
        raise BadSaveError("bad-text", "The plan is not a list of texts.")
    return Save(
        text,
        part,
        tab,
        _whole(data, "number", _HIGHEST),
        base(data),
        _whole(data, "reader", 2**63 - 1),
    )

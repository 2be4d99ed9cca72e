"""What a rescue file must look like (pure): words that never reached the server.

A student's page writes one when nothing else helps; a teacher takes it in. Whose
words they are stands in the `seal`, which only the server can make and open
(`kept_texts`). The rest of the file is the student's word and proves nothing.
"""

import json
from typing import NamedTuple

from assessments import saves, versions

FORMAT = "classroom-rescue-1"
# An answer and a plan of the greatest length, with room for signs of several bytes.
LARGEST_FILE = 2_000_000
_PARTS = ("answer", "plan")
_LONGEST_SEAL = 200
_LONGEST_TIME = 40


class Text(NamedTuple):
    """One text of a file; `base` is the version that it followed from, if any."""

    text: str
    base: int | None


class Rescue(NamedTuple):
    """A file that holds what it says: texts by part, in the order of the parts."""

    seal: str
    saved_at: str
    parts: dict[str, Text]


class BadFileError(ValueError):
    """A file that cannot be taken in: a code, and a sentence for people."""

    def __init__(self, code: str, sentence: str):
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def read(data: bytes) -> Rescue:
    """Return what a rescue file holds; raises `BadFileError` for the first fault."""
    if len(data) > LARGEST_FILE:
        raise BadFileError(
            "too-large",
            "That file is larger than any rescue file (2 MB). Choose the file that "
            "the student’s page saved; its name begins with “rescue”.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFileError(
            "no-text",
            "That is not a rescue file: it is a picture, a document or a program. "
            "Choose the file that the student’s page saved.",
        ) from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFileError(
            "unreadable",
            "The file is cut off or damaged, or is not a rescue file. Ask the student "
            "to save it once more.",
        ) from None
    return _checked(found)


def _checked(found: object) -> Rescue:
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BadFileError(
            "other-format",
            f"That is not a rescue file of this site (its format is not {FORMAT}).",
        )
    seal, saved_at = found.get("seal"), found.get("saved_at", "")
    if not isinstance(seal, str) or not 0 < len(seal) <= _LONGEST_SEAL:
        raise BadFileError(
            "no-seal",
            "The file does not say whose words it holds: its seal is missing.",
        )
    if not isinstance(saved_at, str) or len(saved_at) > _LONGEST_TIME:
        raise BadFileError("bad-time", "The file’s time is not one.")
    parts = found.get("parts")
    if not isinstance(parts, dict) or not set(parts) <= set(_PARTS):
        raise BadFileError("no-parts", "The file holds no answer and no plan.")
    texts = {part: _text(part, parts[part]) for part in _PARTS if part in parts}
    if not any(_has_words(part, kept.text) for part, kept in texts.items()):
        raise BadFileError("empty", "The file holds no words, so nothing is missing.")
    return Rescue(
        versions.normalised(seal),
        versions.normalised(saved_at),
        {part: kept for part, kept in texts.items() if _has_words(part, kept.text)},
    )


def _text(part: str, found: object) -> Text:
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise BadFileError("bad-text", f"The file’s {part} is not a text.")
    if len(text) > saves.LONGEST_TEXT:
        raise BadFileError(
            "too-long",
            f"The file’s {part} is longer than this site takes "
            f"({saves.LONGEST_TEXT} signs).",
        )
    text = versions.normalised(text)
    if (found.get("checksum"), found.get("length")) != (
        versions.checksum(text),
        len(text),
    ):
        raise BadFileError(
            "changed",
            f"The file’s {part} is not the text that the page saved: the file was "
            "changed or damaged. Ask the student to save it once more.",
        )
    try:
        return Text(text, saves.base(found))
    except saves.BadSaveError:
        raise BadFileError(
            "bad-base", f"The file does not say what its {part} followed from."
        ) from None


def _has_words(part: str, text: str) -> bool:
    if part == "plan":
        text = "".join(versions.plan_lines(text))
    return bool(text.strip())

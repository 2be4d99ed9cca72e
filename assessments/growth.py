"""How an answer grew: small edits, pauses, and passages that came in one piece (pure).

It is made from what was saved, so it knows nothing of single keys, and nothing of
what happened on paper or in another program. It shows a way of working; it proves
nothing about anybody (DECISIONS 21).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from assessments import difference

# A gap of this many seconds between two saves is a pause.
PAUSE = 120
# A passage of this many signs that came at more than this many signs a second came in
# one piece. The fastest typists reach eight or nine signs a second; fifteen are 180
# words a minute, kept up over a whole sentence.
PASSAGE = 80
SIGNS_A_SECOND = 15
# A page sends at the latest four seconds after a key, and gives up on an answer after
# eight: what a save holds that comes right after another was written in that time.
LONGEST_WINDOW = 12
# A change of more signs than this, on both sides, is looked at word by word.
LARGE = 120


class Save(NamedTuple):
    """One text that stood: seconds since the task was begun, and what sent it.

    `is_typed` is false for a text brought back, let stand or begun from another.
    `is_prompt` is true for one that a page sent by itself, seconds after a key; each
    text that it kept or sent in between took a number of its tab.
    """

    seconds: float
    text: str
    tab: str
    number: int
    is_typed: bool = True
    is_prompt: bool = True


class Edit(NamedTuple):
    """Take `removed` signs away at `start`, then put `inserted` there."""

    start: int
    removed: int
    inserted: str


class Step(NamedTuple):
    """What one save changed. Edits apply one after the other, from left to right."""

    seconds: int
    edits: list[Edit]


class Pause(NamedTuple):
    """Nothing was saved for `length` seconds before step number `step`."""

    step: int
    start: int
    length: int


class Passage(NamedTuple):
    """A passage that came in one piece, where it stands after step number `step`."""

    step: int
    start: int
    length: int


class Growth(NamedTuple):
    steps: list[Step]
    pauses: list[Pause]
    passages: list[Passage]


def grown(saves: Iterable[Save]) -> Growth:
    """Return how a text grew; steps count from 0, seconds from the first of them."""
    steps, pauses, passages, own = [], [], [], []
    before, first = Save(0, "", "", 0), None
    for place, sent in enumerate(saves):
        # A clock that was put back must not let a step come before another.
        save = sent._replace(seconds=max(sent.seconds, before.seconds))
        first = save.seconds if first is None else first
        gap = save.seconds - before.seconds
        if place and gap >= PAUSE:
            pauses.append(Pause(place, int(before.seconds - first), int(gap)))
        edits = []
        for start, gone, come in _changes(before.text, save.text):
            edits.append(Edit(start, len(gone), come))
            # What stood in this answer before was moved, not brought.
            is_own = any(come.strip() in text for text in (before.text, *own))
            if save.is_typed and not is_own and _is_one_piece(come, before, save):
                passages.append(Passage(place, start, len(come)))
            if len(gone) >= PASSAGE:
                own.append(gone)
        steps.append(Step(int(save.seconds - first), edits))
        before = save
    return Growth(steps, pauses, passages)


def _is_one_piece(come: str, before: Save, save: Save) -> bool:
    window = save.seconds - before.seconds
    if save.is_prompt and (save.tab, save.number) == (before.tab, before.number + 1):
        window = min(window, LONGEST_WINDOW)
    return len(come) >= PASSAGE and len(come) > SIGNS_A_SECOND * window


def _changes(before: str, after: str) -> Iterator[tuple[int, str, str]]:
    """Yield (start, what went, what came), each where the ones before it leave it."""
    head, tail = difference.same_ends(before, after)
    gone = before[head : len(before) - tail]
    come = after[head : len(after) - tail]
    if min(len(gone), len(come)) <= LARGE:
        if gone or come:
            yield head, gone, come
        return
    place, went = head, ""
    # Every stretch that is the same closes the change before it.
    for kind, text in (*difference.words(gone, come), ("same", "")):
        if kind == "removed":
            went = text
            continue
        came = text if kind == "added" else ""
        if went or came:
            yield place, went, came
        place += len(text)
        went = ""


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return the text after these edits."""
    for start, removed, inserted in edits:
        text = text[:start] + inserted + text[start + removed :]
    return text

"""Retrieval practice (pure): which answers are accepted, and when to ask again.

The schedule is FSRS, by the `fsrs` package: the same card, rating and time always
give the same next date, for the random spread of the package is switched off.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from fsrs import Card, Rating, Scheduler, State

# What a student can say of an answer → the package's rating.
RATINGS = {
    "again": Rating.Again,
    "hard": Rating.Hard,
    "good": Rating.Good,
    "easy": Rating.Easy,
}
# A school year: nothing is put off for longer.
LONGEST_DAYS = 365
# From this many letters on, two slips are forgiven; below four, none.
LONG_WORD = 8
SHORT_WORD = 4

_scheduler = Scheduler(enable_fuzzing=False, maximum_interval=LONGEST_DAYS)


class Memory(NamedTuple):
    """What is known about one student and one question.

    `stability` is in days, `difficulty` runs from 1 to 10; both are empty before
    the first answer. Times are aware.
    """

    state: int
    step: int | None
    stability: float | None
    difficulty: float | None
    due_at: datetime
    reviewed_at: datetime | None


def after_review(memory: Memory, rating: str, now: datetime) -> Memory:
    """Return the memory after an answer at `now`. Raises `KeyError` for no rating."""
    card = Card(
        card_id=1,
        state=State(memory.state),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due_at,
        last_review=memory.reviewed_at,
    )
    card, _log = _scheduler.review_card(card, RATINGS[rating], review_datetime=now)
    return Memory(
        state=card.state.value,
        step=card.step,
        stability=card.stability,
        difficulty=card.difficulty,
        due_at=card.due,
        reviewed_at=card.last_review,
    )


def _plain(text: str) -> str:
    """Return text without case, accents, full stops, articles and doubled spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(sign for sign in letters if not unicodedata.combining(sign))
    words = re.sub(r"[^\w\s]", "", kept).split()
    return " ".join(word for word in words if word not in ("the", "a", "an"))


def _transliterated(word: str) -> str:
    """Let the usual spellings of a Russian name end alike: -sky, -ski, -skii."""
    return re.sub(r"(iy|ii|yi|i)$", "y", word)


def distance(one: str, other: str) -> int:
    """Return how many letters must be added, left out or changed (Levenshtein)."""
    above = list(range(len(other) + 1))
    for row, sign in enumerate(one, 1):
        here = [row]
        for column, against in enumerate(other, 1):
            here.append(
                min(
                    above[column] + 1,
                    here[column - 1] + 1,
                    above[column - 1] + (sign != against),
                )
            )
        above = here
    return above[-1]


def _is_near(given: str, accepted: str) -> bool:
    if any(sign.isdigit() for sign in accepted):
        return False
    slips = 2 if len(accepted) >= LONG_WORD else 1 if len(accepted) >= SHORT_WORD else 0
    if abs(len(given) - len(accepted)) > slips:
        return False
    return distance(given, accepted) <= slips


def is_accepted(given: str, accepted: Sequence[str]) -> bool:
    """Whether a typed answer is one of those accepted.

    Case, accents and full stops do not matter; a slip of one letter is forgiven from
    four letters on, of two from eight; a year must be exact.
    """
    typed = _transliterated(_plain(given))
    for answer in accepted:
        wanted = _transliterated(_plain(answer))
        if typed == wanted or _is_near(typed, wanted):
            return True
    return False


def shuffled(texts: Sequence[str]) -> list[str]:
    """Return the texts in an order that depends on nothing but themselves."""
    salt = "|".join(texts)
    return sorted(
        texts, key=lambda text: hashlib.sha256(f"{salt}|{text}".encode()).digest()
    )

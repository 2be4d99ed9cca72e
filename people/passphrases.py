"""Passwords that a student can read from a card and type (pure)."""

import secrets
from pathlib import Path

WORDS = tuple((Path(__file__).parent / "passphrase_words.txt").read_text().split())


def passphrase(words=4):
    """Return e.g. `maple-bridge-otter-lamp`: about 9.5 bits a word."""
    return "-".join(secrets.choice(WORDS) for _ in range(words))

"""How answer texts are kept: whole now and then, in between as small deltas (pure).

A version is deflated against the last whole text as its dictionary, so one that
differs by a sentence takes some sixty bytes, and any version can be read from
itself and one other.
"""

import json
import re
import zlib

ENCODING = "utf-8"
# What no page can show: NUL, and halves of a character pair (UTF-16 surrogates).
_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")
# zlib looks back this far, so a dictionary's earlier part would be dead weight.
WINDOW = 32_768
# A delta of more bytes than this costs more than it saves: keep the text whole
# instead. Even a delta without a change takes a hundredth of the text. An essay of
# 3 KB saved 600 times takes 50 KB so, and 130 KB if a delta may have 400 bytes.
SMALLEST_LIMIT = 40
LIMIT_SHARE = 40


def normalised(text: str) -> str:
    """Return the text with LF line ends; nothing else that can be seen changes.

    NUL and lone surrogates become U+FFFD, which is what a browser's own form
    sends for them: so every way in gives the same text.
    """
    return _UNSHOWABLE.sub(
        "\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n")
    )


def checksum(text: str) -> str:
    """Return the receipt's checksum: Adler-32 of the UTF-8 bytes, in hex.

    The same in JavaScript (`js/checksum.js`), which has no Web Crypto on plain HTTP.
    It guards against a mangled answer, not against an attacker.
    """
    return f"{zlib.adler32(text.encode(ENCODING)):08x}"


def word_count(text: str) -> int:
    return len(text.split())


def plan_lines(text: str) -> list[str]:
    """Return the lines of a stored plan, which is a JSON list of them.

    A save may hold anything at all as its plan: that is one line.
    """
    try:
        lines = json.loads(text) if text else []
    except (ValueError, RecursionError):
        lines = None
    if not isinstance(lines, list):
        return [text]
    return [line if isinstance(line, str) else json.dumps(line) for line in lines]


def pack(text: str, whole: str | None) -> tuple[bytes, bool]:
    """Return (bytes, is_whole): a delta to `whole` where that is small enough."""
    data = text.encode(ENCODING)
    if whole is not None:
        compressor = zlib.compressobj(9, zdict=_dictionary(whole))
        delta = compressor.compress(data) + compressor.flush()
        if len(delta) <= SMALLEST_LIMIT + len(data) // LIMIT_SHARE:
            return delta, False
    return zlib.compress(data, 9), True


def unpack(packed: bytes, whole: str | None) -> str:
    """Return the text of a delta to `whole`, or of a whole text where that is None."""
    if whole is None:
        return zlib.decompress(packed).decode(ENCODING)
    decompressor = zlib.decompressobj(zdict=_dictionary(whole))
    return decompressor.decompress(packed).decode(ENCODING)


def _dictionary(whole: str) -> bytes:
    # An empty dictionary is none for zlib; one byte keeps both sides alike.
    return whole.encode(ENCODING)[-WINDOW:] or b" "

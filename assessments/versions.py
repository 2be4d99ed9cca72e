"""How answer texts are kept: whole now and then, in between as small deltas (pure).

A delta says how much of the last whole text stands at the beginning and at the end,
and holds what is between, deflated with that text as its dictionary. So a version that
differs by a sentence takes some fifty bytes, and any version can be read from itself
and one other.
"""

import json
import re
import zlib

from assessments import difference

ENCODING = "utf-8"
# What no page can show: NUL, and halves of a character pair (UTF-16 surrogates).
_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")
# zlib looks back this far, so a dictionary's earlier part would be dead weight.
WINDOW = 32_768
# A delta of more bytes than this costs more than it saves: keep the text whole
# instead. An essay of 3 KB saved 600 times takes 43 KB so, the least of seven limits
# tried; with one of 100 bytes it takes 58 KB.
SMALLEST_LIMIT = 40
LIMIT_SHARE = 40
# How the middle of a delta is kept. What begins with zlib's own sign (0x78) is from
# before there were middles: the text itself, deflated against the whole.
_AS_IT_IS, _DEFLATED = 1, 2
_RAW = -zlib.MAX_WBITS


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
        delta = _delta(data, whole.encode(ENCODING))
        if len(delta) <= SMALLEST_LIMIT + len(data) // LIMIT_SHARE:
            return delta, False
    return zlib.compress(data, 9), True


def unpack(packed: bytes, whole: str | None) -> str:
    """Return the text of a delta to `whole`, or of a whole text where that is None."""
    if whole is None:
        return zlib.decompress(packed).decode(ENCODING)
    old = whole.encode(ENCODING)
    kind = packed[0]
    if kind not in (_AS_IT_IS, _DEFLATED):
        decompressor = zlib.decompressobj(zdict=_dictionary(old))
        return decompressor.decompress(packed).decode(ENCODING)
    head, place = _read_number(packed, 1)
    tail, place = _read_number(packed, place)
    middle = packed[place:]
    if kind == _DEFLATED:
        middle = zlib.decompressobj(_RAW, zdict=_dictionary(old)).decompress(middle)
    return (old[:head] + middle + old[len(old) - tail :]).decode(ENCODING)


def _delta(data: bytes, old: bytes) -> bytes:
    head, tail = difference.same_ends(old, data)
    middle = data[head : len(data) - tail]
    compressor = zlib.compressobj(9, zlib.DEFLATED, _RAW, zdict=_dictionary(old))
    deflated = compressor.compress(middle) + compressor.flush()
    ends = _number(head) + _number(tail)
    if len(deflated) < len(middle):
        return bytes([_DEFLATED]) + ends + deflated
    return bytes([_AS_IT_IS]) + ends + middle


def _number(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    rest, low = divmod(value, 128)
    return bytes([low]) if not rest else bytes([low | 128]) + _number(rest)


def _read_number(packed: bytes, place: int) -> tuple[int, int]:
    """Return the number that begins at a place, and the place after it."""
    value = shift = 0
    while packed[place] & 128:
        value |= (packed[place] & 127) << shift
        shift += 7
        place += 1
    return value | packed[place] << shift, place + 1


def _dictionary(old: bytes) -> bytes:
    # An empty dictionary is none for zlib; one byte keeps both sides alike.
    return old[-WINDOW:] or b" "

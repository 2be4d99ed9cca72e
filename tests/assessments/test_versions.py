"""How texts are kept, and the receipt's checksum (in scripts: test_trip.py)."""

import random
import zlib

import pytest
from hypothesis import given, strategies as st

from assessments import versions
from tests.load.client import WORDS as PROSE

# "Wikipedia" is the published example of Adler-32: 0x11e60398.
ADLER = ("Wikipedia", "11e60398")
WORDS = PROSE.split()
AWKWARD = ["", "a", "Ünï", "👩‍👩‍👧‍👦", "مرحبا", "\t\n x", "e\u0301", "x" * 70_000]


def test_the_checksum_is_adler_32():
    assert versions.checksum(ADLER[0]) == ADLER[1]
    assert versions.checksum("") == "00000001"
    assert versions.checksum("é") == versions.checksum("é")
    assert versions.checksum("é") != versions.checksum("e")


def test_normalising_touches_line_ends_and_what_no_page_can_show():
    assert versions.normalised("a\r\nb\rc\n") == "a\nb\nc\n"
    assert versions.normalised("\x00 \ud83d x") == "\ufffd \ufffd x"
    assert versions.normalised("  \t x\u200d\u0301 ") == "  \t x\u200d\u0301 "


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(texts, texts)
def test_what_is_packed_is_unpacked(whole, text):
    packed, is_whole = versions.pack(text, whole)

    assert versions.unpack(packed, None if is_whole else whole) == text


@pytest.mark.parametrize("text", AWKWARD)
def test_a_first_version_is_whole(text):
    packed, is_whole = versions.pack(text, None)

    assert is_whole
    assert versions.unpack(packed, None) == text


def test_a_sentence_more_takes_few_bytes():
    essay = " ".join(f"Sentence {n} about Stalin and the Party." for n in range(80))
    packed, is_whole = versions.pack(essay + " One more.", essay)

    assert not is_whole
    assert len(packed) < 40


@pytest.mark.parametrize("kilobytes", [1, 3, 10, 25])
def test_a_word_more_is_a_delta_however_long_the_text_is(kilobytes):
    rng = random.Random(kilobytes)
    text = " ".join(f"{rng.choice(WORDS)}" for _ in range(170 * kilobytes))
    packed, is_whole = versions.pack(text + " more", text)

    assert not is_whole
    assert len(packed) < 20
    assert versions.unpack(packed, text) == text + " more"


@pytest.mark.parametrize(
    ("whole", "text"),
    [
        ("a" * 200 + "b" * 20_000, "a" * 200 + "ž" + "b" * 20_000),
        ("Kirov was shot. " * 40, "Kirov was shot. " * 39),
        ("é", "è"),
        ("same", "same"),
        ("", "Kirov"),
    ],
)
def test_what_changed_in_the_middle_is_put_back_there(whole, text):
    packed, is_whole = versions.pack(text, whole)

    assert not is_whole
    assert versions.unpack(packed, whole) == text


def test_deltas_from_before_there_were_middles_are_still_read():
    whole, text = "Fear mattered more. " * 30, "Fear mattered most. " * 30
    compressor = zlib.compressobj(9, zdict=whole.encode())
    old = compressor.compress(text.encode()) + compressor.flush()

    assert versions.unpack(old, whole) == text


def test_an_essay_saved_600_times_takes_50_kilobytes():
    """Of 3 KB at the end; what the database adds around it `make bench` measures."""
    rng = random.Random(40)
    words = [rng.choice(WORDS) for _ in range(500)]
    whole, stored = None, 0
    for number in range(1, 601):
        text = " ".join(words[: 500 * number // 600])
        packed, is_whole = versions.pack(text, whole)
        whole = text if is_whole else whole
        stored += len(packed)

    assert stored < 50_000


def test_another_text_is_kept_whole():
    _packed, is_whole = versions.pack(
        "".join(chr(300 + n * 7 % 5000) for n in range(3000)), "short"
    )

    assert is_whole


def test_words_are_counted_as_people_do():
    assert versions.word_count("  one\n two\tthree ") == 3
    assert versions.word_count("") == 0


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        ("", []),
        ("[]", []),
        ('["Kirov",""]', ["Kirov", ""]),
        ('["Kirov",1934,null]', ["Kirov", "1934", "null"]),
        ("not a list", ["not a list"]),
        ('{"a": 1}', ['{"a": 1}']),
        ("[" * 100_000, ["[" * 100_000]),
    ],
)
def test_a_plan_is_read_as_lines_whatever_it_holds(plan, lines):
    assert versions.plan_lines(plan) == lines

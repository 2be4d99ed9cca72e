"""How texts are kept, and the receipt's checksum, on the server and in scripts."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given, strategies as st

from assessments import versions

# "Wikipedia" is the published example of Adler-32: 0x11e60398.
ADLER = ("Wikipedia", "11e60398")
AWKWARD = ["", "a", "Ünï", "👩‍👩‍👧‍👦", "مرحبا", "\t\n x", "e\u0301", "x" * 70_000]


def test_the_checksum_is_adler_32():
    assert versions.checksum(ADLER[0]) == ADLER[1]
    assert versions.checksum("") == "00000001"
    assert versions.checksum("é") == versions.checksum("é")
    assert versions.checksum("é") != versions.checksum("e")


@pytest.mark.parametrize("text", [*AWKWARD, "a\r\nb\rc\x00d\ud800e"])
def test_scripts_compute_the_same(text):
    """Run the page's own module where Node.js is; the journeys run it in Chromium."""
    if shutil.which("node") is None:
        return
    module = Path(settings.BASE_DIR, "terror_site/static/terror_site/js/checksum.js")
    code = (
        f"import {{checksum, length, normalised}} from {json.dumps(module.as_uri())};"
        f"const text = normalised({json.dumps(text)});"
        "console.log(JSON.stringify([checksum(text), length(text)]));"
    )
    result = subprocess.run(
        ["node", "--no-warnings", "--input-type=module", "-e", code],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = versions.normalised(text)

    assert json.loads(result.stdout) == [versions.checksum(expected), len(expected)]


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
    assert len(packed) < 150


def test_another_text_is_kept_whole():
    _packed, is_whole = versions.pack(
        "".join(chr(300 + n * 7 % 5000) for n in range(3000)), "short"
    )

    assert is_whole


def test_words_are_counted_as_people_do():
    assert versions.word_count("  one\n two\tthree ") == 3
    assert versions.word_count("") == 0

from hypothesis import given, strategies as st

from assessments.difference import Piece, words


def test_a_changed_word_is_shown():
    assert words("Fear was strong.", "Fear was stronger, then.") == [
        Piece("same", "Fear was "),
        Piece("removed", "strong."),
        Piece("added", "stronger, then."),
    ]


@given(st.text(), st.text())
def test_both_texts_can_be_read_back(before, after):
    pieces = words(before, after)

    assert "".join(p.text for p in pieces if p.kind != "added") == before
    assert "".join(p.text for p in pieces if p.kind != "removed") == after


def test_equal_texts_have_one_piece_and_empty_ones_none():
    assert words("a b", "a b") == [Piece("same", "a b")]
    assert words("", "") == []

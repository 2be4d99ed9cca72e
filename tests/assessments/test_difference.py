from hypothesis import given, strategies as st

from assessments.difference import Piece, Row, pairs, side_by_side, words


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


def test_two_versions_stand_side_by_side():
    rows = side_by_side(
        {"Name": "old name", "Gone": "x"}, {"New": "y", "Name": "new name"}
    )

    assert rows == [
        Row("New", [], [Piece("added", "y")], True),
        Row(
            "Name",
            [Piece("removed", "old"), Piece("same", " name")],
            [Piece("added", "new"), Piece("same", " name")],
            True,
        ),
        Row("Gone", [Piece("removed", "x")], [], True),
    ]
    assert not side_by_side({"Name": "a"}, {"Name": "a"})[0].is_changed


def test_what_belongs_together_is_found_by_key_and_then_in_order():
    found = pairs(["a1", "b1", "c1"], ["c2", "x2", "a2"], key=lambda item: item[0])
    assert found == [("c1", "c2"), ("b1", "x2"), ("a1", "a2")]

    assert pairs(["a", "b"], ["a"], str) == [("a", "a"), ("b", None)]
    assert pairs([], ["a"], str) == [(None, "a")]

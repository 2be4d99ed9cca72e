from hypothesis import given, strategies as st

from assessments.difference import (
    Change,
    Piece,
    Row,
    change,
    pairs,
    side_by_side,
    words,
)


def test_a_changed_word_is_shown():
    assert words("Fear was strong.", "Fear was stronger, then.") == [
        Piece("same", "Fear was "),
        Piece("removed", "strong."),
        Piece("added", "stronger, then."),
    ]


TEXTS = st.text() | st.text("ab .\n!")


@given(TEXTS, TEXTS, st.sampled_from([0, 1, 12, 3_000_000]))
def test_both_texts_can_be_read_back(before, after, most):
    pieces = words(before, after, most)

    assert "".join(p.text for p in pieces if p.kind != "added") == before
    assert "".join(p.text for p in pieces if p.kind != "removed") == after


def test_equal_texts_have_one_piece_and_empty_ones_none():
    assert words("a b", "a b") == [Piece("same", "a b")]
    assert words("", "") == []


def test_long_texts_are_compared_by_sentences_and_the_longest_as_they_are():
    before, after = "One. Two a b. Three a b. Four.", "One. Two a c. Three a d. Four."

    assert words(before, after, 20) == [
        Piece("same", "One. "),
        Piece("removed", "Two a b. Three a b. "),
        Piece("added", "Two a c. Three a d. "),
        Piece("same", "Four."),
    ]
    assert words("a. b. c", "d. e. c", 0) == [
        Piece("removed", "a. b. "),
        Piece("added", "d. e. "),
        Piece("same", "c"),
    ]


def test_a_list_says_how_many_words_changed_and_where():
    assert change("Stalin ruled by fear.", "Stalin ruled by fear and by hope.") == Change(
        4, 1, [
            Piece("same", "Stalin ruled by "),
            Piece("removed", "fear."),
            Piece("added", "fear and by hope."),
        ],
    )  # fmt: skip
    assert change("the same", "the same") == Change(0, 0, [])
    assert change("", "two words") == Change(2, 0, [Piece("added", "two words")])
    assert change("two words", "") == Change(0, 2, [Piece("removed", "two words")])


def test_what_is_long_is_cut_in_a_list():
    # 200 letters are more than twice 90; 60 signs around more than twice 24.
    start, middle, end = "s" * 30 + " ", " " + "m" * 60 + " ", " " + "e" * 30
    short = change(
        f"{start}old{middle}gone{end}", f"{start}{'n' * 200}{middle}came{end}"
    ).pieces

    assert short == [
        Piece("same", "…" + "s" * 23 + " "),
        Piece("removed", "old"),
        Piece("added", "n" * 90 + " … " + "n" * 90),
        Piece("same", " " + "m" * 23 + " … " + "m" * 23 + " "),
        Piece("removed", "gone"),
        Piece("added", "came"),
        Piece("same", " " + "e" * 23 + "…"),
    ]
    many = change(
        " ".join(f"{n} same" for n in range(20)),
        " ".join(f"x{n} same" for n in range(20)),
    )
    assert (many.added, many.removed) == (20, 20)
    assert len(many.pieces) == 13
    assert many.pieces[-1] == Piece("same", "…")


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

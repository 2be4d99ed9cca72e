import pytest
from hypothesis import given, strategies as st

from assessments import spelling

TERMS = {
    "bolshevik": "Bolshevik",
    "collectivisation": "collectivisation",
    "zinoviev": "Zinoviev",
    "nkvd": "NKVD",
    "purges": "purges",
    "communism": "communism",
}
KNOWN = {"stalin", "communist", "zinoviev's"}


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("Weigh both.\nSp: propaganda, Bolshevik", ["propaganda", "Bolshevik"]),
        ("Spelling: their; Zinoviev.", ["their", "Zinoviev"]),
        ("spell - government / minister", ["government", "minister"]),
        ("Spend longer: plan", []),
        ("Mind Sp: their", []),
        ("Sp: ,", []),
    ],
)
def test_markers_name_words_behind_sp(comment, words):
    assert spelling.asked_for([comment]) == words


def test_a_comment_is_quoted_without_its_words_to_spell():
    assert spelling.without_requests("Weigh both.\nSp: their") == "Weigh both."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The goverment used propoganda.", {"government", "propaganda"}),
        ("A Bolshevek spoke.", {"Bolshevik"}),
        ("Colectivisation came.", {"collectivisation"}),
        ("Zinovyev and Zinoveiv", {"Zinoviev"}),
        # Right words that are near to others, forms of one word, and short ones.
        ("A communist, Bolsheviks, purged, purging, the NKVB", set()),
        ("Bolshevik and Zinoviev", set()),
        # Two letters off is no slip, nor is another first letter.
        ("Bolshavuk, Lolshevik", set()),
    ],
)
def test_slips_are_known_ones_and_words_of_the_lesson_almost_right(text, found):
    assert spelling.slips(text, TERMS, KNOWN) == found


@pytest.mark.parametrize(
    ("one", "other", "is_slip"),
    [
        ("zinovev", "zinoviev", True),
        ("zinoviiev", "zinoviev", True),
        ("zinovaev", "zinoviev", True),
        ("zinoveiv", "zinoviev", True),
        ("zinoviev", "zinoviev", False),
        ("zinove", "zinoviev", False),
        ("zonovaev", "zinoviev", False),
        ("zinoviev", "zinovievs", True),
        ("zinovievt", "zinovies", False),
    ],
)
def test_one_slip_is_a_letter_missing_too_many_wrong_or_two_changed(
    one, other, is_slip
):
    assert spelling.is_one_slip(one, other) is is_slip
    assert spelling.is_one_slip(other, one) is is_slip


@given(st.text("abc", min_size=1, max_size=8), st.data())
def test_a_letter_taken_out_is_always_one_slip(word, data):
    at = data.draw(st.integers(0, len(word) - 1))

    assert spelling.is_one_slip(word[:at] + word[at + 1 :], word)


def test_words_are_counted_once_a_student_commonest_first():
    found = spelling.tally(
        [["propaganda", "Propaganda"], ["propaganda", "their"], ["Bolshevik"]]
    )

    assert found == [("propaganda", 2), ("Bolshevik", 1), ("their", 1)]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Łukasz Żółć", "lukasz zolc"),
        ("O’Brien", "o'brien"),
        ("Yıldız", "yildiz"),
        ("Straße", "strasse"),
        ("Sørensen", "sorensen"),
    ],
)
def test_names_are_folded_to_plain_letters(name, plain):
    assert spelling.folded(name) == plain

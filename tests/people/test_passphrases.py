import math

from people.passphrases import WORDS, passphrase


def test_words_are_plain_and_different():
    assert len(set(WORDS)) == len(WORDS)
    assert all(word.isalpha() and word.islower() for word in WORDS)


def test_four_words_are_36_bits_and_never_twice_the_same():
    assert math.log2(len(WORDS)) * 4 >= 35.9

    made = {passphrase() for _ in range(200)}

    assert len(made) == 200
    assert all(phrase.count("-") == 3 for phrase in made)

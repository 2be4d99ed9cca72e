"""The demonstration's answers are as good as the marks they are given."""

import random

import pytest

from terror_site import demo, demo_answers

PARTS = demo._data("demo_answers")["questions"]

# What an answer of each mark consists of, by the boards' ladders: typed by hand.
PROBLEMS = {1: (0, 0), 2: (0, 2), 3: (1, 2), 4: (2, 2)}
EFFECTS = {
    1: (0, 0, 0), 2: (0, 0, 0), 3: (0, 1, 0), 4: (0, 2, 0),
    5: (2, 0, 0), 6: (2, 1, 0), 7: (2, 1, 1), 8: (3, 0, 1),
}  # fmt: skip
REASONS = {
    1: (0, 0, 0), 2: (0, 0, 0), 3: (0, 0, 0), 4: (0, 0, 0), 5: (0, 0, 0),
    6: (2, 0, 0), 7: (2, 0, 0), 8: (2, 0, 1), 9: (3, 0, 1), 10: (2, 1, 1),
    11: (3, 1, 1), 12: (4, 1, 1),
}  # fmt: skip
CAUSES = {
    1: (0, 0), 2: (0, 0), 3: (0, 1), 4: (0, 2), 5: (0, 3), 6: (1, 1), 7: (1, 2),
    8: (2, 0), 9: (2, 1), 10: (3, 0), 11: (3, 1), 12: (4, 0),
}  # fmt: skip


def many(slug, mark, level):
    parts = PARTS[slug]
    return [
        demo_answers.write(parts, mark, level, random.Random(seed))
        for seed in range(25)
    ]


def count(text, sentences):
    return sum(sentence in text for sentence in sentences)


@pytest.mark.parametrize(
    "slug", ["aqa-4-war-communism", "aqa-4-problems-of-the-terror"]
)
@pytest.mark.parametrize("mark", PROBLEMS)
def test_two_problems_are_as_exact_as_their_mark(slug, mark):
    problems = PARTS[slug]["problems"]
    exact = [sentence for problem in problems for sentence in problem["exact"]]
    named = [problem["named"] for problem in problems]

    for written in many(slug, mark, 1 + (mark > 2)):
        found = count(written.text, exact), count(written.text, named)
        assert found == PROBLEMS[mark]
        assert written.www and written.ebi and "{" not in written.www + written.ebi


@pytest.mark.parametrize("mark", EFFECTS)
def test_effects_are_as_developed_as_their_mark(mark):
    parts = PARTS["aqa-5-lives-under-stalin"]
    developed = [s for effect in parts["effects"] for s in effect["developed"]]
    simple = [s for effect in parts["effects"] for s in effect["simple"]]

    for written in many("aqa-5-lives-under-stalin", mark, (mark + 1) // 2):
        text = written.text
        found = count(text, developed), count(text, simple), count(text, parts["links"])
        assert found == EFFECTS[mark]


@pytest.mark.parametrize("mark", REASONS)
def test_two_reasons_are_weighed_as_their_mark_says(mark):
    parts = PARTS["aqa-6-fear-or-propaganda"]
    developed = [*parts["fear"]["developed"], *parts["propaganda"]["developed"]]
    openings = [argument["opening"] for argument in parts["arguments"]]
    verdicts = [argument["verdict"] for argument in parts["arguments"]]

    for written in many("aqa-6-fear-or-propaganda", mark, (mark + 2) // 3):
        text = written.text
        verdict = count(text, verdicts) + count(text, parts["asserted"])
        assert (count(text, developed), count(text, openings), verdict) == REASONS[mark]
        both = count(text, parts["fear"]["developed"]) and count(
            text, parts["propaganda"]["developed"]
        )
        # Level 3 needs both bullets; a ceiling holds where one is missing.
        assert bool(both) == (mark >= 7)
        assert bool(written.stopped_by) == (mark == 6)


@pytest.mark.parametrize("mark", CAUSES)
def test_causes_are_explained_as_their_mark_says(mark):
    parts = PARTS["edexcel-2-reasons-for-the-purges"]
    explained = [s for cause in parts["causes"] for s in cause["explained"]]
    own = [
        sentence
        for cause in parts["causes"]
        if not cause["is_printed"]
        for sentence in cause["explained"]
    ]
    told = [s for cause in parts["causes"] for s in cause["story"]]

    for written in many("edexcel-2-reasons-for-the-purges", mark, (mark + 2) // 3):
        text = written.text
        assert (count(text, explained), count(text, told)) == CAUSES[mark]
        # Without a reason of one's own Level 4 is closed and Level 3 stops at 8.
        assert bool(written.stopped_by) == (mark == 8)
        if mark > 8:
            assert count(text, own)


def test_spelling_mistakes_are_made_so_often_and_no_more():
    spelling = {"government": "goverment", "because": "becuase"}
    text = "It was because the government said so."
    rng = random.Random(1)

    assert demo_answers.misspelt(text, spelling, 0, rng) == text
    assert demo_answers.misspelt("Nothing.", spelling, 2, rng) == "Nothing."
    assert (
        demo_answers.misspelt(text, spelling, 2, rng)
        == "It was becuase the goverment said so."
    )


def test_other_words_keep_the_rest():
    rng = random.Random(1)
    found = {
        demo_answers.in_own_words("However, yes.", {"However": "Yet"}, rng)
        for _n in range(20)
    }

    assert found == {"However, yes.", "Yet, yes."}


def test_the_steps_lead_to_the_text():
    text = " ".join(f"word{n}" for n in range(100))

    assert demo_answers.steps("Two words.", 3, random.Random(1)) == ["Two words."]
    few = demo_answers.steps(text, 3, random.Random(1))
    assert few[-1] == text and len(few) == 3
    assert all(text.startswith(step) for step in few)
    many_steps = demo_answers.steps(text, 40, random.Random(1))
    assert many_steps[-1] == text
    assert sum("not sure" in step for step in many_steps) == 1

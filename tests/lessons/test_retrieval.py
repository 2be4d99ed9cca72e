import datetime

import pytest
from fsrs import Card, Rating, Scheduler

from lessons import retrieval

NOON = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
NEW = retrieval.Memory(1, None, None, None, NOON, None)


def days_between(ratings):
    """Answer each time on the day it is due; return the intervals in days."""
    memory, now, found = NEW, NOON, []
    for rating in ratings:
        memory = retrieval.after_review(memory, rating, now)
        found.append((memory.due_at - memory.reviewed_at).days)
        now = memory.due_at
    return found


def test_knowing_it_each_time_gives_the_intervals_that_fsrs_publishes():
    # The package's own published history for five answers "good".
    assert days_between(["good"] * 5) == [0, 2, 11, 46, 163]


def test_nothing_is_put_off_for_longer_than_a_year():
    assert max(days_between(["good"] * 12)) == 365


@pytest.mark.parametrize(
    "ratings",
    [
        ["good", "good", "again", "again", "good", "good", "hard", "easy"],
        ["again"] * 5,
        ["easy", "hard", "again", "good"],
    ],
)
def test_the_schedule_is_the_packages_own(ratings):
    scheduler = Scheduler(enable_fuzzing=False, maximum_interval=365)
    card, now, expected = Card(due=NOON), NOON, []
    for rating in ratings:
        card, _log = scheduler.review_card(
            card, Rating[rating.capitalize()], review_datetime=now
        )
        expected.append((card.state.value, card.stability, card.difficulty, card.due))
        now = card.due
    memory, now, found = NEW, NOON, []
    for rating in ratings:
        memory = retrieval.after_review(memory, rating, now)
        found.append((memory.state, memory.stability, memory.difficulty, memory.due_at))
        now = memory.due_at

    assert found == expected


def test_an_unknown_rating_is_an_error():
    with pytest.raises(KeyError):
        retrieval.after_review(NEW, "brilliant", NOON)


@pytest.mark.parametrize(
    ("given", "accepted", "expected"),
    [
        ("1917", ["1917"], True),
        ("1918", ["1917"], False),
        ("191", ["1917"], False),
        ("nkvd", ["NKVD"], True),
        ("N.K.V.D.", ["NKVD"], True),
        ("MVD", ["NKVD"], False),
        ("kirov", ["Kirov"], True),
        ("Kirof", ["Kirov"], True),
        ("Kiroff", ["Kirov"], False),
        ("Sergey Kirov", ["Kirov", "Sergei Kirov"], True),
        ("Zinovyev", ["Zinoviev"], True),
        ("Solzhenitsin", ["Solzhenitsyn"], True),
        ("Solshenitsin", ["Solzhenitsyn"], True),
        ("Tukhachevskii", ["Tukhachevsky"], True),
        ("Yezhóv", ["Yezhov"], True),
        ("the Cheka", ["Cheka"], True),
        ("", ["Kirov"], False),
        ("cat", ["car"], False),
    ],
)
def test_slips_are_forgiven_and_other_answers_are_not(given, accepted, expected):
    assert retrieval.is_accepted(given, accepted) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2)],
)
def test_distance_is_levenshteins(one, other, expected):
    assert retrieval.distance(one, other) == expected
    assert retrieval.distance(other, one) == expected


def test_choices_stand_in_an_order_of_their_own_that_never_changes():
    answers = ["OGPU", "KGB", "Gulag", "Komsomol"]

    assert sorted(retrieval.shuffled(answers)) == sorted(answers)
    assert retrieval.shuffled(answers) == retrieval.shuffled(answers)


def test_the_right_answer_does_not_always_stand_in_the_same_place():
    places = {
        retrieval.shuffled([f"right {n}", f"a{n}", f"b{n}", f"c{n}"]).index(
            f"right {n}"
        )
        for n in range(40)
    }

    assert places == {0, 1, 2, 3}

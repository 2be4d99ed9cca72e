"""The check of a paper, against papers that the boards print and ones spoilt by hand.

Forms, marks, objectives and minutes are typed from the guide's catalogue (exam.md 1.4).
"""

import pytest
from hypothesis import given, strategies as st

from assessments import paper_check
from assessments.paper_check import Asked, ExamPaper, Fault, Paper, Printed


def source(letter, text=None):
    return Printed("source", letter, text or f"source {letter}")


def view(letter, text=None):
    return Printed("interpretation", letter, text or f"interpretation {letter}")


def asked(number, tariff, ao, minutes, *, board="Edexcel", **more):
    """Return a question in which nothing is wrong."""
    return Asked(
        **{
            "form": f"{board} {number}",
            "number": number,
            "board": board,
            "tariff": tariff,
            "spag": 0,
            "objectives": ao,
            "minutes": minutes,
            "wording": "What is asked.",
            "levels": 4,
            **more,
        }
    )


A, B, C, ONE, TWO = source("A"), source("B"), source("C"), view("1"), view("2")
PAPER_3 = (
    asked(
        "1", 4, (0, 0, 4, 0), 6,
        form_sources=1, printed=(A,), is_point_marked=True, levels=0, points=4,
    ),
    asked("2", 12, (6, 6, 0, 0), 20, form_bullets=2, bullets=2),
    asked("3a", 8, (0, 0, 8, 0), 14, form_sources=2, printed=(B, C)),
    asked("3b", 4, (0, 0, 0, 4), 6, form_interpretations=2, printed=(ONE, TWO)),
    asked(
        "3c", 4, (0, 0, 0, 4), 6,
        form_sources=2, form_interpretations=2, printed=(B, C, ONE, TWO),
    ),
    asked(
        "3d", 16, (0, 0, 0, 16), 30,
        form_interpretations=2, printed=(ONE, TWO), spag=4, has_spag_scheme=True,
    ),
)  # fmt: skip
EDEXCEL = ExamPaper(
    "Edexcel Paper 3", "Edexcel", 52, tuple((q.form, q.number) for q in PAPER_3)
)
WHOLE = Paper(EDEXCEL, 90, PAPER_3)


def changed(place, **values):
    """Return the whole paper with one question changed."""
    questions = list(PAPER_3)
    questions[place] = questions[place]._replace(**values)
    return WHOLE._replace(questions=tuple(questions))


def of(*places):
    return WHOLE._replace(questions=tuple(PAPER_3[place] for place in places))


FOREIGN = asked("4", 4, (4, 0, 0, 0), 5, board="AQA")
OTHER_PAPER = asked("7", 4, (4, 0, 0, 0), 5)


def test_nothing_is_wrong_with_the_boards_own_paper():
    assert paper_check.faults(WHOLE) == []
    assert paper_check.hints(WHOLE) == []


@pytest.mark.parametrize(
    ("paper", "where", "sentence"),
    [
        (
            WHOLE._replace(model=EDEXCEL._replace(marks=50)),
            "The paper",
            "Its questions have 52 marks with SPaG, Edexcel Paper 3 has 50. Look at "
            "the forms’ marks.",
        ),
        (
            changed(1, objectives=(6, 5, 0, 0)),
            "Question 2",
            "AO1 to AO4 of question 2 add up to 11, its marks are 12. Put its form "
            "right.",
        ),
        (
            of(0, 1, 2, 3, 5),
            "Question 3c",
            "There is no question 3c. Add one of that form.",
        ),
        (
            of(0, 1, 2, 3, 3, 4, 5),
            "Question 3b",
            "Question 3b stands here 2 times. Keep one.",
        ),
        (
            of(0, 1, 2, 4, 3, 5),
            "Question 3c",
            "Question 3c stands where question 3b belongs. Put them in the order of "
            "the exam.",
        ),
        (
            WHOLE._replace(questions=(*PAPER_3, FOREIGN)),
            "Question 4",
            "Question 4 is one of AQA, the paper one of Edexcel. Take it out.",
        ),
        (
            WHOLE._replace(questions=(*PAPER_3, OTHER_PAPER)),
            "Question 7",
            "Question 7 belongs to another paper of Edexcel. Take it out.",
        ),
        (
            changed(2, printed=(B,)),
            "Question 3a",
            "Question 3a prints 1 source, its form wants 2. Add what is missing.",
        ),
        (
            changed(0, printed=(A, B)),
            "Question 1",
            "Question 1 prints 2 sources, its form wants 1. Take out what is too many.",
        ),
        (
            changed(5, printed=(ONE,)),
            "Question 3d",
            "Question 3d prints 1 interpretation, its form wants 2. Add what is "
            "missing.",
        ),
        (
            changed(3, printed=(ONE, TWO, view("3"))),
            "Question 3b",
            "Question 3b prints 3 interpretations, its form wants 2. Take out what is "
            "too many.",
        ),
        (
            changed(3, printed=(B, ONE, TWO)),
            "Question 3b",
            "Question 3b prints 1 source, its form wants none. Take out what is too "
            "many.",
        ),
        (
            changed(1, bullets=0),
            "Question 2",
            "Question 2 prints no bullets, its form wants 2. Add what is missing.",
        ),
        (
            changed(4, printed=(B, source("C", "a poster"), ONE, TWO)),
            "Question 3c",
            "Source C is one text in question 3a and another in question 3c. Change "
            "one of the two letters.",
        ),
        (
            changed(2, is_published=False),
            "Question 3a",
            "Question 3a is not published. Publish it, or students get the paper "
            "without it.",
        ),
        (
            WHOLE._replace(minutes=75),
            "The paper",
            "Its questions take 82 minutes, the paper has 75. Give it more time, or "
            "take a question out.",
        ),
        (
            changed(1, levels=0),
            "Question 2",
            "The mark scheme of question 2 has no levels. Choose another scheme, or "
            "write them.",
        ),
        (
            changed(0, points=0, levels=4),
            "Question 1",
            "The mark scheme of question 1 has no points. Choose another scheme, or "
            "write them.",
        ),
        (
            changed(5, has_spag_scheme=False),
            "Question 3d",
            "Question 3d has SPaG marks and no SPaG scheme. Choose one.",
        ),
        (
            changed(4, wording=" \n"),
            "Question 3c",
            "Question 3c has no wording. Write it.",
        ),
        (of(), "The paper", "It has no question. Add one."),
    ],
)
def test_a_planted_fault_is_found_by_its_own_sentence_alone(paper, where, sentence):
    assert paper_check.faults(paper) == [Fault(where, sentence)]


def test_an_unpublished_question_is_the_one_fault_to_set_a_paper_with():
    assert paper_check.obstacles(changed(2, is_published=False)) == []
    assert paper_check.obstacles(changed(2, printed=()))


def test_a_paper_without_a_published_question_is_not_set():
    nothing = tuple(q._replace(is_published=False) for q in PAPER_3)

    assert paper_check.obstacles(WHOLE._replace(questions=nothing)) == [
        Fault("The paper", "None of its questions is published. Publish one.")
    ]


def test_what_an_unpublished_question_lacks_is_a_hint():
    paper = changed(2, is_published=False, printed=(B,))

    assert [fault.where for fault in paper_check.faults(paper)] == ["Question 3a"]
    assert paper_check.hints(paper) == [
        Fault(
            "Question 3a",
            "Question 3a prints 1 source, its form wants 2. Add what is missing.",
        )
    ]


def test_a_lessons_source_beside_a_question_from_memory_is_a_hint():
    assert paper_check.hints(changed(1, printed=(B, C))) == [
        Fault(
            "Question 2",
            "In the exam nothing is printed with question 2; here you print Source B "
            "and Source C.",
        )
    ]
    assert paper_check.faults(changed(1, printed=(B, C))) == []


def test_much_more_time_than_the_questions_take_is_a_hint():
    # 82 of 102 minutes are four fifths and a little more, of 103 a little less.
    assert paper_check.hints(WHOLE._replace(minutes=102)) == []
    assert paper_check.hints(WHOLE._replace(minutes=103)) == [
        Fault(
            "The paper",
            "Its questions take 82 of 103 minutes. Add a question, or shorten the "
            "time.",
        )
    ]


def test_a_letter_that_clashes_often_is_named_once():
    other = source("B", "a poster")
    questions = list(PAPER_3)
    questions[2] = questions[2]._replace(printed=(other, C))
    questions.insert(0, PAPER_3[4])
    found = paper_check.obstacles(Paper(None, None, tuple(questions)))

    assert [fault.sentence[:8] for fault in found] == ["Source B"]


def test_a_test_that_follows_no_exam_is_looked_at_for_itself():
    paper = Paper(None, 30, (FOREIGN, PAPER_3[1]))

    assert paper_check.faults(paper) == []
    assert paper_check.faults(paper._replace(minutes=20))[0].where == "The paper"


def test_minutes_follow_the_exams_former_duration():
    """The two columns of the guide's table (exam.md 1.2)."""
    now, before = [6, 20, 14, 6, 6, 30], [5, 18, 12, 5, 5, 27]

    assert paper_check.scaled(now, 90, 80) == before
    assert paper_check.scaled(now, 90, 90) == now


@given(
    st.lists(st.integers(1, 60), max_size=8),
    st.integers(1, 200),
    st.integers(1, 200),
)
def test_scaled_minutes_are_near_and_never_nothing(minutes, usual, chosen):
    for part, found in zip(
        minutes, paper_check.scaled(minutes, usual, chosen), strict=True
    ):
        assert found >= 1
        assert found == 1 or abs(found - part * chosen / usual) <= 0.5

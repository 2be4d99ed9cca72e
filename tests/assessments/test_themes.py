import pytest

from assessments import analysis, themes
from assessments.analysis import Given, Share
from assessments.themes import Marked, QuestionMarks, Text

BANDS = [(1, 3), (4, 6), (7, 9), (10, 12)]
WORDING = tuple(f"Student wording {number}." for number in (1, 2, 3, 4))
NAMES = ("Sam", "Test", "Grace")


def marks(*numbers):
    return [
        Given(n, mark, 12, 0, (mark, 0, 0, 0), (12, 0, 0, 0))
        for n, mark in enumerate(numbers)
    ]


def question(*numbers, bands=BANDS, wording=WORDING):
    return QuestionMarks("AQA 6", analysis.spread(marks(*numbers), bands), wording)


def marked(student, ebi="", www="", level=2, **more):
    return Marked(student, "AQA 6", level, www, ebi, **more)


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Weigh the two reasons against each other.", "Judgement"),
        ("Say which interpretation goes further.", "Interpretations"),
        ("Use the provenance of Source B.", "Sources"),
        ("Write about the second bullet too.", "Both sides of the question"),
        ("You tell the story; answer the question.", "Staying on the question"),
        ("Explain what followed from it.", "Explanation"),
        ("Add a date.", "Exact evidence"),
        ("A new paragraph for each reason.", "Order and paragraphs"),
        ("Mind the capital letters.", "Clear, correct English"),
        ("Leave time for the last part.", "Finishing in time"),
        ("Well done!", None),
    ],
)
def test_each_theme_is_known_by_its_words(sentence, name):
    theme = themes.theme_of(sentence)

    assert (theme and theme.name) == name


def test_a_comment_falls_into_sentences_without_its_spellings():
    comment = "- Weigh both. Add a date; say who.\n• Explain it!\nSp: their"

    assert themes.sentences(comment) == [
        "Weigh both.",
        "Add a date",
        "say who.",
        "Explain it!",
    ]


def test_themes_count_students_and_quote_what_is_said_most_often():
    found = themes.tallies(
        [
            (1, "Weigh both reasons. Weigh them again."),
            (2, "Weigh the reasons."),
            (3, "Weigh the reasons."),
            (3, "Add a date."),
            (4, "Fine."),
        ],
        NAMES,
    )

    assert [(t.theme.name, t.students, t.sentence) for t in found] == [
        ("Judgement", (1, 2, 3), "Weigh the reasons."),
        ("Exact evidence", (3,), "Add a date."),
    ]


@pytest.mark.parametrize(
    "sentence", ["Sam, weigh both.", "Weigh both, SAM!", "Weigh both as Grace’s did."]
)
def test_no_sentence_with_a_name_is_quoted_but_it_counts(sentence):
    found = themes.tallies([(1, sentence)], NAMES)

    assert [(t.theme.name, t.students, t.sentence) for t in found] == [
        ("Judgement", (1,), "")
    ]


def test_a_name_inside_another_word_is_no_name():
    assert themes.names_nobody("The same test-paper.", ["Sam", "Tes", ""])


def test_a_long_sentence_is_not_quoted():
    found = themes.tallies([(1, "Weigh " + "and weigh " * 20)], ())

    assert found[0].sentence == ""


FIVE = [
    marked(1, "Weigh both.", "A fact with a date."),
    marked(2, "Weigh both.", "A clear judgement.", ceilings=("Only one bullet",)),
    marked(3, "Add a date.", "", ceilings=("Only one bullet",)),
    marked(4, "", "A fact with a date."),
    marked(5, "", "", missed_points=("Detail two",)),
]
SHARES = [Share(1, 17, 30), Share(2, 15, 30)]


def test_a_sheet_says_what_went_well_what_to_work_on_and_what_to_do():
    sheet = themes.build_sheet(
        [question(3, 5, 5, 8, 11)],
        SHARES,
        FIVE,
        [("propaganda", 3), ("their", 1)],
        NAMES,
    )

    assert sheet.strengths.splitlines() == [
        "Exact evidence (2): A fact with a date.",
        "Judgement (1): A clear judgement.",
        "AQA 6: 2 of 5 reached level 3 or 4.",
        "AO1, knowledge: 57% of the marks.",
    ]
    assert sheet.work_on.splitlines() == [
        "Judgement (2): Weigh both.",
        "Exact evidence (1): Add a date.",
        "AQA 6: 2 of 5 are at level 2. Level 3: Student wording 3.",
        "AO2, explanation: 50% of the marks, the weakest objective.",
        "Only one bullet (2)",
    ]
    assert [line.partition(":")[0] for line in sheet.tasks.splitlines()] == [
        "Judgement",
        "Exact evidence",
    ]
    assert sheet.spellings == "propaganda (3), their"


def test_a_sheet_of_four_gives_no_numbers():
    sheet = themes.build_sheet(
        [question(3, 5, 5, 8)], SHARES, FIVE[:4], [("propaganda", 3)], NAMES
    )

    text = "".join(sheet)
    assert "Judgement: Weigh both." in sheet.work_on
    assert not any(sign.isdigit() for sign in text)
    assert sheet.spellings == "propaganda"


def test_a_theme_without_a_sentence_to_quote_stands_alone():
    sheet = themes.build_sheet([], [], [marked(1, "Sam, weigh both.")], [], NAMES)

    assert sheet.work_on == "Judgement"
    assert sheet.strengths == ""


def test_the_top_level_has_no_next_one_and_points_have_none():
    top = themes.build_sheet([question(11, 11, 11, 12, 12)], [], FIVE, [], NAMES)
    points = themes.build_sheet(
        [question(1, 2, 3, 4, 4, bands=[], wording=())], [], FIVE, [], NAMES
    )
    low = themes.build_sheet([question(1, 1, 0, 0, 2)], [], FIVE, [], NAMES)

    assert "AQA 6: 5 of 5 reached level 3 or 4." in top.strengths
    assert "Level" not in top.work_on
    assert "AQA 6" not in points.strengths + points.work_on
    assert "AQA 6" not in low.strengths
    assert "AQA 6: 3 of 5 are at level 1. Level 2: Student wording 2." in low.work_on


def test_a_class_with_nothing_in_any_level_is_told_of_none():
    sheet = themes.build_sheet([question(0, 0, 0, 0, 0)], [], FIVE, [], NAMES)

    assert "are at level" not in sheet.work_on


def test_missed_points_are_said_after_ceilings():
    assert themes._stops(FIVE) == ["Only one bullet (2)", "Detail two (1)"]


def test_each_student_is_in_one_group_by_what_they_are_told_most():
    answers = [
        marked(1, "Weigh both."),
        marked(2, "Weigh both."),
        marked(3, "Add a date."),
        marked(3, "Name the year: a date!"),
        marked(3, "Weigh both."),
        marked(4, "Add a date. Weigh both."),
        marked(5, "", level=3),
        marked(6, "Well.", level=0),
    ]
    found = [(group.name, group.students) for group in themes.groups(answers)]

    assert found == [
        ("Judgement", (1, 2, 4)),
        ("Exact evidence", (3,)),
        ("At level 3", (5,)),
        ("No level yet", (6,)),
    ]


def test_a_group_of_most_of_the_class_is_parted_by_level():
    answers = [
        marked(1, "Weigh both.", level=1),
        marked(2, "Weigh both.", level=3),
        marked(3, "Weigh both.", level=0),
        marked(4, "Add a date.", level=2),
    ]
    found = [(group.name, group.students) for group in themes.groups(answers)]

    assert found == [
        ("Judgement, no level yet", (3,)),
        ("Judgement, at level 1", (1,)),
        ("Judgement, at level 3", (2,)),
        ("Exact evidence", (4,)),
    ]


def test_a_theme_that_nobody_needs_most_makes_no_group():
    answers = [marked(1, "Weigh both. Add a date."), marked(2, "Weigh both.")]

    assert [group.name for group in themes.groups(answers)] == ["Judgement"]


GOOD = " ".join(["Fear", "made", "them", "obey."] * 8)  # 32 words


def test_extracts_are_of_the_best_answers_one_a_student_and_none_twice():
    texts = [
        Text(11, 1, 2, 5, "Short."),
        Text(12, 2, 4, 11, GOOD),
        Text(13, 2, 4, 12, f"Again. {GOOD}"),
        Text(14, 3, 3, 8, f"Again. {GOOD}"),
        Text(15, 4, 3, 7, f"And so. {GOOD}"),
        Text(16, 5, 1, 2, f"So. {GOOD}"),
        Text(17, 6, 1, 1, f"Thus. {GOOD}"),
        Text(18, 7, 0, 0, f"Nought. {GOOD}"),
    ]
    found = themes.extracts(texts, NAMES)

    assert [answer for answer, _passage in found] == [13, 15, 16]


def test_a_passage_is_a_paragraph_between_twenty_and_eighty_words():
    long = " ".join([GOOD] * 4)
    text = f"Too short.\n\n{GOOD}\n{long}"

    # Whole sentences of four words each, up to eighty.
    assert len(themes.passage(text).split()) == 80
    assert themes.passage(f"Short.\n\n{GOOD}") == GOOD
    assert themes.passage("word " * 100) == ""
    # Forty more words would be few enough, but not their 680 signs.
    assert themes.passage(f"{GOOD} {'industrialisation ' * 40}") == GOOD
    assert themes.passage(f"I am Grace. {GOOD}", NAMES) == ""

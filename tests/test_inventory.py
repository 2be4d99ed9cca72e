"""The lesson against the owner's page, point by point, and against the fact check.

The tables are typed from the inventory and the fact check, not from the fixtures.
`data/old_page_runs.txt` holds hashes of every run of eight words of the old page,
so that none of its sentences can come back without being kept here.
"""

import csv
import hashlib
import io
import re
from pathlib import Path

import pytest
from django.db import transaction

from lessons.models import Lesson
from terror_site import content

pytestmark = pytest.mark.django_db

RUNS = frozenset(
    (Path(__file__).parent / "data" / "old_page_runs.txt").read_text().split()
)
HEADINGS = {
    "deeper": "Going deeper",
    "reasons": "Reasons",
    "apparatus": "apparatus",
    "results": "Results",
    "questions": "Questions",
}
POINTS = {
    "reasons": (
        "Why Unnecessary Purges?",
        [
            ("W", "Whole country"), ("U", "Urgency"), ("P", "Paranoia"),
        ],
    ),
    "apparatus": (
        "Stalin Takes Total Control",
        [
            ("S", "Secret police"), ("T", "The first purges, 1930–33"),
            ("T", "The Great Purges, 1934–39"), ("C", "Cult of Stalin"),
        ],
    ),
    "results": (
        "Results Of The Terror – Iron Stalin Grabs All Power",
        [
            ("R", "Russification"), ("O", "Orthodox Church"), ("T", "Twenty million"),
            ("T", "Terror"), ("I", "Industry"), ("S", "Stalin cult"), ("G", "Gulag"),
            ("A", "Army and navy"), ("P", "Purges"),
        ],
    ),
}  # fmt: skip
# LINK-1 to LINK-11 in their order.
READINGS = [
    "Bitesize", "The Purges", "And they all confessed", "The Great Purge", "Stalin",
    "Executed in Stalin’s Great Terror in Georgia", "Revolution in Russia",
    "European History", "Modern World History",
    "How did Stalin control the Soviet Union?", "Cult of personality",
]  # fmt: skip
COUNTS = {
    "sources": 3,
    "timeline_events": 30,
    "key_people": 25,
    "readings": 11,
    "partner_tasks": 2,
    "figures": 5,
    "retrieval_questions": 20,
}
# What students must find in the lesson's own words: inventory id → pattern.
SAYS = {
    "OPEN-2": r"NKVD.*show trials",
    "OPEN-3": r"Gulag",
    "PRIOR-1": r"War Communism and the Cheka",
    "PRIOR-2": r"1929",
    "REA-2": r"ten years",
    "APP-1": r"Cheka.*GPU.*OGPU.*NKVD",
    "APP-2": r"kulaks",
    "APP-3a1": r"Kirov",
    "APP-3a2 1936": r"Zinoviev and Kamenev|Kamenev and Zinoviev",
    "APP-3a2 1938": r"Bukharin",
    "APP-3b1": r"Tukhachevsky",
    "APP-3c": r"church",
    "APP-3d": r"Russian (?:was made |became )?(?:compulsory|language)|Russification",
    "APP-3e4": r"apparatchik",
    "APP-4a": r"[Cc]ensor",
    "APP-4b": r"statue",
    "APP-4c": r"Stalingrad",
    "APP-4e": r"Trotsky.*photograph|photograph.*Trotsky",
    "RES-5": r"canals",
    "FC-14": r"681,692",
}
# The fact check: a claim of the old page, and what stands instead.
WRONG = {
    "FC-01": r"1935[^.]{0,60}(?:suicide|killed herself|wife)|"
    r"(?:suicide|killed herself|wife)[^.]{0,60}1935",
    "FC-05": r"Tomsky[^.]{0,60}(?:tried|trial)[^.]{0,30}1938",
    "FC-07": r"Commander-in-Chief",
    "FC-08": r"half (?:of )?(?:the |all )?(?:army )?officers|one officer in two",
    "FC-09": r"(?:every|all the|all) admirals?\b",
    "FC-11": r"(?:20|twenty) million (?:people )?(?:Russians|were (?:sent|arrested))",
    "FC-12": r"half (?:of them |of these )?died",
    "FC-13": r"million Russians",
    "FC-21": r"I Choose Freedom",
    "FC-31": r"wisest man of the age",
    "FC-36": r"greatl?l?y+ greatly|Explain explain",
    "FC-39": r"Insane Stalin",
}
RIGHT = {
    "FC-01": r"November 1932",
    "FC-02": r"GPU",
    "FC-03": r"[Nn]o document",
    "FC-05": r"1936",
    "FC-06": r"August 1936.*January 1937.*March 1938",
    "FC-07": r"Tukhachevsky",
    "FC-08": r"36,800.*10,900",
    "FC-11": r"18 million",
    "FC-12": r"1\.6|one in ten",
    "FC-14": r"681,692",
    "FC-15": r"00447",
    "FC-16": r"1938",
    "FC-18": r"4 February 1931|February 1931",
    "FC-21": r"I Chose Freedom",
    "FC-22": r"1973",
    "FC-23": r"12 March",
    "FC-24": r"227",
    "FC-25": r"April 1930",
    "FC-28": r"official",
    "FC-29": r"2018",
    "FC-30": r"2022",
}


@pytest.fixture(scope="module")
def rows():
    return content.shipped_rows()


@pytest.fixture(scope="module", autouse=True)
def _loaded(rows, django_db_setup, django_db_blocker):
    """Load everything once for all of these tests, and take it back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        content.load(rows)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def lesson():
    return Lesson.objects.get(slug="stalins-terror")


def words(text):
    return re.findall(r"[^\W_]+", text.casefold().replace("’", "").replace("'", ""))


def shared_runs(text):
    found = words(text)
    return [
        " ".join(found[place : place + 8])
        for place in range(len(found) - 7)
        if hashlib.sha256(" ".join(found[place : place + 8]).encode()).hexdigest()[:10]
        in RUNS
    ]


def read_by_students(lesson):
    """Return everything in the lesson that a student reads, as one text."""
    texts = [lesson.standfirst, lesson.content_note]
    texts += lesson.sections.values_list("text", flat=True)
    for phrase in lesson.mnemonics.all():
        texts += phrase.points.values_list("text", flat=True)
    for related, fields in {
        "boxes": ("title", "text"),
        "historians_notes": ("title", "text"),
        "partner_tasks": ("title", "text", "prompt"),
        "sources": ("kind", "who", "what", "when", "why", "ask"),
        "figures": ("title", "caption", "alt_text", "note"),
        "readings": ("title", "note"),
        "timeline_events": ("label", "text"),
        "key_people": ("role", "fate"),
    }.items():
        for row in getattr(lesson, related).all():
            texts += [getattr(row, field) for field in fields]
    return " ".join(" ".join(texts).split())


def test_the_old_page_is_known_by_its_runs_of_eight_words():
    assert len(RUNS) == 1309


@pytest.mark.parametrize("slug", POINTS)
def test_each_phrase_has_its_points(lesson, slug):
    phrase = lesson.mnemonics.get(slug=slug)
    title, points = POINTS[slug]

    assert str(phrase) == title
    assert list(phrase.points.values_list("initial", "title")) == points
    initials = "".join(re.findall(r"\*\*(\w)\*\*", phrase.phrase))
    assert initials == "".join(initial for initial, _title in points)


def test_sixteen_points_in_all(lesson):
    assert sum(phrase.points.count() for phrase in lesson.mnemonics.all()) == 16


@pytest.mark.parametrize(("related", "count"), COUNTS.items())
def test_the_counts_of_the_inventory(lesson, related, count):
    rows = getattr(lesson, related)
    if related == "sources":
        rows = rows.filter(form="source")

    assert rows.count() == count


def test_boxes_headings_core_events_and_questions(lesson):
    assert sorted(lesson.boxes.values_list("kind", flat=True)) == [
        "book", "fact", "fact", "fact",
    ]  # fmt: skip
    assert lesson.timeline_events.filter(is_core=True).count() == 16
    for slug, heading in HEADINGS.items():
        assert heading in lesson.sections.get(slug=slug).title
    assert lesson.questions.filter(is_listed=True).count() == 6


def test_the_glossary_explains_41_words(rows):
    assert sum(row["model"] == "lessons.term" for row in rows) == 41


def test_the_readings_stand_in_their_order(lesson):
    titles = lesson.readings.order_by("order").values_list("title", flat=True)

    assert [
        expected for expected, title in zip(READINGS, titles, strict=True)
        if expected not in title
    ] == []  # fmt: skip


@pytest.mark.parametrize("point", SAYS)
def test_nothing_of_the_old_page_is_missing(lesson, point):
    assert re.search(SAYS[point], read_by_students(lesson), re.DOTALL), point


@pytest.mark.parametrize("claim", WRONG)
def test_no_wrong_claim_of_the_old_page_is_left(lesson, claim):
    found = re.search(WRONG[claim], read_by_students(lesson))

    assert found is None, (claim, found and found[0])


@pytest.mark.parametrize("claim", RIGHT)
def test_the_corrected_claim_is_there(lesson, claim):
    assert re.search(RIGHT[claim], read_by_students(lesson), re.DOTALL), claim


def test_teachers_see_the_older_claims(lesson):
    claims = " ".join(lesson.historians_notes.values_list("older_claim", flat=True))

    assert lesson.historians_notes.count() >= 15
    for claim in ("1935", "Insane", "half"):
        assert claim in claims


def test_no_sentence_of_the_old_page_is_in_the_product(rows):
    quoted = {"extract", "phrase", "wording", "stem"}
    found = {
        (row["model"], name, run)
        for row in rows
        for name, value in row["fields"].items()
        if isinstance(value, str) and name not in quoted
        for run in shared_runs(value)
    }

    # Whoever marks or answers quotes the three sources: that is what they are for.
    sources = {
        run
        for row in rows
        if row["model"] == "lessons.source"
        for run in shared_runs(row["fields"]["extract"])
    }
    assert {item for item in found if item[2] not in sources} == set()


def test_the_check_for_old_sentences_can_fail(lesson):
    assert shared_runs(lesson.sources.get(letter="A").extract)


def table(text):
    return list(csv.reader(io.StringIO(text)))


# Typed from the guide's tables, a line each to be sure of the columns.
FIGURES = {
    "arrests": {
        "1930": ("331544", "20201"),
        "1937": ("936750", "353074"),
        "1938": ("638509", "328618"),
        "1941": ("133740", "8001"),
    },
    "camps": {
        "1930": ("179000", ""),
        "1935": ("725483", "240259"),
        "1938": ("996367", "885203"),
        "1941": ("1500524", "429205"),
    },
}


@pytest.mark.parametrize("slug", FIGURES)
def test_figures_carry_the_numbers_of_the_archives(lesson, slug):
    rows = {row[0]: row[1:] for row in table(lesson.figures.get(slug=slug).data)}

    for year, numbers in FIGURES[slug].items():
        assert tuple(rows[year][: len(numbers)]) == numbers


def test_the_sums_of_the_guide_come_out(lesson):
    rows = table(lesson.figures.get(slug="arrests").data)[1:]
    years = {row[0]: (int(row[1]), int(row[2])) for row in rows}

    assert len(years) == 12
    assert sum(years[str(year)][0] for year in range(1930, 1937)) == 2_255_722
    assert years["1937"][0] + years["1938"][0] == 1_575_259
    assert years["1937"][1] + years["1938"][1] == 681_692


def test_the_map_shows_33_complexes(lesson):
    assert len(table(lesson.figures.get(slug="map").data)) - 1 == 33


def test_the_second_lesson_comes_through_the_same_loader():
    lesson = Lesson.objects.get(slug="bolshevik-russia")

    assert lesson.sections.count() >= 3
    assert lesson.sources.count() == 1
    assert lesson.figures.count() == 1
    assert lesson.questions.count() == 1
    assert Lesson.objects.get(slug="stalins-terror").previous == lesson

"""Shipped content: loaded twice it changes nothing; a teacher's edit survives."""

import copy

import pytest
from django.db import transaction

from lessons.models import Lesson, Mnemonic, MnemonicPoint, Section, Source
from terror_site import content

pytestmark = pytest.mark.django_db

# Typed from the owner's page, not from our fixtures.
SOURCE_A = (
    "The first accounts of Kirov’s death said that Nicolayev, the murderer, was "
    "working for foreign countries. Next came a series of official reports showing "
    "that followers of Trotsky, Zinoviev, Kamenev and other old Bolsheviks were "
    "linked to Nicolayev. The number of people who were accused of being involved in "
    "Kirov’s murder rose almost hourly. Anyone who had ever raised a doubt about "
    "Stalin’s policies was accused. Hundreds of suspects were executed without a "
    "trial. These purges were acts of revenge against enemies of the Party."
)
SOURCE_B_PARTS = (
    "a tribute to Comrade Stalin was called for. Of course, everyone leapt to his feet.",
    "the applause went on – 6, 7, 8 minutes! They couldn’t stop now till they "
    "collapsed of heart attacks!",
    "after 11 minutes, the director of the paper factory sat down in his seat.",
    "And, oh, a miracle took place! Everyone else stopped dead and sat down.",
    "They easily pasted 10 years in a labour camp on him",
)
SOURCE_C_PARTS = (
    "I plead guilty to being one of the leaders of this 'Bloc of Rightists and "
    "Trotskyites.'",
    "whether or not I knew of, whether or not I took part in, any particular act...",
    'For you ask yourself: "If you must die, what are you dying for?"',
)


def terror_sources():
    return Source.objects.filter(lesson__slug="stalins-terror")


def terror_source(letter):
    return terror_sources().get(letter=letter)


# Enough to try the loader on; `test_inventory.py` loads all of it.
FILES = (
    "bolshevik_lesson.yaml",
    "terror_lesson.yaml",
    "terror_sources.yaml",
    "terror_interpretations.yaml",
)


@pytest.fixture(scope="module")
def shipped():
    return content.shipped_rows(FILES)


@pytest.fixture
def rows(shipped):
    return copy.deepcopy(shipped)


@pytest.fixture(scope="module", autouse=True)
def _loaded(shipped, django_db_setup, django_db_blocker):
    """Each test begins with all of it loaded once; `test_first_load.py` does not."""
    with django_db_blocker.unblock(), transaction.atomic():
        content.load(copy.deepcopy(shipped))
        yield
        transaction.set_rollback(True)


def everything():
    return {
        model: sorted(model.objects.values_list())
        for model in (Lesson, Section, Source, Mnemonic, MnemonicPoint)
    }


def find(rows, model, **fields):
    return next(
        row["fields"]
        for row in rows
        if row["model"] == model
        and all(row["fields"].get(key) == value for key, value in fields.items())
    )


def test_loading_twice_changes_nothing(rows):
    before = everything()

    report = content.load(rows)

    assert everything() == before
    assert not report.changed
    assert report.unchanged == len(rows)
    assert report.kept == []


def test_a_newer_version_updates_rows_in_place(rows):
    key = terror_source("A").pk
    newer = copy.deepcopy(rows)
    find(newer, "lessons.source", lesson=["stalins-terror"], letter="A")["ask"] = (
        "A better question?"
    )

    report = content.load(newer)

    assert terror_source("A").pk == key
    assert terror_source("A").ask == "A better question?"
    assert len(report.updated) == 1


def test_a_teachers_edit_survives_and_is_listed(rows):
    terror_sources().filter(letter="A").update(ask="The teacher’s question?")
    newer = copy.deepcopy(rows)
    find(newer, "lessons.source", lesson=["stalins-terror"], letter="A")["ask"] = (
        "A better question?"
    )

    report = content.load(newer)

    assert terror_source("A").ask == "The teacher’s question?"
    assert report.kept == ['lessons.source ["stalins-terror", "A"]']
    assert not report.changed


def test_an_edit_undone_by_hand_takes_updates_again(rows):
    shipped = terror_source("A").ask
    terror_sources().filter(letter="A").update(ask="Changed")
    content.load(rows)
    terror_sources().filter(letter="A").update(ask=shipped)
    newer = copy.deepcopy(rows)
    find(newer, "lessons.source", lesson=["stalins-terror"], letter="A")["ask"] = (
        "A better question?"
    )

    assert len(content.load(newer).updated) == 1


def test_what_the_school_deleted_stays_deleted(rows):
    terror_source("B").question_sources.all().delete()
    terror_source("B").delete()

    report = content.load(rows)

    assert not terror_sources().filter(letter="B").exists()
    assert 'lessons.source ["stalins-terror", "B"]' in report.kept


def test_what_is_no_longer_shipped_is_unpublished_not_deleted(rows):
    fewer = [
        row
        for row in rows
        if (row["model"], row["fields"].get("letter")) != ("lessons.source", "C")
    ]

    report = content.load(fewer)

    assert terror_source("C").published_at is None
    assert report.withdrawn == ['lessons.source ["stalins-terror", "C"]']
    assert not content.load(fewer).changed


def test_withdrawing_leaves_edited_and_deleted_rows_alone(rows):
    terror_sources().filter(letter="C").update(ask="The teacher’s question?")
    terror_source("B").question_sources.all().delete()
    terror_source("B").delete()
    fewer = [row for row in rows if row["fields"].get("letter") not in ("B", "C")]

    assert not content.load(fewer).changed
    assert terror_source("C").published_at is not None


def test_a_change_renders_pages_anew(rows):
    version = Lesson.objects.get(slug="stalins-terror").content_version
    newer = copy.deepcopy(rows)
    find(newer, "lessons.source", lesson=["stalins-terror"], letter="A")["ask"] = (
        "A better question?"
    )
    content.load(newer)

    assert Lesson.objects.get(slug="stalins-terror").content_version == version + 1


def test_sources_are_verbatim_and_credited(rows):
    a, b, c = terror_sources().filter(form="source").order_by("letter")

    assert a.extract.strip() == SOURCE_A
    for part in SOURCE_B_PARTS:
        assert part in b.extract
    for part in SOURCE_C_PARTS:
        assert part in c.extract
    assert "Kravchenko" in a.who and "*I Chose Freedom*" in a.what and "1946" in a.when
    assert "Solzhenitsyn" in b.who and "Whitney" in b.when
    assert "Bukharin" in c.who and "12 March" in c.when
    assert all("copyright" in source.licence for source in (a, b, c))


def test_the_first_phrase_has_its_three_points(rows):
    phrase = Mnemonic.objects.get(slug="reasons")

    assert str(phrase) == "Why Unnecessary Purges?"
    assert [(point.initial, point.title) for point in phrase.points.all()] == [
        ("W", "Whole country"),
        ("U", "Urgency"),
        ("P", "Paranoia"),
    ]


def test_a_deleted_or_renamed_parent_does_not_stop_the_site(rows):
    Mnemonic.objects.get(slug="reasons").delete()
    report = content.load(rows)
    assert not report.changed
    assert len(report.kept) == 4

    Lesson.objects.filter(slug="stalins-terror").update(slug="our-own-address")
    report = content.load(rows)
    assert not report.changed
    assert not Lesson.objects.filter(slug="stalins-terror").exists()


def test_a_form_saved_unchanged_by_a_browser_is_no_edit(rows):
    for source in Source.objects.all():
        source.extract = source.extract.strip().replace("\n", "\r\n")
        source.save()
    newer = copy.deepcopy(rows)
    find(newer, "lessons.source", lesson=["stalins-terror"], letter="A")["ask"] = (
        "A better question?"
    )

    report = content.load(newer)

    assert report.kept == []
    assert len(report.updated) == 1


def test_what_was_withdrawn_can_return(rows):
    fewer = [row for row in rows if row["fields"].get("letter") != "C"]
    content.load(fewer)

    report = content.load(rows)

    assert terror_source("C").published_at is not None
    assert len(report.updated) >= 1

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from lessons.models import Mnemonic, MnemonicPoint, Section, ShippedRow, Source
from tests.factories import make_lesson, make_mnemonic, make_source

pytestmark = pytest.mark.django_db


def refused_twice(row, sentence):
    with pytest.raises(ValidationError) as refusal:
        row.full_clean()
    assert sentence in str(refusal.value)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row).objects.bulk_create([row])


@pytest.mark.parametrize("missing", ["extract", "who", "what", "when", "licence"])
def test_a_source_without_provenance_cannot_exist(missing):
    source = make_source(make_lesson())
    source.pk, source.letter = None, "B"
    setattr(source, missing, "")

    with pytest.raises(ValidationError):
        source.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Source.objects.bulk_create([source])


def test_letters_slugs_and_places_are_used_once():
    lesson = make_lesson()
    make_source(lesson)
    mnemonic = make_mnemonic(lesson)

    source = make_source(make_lesson("other"))
    source.pk, source.lesson = None, lesson
    refused_twice(source, "already has a source of that letter")
    refused_twice(
        Section(lesson=lesson, slug="part-1", title="T", text="t"),
        "Another one of this lesson has that address",
    )
    refused_twice(
        Mnemonic(lesson=lesson, slug="why", phrase="p"),
        "Another one of this lesson has that address",
    )
    refused_twice(
        MnemonicPoint(mnemonic=mnemonic, order=1, initial="W", title="W", text="t"),
        "Two points stand at the same place",
    )


def test_a_point_begins_with_its_initial():
    point = MnemonicPoint(initial="W", title="Urgency", text="t", order=9)

    with pytest.raises(ValidationError, match="begin with its initial"):
        point.clean()


def test_rows_name_themselves():
    lesson = make_lesson(title="The Terror")
    mnemonic = make_mnemonic(lesson)

    assert str(lesson.sections.get()) == "Part 1"
    assert str(make_source(lesson)) == "Source A"
    assert str(mnemonic) == "Why Us?"
    assert str(mnemonic.points.first()) == "Whole"
    assert str(ShippedRow(model="m", key="k")) == "m k"

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from assessments.models import (
    Assessment,
    Ceiling,
    Level,
    MarkScheme,
    Question,
    QuestionType,
)
from assessments.models.schemes import Editing, check_ladder
from terror_site import content
from tests.factories import AQA6, EDX3D, make_question, make_scheme

pytestmark = pytest.mark.django_db


def test_objectives_add_up_to_the_tariff():
    row = QuestionType(
        code="X", board="B", specification="s", paper="1", number="1",
        command_word="c", tariff=8, ao1=4, ao2=3, minutes=5,
    )  # fmt: skip

    with pytest.raises(ValidationError, match="do not add up to the tariff"):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_levels_stand_in_order():
    scheme = make_scheme("S", [(1, 3)])
    for row in (
        Level(scheme=scheme, number=2, lowest_mark=6, highest_mark=4),
        Level(scheme=scheme, number=2, lowest_mark=0, highest_mark=4),
        Level(scheme=scheme, number=1, lowest_mark=4, highest_mark=6),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_a_ladder_with_a_gap_is_explained():
    check_ladder(make_scheme("Whole", [(1, 3), (4, 6)]))
    with pytest.raises(ValidationError, match="No level has mark 4"):
        check_ladder(make_scheme("Gap", [(1, 3), (5, 6)]))
    with pytest.raises(ValidationError, match="no levels yet"):
        check_ladder(MarkScheme.objects.create(name="Bare", series="1", tariff=2))


def test_a_ceiling_lies_within_its_scheme():
    scheme = make_scheme("S", [(1, 3)])

    with pytest.raises(ValidationError, match="above the scheme"):
        Ceiling(scheme=scheme, condition="c", highest_mark=4).full_clean()


def test_a_questions_schemes_fit_its_form():
    question, other = make_question(AQA6, "a"), make_question(EDX3D, "b")
    question.mark_scheme = other.mark_scheme
    with pytest.raises(ValidationError, match="for 16 marks, the form has 12"):
        question.full_clean()
    question.refresh_from_db()
    question.spag_scheme = other.spag_scheme
    with pytest.raises(ValidationError, match="belongs to forms with SPaG"):
        question.full_clean()


def test_a_question_alone_is_one_task():
    question = make_question()

    assert Assessment.objects.of(question) == Assessment.objects.of(question)


def test_the_shipped_schemes_are_whole_and_fit():
    content.load(content.shipped_rows())
    # Bands, objectives and ceilings typed from the guide's catalogue.
    expected = {
        "aqa-6-fear-or-propaganda": (
            AQA6,
            [(1, 3), (4, 6), (7, 9), (10, 12)],
            [(6, True), (9, False)],
        ),
        "edexcel-3d-source-a": (
            EDX3D,
            [(1, 4), (5, 8), (9, 12), (13, 16)],
            [(8, False)],
        ),
    }
    for slug, (form, bands, ceilings) in expected.items():
        question = Question.objects.get(slug=slug)
        question.full_clean()
        check_ladder(question.mark_scheme)
        levels = question.mark_scheme.levels.order_by("number")
        assert [level.band for level in levels] == bands
        assert question.type.maxima == form["ao"]
        assert question.type.spag == form["spag"]
        found = question.mark_scheme.ceilings.values_list("highest_mark", "is_firm")
        assert sorted(found) == ceilings
        for level in levels:
            assert level.for_student and level.for_marker
    for scheme in MarkScheme.objects.all():
        check_ladder(scheme)
        assert scheme.editing is Editing.NOTHING
    assert all(form.is_shipped for form in QuestionType.objects.all())
    spag = Question.objects.get(slug="edexcel-3d-source-a").spag_scheme
    assert [x.band for x in spag.levels.order_by("number")] == [(1, 1), (2, 3), (4, 4)]
    assert spag.levels.get(number=2).band_words == "2–3"
    assert spag.levels.get(number=3).band_words == "4"

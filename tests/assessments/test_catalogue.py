"""The boards' forms as shipped, against a table typed from the guide (exam.md 1.4)."""

import random

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments import marking
from assessments.forms import MarkForm
from assessments.models import (
    Ceiling,
    ExamPaper,
    Level,
    Mark,
    MarkScheme,
    Question,
    QuestionType,
    Strand,
)
from terror_site import content
from tests.factories import make_assignment, make_group, make_script, make_user

pytestmark = pytest.mark.django_db

# code, tariff, SPaG, AO1–AO4, bands, minutes, sources, interpretations, bullets.
TABLE = """
AQA-P1A-Q1 4 0 0 0 0 4 1-2;3-4 5 0 2 0
AQA-P1A-Q2 4 0 0 0 0 4 1-2;3-4 5 0 2 0
AQA-P1A-Q3 8 0 0 0 0 8 1-2;3-4;5-6;7-8 10 0 2 0
AQA-P1A-Q4 4 0 4 0 0 0 1-2;3-4 5 0 0 0
AQA-P1A-Q5 8 0 4 4 0 0 1-2;3-4;5-6;7-8 11 0 0 0
AQA-P1A-Q6 12 0 6 6 0 0 1-3;4-6;7-9;10-12 17 0 0 2
AQA-P1B-Q1 4 0 0 0 4 0 1-2;3-4 6 1 0 0
AQA-P1B-Q2 12 0 0 0 12 0 1-3;4-6;7-9;10-12 16 2 0 0
AQA-P1B-Q3 8 0 4 4 0 0 1-2;3-4;5-6;7-8 12 0 0 0
AQA-P1B-Q4 16 4 8 8 0 0 1-4;5-8;9-12;13-16 25 0 0 0
EDX-P3-Q1 4 0 0 0 4 0 points 6 1 0 0
EDX-P3-Q2 12 0 6 6 0 0 1-3;4-6;7-9;10-12 20 0 0 2
EDX-P3-Q3a 8 0 0 0 8 0 1-2;3-5;6-8 14 2 0 0
EDX-P3-Q3b 4 0 0 0 0 4 1-2;3-4 6 0 2 0
EDX-P3-Q3c 4 0 0 0 0 4 1-2;3-4 6 2 2 0
EDX-P3-Q3d 16 4 0 0 0 16 1-4;5-8;9-12;13-16 30 0 2 0
"""
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}
# The scheme of a form without a question of the unit is found by its name.
SCHEMES = {
    "AQA-P1B-Q1": "AQA how do you know",
    "AQA-P1B-Q2": "AQA how useful",
    "AQA-P1B-Q3": "AQA write an account",
    "AQA-P1B-Q4": "AQA how far do you agree",
}


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        content.load(content.shipped_rows())
        yield
        transaction.set_rollback(True)


def schemes_of(code):
    """Return every version of the scheme that marks a form."""
    used = Question.objects.filter(type__code=code).values_list(
        "mark_scheme__name", flat=True
    )
    name = used.first()
    if name is None:
        found = MarkScheme.objects.filter(name__startswith=SCHEMES[code])
        assert found.exists(), code
        return found
    return MarkScheme.objects.filter(name=name)


def test_sixteen_forms():
    assert set(QuestionType.objects.values_list("code", flat=True)) == set(ROWS)


@pytest.mark.parametrize("code", ROWS)
def test_each_form_is_the_boards(code):
    form = QuestionType.objects.get(code=code)
    tariff, spag, *objectives, bands, minutes, sources, views, bullets = ROWS[code]

    assert (form.tariff, form.spag) == (int(tariff), int(spag))
    assert list(form.maxima) == [int(value) for value in objectives]
    assert form.minutes == int(minutes)
    assert (form.sources, form.interpretations, form.stimulus) == (
        int(sources), int(views), int(bullets),
    )  # fmt: skip
    assert form.is_point_marked == (bands == "points")
    assert form.stem


@pytest.mark.parametrize("code", ROWS)
def test_each_scheme_has_the_boards_bands_and_both_wordings(code):
    bands = ROWS[code][6]
    for scheme in schemes_of(code):
        assert scheme.tariff == int(ROWS[code][0])
        if bands == "points":
            points = list(scheme.points.all())
            assert len(points) == scheme.tariff
            assert [bool(point.needs_id) for point in points] == [
                False, True, False, True,
            ]  # fmt: skip
            assert all(p.for_student and p.for_marker for p in points)
            continue
        levels = list(scheme.levels.order_by("number"))
        found = ";".join(f"{lv.lowest_mark}-{lv.highest_mark}" for lv in levels)
        assert found == bands
        assert marking.ladder_faults(levels, scheme.tariff) == []


def test_every_level_and_strand_speaks_to_students_and_to_markers():
    for model in (Level, Strand):
        for row in model.objects.all():
            assert row.for_student.strip(), row
            assert row.for_marker.strip(), row
            assert row.for_student != row.for_marker, row


@pytest.mark.parametrize(
    ("paper", "prefix", "marks"),
    [("AQA-P1A", "AQA-P1A", 40), ("AQA-P1B", "AQA-P1B", 44), ("EDX-P3", "EDX-P3", 52)],
)
def test_the_papers_add_up(paper, prefix, marks):
    forms = QuestionType.objects.filter(code__startswith=prefix)

    assert ExamPaper.objects.get(code=paper).marks == marks
    assert sum(form.tariff + form.spag for form in forms) == marks


def test_edexcels_paper_3_lasts_90_minutes_and_lasted_80():
    durations = ExamPaper.objects.get(code="EDX-P3").durations

    assert durations.get(is_default=True).minutes == 90
    assert sorted(durations.values_list("minutes", flat=True)) == [80, 90]


# Section 2.3 of the guide: scheme, condition in a word, highest mark, refusal?
CEILINGS = [
    ("EDX-P3-Q2", 8, True), ("AQA-P1A-Q6", 6, True), ("AQA-P1A-Q6", 9, False),
    ("AQA-P1A-Q4", 2, None), ("AQA-P1A-Q5", 4, False), ("EDX-P3-Q3a", 3, False),
    ("EDX-P3-Q3d", 8, False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "highest", "is_firm"), CEILINGS)
def test_each_ceiling_of_the_guide_has_its_force(code, highest, is_firm):
    found = Ceiling.objects.filter(
        scheme__in=schemes_of(code), level_number=0, highest_mark=highest
    )

    assert found.exists()
    if is_firm is not None:
        assert {ceiling.is_firm for ceiling in found} == {is_firm}


def form_for(code, series, **data):
    """Return the desk's form for a mark on this form under one series of its scheme."""
    form = QuestionType.objects.get(code=code)
    scheme = schemes_of(code).get(series=series)
    mark = Mark(
        scheme=scheme,
        tariff=form.tariff,
        has_levels=bool(scheme.levels.all()),
        ceiling=form.tariff,
        ao1_maximum=form.ao1,
        ao2_maximum=form.ao2,
        ao3_maximum=form.ao3,
        ao4_maximum=form.ao4,
    )
    if "level" in data:
        data["level"] = scheme.levels.get(number=data["level"]).pk
    if data.get("ceilings"):
        data["ceilings"] = [scheme.ceilings.order_by("level_number").first().pk]
    return MarkForm(data, instance=mark, own_role="first", is_award=True)


@pytest.mark.parametrize(
    ("series", "level", "mark", "is_allowed"),
    [
        # Since summer 2024 a Level 2 answer may reach 6; Level 3 still stops at 8.
        ("2024", 2, 6, True),
        ("2024", 3, 8, True),
        ("2024", 3, 9, False),
        ("2024", 4, 10, False),
        # From 2018 to 2023 Level 2 stopped at 5.
        ("2018", 2, 5, True),
        ("2018", 2, 6, False),
        ("2018", 3, 8, True),
        ("2018", 3, 9, False),
        ("2018", 4, 10, False),
    ],
)
def test_a_stimulus_only_answer_before_and_after_summer_2024(
    series, level, mark, is_allowed
):
    form = form_for("EDX-P3-Q2", series, level=level, mark=mark, ceilings=True)

    assert form.is_valid() == is_allowed, form.errors


def test_without_the_tick_every_mark_is_open():
    for series in ("2018", "2024"):
        assert form_for("EDX-P3-Q2", series, level=4, mark=12).is_valid()


def points(*orders):
    scheme = schemes_of("EDX-P3-Q1").get()
    return [scheme.points.get(order=order).pk for order in orders]


@pytest.mark.parametrize(
    ("orders", "expected"),
    [((), 0), ((1,), 1), ((1, 2), 2), ((1, 3), 2), ((1, 2, 3), 3), ((1, 2, 3, 4), 4)],
)
def test_inferences_and_details_earn_a_mark_each(orders, expected):
    form = form_for("EDX-P3-Q1", "2018", points=points(*orders))

    assert form.is_valid(), form.errors
    assert form.cleaned_data["mark"] == expected
    assert form.instance.points_given == expected


@pytest.mark.parametrize("orders", [(2,), (4,), (1, 4), (2, 4), (2, 3)])
def test_a_detail_without_its_inference_earns_nothing(orders):
    form = form_for("EDX-P3-Q1", "2018", points=points(*orders))

    assert "earns nothing without" in str(form.errors["points"])


def test_a_typed_mark_must_say_what_the_points_say():
    form = form_for("EDX-P3-Q1", "2018", points=points(1, 2), mark=4)

    assert "2 points are ticked and the mark is 4" in str(form.errors)


@pytest.mark.long
@pytest.mark.parallel
def test_ten_thousand_marks_over_all_forms_and_series():
    """What the rule allows the database stores, and the other way round."""
    chance = random.Random(16)
    group = make_group("10B/Hi1")
    ada = make_user("ada", staff=True, role="teacher", group=group)
    sam = make_user("sam", role="student", group=group)
    templates = []
    for code in ROWS:
        question = Question.objects.filter(type__code=code).first()
        for scheme in schemes_of(code):
            if question is None:
                form = QuestionType.objects.get(code=code)
                spag = MarkScheme.objects.filter(name__icontains="spelling", tariff=4)
                question = Question.objects.create(
                    slug=code.lower(), type=form, wording="x", mark_scheme=scheme,
                    spag_scheme=spag.first() if form.spag else None,
                    indicative_content="x",
                )  # fmt: skip
            # Question 2 of AQA’s Section A waits for its second interpretation.
            Question.objects.filter(pk=question.pk).update(published_at=timezone.now())
            script = make_script(
                sam, make_assignment(question, group, ada), "x", hand_in=True
            )
            mark = Mark.prepare(script.answers.get(), ada)
            mark.scheme = scheme
            mark.has_levels = bool(scheme.levels.all())
            templates.append((mark, list(scheme.levels.all())))
    assert len(templates) == 17
    fields = [f.attname for f in Mark._meta.concrete_fields if f.attname != "id"]
    tally = {True: 0, False: 0}
    for _ in range(10_000):
        template, levels = chance.choice(templates)
        mark = Mark(**{name: getattr(template, name) for name in fields})
        mark.mark = chance.randint(0, template.tariff + 1)
        level = marking.level_of(levels, mark.mark)
        if levels and chance.random() < 0.2:
            level = chance.choice([None, *levels])
        mark.take_level(level)
        shares = marking.split_by_objective(mark.mark, template.maxima)
        if chance.random() < 0.2:
            place = chance.randrange(4)
            shares[place] = max(0, shares[place] + chance.choice((-1, 1)))
        mark.ao1, mark.ao2, mark.ao3, mark.ao4 = shares
        if chance.random() < 0.2:
            mark.ceiling = chance.randint(0, template.tariff)
        if template.spag_maximum:
            mark.spag = chance.choice([None, 0, 1, 2, 3, 4, 5])
            if chance.random() < 0.2:
                mark.spag_ceiling = 0
        elif chance.random() < 0.05:
            mark.spag = 1
        if not levels:
            mark.points_given = mark.mark + chance.choice((0, 0, 0, 1))
        mark.awarded_at = timezone.now()
        allowed = not marking.faults(mark.judgement())
        try:
            with transaction.atomic():
                Mark.objects.bulk_create([mark])
                mark.delete()
            stored = True
        except IntegrityError:
            stored = False
        assert stored == allowed, (mark.judgement(), allowed, stored)
        tally[allowed] += 1
    assert min(tally.values()) > 2_000, tally


def test_each_exemplar_has_a_mark_that_its_scheme_allows():
    checked = 0
    for question in Question.objects.prefetch_related("exemplars"):
        for exemplar in question.exemplars.all():
            exemplar.clean()
            checked += 1

    assert checked == 45


def test_45_exemplars_of_which_30_are_different_16_mark_answers():
    long = Question.objects.get(slug="edexcel-3d-source-a").exemplars
    made = [exemplar for exemplar in long.all() if exemplar.slug.startswith("d")]

    assert len(made) == 30
    assert len({exemplar.text for exemplar in made}) == 30
    assert {exemplar.mark for exemplar in made} == set(range(1, 17))
    assert Question.objects.exclude(exemplars=None).distinct().count() == 6


# Score table of the guide (history.md 8.1): script, level, mark, SPaG.
SCORES = [
    "e01",
    "1",
    "1",
    "-",
    "e02",
    "2",
    "3",
    "-",
    "e03",
    "2",
    "4",
    "-",
    "e04",
    "1",
    "2",
    "-",
    "e05",
    "3",
    "5",
    "-",
    "e06",
    "4",
    "8",
    "-",
    "e07",
    "2",
    "4",
    "-",
    "e08",
    "3",
    "8",
    "-",
    "e09",
    "4",
    "12",
    "-",
    "e10",
    "2",
    "4",
    "-",
    "e11",
    "3",
    "8",
    "-",
    "e12",
    "4",
    "12",
    "-",
    "e13",
    "2",
    "6",
    "2",
    "e14",
    "3",
    "10",
    "3",
    "e15",
    "4",
    "15",
    "4",
]


@pytest.mark.parametrize("place", range(15))
def test_the_fifteen_scripts_have_the_guides_marks(place):
    slug, level, mark, spag = SCORES[place * 4 : place * 4 + 4]
    exemplar = Question.objects.get(exemplars__slug=slug).exemplars.get(slug=slug)

    assert (exemplar.level, exemplar.mark) == (int(level), int(mark))
    assert exemplar.spag == (None if spag == "-" else int(spag))

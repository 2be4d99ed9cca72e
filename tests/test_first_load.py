"""The first load of the shipped content, and loads beside marks that stand."""

import copy

import pytest
from django.core.management import call_command
from django.core.serializers.base import DeserializationError

from assessments.models import Question
from lessons.models import Lesson, ShippedRow
from terror_site import content
from tests.factories import (
    make_assignment,
    make_group,
    make_mark,
    make_script,
    make_user,
)
from tests.test_content import find, terror_sources

pytestmark = pytest.mark.django_db

FILES = (
    "bolshevik_lesson.yaml",
    "terror_lesson.yaml",
    "terror_sources.yaml",
    "terror_interpretations.yaml",
    "question_types.yaml",
    "mark_schemes.yaml",
    "terror_questions.yaml",
)


@pytest.fixture(scope="module")
def rows():
    return content.shipped_rows(FILES)


def test_a_row_of_the_schools_own_under_our_key_is_left_alone(rows):
    own = Lesson.objects.create(
        slug="stalins-terror", title="Ours", standfirst="s", reading_minutes=1
    )

    report = content.load(rows)

    own.refresh_from_db()
    assert own.title == "Ours"
    assert 'lessons.lesson ["stalins-terror"]' in report.kept


def test_the_command_says_what_it_did(capsys):
    call_command("load_content")
    terror_sources().filter(letter="A").update(ask="The teacher’s question?")
    ShippedRow.objects.filter(key='["stalins-terror", "B"]').delete()
    call_command("load_content", verbosity=2)
    lines = capsys.readouterr().out.splitlines()

    assert (
        lines[0]
        == f"Content: {len(content.shipped_rows())} new, 0 updated, 0 unchanged."
    )
    assert lines[1].startswith("  left as it is: lessons.source")
    assert lines[-1].endswith("1 left as your school has them.")


def test_a_row_of_no_known_model_or_parent_of_ours_is_a_fault(rows):
    with pytest.raises(DeserializationError):
        content.load([{"model": "lessons.nothing", "fields": {}}])


def test_a_fresh_load_leaves_nothing_out(rows):
    report = content.load(rows)

    assert report.kept == []
    assert len(report.created) == len(rows)


def test_a_scheme_with_marks_on_it_is_never_touched(rows):
    content.load(rows)
    question = Question.objects.get(slug="aqa-6-fear-or-propaganda")
    group = make_group("10B/Hi1")
    teacher = make_user("ada", staff=True, role="teacher", group=group)
    student = make_user("sam", role="student", group=group)
    assignment = make_assignment(question, group, teacher)
    make_mark(make_script(student, assignment, "Text.", hand_in=True), teacher)
    newer = copy.deepcopy(rows)
    scheme = list(question.mark_scheme.natural_key())
    level = find(newer, "assessments.level", scheme=scheme, number=3)
    level["for_marker"] = "New wording."

    report = content.load(newer)

    assert not question.mark_scheme.levels.filter(for_marker="New wording.").exists()
    assert len(report.kept) == 1

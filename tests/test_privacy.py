"""G79 and G80: each field of a person has a purpose; the notice is easy to read."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

from people.models import Enrolment, User
from tests.site import BASE

OURS = {"id", "student"}


def test_each_field_of_a_person_has_a_purpose_in_the_guide():
    guide = (BASE / "docs/data-protection.md").read_text()
    table = guide.split("## What is kept about people")[1].split("##")[0]
    written = set(re.findall(r"`([a-z_]+)`", table))
    fields = {
        field.name
        for model in (User, Enrolment)
        for field in (*model._meta.fields, *model._meta.many_to_many)
    } - OURS

    assert fields == written


def readability(text):
    """Return the Automated Readability Index: a US school grade, age less five."""
    sentences = [s for s in re.split(r"[.!?:;]\s", text) if s.strip()]
    words = re.findall(r"[\w’-]+", text)
    letters = sum(len(re.sub(r"\W", "", word)) for word in words)
    return 4.71 * letters / len(words) + 0.5 * len(words) / len(sentences) - 21.43


def test_the_index_agrees_with_figures_worked_out_by_hand():
    # 20 letters, 5 words, 1 sentence: 4.71 × 4 + 0.5 × 5 − 21.43 = −0.09.
    assert readability("Your work is kept safely. ") == pytest.approx(-0.09, abs=0.01)


@pytest.mark.goal("G80", "privacy notice readable at the age of 12")
@pytest.mark.django_db
def test_a_twelve_year_old_can_read_the_notice(client, reached):
    page = client.get(reverse("privacy")).content.decode()
    main = page.split("<main", 1)[1].split("</main>", 1)[0]
    text = " ".join(re.findall(r"<(?:p|li)[^>]*>(.*?)</(?:p|li)>", main, re.DOTALL))
    age = readability(re.sub(r"<[^>]+>", "", text)) + 5
    assert age <= 12
    reached(f"reading age {age:.1f}")


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/help/", "/privacy/"])
@pytest.mark.django_db
def test_the_notice_is_linked_on_every_page(client, address):
    page = client.get(address, follow=True)

    assert f'href="{reverse("privacy")}"' in page.content.decode()


def test_the_forms_for_the_school_are_there():
    for name in ("dpia", "record-of-processing"):
        assert (Path(BASE) / f"docs/examples/{name}.md").exists()

"""Search for teachers: students, classes, questions, and words of own classes' answers.

Plain words only, never a pattern: what is typed is looked for as it stands, in small
letters. Answers are stored deflated, so their texts are unpacked and read here, the
newest first, up to `MOST_TEXTS`. A text whose marks are not released is found by its
marking code; whose it is stands nowhere.
"""

import re

from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments import versions
from assessments.models import Answer, Question, Script
from assessments.models.releases import Release
from assessments.spelling import folded
from people.models import TeachingGroup, User

LONGEST_QUERY = 80
SHORTEST_IN_TEXT = 3
MOST_TEXTS = 4_000
PER_PAGE = 20
AROUND = 70  # signs of an answer on each side of what was found

KINDS = {
    "students": _("Students"),
    "classes": _("Classes"),
    "questions": _("Questions"),
    "answers": _("Answers"),
}


def words_of(query):
    """Return the words looked for, in the form in which texts are compared."""
    return folded(query[:LONGEST_QUERY]).split()


def _small(text):
    """Return an answer's text for comparison, sign for sign as long as it was."""
    small = text.lower().replace("’", "'")
    return small if len(small) == len(text) else text


class Search:
    """One query of one member of staff. Each kind costs at most two queries."""

    def __init__(self, query, user):
        self.query = query.strip()[:LONGEST_QUERY]
        self.user = user
        self.words = words_of(self.query)
        self.is_cut = False

    def found(self, kind):
        """Return everything of a kind, best or newest first."""
        return getattr(self, kind)() if self.words else []

    def page(self, kind, number):
        page = Paginator(self.found(kind), PER_PAGE).get_page(number)
        page.rows = described(page.object_list) if kind == "answers" else page
        return page

    def _fits(self, text):
        text = folded(text)
        return all(word in text for word in self.words)

    def students(self):
        people = User.objects.visible_to(self.user).filter(is_staff=False)
        names = people.values_list(
            "pk", "username", "first_name", "last_name", "preferred_name"
        )
        return [
            {
                "pk": pk,
                "name": f"{preferred or first} {last}".strip() or username,
                "username": username,
            }
            for pk, username, first, last, preferred in names
            if self._fits(f"{first} {preferred} {last} {username}")
        ]

    def classes(self):
        groups = TeachingGroup.objects.visible_to(self.user).with_student_count()
        return [group for group in groups if self._fits(group.name)]

    def questions(self):
        questions = (
            Question.objects.visible_to(self.user)
            .select_related("type")
            .only(
                "wording", "slug", "type__board", "type__number", "type__command_word"
            )
        )  # fmt: skip
        return [
            question
            for question in questions
            if self._fits(f"{question} {question.type.command_word}")
        ]

    def answers(self):
        """Return handed-in texts that hold every word.

        A second draft repeats its first, so before it is released it would be known
        by it: until then it is left out.
        """
        words = [_small(word) for word in self.query.split()]
        if max(map(len, words)) < SHORTEST_IN_TEXT:
            return []
        scripts = Script.objects.visible_to(self.user).handed_in()
        answers = (
            Answer.objects.filter(script__in=scripts)
            .exclude(script__assignment=None)
            .exclude(script__in=_hidden_redrafts())
            .order_by("-script__handed_in_at", "script__marking_code", "order")
            .values_list(
                "script__marking_code",
                "order",
                "pk",
                "handed_in_version__packed",
                "handed_in_version__whole__packed",
            )
        )
        hits = []
        for number, (code, order, pk, packed, whole) in enumerate(
            answers[: MOST_TEXTS + 1].iterator()
        ):
            if number == MOST_TEXTS:
                self.is_cut = True
                break
            text = versions.unpack(
                bytes(packed), versions.unpack(bytes(whole), None) if whole else None
            )
            small = _small(text)
            if all(word in small for word in words):
                at = small.index(words[0])
                hits.append((code, order, pk, snippet(text, at, len(words[0]))))
        # By code, not by time: an hour would tell whose it is.
        return sorted(hits)


def _hidden_redrafts():
    redrafts = Script.objects.exclude(assignment=None).exclude(question=None)
    return (
        redrafts.with_newest_release()
        .filter(~Q(newest_release=Release.Kind.SHOWN) | Q(newest_release=None))
        .values("pk")
    )


def described(hits):
    """Return these hits with their scripts, by name only where marks are released."""
    snippets = {pk: words for _code, _order, pk, words in hits}
    answers = (
        Answer.objects.filter(pk__in=snippets)
        .select_related(
            "question__type",
            "script__student",
            "script__assignment__assessment",
            "script__assignment__group",
        )
        .in_bulk()
    )
    shown = set(
        Script.objects.filter(answers__in=snippets)
        .with_newest_release()
        .filter(newest_release=Release.Kind.SHOWN)
        .values_list("pk", flat=True)
    )
    return [
        {
            "answer": answers[pk],
            "script": answers[pk].script,
            "who": str(answers[pk].script.student)
            if answers[pk].script_id in shown
            else "",
            "student_id": answers[pk].script.student_id
            if answers[pk].script_id in shown
            else None,
            "snippet": snippets[pk],
        }
        for pk in snippets
    ]


def snippet(text, at, length):
    """Return (before, found, after) of a place in a text, in one line, whole words."""
    before = text[max(0, at - AROUND) : at]
    after = text[at + length : at + length + AROUND]
    if at > AROUND:
        before = "… " + re.sub(r"^\S*\s", "", before)
    if at + length + AROUND < len(text):
        after = re.sub(r"\s\S*$", "", after) + " …"
    return (
        re.sub(r"\s+", " ", before),
        text[at : at + length],
        re.sub(r"\s+", " ", after),
    )

"""What a reader's pages show of their own study: progress, and what to ask next."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from lessons.models import (
    Card,
    Lesson,
    Mnemonic,
    RetrievalQuestion,
    Section,
    SectionRead,
)


def with_progress(lessons, user):
    """Annotate lessons with their sections, how many are read, and the last one read.

    One query however many lessons there are.
    """
    parts = Section.objects.published().filter(lesson=OuterRef("pk"))
    own = SectionRead.objects.filter(student_id=user.pk, section__lesson=OuterRef("pk"))
    return lessons.annotate(
        sections_there=_count(parts, "lesson"),
        sections_read=_count(own.filter(section__published_at__lte=timezone.now())),
        read_last_at=Subquery(own.order_by("-at").values("at")[:1]),
        goes_on_at=Subquery(
            parts.exclude(
                Exists(
                    SectionRead.objects.filter(
                        student_id=user.pk, section=OuterRef("pk")
                    )
                )
            )
            .order_by("order")
            .values("slug")[:1]
        ),
    )


def newest(lessons):
    """Return the lesson read last that is not read to its end, or None.

    Wants `with_progress`.
    """
    begun = [lesson for lesson in lessons if lesson.read_last_at and lesson.goes_on_at]
    return max(begun, key=lambda lesson: lesson.read_last_at, default=None)


def _count(rows, by="section__lesson"):
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Subquery(counted)


def read_to(user, section):
    """Note that this student has read a section; return the one after it, or None."""
    SectionRead.objects.update_or_create(
        student=user, section=section, defaults={"at": timezone.now()}
    )
    later = Section.objects.published().filter(lesson=section.lesson)
    return later.filter(order__gt=section.order).order_by("order").first()


@dataclass
class Item:
    """Something to recall: a quick question, or what a phrase's initials stand for."""

    name: str
    question: RetrievalQuestion | None = None
    mnemonic: Mnemonic | None = None

    @property
    def is_said_aloud(self):
        """Whether nothing is typed: it is said, then checked."""
        return self.question is None or self.question.is_open

    def is_right(self, given):
        return self.question is not None and self.question.is_right(given)


def _item(row):
    if isinstance(row, Mnemonic):
        return Item(f"phrase-{row.slug}", mnemonic=row)
    return Item(f"question-{row.slug}", question=row)


def board(lesson):
    """Return everything there is to recall of a lesson, in the set order."""
    questions = lesson.retrieval_questions.prefetch_related("answers")
    phrases = lesson.mnemonics.prefetch_related("points")
    return [_item(row) for row in (*questions, *phrases)]


def item_for(lesson, name):
    """Return the item of that name, or None."""
    return next((item for item in board(lesson) if item.name == name), None)


def _cards(lesson, user):
    return Card.objects.visible_to(user).filter(
        Q(question__lesson=lesson) | Q(mnemonic__lesson=lesson)
    )


def counts(lesson, user):
    """Return how many items are new to this student and how many are due now."""
    cards = _cards(lesson, user)
    total = lesson.retrieval_questions.count() + lesson.mnemonics.count()
    known = cards.count()
    return {
        "new": total - known,
        "due": cards.due().count(),
        "next_at": cards.order_by("due_at").values_list("due_at", flat=True).first(),
    }


def next_item(lesson, user):
    """Return what is due for longest, else what was never asked, else None."""
    cards = list(
        _cards(lesson, user)
        .annotate(question_slug=F("question__slug"), mnemonic_slug=F("mnemonic__slug"))
        .order_by("due_at", "pk")
    )
    now = timezone.now()
    asked = {}
    for card in cards:
        name = (
            f"question-{card.question_slug}"
            if card.question_id
            else f"phrase-{card.mnemonic_slug}"
        )
        asked[name] = card
    items = {item.name: item for item in board(lesson)}
    for name, card in asked.items():
        if card.due_at <= now and name in items:
            return items[name]
    return next((item for name, item in items.items() if name not in asked), None)


def card_for(lesson, user, name):
    """Return this student's card for an item, made at the first answer; or None."""
    item = item_for(lesson, name)
    if item is None:
        return None
    card, _made = Card.objects.get_or_create(
        student=user,
        question=item.question,
        mnemonic=item.mnemonic,
        defaults={"due_at": timezone.now()},
    )
    return card


def continued(user):
    """Return the lesson that this student read last and has not finished, or None."""
    begun = with_progress(Lesson.objects.visible_to(user), user).filter(
        read_last_at__isnull=False, goes_on_at__isnull=False
    )
    return begun.order_by("-read_last_at").first()

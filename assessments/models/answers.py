"""What is written in a script: answers, and how their texts are saved."""

import secrets
from typing import NamedTuple

from django.db import (
    IntegrityError,
    OperationalError,
    connection,
    models,
    transaction,
)
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from assessments import versions
from assessments.models.answer_versions import AnswerVersion
from assessments.models.questions import Question
from assessments.models.scripts import AnswerMovedError, Script

# How often a save is tried again when others save the same answer meanwhile.
KEEP_TRIES = 30
# What a save runs, written out: building the same three queries anew from querysets
# takes ten times as long as running them (3.3 of 5.5 ms of CPU for a whole save).
_POINTER = {"answer": "current_id", "plan": "current_plan_id"}
_LOOK = {
    part: f"""
        SELECT answer.id, answer.last_number, answer.handed_in_version_id,
            script.handed_in_at IS NOT NULL, standing.id, standing.number,
            standing.tab, standing.tab_number, whole.id, whole.packed
        FROM assessments_answer answer
        JOIN assessments_script script ON script.id = answer.script_id
        LEFT JOIN assessments_answerversion standing ON standing.id = answer.{pointer}
        LEFT JOIN assessments_answerversion whole ON whole.id = answer.latest_whole_id
        WHERE """  # noqa: S608 (only the pointer's name is filled in)
    for part, pointer in _POINTER.items()
}
_BY_KEY = "answer.id = %s"
_BY_ADDRESS = 'script.public_id = %s AND script.student_id = %s AND answer."order" = %s'
_APPEND = """
    INSERT INTO assessments_answerversion (
        answer_id, number, part, packed, whole_id, length, words, checksum,
        writer_id, origin, tab, tab_number, base_number, place, saved_at
    ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    RETURNING id
"""
# Only while the answer is as it was read (0 stands for: not handed in).
_MOVE = {
    part: f"""
        UPDATE assessments_answer
        SET last_number = %s, latest_whole_id = %s, {pointer} = %s
        WHERE id = %s AND last_number = %s AND COALESCE(handed_in_version_id, 0) = %s
    """  # noqa: S608 (only the pointer's name is filled in)
    for part, pointer in _POINTER.items()
}


class Seen(NamedTuple):
    """What a save looks at: the answer, what stands in it, its latest whole text."""

    pk: int
    last_number: int
    handed_in_version: int | None
    is_handed_in: bool
    standing: int | None
    number: int | None
    tab: str | None
    tab_number: int | None
    whole: int | None
    packed: bytes | None

    def place_for(self, origin, tab, number, base):
        """Return what becomes of a text: it stands, is kept beside, or comes late."""
        if self.is_handed_in:
            return AnswerVersion.Place.LATE
        follows = origin != AnswerVersion.Origin.RESCUE and (
            self.standing is None
            or base == self.number
            or (self.tab == tab and self.tab_number < number)
            or (base is None and origin in AnswerVersion.BROUGHT_BACK)
        )
        return AnswerVersion.Place.STOOD if follows else AnswerVersion.Place.BESIDE


class AnswerQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(script__in=Script.objects.visible_to(user))

    def for_marking(self):
        """Fetch what the desk shows of an answer and its question.

        Of the newest text that came after what is handed in, number and words:
        `later_number` and `later_words`.
        """
        later = AnswerVersion.objects.filter(
            answer=OuterRef("pk"),
            part="answer",
            place=AnswerVersion.Place.LATE,
            number__gt=OuterRef("handed_in_version__number"),
        ).order_by("-number")
        return (
            self.annotate(
                later_number=Subquery(later.values("number")[:1]),
                later_words=Subquery(later.values("words")[:1]),
            )
            .select_related(
                "question__type",
                "question__mark_scheme",
                "question__spag_scheme",
                "handed_in_version__whole",
                "current_plan__whole",
                "redraft_of__handed_in_version__whole",
            )
            .prefetch_related(
                "question__stimulus_points",
                "question__mark_scheme__levels__strands",
                "question__mark_scheme__points__needs",
            )
        )


class Answer(models.Model):
    """One question in a script: what stands, what was handed in, what it redrafts."""

    script = models.ForeignKey(Script, models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    order = models.PositiveSmallIntegerField(default=1)
    redraft_of = models.ForeignKey(
        "self", models.PROTECT, related_name="redrafts", null=True, blank=True
    )
    # No index on what every save moves: PostgreSQL then changes the row in its place
    # and leaves nothing behind. Whoever deletes versions makes one (`erasing.py`).
    current = models.ForeignKey(
        "AnswerVersion",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    current_plan = models.ForeignKey(
        "AnswerVersion",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    handed_in_version = models.ForeignKey(
        "AnswerVersion", models.PROTECT, related_name="+", null=True, blank=True
    )
    latest_whole = models.ForeignKey(
        "AnswerVersion",
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    last_number = models.PositiveIntegerField(default=0)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["script", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["script", "question"],
                name="assessments_one_answer_a_question",
                violation_error_message=_("This script already answers that question."),
            ),
        ]

    def __str__(self):
        return f"{self.script}, answer {self.order}"

    @property
    def text(self):
        return self.current.text if self.current else ""

    @property
    def handed_in_text(self):
        return self.handed_in_version.text if self.handed_in_version else ""

    def standing(self, part):
        """Return the version of this part that stands, or None."""
        return self.current if part == "answer" else self.current_plan

    @property
    def plan(self):
        return self.current_plan.text if self.current_plan else ""

    def blank_version(self):
        """Store that nothing was written, so that it can be handed in and marked."""
        return AnswerVersion.blank(self)

    @property
    def is_blank(self):
        return not self.text.strip()

    @transaction.atomic
    def make_redraft(self):
        """Return the open second draft of this answer, begun from its text."""
        # Two clicks at once wait for each other here.
        Answer.objects.select_for_update(of=("self",)).get(pk=self.pk)
        draft = (
            Answer.objects.filter(redraft_of=self, script__handed_in_at=None)
            .select_related("script")
            .first()
        )
        if draft is None:
            script = Script.objects.create(
                student_id=self.script.student_id,
                assignment_id=self.script.assignment_id,
                question_id=self.question_id,
            )
            draft = Answer.objects.create(
                script=script, question_id=self.question_id, redraft_of=self
            )
            draft.keep(
                self.handed_in_text,
                writer=script.student,
                origin=AnswerVersion.Origin.START,
            )
            draft.refresh_from_db()
        return draft

    def keep(self, text, *, writer, origin, part="answer", tab="", number=0, base=None):
        """Append a text and move the pointer where `base` is what stands.

        Returns a `Kept`. Nothing given is ever dropped: a text that does not
        follow from what stands is kept beside it, and the same tab and number again
        give the receipt of the first time.
        """
        which = _BY_KEY, [self.pk]
        return self._keep(which, text, writer, origin, part, tab, number, base)

    @classmethod
    def keep_at(
        cls, public_id, order, text, *, writer, origin, part, tab, number, base
    ):
        """Do the same with the writer's own answer at an address, or return None."""
        # An address may ask for any number; no database takes as many digits.
        which = _BY_ADDRESS, [public_id, writer.pk, min(order, 2**31)]
        return cls._keep(which, text, writer, origin, part, tab, number, base)

    @classmethod
    def _keep(
        cls,
        which,
        text,
        writer,
        origin,
        part,
        tab="",
        number=0,
        base=None,
        *,
        by_staff=False,
    ):
        """Read, append and move: three queries, the last two in one transaction.

        No row is locked for reading: the last query moves the answer on only if it is
        still as it was read, and otherwise everything is done again.
        """
        condition, values = which
        text = versions.normalised(text)
        tab = tab or f"{origin}-{secrets.token_urlsafe(6)}"
        for _attempt in range(KEEP_TRIES):
            with connection.cursor() as cursor:
                cursor.execute(_LOOK[part] + condition, values)
                row = cursor.fetchone()
            if row is None:
                return None
            seen = Seen(*row)
            try:
                place = seen.place_for(origin, tab, number, base)
                if by_staff:
                    place = AnswerVersion.Place.STOOD
                return cls._append(
                    seen, text, writer, origin, part, tab, number, base, place
                )
            except AnswerMovedError:
                continue
            except IntegrityError:
                # Sent before, or another save took the next version number.
                before = cls._sent_before(seen.pk, text, part, tab, number)
                if before is not None:
                    return before
                number = cls._next_number(seen.pk, part, tab, number)
        raise OperationalError("An answer was saved from too many places at once.")

    @staticmethod
    def _append(seen, text, writer, origin, part, tab, number, base, place):
        """Append to an answer as it was just seen.

        Raises `AnswerMovedError` when a save or a hand-in has come in between, and
        `IntegrityError` for a tab and number, or a version number, used before.
        """
        whole_text = seen.whole and versions.unpack(bytes(seen.packed), None)
        packed, is_whole = versions.pack(text, whole_text)
        version = AnswerVersion(
            answer_id=seen.pk,
            number=seen.last_number + 1,
            part=part,
            packed=packed,
            whole_id=None if is_whole else seen.whole,
            length=len(text),
            words=versions.word_count(text),
            checksum=versions.checksum(text),
            writer_id=writer.pk,
            origin=origin,
            tab=tab,
            tab_number=number,
            base_number=base,
            place=place,
        )
        follows = place == AnswerVersion.Place.STOOD
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_APPEND, version.as_row())
            (version.pk,) = cursor.fetchone()
            cursor.execute(
                _MOVE[part],
                [
                    version.number,
                    version.pk if is_whole else seen.whole,
                    version.pk if follows else seen.standing,
                    seen.pk,
                    seen.last_number,
                    seen.handed_in_version or 0,
                ],
            )
            if not cursor.rowcount:
                raise AnswerMovedError
        return Kept(version, is_current=follows, standing=seen.number)

    @classmethod
    def _sent_before(cls, pk, text, part, tab, number):
        """Return the receipt of a text that came before under this tab and number."""
        answer = cls.objects.get(pk=pk)
        version = answer.versions.filter(part=part, tab=tab, tab_number=number).first()
        if version is None or version.checksum != versions.checksum(text):
            return None
        stands = version.pk in (answer.current_id, answer.current_plan_id)
        return Kept(version, is_current=stands, is_repeated=True)

    @staticmethod
    def _next_number(pk, part, tab, number):
        """Return a number for another text that came under one used before."""
        used = AnswerVersion.objects.filter(answer=pk, part=part, tab=tab)
        highest = used.aggregate(highest=models.Max("tab_number"))["highest"]
        return number if highest is None else max(highest + 1, number)

    @transaction.atomic
    def let_stand(self, version, origin):
        """Append the text of a kept version as what stands, for staff who decide so.

        What is handed in is replaced as well, so a mark that has been awarded refuses
        it: raises `MarkedAlreadyError`. Locks the script before the answer, as the
        marking desk does.
        """
        script = Script.objects.select_for_update().get(pk=self.script_id)
        answer = Answer.objects.select_for_update(of=("self",)).get(pk=self.pk)
        if version.part == "answer" and answer.has_marks:
            raise MarkedAlreadyError
        kept = self._keep(
            (_BY_KEY, [self.pk]),
            version.text,
            script.student,
            origin,
            version.part,
            by_staff=True,
        )
        if version.part == "answer" and script.is_handed_in:
            Answer.objects.filter(pk=self.pk).update(handed_in_version=kept.version)
        return kept

    @property
    def has_marks(self):
        """Whether somebody else than the student has awarded a mark."""
        return self.marks.awarded().exclude(role="self").exists()

    @property
    def was_let_stand(self):
        """Whether what is handed in stands by a teacher's decision."""
        version = self.handed_in_version
        return version is not None and version.origin == AnswerVersion.Origin.LET_STAND


class Kept:
    """What became of a text: its version, and whether it is what stands now.

    `standing` is the number of the version that stood before, where one did.
    """

    def __init__(self, version, *, is_current, is_repeated=False, standing=None):
        self.version = version
        self.is_current = is_current
        self.is_repeated = is_repeated
        self.standing = standing


class MarkedAlreadyError(Exception):
    """A text cannot be let stand: the one that is handed in has been marked."""

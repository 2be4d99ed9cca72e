"""Writes the demonstration's work into the database, many rows at a time.

Each row is as its own verb would have made it (`Script.start`, `Answer.keep`,
`Script.hand_in`, `Mark.award`), with times of its own; releases go through
`Release.show`. The database holds every constraint against it.
"""

import datetime

from assessments import marking, versions
from assessments.models import Answer, AnswerVersion, Event, Mark, Release, Script


class Part:
    """One answer on its way: its steps, what it is worth, and its rows."""

    def __init__(self, question, steps, written, before=None):
        self.question = question
        self.steps = steps
        self.written = written
        self.before = before
        self.answer = None


class Piece:
    """One script on its way."""

    def __init__(self, script, parts, *, marked=0):
        self.script = script
        self.parts = parts
        # How many of its answers have an awarded mark; one more may have a draft.
        self.marked = marked
        self.has_draft_mark = False
        self.marked_at = None


class Rows:
    """Saves pieces and then the releases of some of them."""

    def __init__(self, pieces, releases, now, rng):
        self.pieces = pieces
        # (teacher, time, pieces, what the school's file says of the task)
        self.releases = releases
        self.now = now
        self.rng = rng

    def save(self):
        for piece in self.pieces:
            if piece.marked_at:
                piece.script.marking_started_at = (
                    None if piece.script.is_practice else piece.marked_at
                )
        Script.objects.bulk_create(piece.script for piece in self.pieces)
        self._save_answers()
        self._save_versions()
        self._save_marks()
        self._release()

    def _save_answers(self):
        parts = []
        for piece in self.pieces:
            for order, part in enumerate(piece.parts, 1):
                part.answer = Answer(
                    script=piece.script, question=part.question, order=order
                )
                parts.append(part)
        Answer.objects.bulk_create(part.answer for part in parts)

    def _save_versions(self):
        """Append every step, the first of each answer first: a delta names a row."""
        writing = [
            (piece, part) for piece in self.pieces for part in piece.parts if part.steps
        ]
        for number in range(
            max((len(part.steps) for _piece, part in writing), default=0)
        ):
            made = []
            for piece, part in writing:
                if number < len(part.steps):
                    made.append(_version(piece, part, number))
            AnswerVersion.objects.bulk_create(made)
            for version in made:
                answer = version.answer
                answer.current = version
                answer.last_number = version.number
                if version.whole_id is None:
                    answer.latest_whole = version
        for piece, part in writing:
            if part.before is not None:
                part.answer.redraft_of = part.before.answer
            if piece.script.handed_in_at:
                part.answer.handed_in_version = part.answer.current
        Answer.objects.bulk_update(
            [part.answer for _piece, part in writing],
            [
                "current",
                "handed_in_version",
                "latest_whole",
                "last_number",
                "redraft_of",
            ],
            batch_size=200,
        )

    def _save_marks(self):
        marks, stops = [], []
        for piece in self.pieces:
            for number, part in enumerate(piece.parts):
                if number < piece.marked + piece.has_draft_mark:
                    marks.append(self._mark_of(piece, part, number < piece.marked))
                    if part.written.stopped_by and not piece.script.is_practice:
                        stops.append((marks[-1], part))
        Mark.objects.bulk_create(marks)
        through = Mark.ceilings.through
        through.objects.bulk_create(
            through(mark_id=mark.pk, ceiling_id=ceiling.pk)
            for mark, part in stops
            for ceiling in _stops(part)
        )
        self._save_events(marks)

    def _mark_of(self, piece, part, is_awarded):
        question, script = part.question, piece.script
        teacher = script.student if script.is_practice else script.assignment.set_by
        role = Mark.Role.SELF if script.is_practice else Mark.Role.FIRST
        part.answer.question = question
        mark = Mark.prepare(part.answer, teacher, role)
        levels = question.mark_scheme.levels.all()
        mark.mark = part.written.mark
        level = marking.level_of(levels, mark.mark)
        mark.take_level(level)
        mark.ao1, mark.ao2, mark.ao3, mark.ao4 = marking.split_by_objective(
            mark.mark, mark.maxima
        )
        mark.saved_at = piece.marked_at
        if script.is_practice:
            mark.spag_maximum = None
        else:
            mark.spag = part.written.spag
            mark.www, mark.ebi = part.written.www, part.written.ebi
            mark.ceiling = marking.ceiling_for(mark.tariff, level.number, _stops(part))
        if is_awarded:
            mark.awarded_at = piece.marked_at
            mark.clean()
        return mark

    def _save_events(self, marks):
        handed_in = [
            Event(
                script=piece.script,
                actor=piece.script.student,
                kind=Event.Kind.HANDED_IN,
                at=piece.script.handed_in_at,
            )
            for piece in self.pieces
            if piece.script.handed_in_at
        ]
        awarded = [
            Event(
                script=mark.answer.script,
                actor=mark.marker,
                kind=Event.Kind.AWARDED,
                at=mark.awarded_at,
                mark=mark,
            )
            for mark in marks
            if mark.awarded_at and mark.role == Mark.Role.FIRST
        ]
        Event.objects.bulk_create(
            sorted([*handed_in, *awarded], key=lambda event: event.at)
        )

    def _release(self):
        """Release what is to be, oldest first; some have read it since."""
        for teacher, at, pieces, item in sorted(self.releases, key=lambda r: r[1]):
            scripts = Script.objects.filter(pk__in=[p.script.pk for p in pieces])
            scripts = scripts.select_related("student")
            release, shown, _held = Release.show(scripts, teacher)
            Release.objects.filter(pk=release.pk).update(at=at)
            Event.objects.filter(
                script__in=shown, kind=Event.Kind.RELEASED, at__gte=self.now
            ).update(at=at)
            unread = item.get("unread_by", ())
            may = [script for script in shown if script.student.username not in unread]
            readers = self.rng.sample(may, min(item.get("reading", 0), len(may)))
            Event.objects.bulk_create(
                Event(
                    script=script,
                    actor=script.student,
                    kind=Event.Kind.READ,
                    at=at + datetime.timedelta(hours=self.rng.randint(1, 20)),
                )
                for script in readers
            )


def _version(piece, part, number):
    """Return one step as `Answer.keep` would have kept it."""
    answer = part.answer
    at, text = part.steps[number]
    whole = answer.latest_whole
    packed, is_whole = versions.pack(text, whole.text if whole else None)
    begins = part.before is not None and number == 0
    return AnswerVersion(
        answer=answer,
        number=number + 1,
        packed=packed,
        whole=None if is_whole else whole,
        length=len(text),
        words=versions.word_count(text),
        checksum=versions.checksum(text),
        writer=piece.script.student,
        origin=AnswerVersion.Origin.START if begins else AnswerVersion.Origin.AUTOSAVE,
        tab="demonstration",
        tab_number=number + 1,
        base_number=number or None,
        saved_at=at,
    )


def _stops(part):
    """Return the ceilings that stop this answer, as a marker would have ticked."""
    condition = part.written.stopped_by
    return [
        ceiling
        for ceiling in part.question.mark_scheme.ceilings.all()
        if condition and ceiling.condition == condition
    ]

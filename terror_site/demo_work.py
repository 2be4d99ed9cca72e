"""The demonstration's work: what was set, written, marked and released, of late.

Everything is drawn at random from one seed and dated from today, on school days.
`demo_rows` writes it down.
"""

import datetime
import itertools
import random
import zoneinfo
from collections import Counter
from typing import NamedTuple

from django.utils import timezone

from assessments import marking
from assessments.models import (
    Assessment,
    Assignment,
    AssignmentStudent,
    Question,
    Script,
)
from lessons.models import Section, SectionRead
from people.models import School, TeachingGroup, User
from terror_site import demo_answers
from terror_site.demo_rows import Part, Piece, Rows

SEED = 1937
# The most versions that an answer shows in the history: a whole lesson of saves.
LONG_HISTORY = 44
FRIDAY = 4
# Growth is counted from so many school days ago.
LONGEST_AGO = 34


class Diary:
    """School days around today, and times on them in the school's own zone."""

    def __init__(self):
        self.now = timezone.now()
        self.zone = zoneinfo.ZoneInfo(School.current().time_zone)
        self.today = self.now.astimezone(self.zone).date()

    def day(self, number):
        """Return the school day so many away; -1 is the last one before today."""
        day = self.today
        step = datetime.timedelta(days=1 if number > 0 else -1)
        while number:
            day += step
            if day.weekday() <= FRIDAY:
                number -= 1 if step.days > 0 else -1
        return day

    def at(self, number, hour, minute=0):
        time = datetime.time(hour, minute)
        return datetime.datetime.combine(self.day(number), time, self.zone)

    def evening(self, first, last, rng):
        """Return a time after school on one of these days, or in a lesson."""
        hour = rng.choice((10, 13, 16, 17, 18, 19, 20))
        return self.at(rng.randint(first, last), hour, rng.randint(0, 55))


class DemoStudent:
    """A student of the demonstration, and how well they write."""

    def __init__(self, user, entry):
        # The same name gives the same student every time.
        rng = random.Random(f"{SEED} {user.username}")
        self.user = user
        self.joined = entry.get("joined", -1_000)
        self.is_keen = entry.get("is_keen", False)
        self.ability = entry.get("ability", min(max(rng.gauss(0.58, 0.17), 0.2), 0.95))
        # Those whose story is told in the file write to it.
        self.spread = 0.03 if "ability" in entry else 0.09
        self.growth = entry.get("growth", rng.gauss(0.08, 0.05))

    def share(self, days):
        """Return the share of the marks that they earned so many school days ago."""
        return self.ability + self.growth * max(0, 1 - days / LONGEST_AGO)


class DemoClass(NamedTuple):
    row: TeachingGroup
    teacher: User
    students: list[DemoStudent]


class Work:
    """Makes the work of the demonstration's classes."""

    def __init__(self, answers, groups, diary):
        self.rng = random.Random(SEED)
        self.diary = diary
        self.spelling = answers["spelling"]
        self.parts = answers["questions"]
        self.groups = groups
        self.questions = {
            question.slug: question
            for question in Question.objects.published()
            .select_related("type", "mark_scheme", "spag_scheme")
            .prefetch_related(
                "mark_scheme__levels", "mark_scheme__ceilings", "exemplars"
            )
        }
        # No two students of the school hand in the same text.
        self.texts = set()
        self.taken = Counter()
        self.students = {
            student.user: student
            for group in groups.values()
            for student in group.students
        }
        self.pieces = []
        self.releases = []

    def make(self, items):
        for item in items:
            self.set_work(item)
        self.practise()
        # Without the first student, who opens the lessons for the first time.
        _first, *others = self.students
        read_on(others, self.diary.now, self.rng)
        Rows(self.pieces, self.releases, self.diary.now, self.rng).save()

    # What each student does.

    def set_work(self, item):
        group = self.groups[item["class"]]
        questions = self._questions(item)
        if questions is None:
            # A school without the shipped questions: nothing to set.
            return
        diary = self.diary
        assignment = Assignment.objects.create(
            assessment=self._task(item, questions),
            group=group.row,
            audience="chosen" if "chosen" in item else "class",
            opens_at=diary.at(item["opens"], 9),
            due_at=diary.at(item["due"], 15, 30),
            grace_minutes=item.get("grace", 0),
            takes_late=item.get("takes_late", True),
            note=item.get("note", ""),
            set_by=group.teacher,
            set_at=diary.at(item["opens"] - 1, 16, 20),
        )
        pieces = self._write(item, assignment, group, questions)
        self.pieces += pieces
        self._mark(item, pieces)
        if "released" in item:
            again = self._write_again(item, pieces)
            self.pieces += again
            self.releases.append(
                (group.teacher, diary.at(item["released"], 15, 50), pieces, item)
            )
            shown = [piece for piece in again if piece.marked]
            if shown:
                at = diary.at(item["released"] + 7, 16, 5)
                self.releases.append((group.teacher, at, shown, item))

    def _questions(self, item):
        if "paper" in item:
            paper = Assessment.objects.filter(slug=item["paper"]).first()
            return paper and paper.published_questions()
        found = [self.questions.get(slug) for slug in item["questions"]]
        return found if all(found) else None

    def _task(self, item, questions):
        if "paper" in item:
            return Assessment.objects.get(slug=item["paper"])
        if "title" in item:
            return Assessment.objects.together(questions, item["title"])
        return Assessment.objects.of(questions[0])

    def _write(self, item, assignment, group, questions):
        """Share the students out over the states, and write what they wrote."""
        away, waiting = [], list(group.students)
        if "chosen" in item:
            waiting = [s for s in waiting if s.user.username in item["chosen"]]
            away += [
                AssignmentStudent(assignment=assignment, student=s.user, is_chosen=True)
                for s in waiting
            ]
        joined = [s for s in waiting if s.joined > item["due"]]
        others = [s for s in waiting if s not in joined and not s.is_keen]
        keen = [s for s in waiting if s not in joined and s.is_keen]
        self.rng.shuffle(others)
        take = iter([*others, *keen]).__next__
        absent = [take() for _n in range(item.get("absent", 0))]
        extended = [take() for _n in range(item.get("extended", 0))]
        drafting = keen if item.get("keen_are") == "drafting" else []
        others = [
            s for s in [*others, *keen] if s not in (*absent, *extended, *drafting)
        ]
        del others[: item.get("missing", 0)]
        short = max(item.get("drafting", 0) - len(drafting), 0)
        drafting, others = [*drafting, *others[:short]], others[short:]
        away += [
            AssignmentStudent(
                assignment=assignment, student=s.user, absence=absence, note=note
            )
            for students, absence, note in (
                (joined, "excused", "Joined the class later."),
                (absent, "absent", "Away that week."),
            )
            for s in students
        ]
        away += [
            AssignmentStudent(
                assignment=assignment,
                student=s.user,
                due_at=self.diary.at(3, 15, 30),
                note="Three more days, as agreed with the SENCo.",
            )
            for s in extended
        ]
        AssignmentStudent.objects.bulk_create(away)
        late = {s.user.pk for s in others[: item.get("late", 0)]}
        pieces = [self._draft(item, assignment, s, questions) for s in drafting]
        return pieces + [
            self._hand_in(item, assignment, s, questions, s.user.pk in late)
            for s in others
        ]

    def _written(self, question, student, days):
        """Return an answer as good as this student was so many days ago."""
        tariff = question.type.tariff
        share = student.share(days) + self.rng.gauss(0, student.spread)
        mark = min(max(round(share * tariff), 1), tariff)
        return self._new_answer(question, student, mark)

    def _new_answer(self, question, student, mark):
        """Return an answer worth about `mark` that nobody has written yet.

        The same student chooses the same parts again, so a second draft of theirs
        is the first one with something better in it.
        """
        parts = self.parts[question.slug]
        if parts["kind"] == "exemplars":
            return self._exemplar(question, parts, mark)
        for attempt in itertools.count():
            worth = (mark + attempt // 20 - 1) % question.type.tariff + 1
            level = marking.level_of(question.mark_scheme.levels.all(), worth).number
            rng = random.Random(f"{SEED} {student.user} {question.slug} {attempt % 20}")
            written = demo_answers.write(parts, worth, level, rng)
            text = written.text
            if student.ability < 0.5:
                mistakes = self.rng.randint(0, 3)
                text = demo_answers.misspelt(text, self.spelling, mistakes, self.rng)
            if text not in self.texts:
                self.texts.add(text)
                return written._replace(text=text)

    def _exemplar(self, question, parts, mark):
        """Return the exemplar nearest to a mark, in words that nobody has used."""
        exemplars = sorted(
            question.exemplars.all(), key=lambda e: (abs(e.mark - mark), e.slug)
        )
        for again in itertools.count():
            for exemplar in exemplars:
                text = demo_answers.in_own_words(
                    exemplar.text.strip(), parts["swaps"], self.rng
                )
                # Each is taken once before any is taken again.
                if text not in self.texts and self.taken[exemplar.slug] <= again:
                    self.texts.add(text)
                    self.taken[exemplar.slug] += 1
                    return demo_answers.Written(
                        text, exemplar.mark, exemplar.www, exemplar.ebi, exemplar.spag
                    )

    def _steps(self, text, ends_at, count=None):
        """Return (time, text) of the saves on the way to a text."""
        count = count or self.rng.randint(2, 4)
        texts = demo_answers.steps(text, count, self.rng)
        minutes = 4 * count if count < 9 else self.rng.randint(31, 39)
        gap = datetime.timedelta(minutes=minutes) / len(texts)
        return [
            (ends_at - gap * (len(texts) - n + self.rng.random() * 0.8), step)
            for n, step in enumerate(texts, 1)
        ]

    def _draft(self, item, assignment, student, questions):
        last = min(item["due"], -1)
        at = self.diary.evening(min(item["opens"], last), last, self.rng)
        question = questions[0]
        whole = self._written(question, student, 0)
        words = whole.text.split(" ")
        text = " ".join(words[: max(12, len(words) * 2 // 5)])
        script = Script(student=student.user, assignment=assignment, started_at=at)
        parts = [Part(question, self._steps(text, at), None)]
        parts += [Part(question, [], None) for question in questions[1:]]
        return Piece(script, parts)

    def _hand_in(self, item, assignment, student, questions, is_late):
        diary = self.diary
        if is_late:
            at = diary.at(min(item["due"] + self.rng.randint(0, 2), -1), 19)
            at += datetime.timedelta(minutes=self.rng.randint(0, 90))
        else:
            last = min(item["due"], 0) - 1
            at = diary.evening(min(item["opens"], last), last, self.rng)
        # One answer in fifty shows a whole lesson's saves.
        count = LONG_HISTORY if self.rng.random() < 0.02 else None
        parts = []
        for question in questions:
            written = self._written(question, student, -item["due"])
            steps = self._steps(written.text, at, count)
            parts.append(Part(question, steps, written))
        script = Script(
            student=student.user,
            assignment=assignment,
            started_at=parts[0].steps[0][0] - datetime.timedelta(minutes=2),
            handed_in_at=at + datetime.timedelta(seconds=self.rng.randint(20, 90)),
        )
        return Piece(script, parts)

    def _mark(self, item, pieces):
        """Say what is marked: all of what is released, else as many as it says."""
        done = sorted(
            (piece for piece in pieces if piece.script.handed_in_at),
            key=lambda piece: piece.script.handed_in_at,
        )
        marked = len(done) if "released" in item else item.get("marked", 0)
        half = item.get("half_marked", 0)
        for number, piece in enumerate(done[: marked + half]):
            is_whole = number < marked
            # Of a script with several answers, half-marked means the first of them.
            piece.marked = len(piece.parts) if is_whole else len(piece.parts) - 1
            piece.has_draft_mark = not is_whole
            day = item.get("released", 0) - 1
            piece.marked_at = self.diary.at(day, 16) + datetime.timedelta(
                minutes=3 * number + self.rng.randint(0, 2)
            )

    def _write_again(self, item, pieces):
        """Return second drafts: released, handed in, or still being written."""
        released, handed_in, open_drafts = item.get("again", (0, 0, 0))
        done = [
            piece
            for piece in pieces
            if piece.marked
            and piece.parts[0].written.mark < piece.parts[0].question.type.tariff
        ]
        keen = {s.user.pk for s in self.groups[item["class"]].students if s.is_keen}
        done.sort(key=lambda piece: piece.script.student_id not in keen)
        drafts = []
        for number, first in enumerate(done[: released + handed_in + open_drafts]):
            before = first.parts[0]
            better = self._better(first)
            day = min(item["released"] + 3, -1)
            at = self.diary.at(day, 17, self.rng.randint(0, 50))
            start = (at - datetime.timedelta(minutes=25), before.written.text)
            is_open = number >= released + handed_in
            text = better.text
            if is_open:
                text = text[: len(text) * 3 // 4]
            script = Script(
                student=first.script.student,
                assignment=first.script.assignment,
                question=before.question,
                started_at=start[0],
                handed_in_at=None if is_open else at,
            )
            part = Part(before.question, [start, (at, text)], better, before)
            piece = Piece(script, [part], marked=int(number < released))
            if piece.marked:
                piece.marked_at = self.diary.at(item["released"] + 6, 16, number)
            drafts.append(piece)
        return drafts

    def _better(self, first):
        """Return what an answer becomes when its advice is followed."""
        before = first.parts[0]
        question, written = before.question, before.written
        parts = self.parts[question.slug]
        if parts["kind"] != "exemplars":
            mark = min(
                written.mark + self.rng.choice((1, 1, 2, 3)), question.type.tariff
            )
            return self._new_answer(question, self.students[first.script.student], mark)
        level = marking.level_of(question.mark_scheme.levels.all(), written.mark)
        text = f"{written.text}\n\n{self.rng.choice(parts['better'])}"
        # A paragraph more lifts an answer inside its level, not out of it.
        mark = min(written.mark + 1, level.highest_mark)
        return written._replace(text=text, mark=mark)

    def practise(self):
        """A few have tried a question for themselves and marked it."""
        for group in self.groups.values():
            for student in group.students[3:6]:
                question = self.questions.get("aqa-4-problems-of-the-terror")
                if question is None:
                    return
                at = self.diary.evening(-6, -2, self.rng)
                written = self._written(question, student, 0)
                script = Script(
                    student=student.user,
                    question=question,
                    started_at=at - datetime.timedelta(minutes=9),
                    handed_in_at=at,
                )
                steps = self._steps(written.text, at)
                piece = Piece(script, [Part(question, steps, written)], marked=1)
                piece.marked_at = at + datetime.timedelta(minutes=2)
                self.pieces.append(piece)


def read_on(students, now, rng):
    """Let these students have read some way into the lessons."""
    sections = {}
    for section in Section.objects.published().order_by("lesson", "order"):
        sections.setdefault(section.lesson_id, []).append(section)
    SectionRead.objects.bulk_create(
        SectionRead(
            student=student,
            section=section,
            at=now - datetime.timedelta(days=rng.randint(1, 30)),
        )
        for student in students
        for there in sections.values()
        for section in there[: rng.randint(0, len(there))]
    )

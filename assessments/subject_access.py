"""Everything that is held about one student: for them, readable and as data.

The right of access (UK GDPR, article 15). What a student wrote in an assessment is
exempt, and marks asked for before the results may wait: until five months after the
request or 40 days after the results, whichever is first (Data Protection Act 2018,
schedule 2, paragraph 25). So both are switches, and the dates are worked out.

Nobody else is named: staff are called by what they did, other students' names are
masked in comments and listed for whoever hands the data out.
"""

import calendar
import datetime
import json
import re

from django.utils import timezone

from assessments.models import Answer, AssignmentStudent, Concern, Event, Mark, Script
from assessments.models.releases import shown_release
from people import roles
from people.audit import AuditEntry
from people.models import Membership, User

MASK = "[another person]"
AFTER_REQUEST_MONTHS = 5
AFTER_RESULTS_DAYS = 40


def may_wait_until(asked_on, results_on=None):
    """Return the date until which marks asked for before the results may wait."""
    months = asked_on.year * 12 + asked_on.month - 1 + AFTER_REQUEST_MONTHS
    year, month = divmod(months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    latest = datetime.date(year, month + 1, min(asked_on.day, last_day))
    if results_on is None:
        return latest
    return min(latest, results_on + datetime.timedelta(days=AFTER_RESULTS_DAYS))


class OtherNames:
    """Masks the names of everybody else this student has shared a class with."""

    def __init__(self, student):
        groups = Membership.objects.filter(person=student).values("group")
        others = (
            User.objects.filter(memberships__group__in=groups)
            .exclude(pk=student.pk)
            .distinct()
        )
        own = {student.first_name, student.preferred_name, student.last_name}
        names = set()
        for person in others:
            parts = {person.first_name, person.preferred_name, person.last_name}
            names |= {part for part in parts - own if len(part) > 2}
            names.add(person.username)
        self.pattern = (
            re.compile(
                rf"\b({'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})\b"
            )
            if names
            else None
        )
        self.found = []

    def mask(self, text):
        if not text or self.pattern is None:
            return text
        masked = self.pattern.sub(MASK, text)
        if masked != text:
            self.found.append(text)
        return masked


class Access:
    """One student's data. `sections` are (key, rows), each row a dict of plain values."""

    def __init__(
        self, student, *, own_answers=True, waits_until=None, every_text=False
    ):
        self.student = student
        self.every_text = every_text
        self.own_answers = own_answers
        self.waits_until = waits_until
        self.names = OtherNames(student)
        self.held_back = 0
        scripts = Script.objects.filter(student=student).order_by("pk")
        self.scripts = list(scripts.select_related("assignment__assessment"))
        self.sections = [
            ("account", [self._account()]),
            ("numbers in the school’s lists", self._enrolment()),
            ("classes and roles", self._memberships()),
            ("groups in a class", self._subgroups()),
            ("sign-ins open now", self._sessions()),
            ("arrangements for tasks", self._arrangements()),
            ("scripts", [self._script(script) for script in self.scripts]),
            ("texts", self._texts()),
            ("marks and comments", self._marks()),
            ("passages shown to the class", self._extracts()),
            ("history of the scripts", self._events()),
            ("safeguarding", self._concerns()),
            ("sections read", self._reads()),
            ("notes on partner tasks", self._notes()),
            ("quick questions", self._cards()),
            ("audit log", self._log()),
        ]

    def as_json(self):
        """Return the whole as text; what is written stays exact."""
        told = {
            "made_at": timezone.now().isoformat(),
            "own_answers": self.own_answers,
            "marks_held_back": self.held_back,
            "held_back_until": self.waits_until and self.waits_until.isoformat(),
            **dict(self.sections),
        }
        return json.dumps(told, ensure_ascii=False, indent=1, default=str)

    def _account(self):
        student = self.student
        return {
            "username": student.username,
            "first_name": student.first_name,
            "preferred_name": student.preferred_name,
            "last_name": student.last_name,
            "is_open": student.is_active,
            "made": student.date_joined,
            "last_sign_in": student.last_login,
            "text_size": str(student.get_text_size_display()),
            "line_spacing": str(student.get_line_spacing_display()),
            "typeface": str(student.get_typeface_display()),
            "paper": str(student.get_paper_display()),
            "lends_extracts": student.lends_extracts,
        }

    def _enrolment(self):
        row = getattr(self.student, "enrolment", None)
        if row is None:
            return []
        return [
            {
                "upn": row.upn,
                "admission_number": row.admission_number,
                "first_name": row.first_name,
                "preferred_name": row.preferred_name,
                "last_name": row.last_name,
                "left_on": row.left_on,
            }
        ]

    def _memberships(self):
        return [
            {
                "class": row.group.name,
                "exam_year": row.group.cohort,
                "role": row.role,
                "from": row.from_date,
                "until": row.until_date,
            }
            for row in self.student.memberships.filter(
                role=roles.STUDENT
            ).select_related("group")
        ]

    def _subgroups(self):
        return [
            {"class": row.group.name, "group": row.name}
            for row in self.student.subgroups.select_related("group")
        ]

    def _sessions(self):
        return [
            {"ends": row.expire_date}
            for row in self.student.sessions.filter(expire_date__gt=timezone.now())
        ]

    def _arrangements(self):
        rows = AssignmentStudent.objects.filter(student=self.student)
        return [
            {
                "task": str(row.assignment.assessment),
                "set_to": row.is_chosen,
                "own_due_date": row.due_at,
                "let_off": row.absence,
                "staff_note": self.names.mask(row.note),
            }
            for row in rows.select_related("assignment__assessment")
        ]

    def _script(self, script):
        task = script.assignment
        return {
            "script": script.marking_code,
            "task": str(task.assessment) if task else "practice",
            "due": task and task.due_at,
            "handed_in": script.handed_in_at,
            "at_the_desk_last": script.desk_seen_at,
        }

    def _texts(self):
        """Return what is known of every kept text, and its words where wanted.

        A page to read holds the words that stand or were handed in; the file for
        programs holds every text: an essay may have hundreds.
        """
        rows = []
        answers = Answer.objects.filter(script__in=self.scripts).order_by("pk")
        for answer in answers.select_related("question__type", "script"):
            for version in answer.versions.select_related("whole").order_by("number"):
                row = {
                    "script": answer.script.marking_code,
                    "question": str(answer.question),
                    "part": version.part,
                    "number": version.number,
                    "saved": version.saved_at,
                    "how": version.origin,
                    "words": version.words,
                }
                stands = version.pk in (
                    answer.current_id,
                    answer.current_plan_id,
                    answer.handed_in_version_id,
                )
                if self.own_answers and (stands or self.every_text):
                    row["text"] = version.readable
                rows.append(row)
        return rows

    def _marks(self):
        """Return what releases show, and the student's own; the rest is counted."""
        rows = []
        for script in self.scripts:
            shown = shown_release(script)
            told = set(shown.marks.values_list("pk", flat=True)) if shown else set()
            marks = Mark.objects.filter(answer__script=script).awarded()
            for mark in marks.select_related("answer__question", "level"):
                is_own = mark.role == Mark.Role.SELF
                if not (is_own or mark.pk in told):
                    self.held_back += 1
                    continue
                rows.append(
                    {
                        "script": script.marking_code,
                        "question": str(mark.answer.question),
                        "kind": mark.role,
                        "given": mark.awarded_at,
                        "level": mark.level and mark.level.number,
                        "mark": mark.mark,
                        "of": mark.tariff,
                        "spag": mark.spag,
                        "AO1": mark.ao1,
                        "AO2": mark.ao2,
                        "AO3": mark.ao3,
                        "AO4": mark.ao4,
                        "went_well": self.names.mask(mark.www),
                        "even_better_if": self.names.mask(mark.ebi),
                        "private_note": self.names.mask(mark.private_note),
                        "reason": self.names.mask(mark.reason),
                    }
                )
        return rows

    def _extracts(self):
        rows = []
        for script in self.scripts:
            for answer in script.answers.all():
                rows += [
                    {"passage": row.text, "shown": row.is_shown}
                    for row in answer.class_extracts.all()
                ]
        return rows

    def _events(self):
        """Return what happened to the scripts; that marks were given, once released."""
        released = {script.pk for script in self.scripts if shown_release(script)}
        events = Event.objects.filter(script__in=self.scripts).select_related("script")
        return [
            {
                "script": event.script.marking_code,
                "what": str(event.get_kind_display()),
                "when": event.at,
                "by": "you" if event.actor_id == self.student.pk else "staff",
            }
            for event in events.order_by("pk")
            if event.kind != Event.Kind.AWARDED or event.script_id in released
        ]

    def _concerns(self):
        """Say only how many there are: the lead decides what of them is told."""
        count = Concern.objects.filter(answer__script__in=self.scripts).count()
        return [{"concerns": count, "ask": "the safeguarding lead"}] if count else []

    def _reads(self):
        return [
            {"section": str(row.section), "when": row.at}
            for row in self.student.sections_read.select_related("section__lesson")
        ]

    def _notes(self):
        return [
            {"task": str(row.task), "when": row.at, "text": row.text}
            for row in self.student.task_notes.select_related("task")
        ]

    def _cards(self):
        return [
            {
                "question": str(row.question or row.mnemonic),
                "asked_next": row.due_at,
                "asked_last": row.reviewed_at,
            }
            for row in self.student.cards.select_related("question", "mnemonic")
        ]

    def _address(self, entry):
        is_own = entry.actor_id == self.student.pk
        origin = getattr(entry, "origin", None)
        return origin.address if is_own and origin is not None else None

    def _log(self):
        entries = AuditEntry.objects.filter(person_id=self.student.pk)
        return [
            {
                "when": entry.at,
                "what": str(entry.get_action_display()),
                "by": "you" if entry.actor_id == self.student.pk else "staff",
                "detail": entry.detail,
                # From where others came is about them.
                "from": self._address(entry),
            }
            for entry in entries.select_related("origin").order_by("pk")
            # What the lead is told stays with the lead.
            if entry.action != AuditEntry.Action.FLAGGED
        ]

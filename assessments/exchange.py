"""The question bank out into a file and back in: what would change, then all of it.

`assessments.bank` reads and writes the file. Here its rows meet those that there are.
Importing never deletes: what a file leaves out stays as it is.
"""

import hashlib
from types import SimpleNamespace
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _, gettext_lazy

from assessments import bank, bank_rules
from assessments.models import (
    Ceiling,
    ExamPaper,
    Level,
    MarkingPoint,
    MarkScheme,
    PlanBox,
    Question,
    QuestionSource,
    QuestionType,
    StimulusPoint,
    Strand,
)
from lessons.models import Lesson, Source

# Each model with what its rows' names need fetched along.
_MODELS = {
    model._meta.label_lower: (model, along)
    for model, along in {
        QuestionType: ["exam_paper"],
        MarkScheme: [],
        Level: ["scheme"],
        Strand: ["level__scheme"],
        MarkingPoint: ["scheme", "needs__scheme"],
        Ceiling: ["scheme"],
        Question: ["type", "lesson", "mark_scheme", "spag_scheme"],
        StimulusPoint: ["question"],
        PlanBox: ["question"],
        QuestionSource: ["question", "source__lesson"],
    }.items()
}
_SCHEME, _QUESTION = "assessments.markscheme", "assessments.question"
_FORM = "assessments.questiontype"
_LEVEL, _STRAND = "assessments.level", "assessments.strand"
_POINT, _CEILING = "assessments.markingpoint", "assessments.ceiling"
_BULLET, _SOURCE = "assessments.stimuluspoint", "assessments.questionsource"
# Rows whose names begin with a scheme's, or with a question's.
_SCHEME_ROWS = (_SCHEME, _LEVEL, _STRAND, _POINT, _CEILING)
_QUESTION_ROWS = (_QUESTION, _BULLET, "assessments.planbox", _SOURCE)

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
OUTCOME_WORDS = {
    NEW: gettext_lazy("new"),
    CHANGED: gettext_lazy("changed"),
    UNCHANGED: gettext_lazy("unchanged"),
    REFUSED: gettext_lazy("refused"),
}


def _values(row):
    """Return a row's values as `bank` has them: other rows by their names."""
    shape = bank.SHAPES[row._meta.label_lower]
    found = {}
    for name, field in shape.fields.items():
        value = getattr(row, name)
        if field.kind == bank.ROW:
            value = value and value.natural_key()
        elif field.kind == bank.TEXT:
            value = bank.tidy(value)
        found[name] = value
    return found


# Out ----------------------------------------------------------------------------


def export(questions, schemes=None):
    """Return the file of these questions with their mark schemes.

    `schemes` are the schemes to write instead of those that the questions use.
    """
    if schemes is None:
        schemes = MarkScheme.objects.filter(
            pk__in=[
                pk
                for pair in questions.values_list("mark_scheme", "spag_scheme")
                for pk in pair
                if pk
            ]
        )
    rows = []
    schemes = schemes.prefetch_related(
        "levels__scheme",
        "levels__strands__level__scheme",
        "points__scheme",
        "points__needs__scheme",
        "ceilings__scheme",
    )
    for scheme in sorted(schemes, key=MarkScheme.natural_key):
        rows.append(scheme)
        for level in sorted(scheme.levels.all(), key=lambda level: -level.number):
            rows.append(level)
            rows += sorted(level.strands.all(), key=lambda strand: strand.letter)
        rows += sorted(scheme.points.all(), key=lambda point: point.order)
        rows += sorted(scheme.ceilings.all(), key=lambda one: one.natural_key())
    questions = questions.select_related(
        "type", "lesson", "mark_scheme", "spag_scheme"
    ).prefetch_related(
        "stimulus_points__question",
        "plan_boxes__question",
        "question_sources__question",
        "question_sources__source__lesson",
    )
    for question in sorted(questions, key=Question.natural_key):
        rows.append(question)
        rows += sorted(question.stimulus_points.all(), key=lambda part: part.order)
        rows += sorted(question.plan_boxes.all(), key=lambda part: part.order)
        rows += sorted(question.question_sources.all(), key=lambda part: part.letter)
    return bank.write((row._meta.label_lower, _values(row)) for row in rows)


# In -----------------------------------------------------------------------------


class Result(NamedTuple):
    """What would become of one row of the file, and for a refused one, why."""

    line: int
    name: str
    outcome: str
    faults: list

    @property
    def words(self):
        return OUTCOME_WORDS[self.outcome]


class _Change:
    """A row of the file beside the row that there is."""

    def __init__(self, row, present, values):
        self.row = row
        self.present = present
        self.values = values
        self.faults = list(row.faults)
        self.outcome = NEW
        if present is not None:
            same = all(present[name] == value for name, value in row.values.items())
            self.outcome = UNCHANGED if same else CHANGED

    def refuse(self, sentence, field=None):
        line = self.row.lines.get(field, self.row.line)
        fault = bank.Fault(line, sentence)
        if fault not in self.faults:
            self.faults.append(fault)

    @property
    def is_wanted(self):
        """Whether it would write something."""
        return self.outcome in (NEW, CHANGED)

    @property
    def result(self):
        outcome = REFUSED if self.faults else self.outcome
        faults = sorted(self.faults)
        return Result(self.row.line, self.row.name, outcome, faults)


class Plan:
    """What importing these rows would do. Reads the bank in a fixed number of queries."""

    def __init__(self, rows, user):
        self.user = user
        self.objects, self.world = {}, {}
        for label, (model, along) in _MODELS.items():
            kept = model._default_manager.visible_to(user).select_related(*along)
            self.objects[label] = {row.natural_key(): row for row in kept}
            self.world[label] = {
                key: _values(row) for key, row in self.objects[label].items()
            }
        for model, along in ((Lesson, ()), (Source, ["lesson"]), (ExamPaper, ())):
            kept = model._default_manager.visible_to(user).select_related(*along)
            label = model._meta.label_lower
            self.objects[label] = {row.natural_key(): row for row in kept}
        self.shipped = set(Question.objects.shipped().values_list("slug", flat=True))
        self.answered = set(
            Question.objects.filter(answers__isnull=False)
            .distinct()
            .values_list("slug", flat=True)
        )
        self.frozen = set(
            MarkScheme.objects.filter(
                Q(marks__isnull=False) | Q(spag_marks__isnull=False)
            )
            .values_list("name", "series")
            .distinct()
        )
        ranks = {label: rank for rank, label in enumerate(bank.SHAPES)}
        ordered = sorted(
            rows,
            key=lambda row: (
                ranks.get(row.model, -1),
                # A point names an earlier one.
                row.key if row.model == _POINT and row.key else (),
                row.line,
            ),
        )
        self.changes = [self._change(row) for row in ordered]
        self._check_schemes()
        self._check_questions()
        self.results = sorted(
            (change.result for change in self.changes), key=lambda one: one.line
        )

    @property
    def is_refused(self):
        return any(result.outcome == REFUSED for result in self.results)

    @property
    def counts(self):
        """Return (words, how many) of each outcome, those that occur."""
        outcomes = [result.outcome for result in self.results]
        return [
            (words, outcomes.count(outcome))
            for outcome, words in OUTCOME_WORDS.items()
            if outcome in outcomes
        ]

    @property
    def has_work(self):
        return any(change.is_wanted for change in self.changes)

    @property
    def digest(self):
        """Tell this plan from one of another file, or of a bank changed since."""
        rows = [(change.present, change.row.values) for change in self.changes]
        told = repr((self.results, rows)).encode("utf-8", "backslashreplace")
        return hashlib.sha256(told).hexdigest()

    def _change(self, row):
        """Hold one row against the bank as the rows before it would leave it."""
        if row.model not in self.world or row.key is None:
            change = _Change(row, None, {})
            if row.model in self.world:
                self._refuse_missing(change)
            return change
        present = self.world[row.model].get(row.key)
        shape = bank.SHAPES[row.model]
        defaults = {
            name: field.default
            for name, field in shape.fields.items()
            if field.default is not bank.REQUIRED
        }
        change = _Change(
            row, present, {**(defaults if present is None else present), **row.values}
        )
        if present is None:
            self._refuse_missing(change)
        self._refuse_unknown(change)
        if change.is_wanted:
            self._refuse_forbidden(change)
            self._refuse_ill_formed(change)
        if not change.faults:
            self.world[row.model][row.key] = change.values
        return change

    def _refuse_missing(self, change):
        for name, field in bank.SHAPES[change.row.model].fields.items():
            if field.default is bank.REQUIRED and name not in change.row.lines:
                change.refuse(_("“%(field)s” is missing. Add it.") % {"field": name})

    def _refuse_unknown(self, change):
        for name, value in change.row.values.items():
            field = bank.SHAPES[change.row.model].fields[name]
            if field.kind != bank.ROW or value is None:
                continue
            if value not in self.world.get(field.to, self.objects[field.to]):
                change.refuse(
                    _(
                        "“%(field)s”: there is no “%(name)s” here, or the file has it "
                        "with a fault. Add it first, or name another."
                    )
                    % {"field": name, "name": ", ".join(map(str, value))},
                    name,
                )

    def _refuse_forbidden(self, change):
        """Refuse what this person, or nobody, may write."""
        model, _along = _MODELS[change.row.model]
        verb = "add" if change.outcome == NEW else "change"
        if not self.user.has_perm(f"assessments.{verb}_{model._meta.model_name}"):
            change.refuse(
                _(
                    "Your role may not do this. Ask the head of department to import "
                    "the file, or take the row out."
                )
            )
        label, key = change.row.model, change.row.key
        if label == _FORM and change.outcome == CHANGED:
            change.refuse(
                _(
                    "This question form exists and reads differently. An import never "
                    "changes a form: give yours another code, or take the row out."
                )
            )
        if label in _SCHEME_ROWS and key[:2] in self.frozen:
            change.refuse(
                _(
                    "Marks stand on this mark scheme, so it never changes. Give yours "
                    "another series, or take the row out."
                )
            )
        if label in _QUESTION_ROWS and key[0] in self.shipped:
            change.refuse(
                _(
                    "This question came with the product, so that updates reach it. "
                    "Give yours another address, or duplicate it and change the copy."
                )
            )
        if label in _QUESTION_ROWS and key[0] in self.answered:
            change.refuse(
                _(
                    "Students have written about this question, so it never changes. "
                    "Give yours another address, or duplicate it and change the copy."
                )
            )

    def _refuse_ill_formed(self, change):
        """Ask the model's own fields, and the rules of one row."""
        model, _along = _MODELS[change.row.model]
        shape = bank.SHAPES[change.row.model]
        plain = {
            name: value
            for name, value in change.values.items()
            if shape.fields[name].kind != bank.ROW
        }
        others = {field.name for field in model._meta.fields} - set(plain)
        if not change.faults:
            try:
                model(**plain).clean_fields(exclude=others)
            except ValidationError as error:
                for name, sentences in error.message_dict.items():
                    for sentence in sentences:
                        change.refuse(f"“{name}”: {sentence}", name)
        if change.row.model == _FORM and not change.faults:
            fault = bank_rules.form_fault(change.values)
            if fault:
                change.refuse(fault, "tariff")
        if change.row.model == _POINT and change.values.get("needs"):
            needs = change.values["needs"]
            if needs[:2] != change.row.key[:2] or needs[2] >= change.row.key[2]:
                change.refuse(
                    _("“needs” names an earlier point of the same scheme."), "needs"
                )

    def _of_scheme(self, label, scheme):
        return [
            SimpleNamespace(**values)
            for key, values in self.world[label].items()
            if key[:2] == scheme
        ]

    def _touched(self, labels, length):
        """Return name → the changes of schemes or questions that would be written."""
        found = {}
        for change in self.changes:
            if change.row.model in labels and change.row.key and change.is_wanted:
                found.setdefault(change.row.key[:length], []).append(change)
        return found

    def _check_schemes(self):
        """Refuse schemes that the file would leave with a gap or an overlap."""
        for key, changes in self._touched(_SCHEME_ROWS, 2).items():
            scheme = self.world[_SCHEME].get(key)
            if scheme is None or any(change.faults for change in changes):
                continue
            levels = self._of_scheme(_LEVEL, key)
            points = self._of_scheme(_POINT, key)
            for fault in bank_rules.scheme_faults(scheme["tariff"], levels, points):
                at = self._change_of(_LEVEL, (*key, fault.level), changes)
                at.refuse(fault.sentence, "lowest_mark")
            for ceiling_key in self.world[_CEILING]:
                if ceiling_key[:2] != key:
                    continue
                fault = bank_rules.ceiling_fault(
                    SimpleNamespace(**self.world[_CEILING][ceiling_key]),
                    scheme["tariff"],
                    levels,
                )
                if fault:
                    at = self._change_of(_CEILING, ceiling_key, changes)
                    at.refuse(fault, "highest_mark")

    def _change_of(self, label, key, changes):
        """Return the change of that row, or the one that led to its fault."""
        named = [
            change
            for change in changes
            if change.row.model == label and change.row.key == key
        ]
        return (named or changes)[0]

    def _check_questions(self):
        """Refuse questions that fit neither form nor scheme, or lack what is printed."""
        touched = self._touched(_QUESTION_ROWS, 1)
        schemes = self._touched(_SCHEME_ROWS, 2)
        for key, question in self.world[_QUESTION].items():
            changes = touched.get(key, [])
            of_scheme = [
                change
                for scheme in (question["mark_scheme"], question["spag_scheme"])
                for change in schemes.get(scheme, [])
                if change.row.model == _SCHEME
            ]
            if not changes and not of_scheme:
                continue
            at = self._change_of(_QUESTION, key, changes or of_scheme)
            form = SimpleNamespace(**self.world[_FORM][question["type"]])
            spag = self.world[_SCHEME].get(question["spag_scheme"])
            found = bank_rules.question_faults(
                form_tariff=form.tariff,
                scheme_tariff=self.world[_SCHEME][question["mark_scheme"]]["tariff"],
                form_spag=form.spag,
                spag_tariff=spag and spag["tariff"],
            )
            for field, sentence in found.items():
                if not changes:
                    sentence = _("Question %(slug)s: %(sentence)s") % {
                        "slug": key[0],
                        "sentence": sentence,
                    }
                at.refuse(sentence, field)
            if not changes or any(change.faults for change in changes):
                continue
            if question["published_at"] is not None:
                for sentence in bank_rules.printed_faults(
                    form, self._printed(key)
                ).values():
                    at.refuse(
                        _("%(lacking)s Or leave “published_at” out: null.")
                        % {"lacking": sentence},
                        "published_at",
                    )

    def _printed(self, question):
        used = [
            values["used_as"]
            for key, values in self.world[_SOURCE].items()
            if key[:1] == question
        ]
        return bank_rules.Printed(
            stimulus=sum(key[:1] == question for key in self.world[_BULLET]),
            sources=used.count(Source.Form.SOURCE),
            interpretations=used.count(Source.Form.INTERPRETATION),
        )

    def save(self):
        """Write every new and changed row; return them as (row, is new).

        Call it within a transaction, on a plan that refuses nothing.
        """
        written, lessons = [], set()
        for change in self.changes:
            if not change.is_wanted:
                continue
            label, key = change.row.model, change.row.key
            model, _along = _MODELS[label]
            is_new = change.outcome == NEW
            row = model() if is_new else self.objects[label][key]
            lessons.add(getattr(row, "lesson_id", None))
            values = change.values if is_new else change.row.values
            for name, value in values.items():
                field = bank.SHAPES[label].fields[name]
                if field.kind == bank.ROW and value is not None:
                    value = self.objects[field.to][value]
                setattr(row, name, value)
            row.save(update_fields=None if is_new else list(values))
            self.objects[label][key] = row
            written.append((row, is_new))
            question = getattr(row, "question", row)
            lessons.add(getattr(question, "lesson_id", None))
        Lesson.objects.filter(pk__in=lessons - {None}).touch()
        return written


class Import(NamedTuple):
    """What came of a file: its plan, or the fault of the whole; what was written."""

    data: bytes
    plan: Plan | None
    fault: bank.Fault | None = None
    written: list | None = None

    @property
    def can_be_applied(self):
        return self.plan is not None and self.plan.has_work and not self.plan.is_refused

    @property
    def text(self):
        return self.data.decode("utf-8-sig")


def dry_run(data, user):
    """Return what importing `data` would do. Nothing is written."""
    try:
        return Import(data, Plan(bank.read(data), user))
    except bank.BankError as error:
        return Import(data, None, error.fault)


def carry_out(data, user, seen):
    """Import all of `data`, or nothing: unless the plan still is the one seen."""
    try:
        rows = bank.read(data)
    except bank.BankError as error:
        return Import(data, None, error.fault)
    try:
        with transaction.atomic():
            _lock(rows)
            plan = Plan(rows, user)
            if plan.is_refused or plan.digest != seen:
                return Import(data, plan)
            return Import(data, plan, None, plan.save())
    except IntegrityError:
        # Somebody has written the same rows in this very moment.
        return dry_run(data, user)


def _lock(rows):
    """Let nobody begin a script or a mark on what the file changes until it has."""
    names = {row.key[:2] for row in rows if row.model in _SCHEME_ROWS and row.key}
    slugs = {row.key[0] for row in rows if row.model in _QUESTION_ROWS and row.key}
    schemes = MarkScheme.objects.filter(name__in={name for name, _series in names})
    list(schemes.order_by("pk").select_for_update().values_list("pk"))
    questions = Question.objects.filter(slug__in=slugs)
    list(questions.order_by("pk").select_for_update().values_list("pk"))

"""The marking desk: what it shows one marker, and what becomes of what they send."""

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import marking, versions
from assessments.forms import MarkForm
from assessments.models import Answer, Event, Mark, Script
from assessments.models.releases import Release, ReleasedScript, shown_release


class Outcome:
    """What a post did: `is_done`, a sentence for people, a status for scripts."""

    def __init__(self, is_done, sentence, status=200, errors=None):
        self.is_done = is_done
        self.sentence = sentence
        self.status = status
        self.errors = errors or {}

    def as_json(self):
        return {
            "code": "saved" if self.is_done else "not-saved",
            "sentence": self.sentence,
            "errors": self.errors,
        }


class Desk:
    """One marker in front of one answer."""

    def __init__(self, script, answer, marker):
        self.script = script
        self.answer = answer
        self.marker = marker
        self.form = None
        self.look()

    def look(self):
        """Read the answer's marks; once for a page, again inside a save's lock."""
        self.marks = [
            mark
            for mark in self.answer.marks.select_related("level", "marker", "scheme")
            if mark.role != Mark.Role.SELF
        ]

    @property
    def others(self):
        """The awarded marks of other markers, oldest first."""
        return [
            mark
            for mark in self.marks
            if mark.awarded_at and mark.marker_id != self.marker.pk
        ]

    @property
    def own(self):
        """This marker's newest awarded mark."""
        own = [
            mark
            for mark in self.marks
            if mark.awarded_at and mark.marker_id == self.marker.pk
        ]
        return own[-1] if own else None

    def draft(self):
        """Return this marker's draft, or a new one begun from their own last mark."""
        draft = next(
            (
                mark
                for mark in self.marks
                if not mark.awarded_at and mark.marker_id == self.marker.pk
            ),
            None,
        )
        if draft is None:
            draft = Mark.prepare(self.answer, self.marker)
            if self.own is not None and self.own.version_id == draft.version_id:
                for name in (
                    "scheme", "spag_scheme", "level", "mark", "ao1", "ao2", "ao3",
                    "ao4", "spag", "www", "ebi", "private_note", "band_low",
                    "band_high", "ceiling", "points_given", "spag_ceiling",
                ):  # fmt: skip
                    setattr(draft, name, getattr(self.own, name))
        # The question may have been switched to another version of its scheme.
        draft.follow_question()
        # A draft goes along with what is handed in now; an award asks `seen_version`.
        draft.version = self.answer.handed_in_version
        if not (draft.role == Mark.Role.AGREED and self.may_agree):
            draft.role = self.role
        return draft

    @property
    def role(self):
        """What a mark given now is, unless the marker says that it is agreed."""
        first = next(
            (m for m in self.marks if m.role == "first" and m.awarded_at), None
        )
        if first is None or first.marker_id == self.marker.pk:
            return Mark.Role.FIRST
        return Mark.Role.SECOND

    @property
    def may_agree(self):
        """Whether both have marked, so that they can agree on a mark."""
        return self.own is not None and bool(self.others)

    def build_form(self, data=None, *, is_award=False):
        mark = self.draft()
        source = mark if mark.pk else self.own
        self.form = MarkForm(
            data,
            instance=mark,
            is_award=is_award,
            own_role=self.role,
            may_agree=self.may_agree,
            initial={
                "seen": len(self.others),
                "seen_version": self.answer.handed_in_version_id,
                # What was ticked under an older version of the scheme says nothing now.
                "ceilings": source.ceilings.filter(
                    scheme__in=(mark.scheme_id, mark.spag_scheme_id or mark.scheme_id)
                )
                if source
                else [],
                "points": source.points.filter(scheme=mark.scheme) if source else [],
            },
        )
        return self.form

    def post(self, data):
        """Keep what was sent as this marker's draft, and award it where asked.

        Whatever goes wrong, the draft is kept as far as it can be and the page
        shows everything again; another marker's mark is never touched.
        """
        wants_award = "_award" in data or "_next" in data
        with transaction.atomic():
            # The script's row before the answer's, as handing in takes them.
            if not self.script.start_marking():
                self.build_form(data)
                return Outcome(
                    False, _("The student has just taken this script back."), 409
                )
            locked = Answer.objects.select_for_update(of=("self",)).get(
                pk=self.answer.pk
            )
            self.answer.handed_in_version_id = locked.handed_in_version_id
            self.look()
            form = self.build_form(data, is_award=wants_award)
            seen = data.get("seen", "")
            known = int(seen) if seen.isdecimal() and len(seen) < 6 else 0
            news = len(self.others) > known
            changed = str(locked.handed_in_version_id) != data.get(
                "seen_version", str(locked.handed_in_version_id)
            )
            if not form.is_valid():
                self._keep_draft(data)
                return Outcome(
                    False,
                    _("Not saved as a mark: look at the fields named below."),
                    422,
                    {
                        name: [str(e) for e in errors]
                        for name, errors in form.errors.items()
                    },
                )
            mark = form.save()
            if wants_award and (news or changed):
                return Outcome(
                    False,
                    _(
                        "Another marker has marked this since you opened it. Yours is "
                        "kept as a draft: look, give a reason, and save again."
                    )
                    if news
                    else _("The student has handed in a newer text. Read it again."),
                    409,
                )
            if wants_award:
                mark.award()
        if wants_award:
            return Outcome(True, _("%(script)s: mark saved.") % {"script": self.script})
        return Outcome(
            True,
            _("Draft mark saved %(time)s.")
            % {"time": f"{timezone.localtime():%H:%M:%S}"},
        )

    def _keep_draft(self, data):
        """Keep the words of a form that could not be awarded."""
        # Afresh: the refused form has put its values into the draft it was given.
        self.look()
        lenient = MarkForm(
            data,
            instance=self.draft(),
            own_role=self.role,
            may_agree=self.may_agree,
        )
        for name in list(lenient.fields):
            if name in self.form.errors:
                del lenient.fields[name]
        if lenient.is_valid():
            lenient.save()

    def queue(self):
        """Return the scripts with this question, in their random order."""
        question = self.answer.question
        # Two plain queries: as one with joins they take twice as long to build.
        scripts = (
            Script.objects.visible_to(self.marker)
            .handed_in()
            .filter(assignment=self.script.assignment_id, answers__question=question)
            .order_by("marking_code")
            # A second draft of a paper's third answer is its own first.
            .values_list("pk", "public_id", "answers__order")
        )
        marks, drafts = {}, set()
        for script_id, mark, awarded_at in (
            Mark.objects.filter(
                answer__script__assignment=self.script.assignment_id,
                answer__question=question,
                marker=self.marker,
            )
            .exclude(role=Mark.Role.SELF)
            .order_by("pk")
            .values_list("answer__script", "mark", "awarded_at")
        ):
            if awarded_at is None:
                drafts.add(script_id)
            else:
                marks[script_id] = mark
        return [
            {
                "number": number,
                "address": _address(public_id, order),
                "mark": marks.get(pk),
                "state": "done" if pk in marks else "part" if pk in drafts else "none",
                "is_here": pk == self.script.pk,
            }
            for number, (pk, public_id, order) in enumerate(scripts, 1)
        ]

    def _neighbours(self, queue):
        here = next((i for i, item in enumerate(queue) if item["is_here"]), 0)
        before = queue[here - 1] if here > 0 else None
        after = queue[here + 1] if here + 1 < len(queue) else None
        return here + 1, before, after

    def where_next(self, data):
        """Return the address after a save: the next script to mark, or this one."""
        if "_next" in data:
            queue = self.queue()
            here, _before, _after = self._neighbours(queue)
            waiting = [
                item for item in queue[here:] + queue[:here] if item["state"] != "done"
            ]
            if waiting:
                return waiting[0]["address"]
            return reverse(
                "admin:assessments_assignment_release", args=[self.script.assignment_id]
            )
        return _address(self.script.public_id, self.answer.order)

    def _orders(self):
        """Return (order, question number) of a paper's answers; one needs no list."""
        if self.script.answers_asked < 2:
            return []
        return list(
            self.script.answers.order_by("order").values_list(
                "order", "question__type__number"
            )
        )

    def context(self):
        form = self.form or self.build_form()
        mark = form.instance
        question = self.answer.question
        queue = self.queue()
        number, before, after = self._neighbours(queue)
        scheme = question.mark_scheme
        ticked = _ticked(form, "ceilings")
        points_ticked = _ticked(form, "points") if "points" in form.fields else set()
        return {
            "script": self.script,
            "answer": self.answer,
            "question": question,
            "form": form,
            "mark": mark,
            "levels": [
                {
                    "level": level,
                    "start": marking.starting_mark(level, question.type.board),
                }
                for level in scheme.levels.all()
            ],
            "ceilings": _by_condition(form.fields["ceilings"].queryset, ticked),
            "points": [
                (point, str(point.pk) in points_ticked)
                for point in (scheme.points.all() if "points" in form.fields else ())
            ],
            "chosen_level": str(form["level"].value() or ""),
            "objectives": [
                (form[field], name, maximum)
                for field, name, maximum in question.type.objectives
            ],
            "spag_levels": mark.spag_scheme.levels.all() if mark.spag_scheme else [],
            "plan": versions.plan_lines(self.answer.plan),
            "queue": queue,
            "orders": self._orders(),
            "number": number,
            "previous": before,
            "next": after,
            "own": self.own,
            # A second marker sees the first mark only after giving their own.
            "others": self.others if self.own is not None else [],
            "others_exist": bool(self.others),
            "is_shown": self.script.newest_release == Release.Kind.SHOWN,
            "addresses": {
                "previous": before["address"] if before else "",
                "next": after["address"] if after else "",
            },
        }


def _address(public_id, order):
    return reverse("admin:assessments_script_mark", args=[public_id, order])


def _ticked(form, name):
    """Return the ids that are ticked in a field, as the form shows them now."""
    return {str(getattr(value, "pk", value)) for value in form[name].value() or []}


def _by_condition(ceilings, ticked):
    """Return each condition once, with its stops, its first id and whether it holds."""
    boxes = {}
    for ceiling in ceilings:
        box = boxes.setdefault(
            (ceiling.scheme_id, ceiling.condition),
            {"ceilings": [], "is_ticked": False, "is_firm": ceiling.is_firm},
        )
        box["ceilings"].append(ceiling)
        box["is_ticked"] = box["is_ticked"] or str(ceiling.pk) in ticked
    return list(boxes.values())


def release_rows(assignment):
    """Return an assignment's scripts for the release page, by code, without names.

    A name stands only where marks are released already.
    """
    scripts = (
        assignment.scripts.with_marking_state()
        .select_related("student")
        .with_newest_release()
        .with_due()
        .select_related("assignment")
        .order_by("marking_code")
    )
    pinned, standing = {}, {}
    for script_id, mark_id in ReleasedScript.objects.filter(
        script__assignment=assignment, pk__in=_newest_rows(assignment)
    ).values_list("script_id", "marks"):
        pinned.setdefault(script_id, set()).add(mark_id)
    marks = Mark.objects.filter(answer__script__assignment=assignment).standing()
    for script_id, mark_id in marks.values_list("answer__script_id", "pk"):
        standing.setdefault(script_id, set()).add(mark_id)
    readers = dict(
        Event.objects.filter(script__assignment=assignment, kind=Event.Kind.READ)
        .order_by("pk")
        .values_list("script_id", "at")
    )
    rows = []
    for script in scripts:
        is_shown = script.newest_release == Release.Kind.SHOWN
        rows.append(
            {
                "script": script,
                "state": "released" if is_shown else script.state,
                "words": _("released") if is_shown else script.state_words,
                "name": str(script.student) if is_shown else "",
                "read_at": readers.get(script.pk) if is_shown else None,
                "has_news": is_shown
                and standing.get(script.pk) != pinned.get(script.pk),
            }
        )
    return rows


def _newest_rows(assignment):
    """Return the ids of each script's newest place in a release."""
    return (
        ReleasedScript.objects.filter(script__assignment=assignment)
        .order_by()
        .values("script")
        .annotate(newest=Max("pk"))
        .values("newest")
    )


def readers(scripts):
    """Return the names of those who have read feedback on these scripts."""
    read = Event.objects.filter(script__in=scripts, kind=Event.Kind.READ)
    return sorted({str(event.actor) for event in read.select_related("actor")})


def events(script, user):
    """Return a script's history; students' names stay hidden until release."""
    is_open = shown_release(script) is not None
    return [
        {
            "event": event,
            "who": _("the student")
            if event.actor_id == script.student_id and not is_open
            else str(event.actor),
        }
        for event in script.events.select_related("actor", "mark")
    ]


def practice(user):
    """Return handed-in practice that `user` may see, newest first, at most 200."""
    scripts = Script.objects.visible_to(user).practice().handed_in()
    return (
        Answer.objects.filter(script__in=scripts)
        .select_related("script__student", "question__type", "handed_in_version__whole")
        .prefetch_related("marks__level")
        .order_by("-script__handed_in_at")[:200]
    )

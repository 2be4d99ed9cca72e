"""Forms about setting work: what, to whom, until when, and who is let off."""

from django import forms
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from assessments.models import (
    Assessment,
    Assignment,
    AssignmentStudent,
    Question,
)
from people import audit
from people.fields import TickedField
from people.models import AuditEntry, Subgroup, TeachingGroup


class SubgroupField(forms.ModelChoiceField):
    """Names a group with its class."""

    def label_from_instance(self, subgroup):
        return f"{subgroup.group}: {subgroup}"


class AssignmentForm(forms.ModelForm):
    """Set a question, several, or a paper to a class or to students of it.

    Offered is what students can be given: published questions, and papers in which
    nothing is wrong but a question that is not published.
    """

    task = forms.ChoiceField(
        label=_("Task"),
        required=False,
        error_messages={
            "invalid_choice": _(
                "That cannot be set. Choose a published question, or a paper in which "
                "nothing is wrong."
            )
        },
    )

    several = TickedField(
        Question.objects.none(),
        label=_("Questions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick two or more, and choose nothing above."),
    )

    part = SubgroupField(
        Subgroup.objects.none(),
        label=_("Or a group of the class"),
        required=False,
        help_text=_(
            "It is set to those who are in the group now; who joins later is ticked "
            "on the page of the students."
        ),
    )

    class Meta:
        model = Assignment
        fields = [
            "task",
            "several",
            "group",
            "audience",
            "part",
            "opens_at",
            "due_at",
            "grace_minutes",
            "takes_late",
            "note",
        ]
        widgets = {"audience": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not {"task", "audience"} <= self.fields.keys():
            # The page is only read.
            return
        self.fields["grace_minutes"].required = False
        self.fields["audience"].required = False
        self.fields["audience"].choices = Assignment.Audience.choices
        self.fields["audience"].help_text = _(
            "You choose the students on the next page; until then nobody sees the task."
        )
        field = self.fields["task"]
        questions = Question.objects.published().select_related("type")
        papers = list(Assessment.objects.papers().for_checking())
        ready = [paper for paper in papers if paper.can_be_set]
        field.help_text = self._not_ready(set(papers) - set(ready))
        choices = [
            (_("Papers"), [(f"p-{paper.pk}", paper.words) for paper in ready]),
            (_("Questions"), [(f"q-{row.pk}", str(row)) for row in questions]),
        ]
        if self.instance.pk:
            value = self.instance.task_value()
            self.initial["task"] = value
            offered = {value for _name, rows in choices for value, _words in rows}
            if value not in offered:
                task = str(self.instance.assessment)
                choices.insert(0, (_("Set now"), [(value, task)]))
            field.disabled = self.instance.scripts.exists()
            if "group" in self.fields:
                self.fields["group"].disabled = field.disabled
        field.choices = [("", "---------"), *choices]
        if self.instance.pk:
            # Another selection is another task: the one above can be exchanged.
            del self.fields["several"]
        else:
            self.fields["several"].queryset = questions

    def _not_ready(self, papers):
        """Name the papers that are not offered, each with the way to its faults."""
        if not papers:
            return _("Published questions, and papers in which nothing is wrong.")
        links = format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            (
                (reverse("admin:assessments_assessment_change", args=[row.pk]), row)
                for row in sorted(papers, key=str)
            ),
        )
        return format_html(
            _("Not offered until their pages say that nothing is wrong: {}."), links
        )

    def clean_audience(self):
        return self.cleaned_data["audience"] or Assignment.Audience.CLASS

    def clean_grace_minutes(self):
        return self.cleaned_data["grace_minutes"] or 0

    def clean(self):
        data = super().clean()
        self._clean_part(data)
        several = data.get("several") or ()
        if self.errors.keys() & {"task", "several"}:
            return data
        if data.get("task") and several:
            self.add_error(
                "several", _("Choose a task above, or tick questions here, not both.")
            )
        elif len(several) == 1:
            self.add_error(
                "several", _("One question is a task by itself: choose it above.")
            )
        elif not data.get("task") and not several:
            self.add_error("task", _("Choose what you set."))
        return data

    def _clean_part(self, data):
        """A group of the class means chosen students: those in it."""
        part, group = data.get("part"), data.get("group") or self.instance.group_id
        if part is None or not group:
            return
        if part.group_id != getattr(group, "pk", group):
            self.add_error(
                "part", _("That is a group of another class. Choose one of this class.")
            )
        else:
            data["audience"] = Assignment.Audience.CHOSEN

    def save(self, commit=True):
        several = self.cleaned_data.get("several")
        if several:
            self.instance.assessment = Assessment.objects.together(several)
        elif self.instance.pk is None or "task" in self.changed_data:
            kind, _dash, pk = self.cleaned_data["task"].partition("-")
            self.instance.assessment = (
                Assessment.objects.get(pk=pk)
                if kind == "p"
                else Assessment.objects.of(Question.objects.get(pk=pk))
            )
        return super().save(commit)


class DateAndTime(forms.SplitDateTimeWidget):
    """The browser's own pickers, which post the same with and without script."""

    def __init__(self, label):
        super().__init__(
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date", "aria-label": f"{label}: {_('date')}"},
            time_attrs={"type": "time", "aria-label": f"{label}: {_('time')}"},
        )


class CopyForm(forms.Form):
    """Set the same to another class, with dates of its own."""

    group = forms.ModelChoiceField(TeachingGroup.objects.none(), label=_("class"))
    opens_at = forms.SplitDateTimeField(
        label=_("opens"), widget=DateAndTime(_("opens"))
    )
    due_at = forms.SplitDateTimeField(label=_("due"), widget=DateAndTime(_("due")))

    def __init__(self, *args, groups, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = groups

    def clean(self):
        data = super().clean()
        opens_at, due_at = data.get("opens_at"), data.get("due_at")
        if opens_at and due_at and due_at <= opens_at:
            self.add_error(
                "due_at", _("It is due before it opens. Change one of the two times.")
            )
        return data


class ArrangementForm(forms.ModelForm):
    """One student's row: set to, own date, let off. Without any of it, no row."""

    due_at = forms.SplitDateTimeField(required=False, label=_("own due date"))

    class Meta:
        model = AssignmentStudent
        fields = ["is_chosen", "due_at", "absence", "note"]

    def __init__(self, *args, is_chosen=None, **kwargs):
        super().__init__(*args, **kwargs)
        student = self.instance.student
        if self.instance.assignment.audience != Assignment.Audience.CHOSEN:
            del self.fields["is_chosen"]
        elif is_chosen is not None:
            self.initial["is_chosen"] = is_chosen
        # Otherwise each row would ask the database for its student again.
        self.fields["absence"].choices = [
            ("", "–"),
            *AssignmentStudent.Absence.choices,
        ]
        self.fields["due_at"].widget = DateAndTime(
            _("%(student)s, own due date") % {"student": student}
        )
        for name in ("is_chosen", "absence", "note"):
            if name in self.fields:
                label = f"{student}, {self.fields[name].label}"
                self.fields[name].widget.attrs["aria-label"] = label

    def store(self):
        """Write the row, or delete one that says nothing any more."""
        if not self.has_changed():
            return
        row = self.instance
        says = row.is_chosen or row.due_at or row.absence or row.note
        if says:
            row.save()
        elif row.pk:
            row.delete()
        audit.record(
            AuditEntry.Action.DATES_CHANGED,
            row.student_id,
            row.assignment.group_id,
            f"task {row.assignment_id}: "
            + (f"own date {row.due_at}" if row.due_at else "no own date")
            + (f", {row.absence}" if row.absence else ""),
        )


def arrangement_forms(assignment, data=None, like=None, part=None):
    """Return a form for each student of the class, by name. Three queries at most.

    `like` is another assignment of the class, `part` a group of it: their students
    are ticked to begin with.
    """
    rows = {row.student_id: row for row in assignment.student_rows.all()}
    ticked = None
    if part is not None:
        ticked = set(part.students.order_by().values_list("pk", flat=True))
    elif like is not None:
        chosen = like.student_rows.filter(is_chosen=True)
        ticked = set(chosen.order_by().values_list("student", flat=True))
    forms_made = []
    for student in assignment.students_of_class():
        row = rows.get(student.pk) or AssignmentStudent()
        row.assignment, row.student = assignment, student
        forms_made.append(
            ArrangementForm(
                data,
                instance=row,
                prefix=f"s{student.pk}",
                is_chosen=None if ticked is None else student.pk in ticked,
            )
        )
    return forms_made

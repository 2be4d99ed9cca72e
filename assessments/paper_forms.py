"""Forms of papers and grade boundaries. What they refuse, they say how to put right."""

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments import marking
from assessments.models import Assessment, AssessmentQuestion, Boundary, Duration
from people.admin import NamedFormSet
from people.fields import PickedField

# A place that no paper reaches.
LAST = 999


class QuestionField(PickedField):
    """A question of the bank; one that is not published says so."""

    def label_from_instance(self, question):
        if question.is_published:
            return str(question)
        return _("%(question)s (not published)") % {"question": question}


class DurationField(PickedField):
    """A duration under the name of the exam paper that it belongs to."""

    def label_from_instance(self, duration):
        return f"{duration.exam_paper}: {duration}"


class PaperForm(forms.ModelForm):
    """What a paper is called, what it is made after and how long it lasts."""

    duration = DurationField(
        Duration.objects.none(),
        label=_("Duration"),
        required=False,
        empty_label=_("another, as typed below"),
        help_text=_(
            "Choosing one sets the minutes, and those of the questions in proportion."
        ),
    )

    class Meta:
        model = Assessment
        fields = ["title", "exam_paper", "minutes", "introduction"]
        help_texts = {
            "exam_paper": _(
                "The paper is compared with it. Leave it empty for a test of your own "
                "that follows no exam."
            ),
            "minutes": _("Left empty: as long as the exam paper lasts."),
        }
        widgets = {"introduction": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "duration" not in self.fields:
            return
        durations = Duration.objects.select_related("exam_paper")
        self.fields["duration"].queryset = durations
        if self.instance.pk and self.instance.exam_paper_id:
            self.initial["duration"] = durations.filter(
                exam_paper=self.instance.exam_paper_id, minutes=self.instance.minutes
            ).first()

    def clean(self):
        data = super().clean()
        exam_paper, duration = data.get("exam_paper"), data.get("duration")
        if duration is not None and "exam_paper" not in self.errors:
            if exam_paper is None or duration.exam_paper_id != exam_paper.pk:
                self.add_error(
                    "duration",
                    _(
                        "That is how long %(paper)s lasts. Choose a duration of the "
                        "paper that this one is made after, or type the minutes."
                    )
                    % {"paper": duration.exam_paper},
                )
            elif "duration" in self.changed_data or data.get("minutes") is None:
                data["minutes"] = duration.minutes
        elif exam_paper is not None and data.get("minutes") is None:
            usual = exam_paper.durations.filter(is_default=True).first()
            data["minutes"] = usual and usual.minutes
        return data


class PlaceForm(forms.ModelForm):
    """A question's place in a paper. Places are numbered anew by `PlaceFormSet`."""

    order = forms.IntegerField(
        label=_("Order"),
        min_value=0,
        max_value=LAST,
        required=False,
        widget=forms.NumberInput(attrs={"aria-label": _("Order")}),
    )

    class Meta:
        model = AssessmentQuestion
        fields = ["order", "question"]

    def has_changed(self):
        """A new row counts from its question on: every one comes with a number."""
        if self.instance.pk:
            return super().has_changed()
        return "question" in self.changed_data

    def _get_validation_exclusions(self):
        # Two rows may swap: what the database holds now says nothing about them.
        return super()._get_validation_exclusions() | {"order"}


class PlaceFormSet(NamedFormSet):
    """The questions of a paper, in the order that their numbers give them.

    Equal numbers stand as they stand on the page; a row without one comes last.
    """

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "order" in form.fields and index is not None:
            form.fields["order"].initial = index + 1

    def save(self, commit=True):
        kept = [
            form
            for form in self.forms
            if form not in self.deleted_forms
            and (form.instance.pk or form.has_changed())
        ]
        kept.sort(key=_order_typed)
        self.instance.put_in_order([form.instance for form in kept])
        saved = super().save(commit)
        for form in kept:
            form.instance.save(update_fields=["order"])
        return saved


def _order_typed(form):
    order = form.cleaned_data.get("order")
    return LAST if order is None else order


class BoundaryForm(forms.ModelForm):
    """The lowest total of one grade; which one, the formset knows."""

    class Meta:
        model = Boundary
        fields = ["lowest_total"]


class BoundaryFormSet(NamedFormSet):
    """Nine rows, grade 9 to grade 1, and the totals fall from row to row."""

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        form.empty_permitted = False
        if i >= self.initial_form_count():
            form.instance.grade = self._missing()[i - self.initial_form_count()]
        field = form.fields.get("lowest_total")
        if field is not None:
            grade = form.instance.grade or 0
            field.widget.attrs["aria-label"] = _("Lowest total for grade %(n)d") % {
                "n": grade
            }
            field.error_messages["required"] = _(
                "Grade %(n)d has no total. Enter the lowest that earns it."
            ) % {"n": grade}
        return form

    def _missing(self):
        """Return the grades without a row; a number more is nobody's: see `clean`."""
        there = {row.grade for row in self.get_queryset()}
        missing = [grade for grade in marking.GRADES if grade not in there]
        return missing + [0] * self.total_form_count()

    def clean(self):
        super().clean()
        grades = {form.instance.grade for form in self.forms}
        if grades != set(marking.GRADES):
            raise forms.ValidationError(
                _("There are nine grades, each with a row. Load the page again.")
            )
        totals = {
            form.instance.grade: form.cleaned_data.get("lowest_total")
            for form in self.forms
        }
        paper = self.instance.exam_paper if self.instance.exam_paper_id else None
        if any(form.errors for form in self.forms) or paper is None:
            return
        found = dict(marking.boundary_faults(totals, paper.marks))
        for form in self.forms:
            if form.instance.grade in found:
                form.add_error("lowest_total", found[form.instance.grade])

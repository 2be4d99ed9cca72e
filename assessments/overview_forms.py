"""Forms of the teacher's overviews: a filter, and a sheet of whole-class feedback."""

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.models import ClassExtract, ClassFeedback
from assessments.search import LONGEST_QUERY


class FilterForm(forms.Form):
    """Which class or group in it, and which of its tasks: one, or those due in a time."""

    group = forms.ChoiceField(label=_("Class"), required=False)
    part = forms.ChoiceField(label=_("Group"), required=False)
    task = forms.ChoiceField(label=_("Task"), required=False)
    since = forms.DateField(
        label=_("Due from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("Due until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data, *, groups, parts, assignments):
        super().__init__(data)
        if parts:
            self.fields["part"].choices = [
                ("", _("the whole class")),
                *((str(part.pk), part.name) for part in parts),
            ]
        else:
            del self.fields["part"]
        self.fields["group"].choices = [
            (str(group.pk), f"{group.name} ({group.cohort})") for group in groups
        ]
        self.fields["task"].choices = [
            ("", _("all of this school year")),
            *(
                (str(row.pk), f"{row.assessment}, {row.due_at:%-d %b %Y}")
                for row in assignments
            ),
        ]

    def clean(self):
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error(
                "until", _("This is before the first date. Change one of the two.")
            )
        return data


class LinesField(forms.CharField):
    """Counts a line end as one sign, as the browser's own limit does."""

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")


class ClassFeedbackForm(forms.ModelForm):
    class Meta:
        model = ClassFeedback
        fields = ["strengths", "work_on", "tasks", "spellings"]
        field_classes = dict.fromkeys(fields, LinesField)
        widgets = {
            "strengths": forms.Textarea(attrs={"rows": 6}),
            "work_on": forms.Textarea(attrs={"rows": 7}),
            "tasks": forms.Textarea(attrs={"rows": 4}),
            "spellings": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "strengths": _("One line for each point."),
            "work_on": _("One line for each point."),
            "tasks": _("One line for each task."),
            "spellings": _("With commas between. Take the numbers out if you like."),
        }


class ExtractForm(forms.ModelForm):
    class Meta:
        model = ClassExtract
        fields = ["text", "is_shown"]
        field_classes = {"text": LinesField}
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}


ExtractFormSet = forms.modelformset_factory(
    ClassExtract, form=ExtractForm, extra=0, can_delete=False
)


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Look for"),
        max_length=LONGEST_QUERY,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

"""Forms of the roster import: the file, and what was seen of it."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from people import enrolling, roster_file

# One page's worth; the next page asks about the rest.
MOST_DOUBTS = 200


class RosterForm(forms.Form):
    """A file to look at before anything of it is done."""

    file = forms.FileField(
        label=_("List of students"),
        allow_empty_file=True,
        help_text=_("CSV or Excel (.xlsx), as your school’s system exports it."),
        error_messages={"required": _("Choose the file with the list first.")},
    )
    only = forms.CharField(
        label=_("Only classes with"),
        max_length=30,
        required=False,
        help_text=_(
            "For an export with classes of every subject: the letters that yours "
            "have in their names, such as Hi. Leave it empty to take every class."
        ),
    )
    cohort = forms.IntegerField(
        label=_("Exam year"),
        required=False,
        min_value=2000,
        max_value=2100,
        help_text=_(
            "Needed only where neither a column “Year” nor the class’s name, like "
            "10B/Hi1, tells it."
        ),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > roster_file.LARGEST:
            raise ValidationError(roster_file.TOO_LARGE)
        return file

    def upload(self):
        """Return the file as read; raises `roster.FileError`."""
        file = self.cleaned_data["file"]
        return enrolling.read(
            roster_file.clean(file.name)[:80],
            file.read(),
            enrolling.Options(self.cleaned_data["only"], self.cleaned_data["cohort"]),
        )


class LetterForm(forms.Form):
    """The list that was looked at, and a choice for each doubt of the letter."""

    upload = forms.CharField(widget=forms.HiddenInput, strip=False)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, *args, doubts=(), **kwargs):
        super().__init__(*args, **kwargs)
        for doubt in doubts[:MOST_DOUBTS]:
            self.fields[f"choose-{doubt.key}"] = forms.ChoiceField(
                label=doubt.sentence,
                required=False,
                choices=[(option.value, option.words) for option in doubt.options],
                widget=forms.RadioSelect,
            )

    @property
    def doubts(self):
        return [self[name] for name in self.fields if name.startswith("choose-")]

    def choices(self):
        """Return what was chosen; a choice that there is not is no choice."""
        return {
            name.removeprefix("choose-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("choose-") and value
        }

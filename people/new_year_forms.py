"""The form of the step into a new year: what becomes of each class."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import new_year
from people.models import TeachingGroup
from people.roster_file import clean

ACTIONS = [
    (new_year.KEEP, _("goes on")),
    (new_year.ARCHIVE, _("is archived")),
]


class NewYearForm(forms.Form):
    """Each class with a choice and a name, filled in with what is proposed."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, data=None, *, groups):
        super().__init__(data)
        self.groups = list(groups)
        today = timezone.localdate()
        for group in self.groups:
            action, name = new_year.proposal_for(group, today)
            self.fields[f"act-{group.pk}"] = forms.ChoiceField(
                label=_("%(class)s: what becomes of it") % {"class": group},
                choices=ACTIONS,
                initial=action,
            )
            self.fields[f"name-{group.pk}"] = forms.CharField(
                label=_("%(class)s: name in the new year") % {"class": group},
                max_length=30,
                initial=name,
            )
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    @property
    def rows(self):
        return [
            (group, self[f"act-{group.pk}"], self[f"name-{group.pk}"])
            for group in self.groups
        ]

    def choices(self):
        """Return class → (archive or keep, name)."""
        return {
            group: (
                self.cleaned_data[f"act-{group.pk}"],
                clean(self.cleaned_data[f"name-{group.pk}"]) or group.name,
            )
            for group in self.groups
        }

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        taken = {
            (group.name.lower(), group.cohort): group
            for group in TeachingGroup.objects.exclude(archived_at=None)
        }
        for group, (action, name) in self.choices().items():
            name = group.name if action == new_year.ARCHIVE else name
            key = (name.lower(), group.cohort)
            other = taken.setdefault(key, group)
            if other is not group:
                self.add_error(
                    f"name-{group.pk}",
                    _(
                        "Two classes of exam year %(year)d would be called %(name)s. "
                        "Change one of the names."
                    )
                    % {"year": group.cohort, "name": name},
                )
        return data

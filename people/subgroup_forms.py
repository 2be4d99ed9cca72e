"""The form of a group inside a class."""

from django import forms
from django.utils.translation import gettext_lazy as _

from people.fields import TickedField
from people.models import Subgroup


class SubgroupForm(forms.ModelForm):
    """Name and class first; once the class is known, its students of today."""

    class Meta:
        model = Subgroup
        fields = ["group", "name", "students"]
        field_classes = {"students": TickedField}
        widgets = {"students": forms.CheckboxSelectMultiple}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "students" in self.fields:
            self.fields["students"].queryset = self.instance.group.students_of_today()
            self.fields["students"].help_text = _("Students of this class today.")
        if "group" in self.fields and self.instance.pk:
            # In another class these students would be nobody.
            self.fields["group"].disabled = True

"""Forms about kept texts: which of two goes on, and a rescue file."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TextChoiceForm(forms.Form):
    """Go on with the kept text, or with both; `base` is what stood beside it."""

    KEPT, BOTH = "kept", "both"

    use = forms.ChoiceField(choices=[(KEPT, _("kept")), (BOTH, _("both"))])
    base = forms.IntegerField(min_value=0, max_value=2_000_000_000)


class RescueFileForm(forms.Form):
    file = forms.FileField(
        label=_("Rescue file"),
        help_text=_("The student’s page saved it; its name begins with “rescue”."),
        allow_empty_file=True,
    )


class RescuedForm(forms.Form):
    """A file that was looked at and is now to be kept, sent along as it was read."""

    content = forms.CharField(strip=False, widget=forms.HiddenInput)

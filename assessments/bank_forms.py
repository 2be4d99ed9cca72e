"""Forms of the question bank: pickers that tell rows apart, parts, a file."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from assessments import bank, bank_rules
from lessons.models import Source
from people.admin import NamedFormSet


class FormChoice(forms.ModelChoiceField):
    """Tells the boards' question forms apart."""

    def label_from_instance(self, form):
        return _("%(form)s, paper %(paper)s: %(command)s, %(tariff)s") % {
            "form": form,
            "paper": f"{form.paper}{form.section}",
            "command": form.command_word,
            "tariff": form.tariff_words,
        }


class SourceChoice(forms.ModelChoiceField):
    """Tells the sources A of several lessons apart."""

    def label_from_instance(self, source):
        return f"{source.lesson}: {source} – {source.kind}"


class PartFormSet(NamedFormSet):
    """Refuses to take from a published question what its form has printed.

    A subclass counts with `printed(form, kept)` what stands in its rows, and fills in
    for the other kinds what the form asks for.
    """

    def clean(self):
        super().clean()
        question = self.instance
        if question.published_at is None or question.type_id is None:
            return
        kept = [
            form.cleaned_data
            for form in self.forms
            if getattr(form, "cleaned_data", None)
            and not form.cleaned_data.get("DELETE")
        ]
        lacking = bank_rules.printed_faults(
            question.type, self.printed(question.type, kept)
        )
        if lacking:
            raise ValidationError(
                [
                    _("%(lacking)s Or withdraw the question first.")
                    % {"lacking": sentence}
                    for sentence in lacking.values()
                ]
            )


class BulletFormSet(PartFormSet):
    def printed(self, form, kept):
        return bank_rules.Printed(len(kept), form.sources, form.interpretations)


class SourceFormSet(PartFormSet):
    @cached_property
    def choices(self):
        """The sources to choose from, read once for all rows."""
        return list(self.form.base_fields["source"].choices)

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "source" in form.fields:
            form.fields["source"].choices = self.choices

    def printed(self, form, kept):
        used = [row.get("used_as") for row in kept]
        return bank_rules.Printed(
            form.stimulus,
            used.count(Source.Form.SOURCE),
            used.count(Source.Form.INTERPRETATION),
        )


class BankFileForm(forms.Form):
    """A file to look at before anything of it is saved."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("YAML, as the export writes it; 1 MB at most."),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > bank.LARGEST:
            raise ValidationError(
                _("The file is larger than 1 MB. Split it into several.")
            )
        return file.read()


class BankApplyForm(forms.Form):
    """The file that was looked at, and what was seen then."""

    text = forms.CharField(widget=forms.HiddenInput, strip=False)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

"""Forms about mark schemes and durations, checked as a whole before anything is kept."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from assessments import marking
from assessments.models import (
    Ceiling,
    Level,
    MarkingPoint,
    MarkScheme,
    Question,
    SchemeEdit,
)
from people.admin import NamedFormSet
from people.fields import PickedField, TickedField


class WordsForm(forms.ModelForm):
    """Keeps line ends as one sign, so that a browser's do not count as a change."""

    def clean(self):
        data = super().clean()
        for name, value in data.items():
            if isinstance(value, str):
                data[name] = value.replace("\r\n", "\n")
        return data

    def edits(self):
        """Return (what, before, after) for each text that this form changes."""
        if not self.has_changed():
            return []
        place = self.instance.place_words
        return [
            (
                f"{place}: {self.fields[name].label}",
                self.initial.get(name, ""),
                self.cleaned_data[name],
            )
            for name in self._meta.model.WORDS
            if name in self.cleaned_data
            and self.cleaned_data[name] != self.initial.get(name, "")
        ]


class NoteForm(WordsForm):
    """A form about words that marks stand on: it asks why they are changed."""

    note = forms.CharField(
        label=_("Why"),
        max_length=SchemeEdit._meta.get_field("note").max_length,
        help_text=_(
            "The new words show at once, on marks given already as well. Say why they "
            "change."
        ),
        error_messages={
            "required": _("Say why the words change: a few words are enough.")
        },
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class PlacedFormSet(NamedFormSet):
    """Saves rows that change places with each other without meeting on the way."""

    place = "number"
    key = ("number",)

    def kept_forms(self):
        """Return the forms whose rows there will be."""
        gone = self.deleted_forms
        return [
            form
            for form in self.forms
            if form not in gone and (form.instance.pk or form.has_changed())
        ]

    def aside(self, number):
        """Return a place that no row of a finished form has."""
        return 20_000 + number

    def save(self, commit=True):
        gone = self.deleted_forms
        for number, form in enumerate(self.initial_forms):
            if form in gone or not {*self.key}.isdisjoint(form.changed_data):
                self.model.objects.filter(pk=form.instance.pk).update(
                    **{self.place: self.aside(number)}
                )
        return super().save(commit)

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        seen = set()
        for form in self.kept_forms():
            key = tuple(getattr(form.instance, name) for name in self.key)
            if key in seen:
                raise ValidationError(self.twice(form.instance))
            seen.add(key)

    def twice(self, row):
        """Say that two rows have the same key, before the database does."""
        return _("%(what)s stands here twice. Change one of the two rows.") % {
            "what": row.place_words
        }

    def validate_unique(self):
        """Leave it to `clean`, which also sees fields that cannot be changed."""


class PartFormSet(PlacedFormSet):
    """Rows of a scheme, which the scheme's own form checks together."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # All parts of one form hang on the one scheme that they make up.
        self.instance.__dict__.setdefault("sent_parts", {})[self.model] = self


class PointFormSet(PartFormSet):
    """Offers only points of the same scheme to be needed, read once for all rows."""

    place = "order"
    key = ("order",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.own = MarkingPoint.objects.filter(scheme=self.instance.pk)
        self.choices = None

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "needs" in form.fields:
            if self.choices is None:
                self.choices = [("", "–"), *((p.pk, str(p)) for p in self.own)]
            form.fields["needs"].queryset = self.own
            form.fields["needs"].choices = self.choices


class CeilingFormSet(PartFormSet):
    place = "level_number"
    key = ("condition", "level_number")


class StrandFormSet(PlacedFormSet):
    place = "letter"
    key = ("letter",)

    def aside(self, number):
        # Private use: on nobody's keyboard.
        return chr(0xE000 + number)


class SchemeForm(WordsForm):
    """A scheme: right as a whole with the rows sent with it, or not at all."""

    class Meta:
        model = MarkScheme
        fields = ["name", "series", "tariff"]

    def clean_tariff(self):
        tariff = self.cleaned_data["tariff"]
        fault = self.instance.tariff_fault(tariff)
        if fault:
            raise ValidationError(fault)
        return tariff

    def is_valid(self):
        return super().is_valid() and self._is_whole()

    def _is_whole(self):
        """Check levels, points and ceilings together; name each fault's field."""
        parts = getattr(self.instance, "sent_parts", {})
        if not parts or not all(part.is_valid() for part in parts.values()):
            return True  # Each part says itself what is wrong with it.
        tariff = self.instance.tariff
        level_forms, point_forms, ceiling_forms = (
            parts[model].kept_forms() for model in (Level, MarkingPoint, Ceiling)
        )
        levels = [form.instance for form in level_forms]
        points = [form.instance for form in point_forms]
        ceilings = [form.instance for form in ceiling_forms]
        kind = marking.kind_fault(len(levels), len(points), tariff)
        if kind:
            self.add_error(None, kind)
        for fault in marking.ladder_faults(levels, tariff) if levels else ():
            for form in level_forms:
                if form.instance.number == fault.level:
                    form.add_error(fault.field, fault.sentence)
        found = marking.point_faults(points, tariff) if points and not levels else []
        for fault in found:
            if fault.place is None:
                self.add_error("tariff", fault.sentence)
            else:
                point_forms[fault.place].add_error(fault.field, fault.sentence)
        for fault in marking.ceiling_faults(ceilings, levels, tariff):
            ceiling_forms[fault.place].add_error(fault.field, fault.sentence)
        return not self.errors and all(part.is_valid() for part in parts.values())


class UsedSchemeForm(NoteForm):
    """A scheme that marks stand on: only its words."""

    class Meta:
        model = MarkScheme
        fields = ["name"]

    def clean_name(self):
        name = self.cleaned_data["name"]
        others = MarkScheme.objects.exclude(pk=self.instance.pk)
        if others.filter(name=name, series=self.instance.series).exists():
            raise ValidationError(
                _("Another scheme has that name for that series. Choose another name.")
            )
        return name


class NewVersionForm(forms.ModelForm):
    """What the new version of a scheme is called."""

    class Meta:
        model = MarkScheme
        fields = ["name", "series"]


class UseForm(forms.Form):
    """Which questions are to be marked by another version from now on."""

    questions = TickedField(
        Question.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one question.")},
    )

    def __init__(self, *args, switch, **kwargs):
        super().__init__(*args, **kwargs)
        self.switch = switch
        self.fields["questions"].queryset = switch.questions

    def clean_questions(self):
        questions = self.cleaned_data["questions"]
        misfits = [self.switch.misfit(question) for question in questions]
        if any(misfits):
            raise ValidationError([misfit for misfit in misfits if misfit])
        return questions


class CompareForm(forms.Form):
    """The scheme that another one is laid beside."""

    other = PickedField(
        MarkScheme.objects.none(), label=_("Compare with"), empty_label=None
    )

    def __init__(self, *args, schemes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["other"].queryset = schemes


class DurationFormSet(PlacedFormSet):
    """A paper's durations, of which exactly one is the default."""

    place = "name"
    key = ("name",)

    def aside(self, number):
        return f"{chr(0xE000)}{number}"

    def twice(self, row):
        return _("Two durations are called “%(name)s”. Give one another name.") % {
            "name": row.name
        }

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        kept = self.kept_forms()
        defaults = [form for form in kept if form.instance.is_default]
        if len(defaults) > 1:
            raise ValidationError(
                _(
                    "%(n)d durations are marked as used unless another is chosen. Leave "
                    "the tick at one of them."
                )
                % {"n": len(defaults)}
            )
        if kept and not defaults:
            raise ValidationError(
                _("No duration is the one used unless another is chosen. Tick one.")
            )

"""Forms about answers and marks. What they refuse, they say how to put right."""

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from assessments import marking
from assessments.models import (
    Ceiling,
    Level,
    Mark,
    MarkingPoint,
    Script,
)
from people.fields import PickedField, TickedField


class HandInForm(forms.Form):
    """The confirmation: which text is handed in, and that an empty one is meant."""

    confirmed = forms.CharField(max_length=400, widget=forms.HiddenInput)
    empty_is_meant = forms.BooleanField(
        required=False, label=_("Hand in without an answer")
    )


class MarkForm(forms.ModelForm):
    """The desk's form: lenient for a draft, strict for an award."""

    level = PickedField(Level.objects.none(), required=False, empty_label=None)
    ceilings = TickedField(
        Ceiling.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    points = TickedField(
        MarkingPoint.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    # How many marks the answer had when the page was made: see `clean`.
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Mark
        fields = [
            "role",
            "level",
            "mark",
            "ao1",
            "ao2",
            "ao3",
            "ao4",
            "spag",
            "ceilings",
            "points",
            "www",
            "ebi",
            "private_note",
            "reason",
        ]
        widgets = {
            "www": forms.Textarea(attrs={"rows": 3}),
            "ebi": forms.Textarea(attrs={"rows": 3}),
            "private_note": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, own_role, may_agree=False, is_award=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_award = is_award
        mark = self.instance
        if may_agree:
            # Nothing is preselected: whether a mark is agreed is for people to say.
            self.fields["role"] = forms.ChoiceField(
                label=_("This mark is"),
                required=is_award,
                widget=forms.RadioSelect,
                choices=[
                    (own_role, _("my own, put right")),
                    (Mark.Role.AGREED, _("the one that we have agreed on")),
                ],
                error_messages={
                    "required": _(
                        "Say whether this mark is your own or the agreed one."
                    )
                },
            )
            self.initial["role"] = mark.role if mark.role == Mark.Role.AGREED else ""
        else:
            del self.fields["role"]
        self.own_role = own_role
        self.fields["level"].queryset = mark.scheme.levels.all()
        self.fields["ceilings"].queryset = Ceiling.objects.filter(
            scheme__in=filter(None, (mark.scheme_id, mark.spag_scheme_id))
        )
        points = mark.scheme.points.all()
        self.fields["points"].queryset = points
        if not points:
            del self.fields["points"]
        for number, maximum in enumerate(mark.maxima, 1):
            field = self.fields[f"ao{number}"]
            field.required = False
            field.widget.attrs |= {"min": 0, "max": maximum}
            if not maximum:
                del self.fields[f"ao{number}"]
        self.fields["mark"].widget.attrs |= {"min": 0, "max": mark.tariff}
        if mark.spag_maximum is None:
            del self.fields["spag"]
        else:
            self.fields["spag"].widget.attrs |= {"min": 0, "max": mark.spag_maximum}
        if own_role == Mark.Role.FIRST and not may_agree:
            del self.fields["reason"]

    def clean(self):
        data = super().clean()
        mark = self.instance
        role = mark.role = data.get("role") or self.own_role
        if "role" in self.fields:
            data["role"] = role
        level = data.get("level")
        mark.take_level(level)
        # A draft keeps what can be kept: a field that was refused is not there then.
        if "ceilings" in self.fields:
            self._take_ceilings(data, level.number if level else 0)
        if "points" in self.fields:
            self._take_points(data)
        for name in self._objectives():
            if name not in self.errors and data.get(name) is None:
                data[name] = 0
        self._prefill(data)
        if self.is_award:
            found = self._faults(data)
            for field, sentence in found.items():
                target = "mark" if field == "objectives" else field
                self.add_error(target if target in self.fields else None, sentence)
            if role in (Mark.Role.SECOND, Mark.Role.AGREED) and not data.get("reason"):
                self.add_error(
                    "reason",
                    _("Say why there is another mark: a few words are enough."),
                )
        return data

    def _take_ceilings(self, data, level_number):
        """Apply what was ticked: a condition that has several stops has one box."""
        mark = self.instance
        ticked = {
            (ceiling.scheme_id, ceiling.condition)
            for ceiling in data.get("ceilings") or ()
        }
        chosen = [
            ceiling
            for ceiling in self.fields["ceilings"].queryset
            if (ceiling.scheme_id, ceiling.condition) in ticked
        ]
        data["ceilings"] = chosen
        own = [ceiling for ceiling in chosen if ceiling.scheme_id == mark.scheme_id]
        mark.ceiling = marking.ceiling_for(mark.tariff, level_number, own)
        stops = [
            ceiling.highest_mark
            for ceiling in chosen
            if ceiling.is_firm and ceiling.scheme_id == mark.spag_scheme_id
        ]
        mark.spag_ceiling = min(stops) if stops else None

    def _take_points(self, data):
        """Let the ticked points make the mark; one without its support is refused."""
        mark = self.instance
        scheme = {point.pk: point for point in self.fields["points"].queryset}
        ticked = [point.pk for point in data.get("points") or ()]
        idle = marking.idle_points(
            ticked, {pk: point.needs_id for pk, point in scheme.items()}
        )
        for pk in idle:
            self.add_error(
                "points",
                _("“%(point)s” earns nothing without “%(needed)s”. Untick one of them.")
                % {"point": scheme[pk], "needed": scheme[pk].needs},
            )
        mark.points_given = len(ticked)
        if "mark" not in self.errors:
            # A mark that was typed must say the same; see `marking.faults`.
            typed = data.get("mark")
            data["mark"] = len(ticked) if typed is None else typed

    def _objectives(self):
        """Return the names of the objectives that this form asks for."""
        names = (f"ao{n}" for n, most in enumerate(self.instance.maxima, 1) if most)
        return [name for name in names if name in self.fields]

    def _prefill(self, data):
        """Share the mark out where the marker has left every objective empty."""
        names = self._objectives()
        mark = data.get("mark")
        if self.errors.keys() & set(names):
            return
        if mark and not any(data[name] for name in names):
            shares = marking.split_by_objective(mark, self.instance.maxima)
            for number, share in enumerate(shares, 1):
                if f"ao{number}" in names:
                    data[f"ao{number}"] = share

    def _faults(self, data):
        if data.get("mark") is None:
            return (
                {}
                if "mark" in self.errors
                else {"mark": _("Choose a level and a mark.")}
            )
        mark = self.instance
        return marking.faults(
            marking.Judgement(
                mark=data["mark"],
                tariff=mark.tariff,
                band=(mark.band_low, mark.band_high) if data.get("level") else None,
                has_levels=mark.has_levels,
                objectives=tuple(data.get(f"ao{n}") or 0 for n in range(1, 5)),
                maxima=mark.maxima,
                ceiling=mark.ceiling,
                spag=data.get("spag"),
                spag_maximum=mark.spag_maximum,
                points_given=mark.points_given,
                spag_ceiling=mark.spag_ceiling,
            )
        )


class SelfMarkForm(forms.Form):
    """A student's own mark for practice, on the student's ladder."""

    level = PickedField(
        Level.objects.none(),
        label=_("Level"),
        required=False,
        empty_label=_("No level: nothing here earns a mark yet"),
    )
    mark = forms.IntegerField(label=_("Mark"), min_value=0)

    def __init__(self, *args, scheme, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mark"].validators.append(MaxValueValidator(scheme.tariff))
        levels = scheme.levels.all()
        self.fields["level"].queryset = levels
        if not levels:
            # Marked by points: there is nothing to choose but how many.
            del self.fields["level"]

    def clean(self):
        data = super().clean()
        level, mark = data.get("level"), data.get("mark")
        needs_level = "level" in self.fields and "level" not in self.errors
        if mark and level is None and needs_level:
            self.add_error(
                "level", _("Choose the level that fits your whole answer best.")
            )
        elif (
            level
            and mark is not None
            and not (level.lowest_mark <= mark <= level.highest_mark)
        ):
            self.add_error(
                "mark",
                _("Level %(level)d has the marks %(marks)s. Choose one of those.")
                % {"level": level.number, "marks": level.band_words},
            )
        return data


class ReleaseForm(forms.Form):
    """Which scripts of an assignment are released or taken back."""

    # Addressed by the opaque id: a row's number would tell the order of starting.
    scripts = TickedField(
        Script.objects.none(),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, scripts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scripts"].queryset = scripts
        self.fields["scripts"].error_messages["required"] = _(
            "Tick at least one script."
        )

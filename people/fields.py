"""Choices of rows in forms, in which a forged id is simply no choice."""

from django import forms

LONGEST_ID = 18


class PickedField(forms.ModelChoiceField):
    """A picked row; an id longer than any database's is simply no choice."""

    def to_python(self, value):
        if isinstance(value, str) and len(value) > LONGEST_ID:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": "…"},
            )
        return super().to_python(value)


class TickedField(forms.ModelMultipleChoiceField):
    """Ticked rows; an id longer than any database's is simply no choice."""

    def clean(self, value):
        if any(len(str(item)) > LONGEST_ID for item in value or ()):
            raise forms.ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": "…"},
            )
        return super().clean(value)

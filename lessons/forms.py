"""Forms of readers: a note, an answer to a quick question, a year of the map."""

import secrets

from django import forms
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from lessons import pictures, retrieval
from lessons.models import Picture, TaskNote


class NoteForm(forms.ModelForm):
    class Meta:
        model = TaskNote
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 8, "spellcheck": "false"})}


class PictureForm(forms.ModelForm):
    """A picture as a teacher puts it in: one file, from which two are made."""

    file = forms.FileField(
        label=_("picture"),
        required=False,
        help_text=_(
            "JPEG, PNG or WebP. It is made smaller and loses what a camera "
            "writes into it, such as the place."
        ),
        widget=forms.ClearableFileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp"}
        ),
    )

    class Meta:
        model = Picture
        fields = ["lesson", "slug", "file", "alt_text", "caption", "credit", "licence"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file is None:
            if self.instance.pk is None:
                raise forms.ValidationError(_("Choose a picture."))
            return None
        try:
            return pictures.renditions(file)
        except pictures.PictureError as error:
            raise forms.ValidationError(error.sentence) from error

    def save(self, commit=True):
        made = self.cleaned_data.get("file")
        if made:
            name = secrets.token_urlsafe(9)
            for size in ("small", "large"):
                rendition = getattr(made, size)
                # A new name each time: the old file may be on its way to a reader.
                setattr(
                    self.instance,
                    size,
                    ContentFile(rendition.data, name=f"{name}-{size}.webp"),
                )
                setattr(self.instance, f"{size}_width", rendition.width)
                setattr(self.instance, f"{size}_height", rendition.height)
        return super().save(commit)


class YearForm(forms.Form):
    """A year in which there were camps."""

    FIRST, LAST, DEFAULT = 1923, 1960, 1938

    year = forms.IntegerField(
        label=_("Camps of the year"), min_value=FIRST, max_value=LAST
    )


class AnswerForm(forms.Form):
    """What a student typed or chose; an empty answer is one that they do not know."""

    item = forms.CharField(max_length=40)
    answer = forms.CharField(max_length=200, required=False)


class RatingForm(forms.Form):
    """How well a student knew it."""

    item = forms.CharField(max_length=40)
    rating = forms.ChoiceField(choices=[(name, name) for name in retrieval.RATINGS])

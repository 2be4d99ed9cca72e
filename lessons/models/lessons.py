"""What is read: lessons, their sections, sources and memory phrases.

Text is Markdown as its author wrote it; `lessons.markup` turns it into HTML
once per content, and `RenderedBody` keeps the result compressed.
"""

import json

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PublishedQuerySet(models.QuerySet):
    def published(self):
        return self.filter(published_at__lte=timezone.now())

    def shipped(self):
        """Return the rows, addressed by a slug of their own, that came with us."""
        shipped = apps.get_model("lessons", "ShippedRow").objects
        keys = shipped.filter(model=self.model._meta.label_lower)
        slugs = [json.loads(key)[0] for key in keys.values_list("key", flat=True)]
        return self.filter(slug__in=slugs)


class LessonQuerySet(PublishedQuerySet):
    def visible_to(self, user):
        """Return published lessons; whoever may edit lessons sees drafts too."""
        if user.is_staff and user.has_perm("lessons.view_lesson"):
            return self
        return self.published()

    def touch(self):
        """Mark these lessons' content as changed: they are rendered anew, and so
        are the lessons that name them as the one before."""
        shown = Q(pk__in=self.values("pk")) | Q(previous__in=self.values("pk"))
        pks = list(Lesson.objects.filter(shown).values_list("pk", flat=True))
        return Lesson.objects.filter(pk__in=pks).update(
            content_version=F("content_version") + 1
        )

    def with_rendered_body(self, *, for_staff=False):
        """Fetch the stored body along, and of the lesson what its page needs."""
        body = "deflated_for_staff" if for_staff else "deflated"
        return self.select_related("rendered_body").only(
            "title",
            "content_version",
            "rendered_body__source",
            f"rendered_body__{body}",
            "rendered_body__valid_until",
        )


class LessonManager(models.Manager.from_queryset(LessonQuerySet)):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)


class Lesson(models.Model):
    title = models.CharField(_("title"), max_length=120)
    slug = models.SlugField(_("address"), unique=True)
    reference = models.CharField(
        _("reference"),
        max_length=40,
        blank=True,
        help_text=_("The archive number above the title, such as RUS 1917–41 / 7."),
    )
    unit = models.CharField(
        _("unit"),
        max_length=120,
        blank=True,
        help_text=_("The course it belongs to and its place there."),
    )
    standfirst = models.TextField(
        _("standfirst"), help_text=_("One sentence under the title: what it is about.")
    )
    years = models.CharField(_("years"), max_length=30, blank=True)
    reading_minutes = models.PositiveSmallIntegerField(
        _("reading time in minutes"), validators=[MinValueValidator(1)]
    )
    content_note = models.TextField(
        _("content note"),
        blank=True,
        help_text=_("What may be hard to read, and what a student can do then."),
    )
    previous = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name=_("lesson before this"),
        null=True,
        blank=True,
        related_name="next_lessons",
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    content_version = models.PositiveIntegerField(default=1, editable=False)

    objects = LessonManager()

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        ordering = ["order", "title"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("lessons:lesson-detail", args=[self.slug])

    @property
    def is_published(self):
        return self.published_at is not None and self.published_at <= timezone.now()

    def natural_key(self):
        return (self.slug,)


class PartQuerySet(PublishedQuerySet):
    """Rows that belong to a lesson and are seen by whoever sees it."""

    def visible_to(self, user):
        return self.filter(lesson__in=Lesson.objects.visible_to(user))


class PartManager(models.Manager.from_queryset(PartQuerySet)):
    """Finds a part by its lesson's address and its own."""

    def get_by_natural_key(self, lesson, slug):
        return self.get(lesson__slug=lesson, slug=slug)


def once_a_lesson(model):
    """Return the constraint that a lesson has no two of `model` under one address."""
    return models.UniqueConstraint(
        fields=["lesson", "slug"],
        name=f"lessons_{model}_slug_once",
        violation_error_message=_("Another one of this lesson has that address."),
    )


class Section(models.Model):
    """A part of a lesson. A line `{source a}` in its text places that source."""

    lesson = models.ForeignKey(
        Lesson, models.CASCADE, related_name="sections", verbose_name=_("lesson")
    )
    title = models.CharField(_("title"), max_length=120)
    slug = models.SlugField(_("address"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    text = models.TextField(
        _("text"),
        help_text=_(
            "Markdown. A line of its own places a part of the lesson, such as "
            "{source a} or {figure camps}."
        ),
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects = PartManager()

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["lesson", "order"]
        constraints = [once_a_lesson("section")]

    def __str__(self):
        return self.title

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]


class SourceManager(models.Manager.from_queryset(PartQuerySet)):
    def get_by_natural_key(self, lesson, letter):
        return self.get(lesson__slug=lesson, letter=letter)


class Source(models.Model):
    """A historical source or a later interpretation, never without its provenance."""

    class Form(models.TextChoices):
        SOURCE = "source", _("source from the time")
        INTERPRETATION = "interpretation", _("interpretation by a later writer")

    lesson = models.ForeignKey(
        Lesson, models.CASCADE, related_name="sources", verbose_name=_("lesson")
    )
    letter = models.CharField(
        _("letter"),
        max_length=1,
        validators=[
            RegexValidator(r"^[A-Z1-9]\Z", _("Use one capital letter, or a number."))
        ],
    )
    form = models.CharField(
        _("what it counts as"), max_length=14, choices=Form, default=Form.SOURCE
    )
    kind = models.CharField(
        _("kind"), max_length=60, help_text=_("In a few words: a memoir, 1946.")
    )
    extract = models.TextField(
        _("extract"), help_text=_("Word for word. Markdown; leave out with …")
    )
    who = models.TextField(_("who"), help_text=_("Who wrote or spoke it."))
    what = models.TextField(_("what"), help_text=_("What it is; titles in *stars*."))
    when = models.TextField(_("when"))
    why = models.TextField(_("why"), help_text=_("For whom, and to what end."))
    ask = models.TextField(
        _("ask of it"), blank=True, help_text=_("One question that opens it up.")
    )
    licence = models.TextField(
        _("rights"),
        help_text=_("Who holds the rights, and on what ground it is quoted here."),
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects = SourceManager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["lesson", "letter"]
        constraints = [
            models.UniqueConstraint(
                fields=["lesson", "letter"],
                name="lessons_source_letter_once",
                violation_error_message=_(
                    "This lesson already has a source of that letter."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(extract="")
                & ~Q(who="")
                & ~Q(what="")
                & ~Q(when="")
                & ~Q(licence=""),
                name="lessons_source_has_provenance",
                violation_error_message=_(
                    "A source needs its words, who, what, when and its rights."
                ),
            ),
        ]

    def __str__(self):
        return self.name_with(self.letter)

    def name_with(self, letter, used_as=""):
        """Name it under the letter that a paper gives it: Source A."""
        if (used_as or self.form) == Source.Form.INTERPRETATION:
            return f"Interpretation {letter}"
        return f"Source {letter}"

    def natural_key(self):
        return (*self.lesson.natural_key(), self.letter)

    natural_key.dependencies = ["lessons.lesson"]

    @property
    def anchor(self):
        return f"{self.form}-{self.letter.lower()}"


class Mnemonic(models.Model):
    """A memory phrase whose initials stand for points."""

    lesson = models.ForeignKey(
        Lesson, models.CASCADE, related_name="mnemonics", verbose_name=_("lesson")
    )
    slug = models.SlugField(_("address"))
    phrase = models.CharField(
        _("phrase"),
        max_length=120,
        help_text=_("Words that carry an initial are written in **stars**."),
    )

    objects = PartManager()

    class Meta:
        verbose_name = _("memory phrase")
        verbose_name_plural = _("memory phrases")
        ordering = ["lesson", "slug"]
        constraints = [once_a_lesson("mnemonic")]

    def __str__(self):
        return self.phrase.replace("*", "")

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]


class MnemonicPointQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(mnemonic__lesson__in=Lesson.objects.visible_to(user))


class MnemonicPointManager(models.Manager.from_queryset(MnemonicPointQuerySet)):
    def get_by_natural_key(self, lesson, mnemonic, order):
        return self.get(
            mnemonic__lesson__slug=lesson, mnemonic__slug=mnemonic, order=order
        )


class MnemonicPoint(models.Model):
    mnemonic = models.ForeignKey(
        Mnemonic, models.CASCADE, related_name="points", verbose_name=_("phrase")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    initial = models.CharField(_("initial"), max_length=1)
    title = models.CharField(_("point"), max_length=80)
    text = models.TextField(_("text"), help_text=_("Markdown, one short paragraph."))

    objects = MnemonicPointManager()

    class Meta:
        verbose_name = _("point")
        verbose_name_plural = _("points")
        ordering = ["mnemonic", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["mnemonic", "order"],
                name="lessons_point_order_once",
                violation_error_message=_("Two points stand at the same place."),
            ),
        ]

    def __str__(self):
        return self.title

    def natural_key(self):
        return (*self.mnemonic.natural_key(), self.order)

    natural_key.dependencies = ["lessons.mnemonic"]

    def clean(self):
        if self.initial and self.title and self.title[0] != self.initial:
            raise ValidationError(
                {"title": _("The point must begin with its initial.")}
            )

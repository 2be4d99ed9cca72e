"""What stands around the text: words, dates, people, figures, notes, readings.

A section places them by their address, `{figure camps}`; the lists of dates, people
and readings are placed whole, `{timeline}`.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lessons import figures
from lessons.models.lessons import (
    Lesson,
    PartManager,
    PublishedQuerySet,
    Source,
    once_a_lesson,
)


def lesson_of(related_name):
    return models.ForeignKey(
        Lesson, models.CASCADE, related_name=related_name, verbose_name=_("lesson")
    )


class TermQuerySet(PublishedQuerySet):
    def visible_to(self, user):
        """Words are explained to everybody."""
        return self


class TermManager(models.Manager.from_queryset(TermQuerySet)):
    def get_by_natural_key(self, slug):
        return self.get(slug=slug)


class Term(models.Model):
    """A word that every lesson explains where it is first used."""

    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("word"), max_length=60)
    forms = models.TextField(
        _("written as"),
        help_text=_("Each form in which it stands in a text, one on each line."),
    )
    definition = models.TextField(_("meaning"), help_text=_("One or two sentences."))

    objects = TermManager()

    class Meta:
        verbose_name = _("word of the glossary")
        verbose_name_plural = _("glossary")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def natural_key(self):
        return (self.slug,)

    @property
    def form_list(self):
        return [line.strip() for line in self.forms.splitlines() if line.strip()]


class TimelineEvent(models.Model):
    """A dated event. Core events make the short timeline."""

    class Theme(models.TextChoices):
        POLICE = "police", _("secret police")
        POWER = "power", _("power")
        TERROR = "terror", _("terror")
        TRIAL = "trial", _("trials")
        GULAG = "gulag", _("camps")
        OPPOSITION = "opposition", _("opposition")
        ECONOMY = "economy", _("economy")
        CONTROL = "control", _("control")
        CULT = "cult", _("cult of the leader")
        PROPAGANDA = "propaganda", _("propaganda")
        ARMY = "army", _("army")
        NATIONS = "nations", _("peoples of the USSR")
        PERSON = "person", _("people")
        WAR = "war", _("war")

    lesson = lesson_of("timeline_events")
    slug = models.SlugField(_("address"))
    starts_on = models.DateField(_("date"), help_text=_("Decides the order."))
    date_words = models.CharField(
        _("date in words"), max_length=30, help_text=_("As printed: Sept–Oct 1937.")
    )
    label = models.CharField(_("label"), max_length=60)
    text = models.TextField(_("text"))
    theme = models.CharField(_("theme"), max_length=12, choices=Theme)
    is_core = models.BooleanField(_("in the short timeline"), default=False)

    objects = PartManager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("timeline")
        ordering = ["lesson", "starts_on", "slug"]
        constraints = [once_a_lesson("timelineevent")]

    def __str__(self):
        return f"{self.date_words}: {self.label}"

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]


class KeyPerson(models.Model):
    lesson = lesson_of("key_people")
    slug = models.SlugField(_("address"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("who they were"), max_length=160)
    dates = models.CharField(_("dates"), max_length=80)
    fate = models.CharField(_("what became of them"), max_length=160)

    objects = PartManager()

    class Meta:
        verbose_name = _("key person")
        verbose_name_plural = _("key people")
        ordering = ["lesson", "order", "slug"]
        constraints = [once_a_lesson("keyperson")]

    def __str__(self):
        return self.name

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]


class Reading(models.Model):
    """Something to read or hear beyond the lesson."""

    class Kind(models.TextChoices):
        WEBSITE = "website", _("Websites")
        AUDIO = "audio", _("To listen to")
        BOOK = "book", _("Books")
        TEXTBOOK = "textbook", _("Older textbooks")

    class Difficulty(models.IntegerChoices):
        STRAIGHTFORWARD = 1, _("straightforward")
        SOME_KNOWLEDGE = 2, _("needs some knowledge")
        DEMANDING = 3, _("demanding")

    lesson = lesson_of("readings")
    slug = models.SlugField(_("address"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    title = models.CharField(_("title"), max_length=160)
    author = models.CharField(_("author"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    difficulty = models.PositiveSmallIntegerField(_("difficulty"), choices=Difficulty)
    note = models.TextField(_("what it is good for"), blank=True)
    url = models.URLField(
        _("web address"), blank=True, help_text=_("Only one that you have opened.")
    )

    objects = PartManager()

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering = ["lesson", "order", "slug"]
        constraints = [once_a_lesson("reading")]

    def __str__(self):
        return self.title

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]


class PartnerTask(models.Model):
    """Something to talk over with a partner, with a place to note the outcome."""

    lesson = lesson_of("partner_tasks")
    slug = models.SlugField(_("address"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    source = models.ForeignKey(
        Source,
        models.SET_NULL,
        related_name="partner_tasks",
        verbose_name=_("source"),
        null=True,
        blank=True,
    )
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("task"), help_text=_("Markdown."))
    prompt = models.CharField(_("what to note down"), max_length=300)

    objects = PartManager()

    class Meta:
        verbose_name = _("partner task")
        verbose_name_plural = _("partner tasks")
        ordering = ["lesson", "order", "slug"]
        constraints = [once_a_lesson("partnertask")]

    def __str__(self):
        return self.title

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson", "lessons.source"]


class Box(models.Model):
    """A fact or a book beside the text."""

    class Kind(models.TextChoices):
        FACT = "fact", _("Did you know?")
        BOOK = "book", _("A book to know")

    lesson = lesson_of("boxes")
    slug = models.SlugField(_("address"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), help_text=_("Markdown."))

    objects = PartManager()

    class Meta:
        verbose_name = _("box")
        verbose_name_plural = _("boxes")
        ordering = ["lesson", "slug"]
        constraints = [once_a_lesson("box")]

    def __str__(self):
        return self.title

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]


class HistoriansNote(models.Model):
    """Where older books and the archives differ. Teachers see the older claim."""

    lesson = lesson_of("historians_notes")
    slug = models.SlugField(_("address"))
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), help_text=_("Markdown. Students see this."))
    older_claim = models.TextField(
        _("older claim"), help_text=_("What older books say. Only staff see it.")
    )
    disagreement = models.TextField(
        _("who disagrees"), blank=True, help_text=_("Only staff see it.")
    )

    objects = PartManager()

    class Meta:
        verbose_name = _("historians’ note")
        verbose_name_plural = _("historians’ notes")
        ordering = ["lesson", "slug"]
        constraints = [once_a_lesson("historiansnote")]

    def __str__(self):
        return self.title

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]


class Figure(models.Model):
    """Numbers drawn by the server (`lessons.figures`), with their table."""

    class Kind(models.TextChoices):
        COLUMNS = "columns", _("columns by year")
        STACKED = "stacked", _("stacked columns by year")
        BARS = "bars", _("bars")
        ESTIMATES = "estimates", _("estimates over time")
        MAP = "map", _("map of the camps")

    lesson = lesson_of("figures")
    slug = models.SlugField(_("address"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("title"), max_length=120)
    caption = models.TextField(_("caption"), help_text=_("What to see in it."))
    source_line = models.TextField(_("source"), help_text=_("Archive, publication."))
    alt_text = models.TextField(
        _("description"), help_text=_("For those who cannot see it: what it shows.")
    )
    unit = models.CharField(_("unit"), max_length=60)
    data = models.TextField(
        _("data"), help_text=_("CSV with one line of headings; numbers without commas.")
    )
    note = models.TextField(_("note"), blank=True, help_text=_("What to beware of."))

    objects = PartManager()

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        ordering = ["lesson", "slug"]
        constraints = [
            once_a_lesson("figure"),
            models.CheckConstraint(
                condition=~Q(alt_text="") & ~Q(source_line=""),
                name="lessons_figure_described_and_sourced",
                violation_error_message=_("A figure needs a description and a source."),
            ),
        ]

    def __str__(self):
        return self.title

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]

    def drawing(self, year=None):
        """Return the SVG and its table; raises `figures.FigureError` for bad data.

        `year` is for maps. The description that was written is for the default one.
        """
        alt = self.alt_text
        if year not in (None, figures.DEFAULT_YEAR):
            alt = _(
                "Map of the camp complexes of %(year)d. The table names each of them "
                "with its place, its years and how many prisoners it held."
            ) % {"year": year}
        return figures.draw(
            self.kind,
            self.data,
            title=self.title,
            alt=alt,
            unit=self.unit,
            year=year,
            uid=f"figure-{self.slug}",
        )

    def clean(self):
        if not (self.kind and self.data):
            return
        try:
            self.drawing()
        except figures.FigureError as error:
            raise ValidationError({"data": str(error)}) from error


class Picture(models.Model):
    """A photograph or poster that a teacher has put in, in two sizes."""

    lesson = lesson_of("pictures")
    slug = models.SlugField(_("address"))
    caption = models.CharField(_("caption"), max_length=300)
    alt_text = models.TextField(
        _("description"),
        help_text=_(
            "For those who cannot see it: who, where, when, what is done; for an "
            "altered picture, what is missing."
        ),
    )
    credit = models.CharField(_("who made it, and when"), max_length=200)
    licence = models.CharField(
        _("rights"), max_length=200, help_text=_("Why your school may show it.")
    )
    small = models.FileField(upload_to="pictures/", editable=False)
    large = models.FileField(upload_to="pictures/", editable=False)
    small_width = models.PositiveIntegerField(editable=False)
    small_height = models.PositiveIntegerField(editable=False)
    large_width = models.PositiveIntegerField(editable=False)
    large_height = models.PositiveIntegerField(editable=False)

    objects = PartManager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["lesson", "slug"]
        constraints = [
            once_a_lesson("picture"),
            models.CheckConstraint(
                condition=~Q(alt_text="") & ~Q(credit="") & ~Q(licence=""),
                name="lessons_picture_described_and_credited",
                violation_error_message=_(
                    "A picture needs a description, its maker and its rights."
                ),
            ),
        ]

    def __str__(self):
        return self.caption

    def natural_key(self):
        return (*self.lesson.natural_key(), self.slug)

    natural_key.dependencies = ["lessons.lesson"]

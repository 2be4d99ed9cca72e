"""How it is marked: mark schemes with their levels, strands, points and ceilings."""

import enum

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from assessments import marking
from assessments.models.catalogue import StaffOnlyQuerySet, came_with_us
from assessments.models.scheme_edits import SchemeEdit


class MarkSchemeQuerySet(StaffOnlyQuerySet):
    def with_use(self):
        """Annotate `question_count`, and `is_used` where marks stand on it."""
        marks = apps.get_model("assessments", "Mark").objects
        questions = (
            apps.get_model("assessments", "Question")
            .objects.filter(
                Q(mark_scheme=OuterRef("pk")) | Q(spag_scheme=OuterRef("pk"))
            )
            .order_by()
            .annotate(all=Value(1))
            .values("all")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return self.annotate(
            is_used=Exists(
                marks.filter(Q(scheme=OuterRef("pk")) | Q(spag_scheme=OuterRef("pk")))
            ),
            question_count=Coalesce(Subquery(questions), 0),
        )

    def whole(self):
        """Fetch the ladder with everything that belongs to it."""
        return self.prefetch_related("levels__strands", "points__needs", "ceilings")


class MarkSchemeManager(models.Manager.from_queryset(MarkSchemeQuerySet)):
    def get_by_natural_key(self, name, series):
        return self.get(name=name, series=series)


class Editing(enum.Enum):
    """How much of a scheme may be changed now."""

    FREE = "free"
    WORDING = "wording"
    NOTHING = "nothing"


class MarkScheme(models.Model):
    """A ladder of levels for one exam series.

    Once a mark stands on it its numbers are frozen. Its words may still be put
    right, with a note that is kept as a `SchemeEdit`.
    """

    NUMBERS = ("series", "tariff")
    WORDS = ("name",)

    name = models.CharField(_("name"), max_length=60)
    series = models.CharField(
        _("series"), max_length=20, help_text=_("For exams from, such as 2025.")
    )
    tariff = models.PositiveSmallIntegerField(_("tariff"))
    supersedes = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="later_versions",
        verbose_name=_("made from"),
        null=True,
        blank=True,
        editable=False,
    )

    objects = MarkSchemeManager()

    class Meta:
        verbose_name = _("mark scheme")
        verbose_name_plural = _("mark schemes")
        ordering = ["name", "-series"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "series"],
                name="assessments_scheme_once_a_series",
                violation_error_message=_("That scheme exists for that series."),
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.series})"

    def natural_key(self):
        return (self.name, self.series)

    @property
    def is_frozen(self):
        """Whether marks stand on it: then no number of it changes, nor an update."""
        return self.pk is not None and (self.marks.exists() or self.spag_marks.exists())

    @cached_property
    def editing(self):
        """How much of it may be changed; looked up once for an instance."""
        if self.pk is None:
            return Editing.FREE
        # Once marks stand on it no update reaches it: its words are the school's.
        if self.is_frozen:
            return Editing.WORDING
        return Editing.NOTHING if came_with_us(self) else Editing.FREE

    def tariff_fault(self, tariff):
        """Return why the questions that use it forbid this tariff, or nothing."""
        if self.pk is None:
            return ""
        for marks in (
            *self.questions.values_list("type__tariff", flat=True),
            *self.spag_questions.values_list("type__spag", flat=True),
        ):
            if marks != tariff:
                return _(
                    "A question for %(marks)d marks uses this scheme. Leave the tariff "
                    "at %(marks)d, or make a new version with another tariff."
                ) % {"marks": marks}
        return ""

    @property
    def place_words(self):
        """What a note about a change calls it."""
        return _("The scheme")

    def write_down(self, by, note, edits):
        """Append changes of wording, given as (what, before, after)."""
        SchemeEdit.objects.bulk_create(
            SchemeEdit(
                scheme=self, by=by, note=note, what=what, before=before, after=after
            )
            for what, before, after in edits
        )

    @transaction.atomic
    def make_version(self, name, series):
        """Return a copy with everything that belongs to it, free to be changed."""
        copy = MarkScheme.objects.create(
            name=name, series=series, tariff=self.tariff, supersedes=self
        )
        for level in self.levels.all():
            strands = list(level.strands.all())
            level.pk, level._state.adding, level.scheme = None, True, copy
            level.save()
            for strand in strands:
                strand.pk, strand._state.adding, strand.level = None, True, level
                strand.save()
        points = {}
        for point in self.points.all():
            original = point.pk
            point.pk, point._state.adding, point.scheme = None, True, copy
            needed, point.needs = point.needs_id, None
            point.save()
            points[original] = (point, needed)
        for point, needed in points.values():
            if needed:
                point.needs = points[needed][0]
                point.save(update_fields=["needs"])
        for ceiling in self.ceilings.all():
            ceiling.pk, ceiling._state.adding, ceiling.scheme = None, True, copy
            ceiling.save()
        return copy

    def earlier_versions(self):
        """Return the ids of what this was made from, newest first."""
        found, scheme_id = [], self.supersedes_id
        while scheme_id is not None:
            found.append(scheme_id)
            scheme_id = (
                MarkScheme.objects.filter(pk=scheme_id)
                .values_list("supersedes", flat=True)
                .get()
            )
        return found


class LevelManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, name, series, number):
        return self.get(scheme__name=name, scheme__series=series, number=number)


class Level(models.Model):
    """A rung of the ladder, from 1 upward, in words for students and for markers."""

    NUMBERS = ("number", "lowest_mark", "highest_mark")
    WORDS = ("for_student", "for_marker")

    scheme = models.ForeignKey(
        MarkScheme, models.CASCADE, related_name="levels", verbose_name=_("scheme")
    )
    number = models.PositiveSmallIntegerField(_("level"))
    lowest_mark = models.PositiveSmallIntegerField(_("lowest mark"))
    highest_mark = models.PositiveSmallIntegerField(_("highest mark"))
    for_student = models.TextField(_("wording for students"))
    for_marker = models.TextField(_("wording for markers"))

    objects = LevelManager()

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["scheme", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "number"],
                name="assessments_level_once",
                violation_error_message=_("This scheme already has that level."),
            ),
            models.CheckConstraint(
                condition=Q(lowest_mark__gte=1, highest_mark__gte=F("lowest_mark")),
                name="assessments_level_marks_in_order",
                violation_error_message=_(
                    "A level begins at 1 or more and does not end before it begins."
                ),
            ),
        ]

    def __str__(self):
        return f"Level {self.number}"

    def natural_key(self):
        return (*self.scheme.natural_key(), self.number)

    natural_key.dependencies = ["assessments.markscheme"]

    @property
    def is_frozen(self):
        return self.scheme.is_frozen

    @property
    def place_words(self):
        return _("Level %(number)d") % {"number": self.number}

    @property
    def band(self):
        return (self.lowest_mark, self.highest_mark)

    @property
    def band_words(self):
        """The band in words: 7–9, or a single mark."""
        if self.lowest_mark == self.highest_mark:
            return str(self.lowest_mark)
        return f"{self.lowest_mark}–{self.highest_mark}"


class StrandManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, name, series, number, letter):
        return self.get(
            level__scheme__name=name,
            level__scheme__series=series,
            level__number=number,
            letter=letter,
        )


class Strand(models.Model):
    """One strand of a level: analysis, reasoning, knowledge."""

    NUMBERS = ("letter",)
    WORDS = ("name", "for_student", "for_marker")

    level = models.ForeignKey(
        Level, models.CASCADE, related_name="strands", verbose_name=_("level")
    )
    letter = models.CharField(_("letter"), max_length=1)
    name = models.CharField(_("name"), max_length=60)
    for_student = models.TextField(_("wording for students"), blank=True)
    for_marker = models.TextField(_("wording for markers"))

    objects = StrandManager()

    class Meta:
        verbose_name = _("strand")
        verbose_name_plural = _("strands")
        ordering = ["level", "letter"]
        constraints = [
            models.UniqueConstraint(
                fields=["level", "letter"],
                name="assessments_strand_once",
                violation_error_message=_("This level already has that strand."),
            ),
        ]

    def __str__(self):
        return f"{self.letter}) {self.name}"

    def natural_key(self):
        return (*self.level.natural_key(), self.letter)

    natural_key.dependencies = ["assessments.level"]

    @property
    def is_frozen(self):
        return self.level.scheme.is_frozen

    @property
    def place_words(self):
        return _("Level %(number)d, strand %(letter)s") % {
            "number": self.level.number,
            "letter": self.letter,
        }


class MarkingPointManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, name, series, order):
        return self.get(scheme__name=name, scheme__series=series, order=order)


class MarkingPoint(models.Model):
    """A point that earns one mark, in a scheme without levels.

    One that `needs` another earns nothing without it: a detail supports an inference.
    """

    NUMBERS = ("order", "needs")
    WORDS = ("name", "for_student", "for_marker")

    scheme = models.ForeignKey(
        MarkScheme, models.CASCADE, related_name="points", verbose_name=_("scheme")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    name = models.CharField(_("name"), max_length=60)
    for_student = models.TextField(_("wording for students"))
    for_marker = models.TextField(_("wording for markers"))
    needs = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="supports",
        verbose_name=_("only together with"),
        null=True,
        blank=True,
    )

    objects = MarkingPointManager()

    class Meta:
        verbose_name = _("marking point")
        verbose_name_plural = _("marking points")
        ordering = ["scheme", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "order"],
                name="assessments_point_once",
                violation_error_message=_("Two points stand at the same place."),
            ),
        ]

    def __str__(self):
        return self.name

    def natural_key(self):
        return (*self.scheme.natural_key(), self.order)

    natural_key.dependencies = ["assessments.markscheme"]

    @property
    def is_frozen(self):
        return self.scheme.is_frozen

    @property
    def place_words(self):
        return _("Point %(order)d") % {"order": self.order}


class CeilingManager(models.Manager.from_queryset(StaffOnlyQuerySet)):
    def get_by_natural_key(self, name, series, condition, level_number=0):
        return self.get(
            scheme__name=name,
            scheme__series=series,
            condition=condition,
            level_number=level_number,
        )


class Ceiling(models.Model):
    """A cap with a reason. A firm one refuses higher marks, the others remind."""

    NUMBERS = ("level_number", "highest_mark", "is_firm")
    WORDS = ("condition",)

    scheme = models.ForeignKey(
        MarkScheme, models.CASCADE, related_name="ceilings", verbose_name=_("scheme")
    )
    condition = models.CharField(
        _("condition"), max_length=120, help_text=_("When it holds, for the marker.")
    )
    level_number = models.PositiveSmallIntegerField(
        _("only in level"),
        default=0,
        help_text=_("0 for every level; 2 for a stop inside level 2."),
    )
    highest_mark = models.PositiveSmallIntegerField(_("highest mark"))
    is_firm = models.BooleanField(
        _("refuses higher marks"),
        default=True,
        help_text=_("Off for rules that a board words with “normally”."),
    )

    objects = CeilingManager()

    class Meta:
        verbose_name = _("ceiling")
        verbose_name_plural = _("ceilings")
        ordering = ["scheme", "highest_mark"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "condition", "level_number"],
                name="assessments_ceiling_once",
                violation_error_message=_("This scheme already has that ceiling."),
            ),
        ]

    def __str__(self):
        return f"{self.condition}: {self.stop_words}"

    @property
    def stop_words(self):
        """The stop by itself: 8 at most, or in level 2: 5 at most."""
        if self.level_number:
            return _("in level %(level)d: %(mark)d at most") % {
                "level": self.level_number,
                "mark": self.highest_mark,
            }
        return _("%(mark)d at most") % {"mark": self.highest_mark}

    def natural_key(self):
        return (*self.scheme.natural_key(), self.condition, self.level_number)

    natural_key.dependencies = ["assessments.markscheme"]

    @property
    def is_frozen(self):
        return self.scheme.is_frozen

    @property
    def place_words(self):
        return _("Ceiling at %(mark)d") % {"mark": self.highest_mark}

    def clean(self):
        """Refuse a ceiling above the tariff; its level is checked with the ladder."""
        if (
            self.scheme_id is None
            or self.level_number
            or self.highest_mark is None
            or self.scheme.tariff is None
        ):
            return
        for fault in marking.ceiling_faults([self], [], self.scheme.tariff):
            raise ValidationError({fault.field: fault.sentence})


def check_ladder(scheme):
    """Raise `ValidationError` with a sentence for each fault of a saved scheme."""
    levels, points = list(scheme.levels.all()), list(scheme.points.all())
    kind = marking.kind_fault(len(levels), len(points), scheme.tariff)
    found = [kind] if kind else []
    for fault in (
        *(marking.ladder_faults(levels, scheme.tariff) if levels else ()),
        *(marking.point_faults(points, scheme.tariff) if points else ()),
        *marking.ceiling_faults(list(scheme.ceilings.all()), levels, scheme.tariff),
    ):
        found.append(fault.sentence)
    if found:
        raise ValidationError(found)

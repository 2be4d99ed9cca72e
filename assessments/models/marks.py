"""What is judged: marks."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments import marking
from assessments.models.answer_versions import AnswerVersion
from assessments.models.answers import Answer
from assessments.models.events import Event
from assessments.models.schemes import Ceiling, Level, MarkingPoint, MarkScheme
from assessments.models.scripts import Script
from people import audit
from people.models import AuditEntry

MARKER_ROLES = ("first", "second", "agreed")


class MarkQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return staff's marks on scripts they may see; for students their own.

        A student's own means self-marks. What a release shows them comes from
        `Release.shown_marks`, never from here.
        """
        if not user.is_staff:
            return self.filter(marker_id=user.pk, role=Mark.Role.SELF)
        return self.filter(answer__script__in=Script.objects.visible_to(user))

    def awarded(self):
        return self.exclude(awarded_at=None)

    def drafts_of(self, marker):
        return self.filter(awarded_at=None, marker=marker)

    def standing(self):
        """Return the mark that counts for each answer: at most one an answer.

        The newest agreed mark; where there is none, the newest of the first marker.
        Second marks and self-marks never stand by themselves.
        """
        later = Mark.objects.awarded().filter(answer=OuterRef("answer"))
        agreed = later.filter(role=Mark.Role.AGREED)
        return (
            self.awarded()
            .filter(role__in=(Mark.Role.FIRST, Mark.Role.AGREED))
            .exclude(Q(role=Mark.Role.FIRST) & Exists(agreed))
            .exclude(Exists(later.filter(role=OuterRef("role"), pk__gt=OuterRef("pk"))))
        )


class Mark(models.Model):
    """One judgement of one handed-in text. Awarded ones are never changed.

    What the database checks it against is copied from the scheme when the mark is
    made, in the columns from `tariff` to `spag_maximum`, so that a later scheme
    cannot make an old mark wrong.
    """

    class Role(models.TextChoices):
        FIRST = "first", _("first mark")
        SECOND = "second", _("second mark")
        AGREED = "agreed", _("agreed mark")
        SELF = "self", _("the student’s own")

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="marks")
    version = models.ForeignKey(AnswerVersion, models.PROTECT, related_name="marks")
    marker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="marks_given"
    )
    role = models.CharField(max_length=6, choices=Role, default=Role.FIRST)
    # A first marker's later mark names the one before it, so that the database can
    # tell a correction from a second person's first mark.
    corrects = models.OneToOneField(
        "self", models.PROTECT, related_name="correction", null=True, blank=True
    )
    scheme = models.ForeignKey(MarkScheme, models.PROTECT, related_name="marks")
    spag_scheme = models.ForeignKey(
        MarkScheme, models.PROTECT, related_name="spag_marks", null=True, blank=True
    )
    level = models.ForeignKey(
        Level, models.PROTECT, related_name="marks", null=True, blank=True
    )
    ceilings = models.ManyToManyField(Ceiling, related_name="marks", blank=True)
    points = models.ManyToManyField(MarkingPoint, related_name="marks", blank=True)
    mark = models.PositiveSmallIntegerField(null=True, blank=True)
    ao1 = models.PositiveSmallIntegerField(default=0)
    ao2 = models.PositiveSmallIntegerField(default=0)
    ao3 = models.PositiveSmallIntegerField(default=0)
    ao4 = models.PositiveSmallIntegerField(default=0)
    spag = models.PositiveSmallIntegerField(null=True, blank=True)
    www = models.TextField(_("what went well"), blank=True)
    ebi = models.TextField(_("even better if"), blank=True)
    private_note = models.TextField(_("private note"), blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    tariff = models.PositiveSmallIntegerField()
    has_levels = models.BooleanField(default=True)
    band_low = models.PositiveSmallIntegerField(null=True, blank=True)
    band_high = models.PositiveSmallIntegerField(null=True, blank=True)
    ao1_maximum = models.PositiveSmallIntegerField(default=0)
    ao2_maximum = models.PositiveSmallIntegerField(default=0)
    ao3_maximum = models.PositiveSmallIntegerField(default=0)
    ao4_maximum = models.PositiveSmallIntegerField(default=0)
    ceiling = models.PositiveSmallIntegerField()
    spag_maximum = models.PositiveSmallIntegerField(null=True, blank=True)
    spag_ceiling = models.PositiveSmallIntegerField(null=True, blank=True)
    # How many points were ticked; empty where the scheme has none.
    points_given = models.PositiveSmallIntegerField(null=True, blank=True)
    saved_at = models.DateTimeField(default=timezone.now)
    awarded_at = models.DateTimeField(null=True, blank=True)

    objects = MarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        ordering = ["answer", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=("first", "second", "agreed", "self")),
                name="assessments_mark_role_known",
                violation_error_message=_("That is no kind of mark."),
            ),
            models.UniqueConstraint(
                fields=["answer", "marker"],
                condition=Q(awarded_at=None),
                name="assessments_one_draft_a_marker",
                violation_error_message=_("You have a draft mark here already."),
            ),
            models.UniqueConstraint(
                fields=["answer"],
                condition=Q(role="first", corrects=None, awarded_at__isnull=False),
                name="assessments_one_first_mark_an_answer",
                violation_error_message=_(
                    "Another marker has given the first mark. Yours is a second one."
                ),
            ),
            models.CheckConstraint(
                condition=Q(corrects=None) | Q(role="first"),
                name="assessments_only_first_marks_are_corrected",
                violation_error_message=_("Only a first mark is corrected by another."),
            ),
            # Drafts may be half done; an awarded mark obeys its scheme.
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(mark__isnull=False, mark__lte=F("tariff")),
                name="assessments_mark_within_tariff",
                violation_error_message=_(
                    "The mark lies outside the question’s marks."
                ),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None) | Q(mark__lte=F("ceiling")),
                name="assessments_mark_under_ceiling",
                violation_error_message=_(
                    "A ceiling stops this answer below that mark."
                ),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(has_levels=False, level=None)
                | Q(has_levels=True, mark=0, level=None, band_low=None, band_high=None)
                | Q(
                    has_levels=True,
                    mark__gte=1,
                    level__isnull=False,
                    band_low__lte=F("mark"),
                    band_high__gte=F("mark"),
                ),
                name="assessments_mark_in_its_level",
                violation_error_message=_(
                    "The mark lies outside its level; a mark of 0 has none."
                ),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(mark=F("ao1") + F("ao2") + F("ao3") + F("ao4")),
                name="assessments_objectives_add_up",
                violation_error_message=_("The objectives do not add up to the mark."),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(
                    ao1__lte=F("ao1_maximum"),
                    ao2__lte=F("ao2_maximum"),
                    ao3__lte=F("ao3_maximum"),
                    ao4__lte=F("ao4_maximum"),
                ),
                name="assessments_objectives_within_maxima",
                violation_error_message=_(
                    "An objective has more marks than the question gives it."
                ),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(spag=None)
                | Q(spag_maximum__isnull=False, spag__lte=F("spag_maximum")),
                name="assessments_spag_only_where_it_exists",
                violation_error_message=_(
                    "This question has no SPaG marks, or fewer than that."
                ),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(spag=None)
                | Q(spag_ceiling=None)
                | Q(spag__lte=F("spag_ceiling")),
                name="assessments_spag_under_ceiling",
                violation_error_message=_("A ceiling stops SPaG below that."),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(points_given=None)
                | Q(points_given=F("mark"), has_levels=False),
                name="assessments_points_make_the_mark",
                violation_error_message=_("Each point that is ticked is one mark."),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(spag_maximum=None)
                | Q(spag__isnull=False),
                name="assessments_spag_given_where_it_exists",
                violation_error_message=_("Give SPaG marks as well."),
            ),
            models.CheckConstraint(
                condition=Q(awarded_at=None)
                | Q(role__in=("first", "self"))
                | ~Q(reason=""),
                name="assessments_second_mark_has_a_reason",
                violation_error_message=_(
                    "Say why there is another mark: a few words are enough."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()}, {self.answer}"

    @property
    def maxima(self):
        return (
            self.ao1_maximum,
            self.ao2_maximum,
            self.ao3_maximum,
            self.ao4_maximum,
        )

    @property
    def objectives(self):
        return (self.ao1, self.ao2, self.ao3, self.ao4)

    @property
    def total(self):
        """Mark and SPaG together."""
        return marking.total(self.mark, self.spag)

    @property
    def highest_total(self):
        return self.tariff + (self.spag_maximum or 0)

    @classmethod
    def prepare(cls, answer, marker, role=Role.FIRST):
        """Return an unsaved mark with everything copied that it is checked against."""
        question = answer.question
        form = question.type
        return cls(
            answer=answer,
            version=answer.handed_in_version,
            marker=marker,
            role=role,
            scheme=question.mark_scheme,
            spag_scheme=question.spag_scheme,
            tariff=form.tariff,
            has_levels=bool(question.mark_scheme.levels.all()),
            ao1_maximum=form.ao1,
            ao2_maximum=form.ao2,
            ao3_maximum=form.ao3,
            ao4_maximum=form.ao4,
            ceiling=form.tariff,
            spag_maximum=form.spag or None,
        )

    def follow_question(self):
        """Bring a draft over to the scheme that its question has by now.

        What was typed stays; the level belongs to the old ladder and is given up.
        """
        fresh = Mark.prepare(self.answer, self.marker, self.role)
        if self.scheme_id != fresh.scheme_id:
            self.take_level(None)
            self.points_given = None
            self.ceiling = fresh.ceiling
        if self.spag_scheme_id != fresh.spag_scheme_id:
            self.spag_ceiling = None
        for name in (
            "scheme", "spag_scheme", "tariff", "has_levels", "spag_maximum",
            "ao1_maximum", "ao2_maximum", "ao3_maximum", "ao4_maximum",
        ):  # fmt: skip
            setattr(self, name, getattr(fresh, name))

    def take_level(self, level):
        self.level = level
        self.band_low, self.band_high = level.band if level else (None, None)

    def award(self):
        """Make this draft count, once and for all; raises `ValidationError`.

        Must run inside a transaction that holds the answer's row. The database
        checks the same rules again.
        """
        self.awarded_at = timezone.now()
        if self.role == Mark.Role.FIRST:
            own = Mark.objects.awarded().filter(answer=self.answer, marker=self.marker)
            self.corrects = own.filter(role=Mark.Role.FIRST).order_by("pk").last()
        try:
            self.full_clean(exclude=["ceilings"])
        except ValidationError:
            self.awarded_at = None
            raise
        self.save()
        Event.record(self.answer.script, self.marker, Event.Kind.AWARDED, mark=self)
        self._write_in_audit_log()

    def _write_in_audit_log(self):
        """Say which script by its code: whoever reads the log may mark others of it."""
        before = self.corrects
        was = f"{before.total} to " if before else ""
        assignment = self.answer.script.assignment
        audit.record(
            AuditEntry.Action.MARK_CHANGED if before else AuditEntry.Action.MARKED,
            group=assignment and assignment.group_id,
            detail=f"{self.answer.script}, question {self.answer.order}, {self.role}: "
            f"{was}{self.total} of {self.highest_total}",
        )

    def give_own(self, level, mark):
        """Keep a student's own mark for practice; its objectives are our estimate."""
        self.take_level(level)
        self.mark = mark
        self.ao1, self.ao2, self.ao3, self.ao4 = marking.split_by_objective(
            mark, self.maxima
        )
        self.spag_maximum = None
        self.awarded_at = timezone.now()
        self.full_clean()
        self.save()

    def judgement(self):
        """Return this mark as the pure rules see it."""
        return marking.Judgement(
            mark=self.mark,
            tariff=self.tariff,
            band=(self.band_low, self.band_high) if self.level_id else None,
            has_levels=self.has_levels,
            objectives=self.objectives,
            maxima=self.maxima,
            ceiling=self.ceiling,
            spag=self.spag,
            spag_maximum=self.spag_maximum,
            points_given=self.points_given,
            spag_ceiling=self.spag_ceiling,
        )

    def clean(self):
        """Refuse what no board would allow, with the sentence of the pure rule."""
        if self.awarded_at is None:
            return
        if self.mark is None:
            raise ValidationError({"mark": _("Choose a level and a mark.")})
        if self.level_id and self.level.scheme_id != self.scheme_id:
            raise ValidationError(
                {"level": _("That level belongs to another mark scheme.")}
            )
        if self.corrects_id and (
            self.corrects.answer_id != self.answer_id
            or self.corrects.marker_id != self.marker_id
        ):
            raise ValidationError(_("A mark corrects only the same marker’s mark."))
        found = marking.faults(self.judgement())
        if found:
            raise ValidationError(
                {
                    ("ao1" if field == "objectives" else field): sentence
                    for field, sentence in found.items()
                }
            )

"""What the pages about versions of a mark scheme show, and switching questions."""

from collections import Counter

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from assessments import difference
from assessments.models import Mark, MarkScheme, Question, SchemeEdit, Script


class Switch:
    """A scheme, the questions that use what it was made from, and their scripts."""

    def __init__(self, scheme, user):
        self.scheme = scheme
        self.user = user
        self.earlier = scheme.earlier_versions()
        self.questions = (
            Question.objects.visible_to(user)
            .filter(Q(mark_scheme__in=self.earlier) | Q(spag_scheme__in=self.earlier))
            .select_related("type", "mark_scheme", "spag_scheme")
        )

    def misfit(self, question):
        """Return why a question cannot use the scheme, or nothing."""
        is_spag = question.mark_scheme_id not in self.earlier
        marks = question.type.spag if is_spag else question.type.tariff
        if marks != self.scheme.tariff:
            return _(
                "“%(question)s” is asked for %(marks)d marks, the scheme is for "
                "%(tariff)d. Leave it with its scheme, or change the scheme’s tariff."
            ) % {
                "question": question,
                "marks": marks,
                "tariff": self.scheme.tariff,
            }
        if not is_spag and question.type.is_point_marked != self.has_points:
            return _(
                "“%(question)s” is marked by points, or the scheme is, but not both. "
                "Leave it with its scheme."
            ) % {"question": question}
        return ""

    @property
    def has_points(self):
        return bool(self.scheme.points.all())

    @transaction.atomic
    def carry_out(self, questions):
        """Let these questions be marked by the scheme from now on.

        Marks keep the scheme they were given under; drafts follow when opened.
        """
        chosen = Question.objects.filter(pk__in=[q.pk for q in questions])
        chosen.filter(mark_scheme__in=self.earlier).update(mark_scheme=self.scheme)
        chosen.filter(spag_scheme__in=self.earlier).update(spag_scheme=self.scheme)

    def marks(self):
        """Return the marks under an earlier version that stand on visible scripts.

        By code: a page that lists these never shows a name.
        """
        return (
            Mark.objects.standing()
            .filter(Q(scheme__in=self.earlier) | Q(spag_scheme__in=self.earlier))
            .filter(
                answer__script__in=Script.objects.visible_to(self.user)
                .handed_in()
                .exclude(assignment=None)
            )
            .select_related("answer__script", "answer__question__type", "scheme")
            .order_by("answer__script__marking_code", "answer__order")
        )

    def context(self):
        """Return the questions to choose from, and the scripts to look at again."""
        marks = list(self.marks())
        marked = Counter(mark.answer.question_id for mark in marks)
        return {
            "questions": [
                {"question": question, "marked": marked[question.pk]}
                for question in self.questions
            ],
            "again": [
                mark
                for mark in marks
                if self.scheme.pk
                in (
                    mark.answer.question.mark_scheme_id,
                    mark.answer.question.spag_scheme_id,
                )
            ],
        }


def edits(schemes):
    """Return the changes of wording in these schemes, newest first, word by word."""
    rows = SchemeEdit.objects.filter(scheme__in=schemes)
    return [
        {"edit": edit, "pieces": difference.words(edit.before, edit.after)}
        for edit in rows.select_related("by", "scheme")
    ]


def compare(before, after):
    """Return two schemes side by side, as groups of rows from the top level down."""
    old, new = (
        MarkScheme.objects.whole().get(pk=scheme.pk) for scheme in (before, after)
    )
    groups = [_group(_("The whole"), old, new, _scheme_texts)]
    for name, key, texts, title in (
        ("levels", lambda level: level.number, _level_texts, _level_title),
        ("points", lambda point: point.order, _point_texts, _point_title),
        (
            "ceilings",
            lambda ceiling: (ceiling.condition, ceiling.level_number),
            _ceiling_texts,
            _ceiling_title,
        ),
    ):
        found = difference.pairs(
            list(getattr(old, name).all()), list(getattr(new, name).all()), key
        )
        if name == "levels":
            found.sort(key=lambda pair: -(pair[1] or pair[0]).number)
        groups += [
            _group(title(number, one or other), other, one, texts)
            for number, (other, one) in enumerate(found, 1)
        ]
    return groups


def _group(title, old, new, texts):
    rows = difference.side_by_side(
        texts(old) if old is not None else {}, texts(new) if new is not None else {}
    )
    if old is None:
        state = _("new")
    elif new is None:
        state = _("gone")
    elif any(row.is_changed for row in rows):
        state = _("changed")
    else:
        state = _("the same")
    return {"title": title, "rows": rows, "state": state}


def _scheme_texts(scheme):
    return {
        _("Name"): scheme.name,
        _("Series"): scheme.series,
        _("Tariff"): str(scheme.tariff),
    }


def _level_title(_number, level):
    return str(level)


def _level_texts(level):
    texts = {
        _("Marks"): level.band_words,
        _("For students"): level.for_student,
        _("For markers"): level.for_marker,
    }
    for strand in level.strands.all():
        name = _("Strand %(letter)s") % {"letter": strand.letter}
        texts |= {
            name: strand.name,
            _("%(strand)s, for students") % {"strand": name}: strand.for_student,
            _("%(strand)s, for markers") % {"strand": name}: strand.for_marker,
        }
    return texts


def _point_title(_number, point):
    return str(point.place_words)


def _point_texts(point):
    return {
        _("Name"): point.name,
        _("Only together with"): str(point.needs or "–"),
        _("For students"): point.for_student,
        _("For markers"): point.for_marker,
    }


def _ceiling_title(number, _ceiling):
    return _("Ceiling %(number)d") % {"number": number}


def _ceiling_texts(ceiling):
    return {
        _("When"): ceiling.condition,
        _("In level"): str(ceiling.level_number or _("every level")),
        _("Highest mark"): str(ceiling.highest_mark),
        _("Kind"): _("refuses higher marks") if ceiling.is_firm else _("reminds"),
    }

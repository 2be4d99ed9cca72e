"""What the page "how it grew" shows of an answer, the same to student and staff.

No time of day is in it: seconds count from the first text on.
"""

from django.utils.translation import gettext as _, ngettext

from assessments import growth
from assessments.history import hours_and_minutes
from assessments.models import AnswerVersion

_TYPED = (AnswerVersion.Origin.AUTOSAVE, AnswerVersion.Origin.BUTTON)


def _stood(answer):
    """Return every version of the answer's text that stood, oldest first."""
    return list(
        answer.versions.filter(part="answer", place=AnswerVersion.Place.STOOD).order_by(
            "number"
        )
    )


def _growth(answer, stood):
    texts = AnswerVersion.texts_of(stood)
    return growth.grown(
        growth.Save(
            (version.saved_at - answer.script.started_at).total_seconds(),
            texts[version.pk],
            version.tab,
            version.tab_number,
            is_typed=version.origin in _TYPED,
            is_prompt=version.origin == AnswerVersion.Origin.AUTOSAVE,
        )
        for version in stood
    )


def data(answer):
    """Return the growth for the script of the page: edits, not whole texts."""
    grown = _growth(answer, _stood(answer))
    return {
        "steps": [[step.seconds, *step.edits] for step in grown.steps],
        "pauses": grown.pauses,
        "passages": grown.passages,
    }


def page(answer, address):
    """Return what the page shows without any script: where something happened."""
    stood = _stood(answer)
    grown = _growth(answer, stood)
    found = [
        (
            pause.step,
            "pause",
            _("a pause of %(length)s before it")
            % {"length": hours_and_minutes(pause.length)},
        )
        for pause in grown.pauses
    ] + [
        (
            passage.step,
            "passage",
            ngettext(
                "%(n)d sign came in one piece",
                "%(n)d signs came in one piece",
                passage.length,
            )
            % {"n": passage.length},
        )
        for passage in grown.passages
    ]
    if stood:
        found.append((0, "start", _("the first text")))
    if len(stood) > 1:
        found.append((len(stood) - 1, "end", _("the last text")))
    return {
        "count": len(stood),
        "length": hours_and_minutes(grown.steps[-1].seconds) if stood else "",
        "pauses": grown.pauses,
        "moments": [
            {
                "at": hours_and_minutes(grown.steps[step].seconds),
                "kind": kind,
                "words": words,
                "version": stood[step],
                "address": address(stood[step].number),
            }
            for step, kind, words in sorted(found, key=lambda moment: moment[0])
        ],
    }

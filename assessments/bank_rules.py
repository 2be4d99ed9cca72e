"""What questions, forms and schemes have to be (pure), in a file as on their pages."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from assessments import marking


class PrintedLike(Protocol):
    """What a form has printed with its questions."""

    stimulus: int
    sources: int
    interpretations: int


class Printed(NamedTuple):
    stimulus: int
    sources: int
    interpretations: int


def printed_faults(form: PrintedLike, has: PrintedLike) -> dict[str, str]:
    """Return field → sentence for what the form prints and the question lacks.

    More is no fault. A source beyond the form's number may stand in for an
    interpretation: a question may ask about a source's view instead.
    """
    standing_in = max(0, has.sources - form.sources)
    lacking = {
        "stimulus": ("bullet", "bullets", form.stimulus, has.stimulus),
        "sources": ("source", "sources", form.sources, has.sources),
        "interpretations": (
            "interpretation",
            "interpretations",
            form.interpretations,
            has.interpretations + standing_in,
        ),
    }
    return {
        field: f"{many.capitalize()}: the form prints {needed}, the question has "
        f"{there}. Add {needed - there} {one if needed - there == 1 else many}."
        for field, (one, many, needed, there) in lacking.items()
        if there < needed
    }


def form_fault(form: Mapping[str, int]) -> str | None:
    """Return why a question form's marks cannot be, if they cannot."""
    total = sum(form[f"ao{number}"] for number in range(1, 5))
    if form["tariff"] < 1:
        return "A question has at least one mark. Change the tariff."
    if total != form["tariff"]:
        return (
            f"AO1 to AO4 add up to {total}, the tariff is {form['tariff']}. Change "
            "one of them."
        )
    return None


class PointLike(Protocol):
    order: int


class CeilingLike(Protocol):
    level_number: int
    highest_mark: int


def scheme_faults(
    tariff: int,
    levels: Iterable[marking.LevelLike],
    points: Iterable[PointLike],
) -> list[marking.SchemeFault]:
    """Return why a scheme is not whole: levels without a gap, or a point a mark."""
    levels, points = list(levels), list(points)
    if not points:
        return marking.ladder_faults(levels, tariff)
    if levels:
        return [
            marking.SchemeFault(
                0, "A scheme has levels or marking points, not both. Take one out."
            )
        ]
    if len(points) != tariff:
        return [
            marking.SchemeFault(
                0,
                f"There are {len(points)} marking points for {tariff} marks. Each is "
                "worth one: add or take out points, or change the tariff.",
            )
        ]
    return []


def ceiling_fault(
    ceiling: CeilingLike, tariff: int, levels: Iterable[marking.LevelLike]
) -> str | None:
    """Return why a ceiling stops nothing that could be stopped, if so."""
    if ceiling.highest_mark > tariff:
        return f"The ceiling lies above the tariff of {tariff}. Lower it."
    if not ceiling.level_number:
        return None
    level = next((one for one in levels if one.number == ceiling.level_number), None)
    if level is None:
        return f"There is no level {ceiling.level_number}. Write 0 for every level."
    if not level.lowest_mark <= ceiling.highest_mark <= level.highest_mark:
        return (
            f"The ceiling lies outside level {level.number} ({level.lowest_mark}–"
            f"{level.highest_mark}). Change it, or write level 0."
        )
    return None


def question_faults(
    *, form_tariff: int, scheme_tariff: int, form_spag: int, spag_tariff: int | None
) -> dict[str, str]:
    """Return field → sentence where a question's schemes do not fit its form."""
    found = {}
    if form_tariff != scheme_tariff:
        found["mark_scheme"] = (
            f"The scheme is for {scheme_tariff} marks, the form has {form_tariff}. "
            "Choose another scheme."
        )
    if form_spag != (spag_tariff or 0):
        found["spag_scheme"] = (
            f"The form has {form_spag} SPaG marks, the SPaG scheme {spag_tariff or 0}. "
            "Choose another, or none."
        )
    return found

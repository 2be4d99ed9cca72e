"""How a mark is reached (pure): levels, best fit, ceilings, objectives, totals.

The file an examiner could read. Levels are anything with `number`, `lowest_mark`
and `highest_mark`; marks are whole numbers. The rules are those of the boards'
level-of-response marking as `docs/architecture.md` ("Marking") puts them: level
first, then the mark inside its band, and ceilings over everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol


class LevelLike(Protocol):
    number: int
    lowest_mark: int
    highest_mark: int


class PointLike(Protocol):
    order: int
    name: str
    needs: "PointLike | None"


class CeilingLike(Protocol):
    condition: str
    level_number: int
    highest_mark: int


class SchemeFault(NamedTuple):
    """What is wrong with a ladder: the level's number, a sentence, and the field."""

    level: int
    sentence: str
    field: str = "lowest_mark"


class RowFault(NamedTuple):
    """What is wrong with a point or a ceiling: its place among those given.

    A place of None means all of them together.
    """

    place: int | None
    sentence: str
    field: str


def ladder_faults(levels: Iterable[LevelLike], tariff: int) -> list[SchemeFault]:
    """Return why these levels do not cover 1 to `tariff` once each, from below."""
    faults = []
    expected = 1
    for place, level in enumerate(sorted(levels, key=lambda level: level.number), 1):
        if level.number != place:
            faults.append(
                SchemeFault(
                    level.number,
                    f"Level {place} is missing. Number from 1.",
                    "number",
                )
            )
            return faults
        if level.highest_mark < level.lowest_mark:
            faults.append(
                SchemeFault(
                    level.number,
                    f"Level {level.number} ends before it begins. Swap its marks.",
                    "highest_mark",
                )
            )
        elif level.lowest_mark > expected:
            faults.append(
                SchemeFault(
                    level.number,
                    f"No level has mark {expected}. Let level {level.number} begin "
                    f"there.",
                )
            )
        elif level.lowest_mark < expected:
            faults.append(
                SchemeFault(
                    level.number,
                    f"Mark {level.lowest_mark} is in two levels. Let level "
                    f"{level.number} begin at {expected}.",
                )
            )
        expected = level.highest_mark + 1
    if not faults and expected != tariff + 1:
        faults.append(
            SchemeFault(
                max((level.number for level in levels), default=0),
                f"The levels end at {expected - 1}, but the question has {tariff} "
                "marks. Change the top level or the tariff.",
                "highest_mark",
            )
        )
    return faults


def kind_fault(level_count: int, point_count: int, tariff: int) -> str:
    """Return why a scheme is neither a ladder nor a list of points, or nothing."""
    if level_count and point_count:
        return (
            "The scheme has levels and points. Delete the levels, or delete the points."
        )
    if not level_count and not point_count:
        return (
            f"The scheme has no levels yet. Add levels that cover 1 to {tariff}, or "
            "one point for each mark."
        )
    return ""


def point_faults(points: Sequence[PointLike], tariff: int) -> list[RowFault]:
    """Return why these points are not one mark each, up to the tariff."""
    faults = []
    if len(points) != tariff:
        faults.append(
            RowFault(
                None,
                f"There are {len(points)} points, but the question has {tariff} marks. "
                f"A point is one mark: give {tariff} points, or set the tariff to "
                f"{len(points)}.",
                "order",
            )
        )
    orders = sorted(point.order for point in points)
    missing = next((n for n, order in enumerate(orders, 1) if n != order), None)
    for place, point in enumerate(points):
        if missing is not None and point.order >= missing:
            faults.append(
                RowFault(place, f"Point {missing} is missing. Number from 1.", "order")
            )
            missing = None
        if point.needs is not None and point.needs.order >= point.order:
            faults.append(
                RowFault(
                    place,
                    f"“{point.name}” needs “{point.needs.name}”, which does not come "
                    "before it. Let it need an earlier point.",
                    "needs",
                )
            )
    return faults


def ceiling_faults(
    ceilings: Sequence[CeilingLike], levels: Iterable[LevelLike], tariff: int
) -> list[RowFault]:
    """Return why these ceilings do not lie inside the tariff and their levels."""
    faults = []
    bands = {
        level.number: (level.lowest_mark, level.highest_mark)
        for level in sorted(levels, key=lambda level: level.number)
    }
    for place, ceiling in enumerate(ceilings):
        number, highest = ceiling.level_number, ceiling.highest_mark
        if highest > tariff:
            faults.append(
                RowFault(
                    place,
                    f"The ceiling of {highest} lies above the scheme’s tariff. Lower "
                    f"it to {tariff} or less.",
                    "highest_mark",
                )
            )
        elif number and number not in bands:
            known = ", ".join(map(str, bands)) or "none"
            faults.append(
                RowFault(
                    place,
                    f"The scheme has no level {number} (it has: {known}). Name one of "
                    "those, or 0 for every level.",
                    "level_number",
                )
            )
        elif number and not bands[number][0] <= highest <= bands[number][1]:
            low, high = bands[number]
            faults.append(
                RowFault(
                    place,
                    f"The ceiling of {highest} lies outside level {number} "
                    f"({low}–{high}). Give it a mark of that level, or name another "
                    "level.",
                    "highest_mark",
                )
            )
    return faults


def level_of(levels: Iterable[LevelLike], mark: int) -> LevelLike | None:
    """Return the level whose band holds `mark`; none for 0."""
    return next(
        (level for level in levels if level.lowest_mark <= mark <= level.highest_mark),
        None,
    )


def best_fit(strand_levels: Sequence[int]) -> int | None:
    """Return the level that fits most strands; of two that tie, the lower.

    A suggestion: the marker may choose otherwise.
    """
    if not strand_levels:
        return None
    return max(sorted(set(strand_levels)), key=lambda level: strand_levels.count(level))


def starting_mark(level: LevelLike, board: str) -> int | None:
    """Return where inside its band a mark begins: the middle, of two the upper.

    AQA's bands of two have no middle and no rule for one: nothing is preselected.
    """
    width = level.highest_mark - level.lowest_mark + 1
    if board == "AQA" and width == 2:
        return None
    return level.lowest_mark + width // 2


def highest_open_mark(tariff: int, ceilings: Iterable[int]) -> int:
    """Return the highest mark that the ticked ceilings leave open."""
    return min([tariff, *ceilings])


class CeilingLike(Protocol):
    condition: str
    level_number: int
    highest_mark: int
    is_firm: bool


def ceiling_for(tariff: int, level_number: int, ceilings: Iterable[CeilingLike]) -> int:
    """Return the highest mark open to an answer in this level under ticked ceilings.

    A ceiling of level 0 holds whatever the level; one of level 2 only inside level 2.
    Ceilings that are not firm remind and close nothing.
    """
    return highest_open_mark(
        tariff,
        [
            ceiling.highest_mark
            for ceiling in ceilings
            if ceiling.is_firm and ceiling.level_number in (0, level_number)
        ],
    )


def idle_points(ticked: Iterable[int], needs: Mapping[int, int | None]) -> list[int]:
    """Return the ticked points that earn nothing, for what they need is not ticked.

    `needs` maps each point of the scheme to the point it supports, or None.
    """
    given = set(ticked)
    return sorted(
        point
        for point in given
        if needs[point] is not None and needs[point] not in given
    )


def open_marks(level: LevelLike, ceiling: int) -> range:
    """Return the marks of a level under a ceiling; empty where it closes the level."""
    return range(level.lowest_mark, min(level.highest_mark, ceiling) + 1)


def split_by_objective(mark: int, maxima: Sequence[int]) -> list[int]:
    """Share a mark out over the objectives in proportion to their maxima.

    Our estimate and never the board's: the marker may change it. What the
    rounding leaves goes to the objectives with the largest remainder, of equal
    ones to the first.
    """
    tariff = sum(maxima)
    if not tariff:
        return [0 for _ in maxima]
    shares = [mark * maximum // tariff for maximum in maxima]
    by_remainder = sorted(
        range(len(maxima)), key=lambda i: (-(mark * maxima[i] % tariff), i)
    )
    for i in by_remainder[: mark - sum(shares)]:
        shares[i] += 1
    return shares


class Judgement(NamedTuple):
    """One complete judgement, as the desk and the database both see it.

    `band` is the level's (lowest, highest) mark, None for a mark of 0 or a scheme
    without levels; `objectives` and `maxima` run from AO1 to AO4; `spag_maximum`
    is None where the question has no SPaG marks.
    """

    mark: int
    tariff: int
    band: tuple[int, int] | None
    has_levels: bool
    objectives: tuple[int, int, int, int]
    maxima: tuple[int, int, int, int]
    ceiling: int
    spag: int | None
    spag_maximum: int | None
    points_given: int | None = None
    spag_ceiling: int | None = None


def faults(judgement: Judgement) -> dict[str, str]:
    """Return field → sentence for everything that no board would allow."""
    found = {}
    mark, band = judgement.mark, judgement.band
    if not 0 <= mark <= judgement.tariff:
        found["mark"] = f"The mark lies between 0 and {judgement.tariff}."
    elif judgement.has_levels and mark == 0 and band is not None:
        found["level"] = "A mark of 0 has no level. Choose “No level”, or a mark."
    elif judgement.has_levels and mark > 0 and band is None:
        found["level"] = f"A mark of {mark} needs a level."
    elif band is not None and not band[0] <= mark <= band[1]:
        found["mark"] = (
            f"{mark} lies outside this level ({band[0]}–{band[1]}). Change the mark or "
            "the level."
        )
    elif mark > judgement.ceiling:
        found["mark"] = (
            f"A ceiling that you ticked stops this answer at {judgement.ceiling}. "
            "Lower the mark or untick the ceiling."
        )
    if judgement.points_given is not None and judgement.points_given != mark:
        found.setdefault(
            "mark",
            f"{judgement.points_given} points are ticked and the mark is {mark}. Each "
            "point is one mark.",
        )
    total = sum(judgement.objectives)
    if total != mark:
        found["objectives"] = f"The objectives add up to {total}, the mark is {mark}."
    for number, (part, maximum) in enumerate(
        zip(judgement.objectives, judgement.maxima, strict=True), 1
    ):
        if not 0 <= part <= maximum:
            found["objectives"] = f"AO{number} lies between 0 and {maximum}."
    if judgement.spag_maximum is None:
        if judgement.spag is not None:
            found["spag"] = "This question has no SPaG marks."
    elif judgement.spag is None:
        found["spag"] = f"Give SPaG marks between 0 and {judgement.spag_maximum}."
    elif not 0 <= judgement.spag <= judgement.spag_maximum:
        found["spag"] = f"SPaG lies between 0 and {judgement.spag_maximum}."
    elif judgement.spag_ceiling is not None and judgement.spag > judgement.spag_ceiling:
        found["spag"] = (
            f"A ceiling that you ticked stops SPaG at {judgement.spag_ceiling}. Lower "
            "it or untick the ceiling."
        )
    return found


def total(mark: int, spag: int | None) -> int:
    """Return mark and SPaG together; the mark itself never contains SPaG."""
    return mark + (spag or 0)


GRADES = range(9, 0, -1)
UNGRADED = "U"


def grade(total: int, lowest_totals: Mapping[int, int] | None) -> int | str | None:
    """Return the highest grade that a total reaches, "U" for none of them.

    None where there are no boundaries: a grade is never guessed.
    """
    if not lowest_totals:
        return None
    reached = [number for number, lowest in lowest_totals.items() if total >= lowest]
    return max(reached, default=UNGRADED)


class BoundaryFault(NamedTuple):
    """What is wrong with grade boundaries: the grade, and a sentence."""

    grade: int
    sentence: str


def boundary_faults(
    lowest_totals: Mapping[int, int], highest: int
) -> list[BoundaryFault]:
    """Return why these totals do not fall from grade to grade within a paper.

    Each grade is compared with the next higher one that has a total within the paper.
    """
    found = []
    above = None
    for number in GRADES:
        lowest = lowest_totals.get(number)
        if lowest is None:
            sentence = f"Grade {number} has no total. Enter the lowest that earns it."
        elif lowest > highest:
            sentence = (
                f"Nobody reaches {lowest} for grade {number}: the paper has {highest} "
                f"marks. Enter {highest} or less."
            )
        elif lowest < 1:
            sentence = (
                f"Grade {number} from {lowest} would go to an empty script. Enter 1 or "
                "more."
            )
        elif above is not None and lowest >= above[1]:
            sentence = (
                f"Grade {number} begins at {lowest} and grade {above[0]} at {above[1]}: "
                f"a lower grade needs fewer marks. Enter less than {above[1]}."
            )
        else:
            above = (number, lowest)
            continue
        found.append(BoundaryFault(number, sentence))
    return found

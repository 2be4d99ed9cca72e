"""Whole-class feedback from what was marked (pure): themes, groups, extracts, a sheet.

Everything stands in lines that a teacher edits before anybody sees them. No line names
a student, and below `FEW` marked answers none gives a number: it would be about one.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assessments.analysis import FEW, Share, Spread, weakest
from assessments.spelling import without_requests

MOST_LINES = 5
MOST_QUOTED = 140  # signs of a comment that is quoted
EXTRACTS = 3
EXTRACT_WORDS = (20, 80)
EXTRACT_SIGNS = 600
OBJECTIVES = ("SPaG", "knowledge", "explanation", "sources", "interpretations")


class Theme(NamedTuple):
    """What markers of history often write about, how it is known, what to do next."""

    name: str
    known_by: re.Pattern[str]
    task: str


def _theme(name: str, known_by: str, task: str) -> Theme:
    return Theme(name, re.compile(rf"\b(?:{known_by})", re.I), task)


# The first that fits a sentence is its theme, so the particular stand before the general.
THEMES = (
    _theme(
        "Judgement",
        r"judg|conclu|weigh|overall|more important|most important|how far|convinc",
        "Write two sentences of judgement: which mattered more, and what shows it.",
    ),
    _theme(
        "Interpretations",
        r"interpretation|historian|authors?\b",
        "Quote four words from each interpretation and say what each author is claiming.",
    ),
    _theme(
        "Sources",
        r"sources?\b|provenance|infer|useful|reliab",
        "Add one sentence on who made the source and how that makes it more or less useful.",
    ),
    _theme(
        "Both sides of the question",
        r"both|other (?:side|bullet|reason|factor|view|half)|bullet|only one|second "
        r"(?:reason|problem|way|point|bullet)|balance",
        "Write a paragraph on the part of the question that you left out.",
    ),
    _theme(
        "Staying on the question",
        r"the question|relevan|focus|narrat|story|descri|off the point",
        "Underline the words of the question, then end each paragraph with them.",
    ),
    _theme(
        "Explanation",
        r"expla|because|this meant|meant that|as a result|so what|consequence|link|"
        r"develop|why\b|how it|cause",
        "Take one fact and write on: this meant that …, so …, which mattered because …",
    ),
    _theme(
        "Exact evidence",
        r"eviden|exact|specific|precis|dates?\b|names?\b|names a|facts?\b|figures?\b|example|"
        r"detail|own knowledge|support|knowledge",
        "Add a name, a date or a number to two of your sentences.",
    ),
    _theme(
        "Order and paragraphs",
        r"paragraph|structur|order|plan\b|planned|introduc|signpost",
        "Give each reason a paragraph of its own and begin it with the reason.",
    ),
    _theme(
        "Clear, correct English",
        r"spell|punctuat|grammar|capital|vocabular|terms?\b|sentence|spag",
        "Read your answer aloud to a partner and put right what trips you up.",
    ),
    _theme(
        "Finishing in time",
        r"finish|time\b|timing|length|longer|more to say|write more|unfinished|blank",
        "Plan for one minute, then write the paragraph that is missing.",
    ),
)  # fmt: skip


class Marked(NamedTuple):
    """One marked answer: what was judged, and the marker's words."""

    student: int
    question: str
    level: int
    www: str
    ebi: str
    ceilings: tuple[str, ...] = ()
    missed_points: tuple[str, ...] = ()


class Tally(NamedTuple):
    """A theme, the students it concerns, and the sentence that says it best."""

    theme: Theme
    students: tuple[int, ...]
    sentence: str


def sentences(comment: str) -> list[str]:
    """Return a comment's sentences, without its lines of words to spell."""
    parts = re.split(r"(?<=[.!?])\s+|\n+|;\s+|^\s*[-•*]\s*", without_requests(comment))
    return [sentence for part in parts if (sentence := part.strip(" -•*\t"))]


def theme_of(sentence: str) -> Theme | None:
    return next((theme for theme in THEMES if theme.known_by.search(sentence)), None)


def names_nobody(sentence: str, names: Iterable[str]) -> bool:
    """Whether none of these names stands in it as a word of its own."""
    found = set(re.findall(r"[^\W\d_]+", sentence.lower()))
    return not any(
        set(re.findall(r"[^\W\d_]+", name.lower())) & found for name in names if name
    )


def tallies(comments: Iterable[tuple[int, str]], names: Sequence[str]) -> list[Tally]:
    """Count the students whose comments belong to each theme, commonest first.

    The sentence given is the one written most often, of equals the first, and never
    one with a student's name in it.
    """
    students: dict[Theme, dict[int, None]] = {}
    said: dict[Theme, dict[str, int]] = {}
    for student, comment in comments:
        for sentence in sentences(comment):
            theme = theme_of(sentence)
            if theme is None:
                continue
            students.setdefault(theme, {})[student] = None
            quotes = said.setdefault(theme, {})
            if len(sentence) <= MOST_QUOTED and names_nobody(sentence, names):
                quotes[sentence] = quotes.get(sentence, 0) + 1
    found = [
        Tally(theme, tuple(own), max(said[theme], key=said[theme].get, default=""))
        for theme, own in students.items()
    ]
    return sorted(
        found, key=lambda tally: (-len(tally.students), THEMES.index(tally.theme))
    )


class QuestionMarks(NamedTuple):
    """One question of the task: its name, its spread, and the next level's words."""

    name: str
    spread: Spread
    # From level 1 upward, in the words for students.
    wording: tuple[str, ...]


class Sheet(NamedTuple):
    """The parts of a sheet as text, a line for each thing said."""

    strengths: str
    work_on: str
    tasks: str
    spellings: str


def build_sheet(
    questions: Sequence[QuestionMarks],
    shares: Sequence[Share],
    answers: Sequence[Marked],
    spellings: Sequence[tuple[str, int]],
    names: Sequence[str],
) -> Sheet:
    """Return the first draft of whole-class feedback for one task."""
    marked = len({answer.student for answer in answers})
    is_few = marked < FEW
    good = tallies(((answer.student, answer.www) for answer in answers), names)
    better = tallies(((answer.student, answer.ebi) for answer in answers), names)
    low = weakest(shares)
    tested = [share for share in shares if share.number]
    high = max(tested, key=lambda share: share.share, default=None)
    strengths = [_said(tally, is_few) for tally in good[:3]]
    if not is_few:
        strengths += [line for question in questions if (line := _reached(question))]
        if high is not None:
            strengths.append(
                f"{_objective(high)}: {round(high.share * 100)}% of the marks."
            )
    work_on = [_said(tally, is_few) for tally in better[:3]]
    if not is_few:
        work_on += [line for question in questions if (line := _next_level(question))]
        if low is not None:
            work_on.append(
                f"{_objective(low)}: {round(low.share * 100)}% of the marks, the weakest "
                "objective."
            )
        work_on += _stops(answers)
    return Sheet(
        strengths="\n".join(strengths[:MOST_LINES]),
        work_on="\n".join(work_on[:MOST_LINES]),
        tasks="\n".join(
            f"{tally.theme.name}: {tally.theme.task}" for tally in better[:3]
        ),
        spellings=", ".join(
            word if is_few or count == 1 else f"{word} ({count})"
            for word, count in spellings[:10]
        ),
    )


def _said(tally: Tally, is_few: bool) -> str:
    count = "" if is_few else f" ({len(tally.students)})"
    return (
        f"{tally.theme.name}{count}: {tally.sentence}"
        if tally.sentence
        else f"{tally.theme.name}{count}"
    )


def _objective(share: Share) -> str:
    return f"AO{share.number}, {OBJECTIVES[share.number]}"


def _reached(question: QuestionMarks) -> str:
    """Say how many stand in the upper half of the ladder."""
    bands = question.spread.bands
    if len(bands) < 2:
        return ""
    upper = bands[len(bands) // 2 :]
    reached = sum(band.students for band in upper)
    levels = " or ".join(str(band.number) for band in upper)
    return (
        f"{question.name}: {reached} of {question.spread.students} reached level {levels}."
        if reached
        else ""
    )


def _next_level(question: QuestionMarks) -> str:
    """Say where most stand and what the level above asks."""
    band = question.spread.commonest
    if band is None or not band.students or band.number >= len(question.wording):
        return ""
    return (
        f"{question.name}: {band.students} of {question.spread.students} are at level "
        f"{band.number}. Level {band.number + 1}: {question.wording[band.number]}"
    )


def _stops(answers: Sequence[Marked]) -> list[str]:
    """Say which ceilings stopped answers, and which points were missed, how often."""
    counts: dict[str, int] = {}
    for answer in answers:
        for words in (*answer.ceilings, *answer.missed_points):
            counts[words] = counts.get(words, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return [f"{words} ({count})" for words, count in ordered]


class Group(NamedTuple):
    """Students to teach the same thing again."""

    name: str
    task: str
    students: tuple[int, ...]


def groups(answers: Sequence[Marked]) -> list[Group]:
    """Put each student into one group: by the theme that their own comments name most
    often, of equals by the one that most of the class shares.

    Whoever got no comment that a theme fits is grouped by the level they stand at, and
    a group of more than half the class is parted by level.
    """
    common = [
        tally.theme
        for tally in tallies(((answer.student, answer.ebi) for answer in answers), ())
    ]
    own: dict[int, list[Theme]] = {}
    levels: dict[int, int] = {}
    for answer in answers:
        found = {theme_of(sentence) for sentence in sentences(answer.ebi)} - {None}
        own.setdefault(answer.student, []).extend(found)
        levels[answer.student] = answer.level
    placed: dict[str, tuple[str, list[int]]] = {}
    for theme in common:
        placed[theme.name] = (theme.task, [])
    for student, themes in own.items():
        if themes:
            theme = max(common, key=themes.count)
            name, task = theme.name, theme.task
        else:
            name = f"At level {levels[student]}" if levels[student] else "No level yet"
            task = "Read the level above, and change one paragraph so that it fits it."
        placed.setdefault(name, (task, []))[1].append(student)
    found: list[Group] = []
    for name, (task, students) in placed.items():
        parts: dict[int, list[int]] = {}
        if len(students) * 2 > len(levels):
            for student in students:
                parts.setdefault(levels[student], []).append(student)
        if len(parts) > 1:
            for level, part in sorted(parts.items()):
                words = f"at level {level}" if level else "no level yet"
                found.append(Group(f"{name}, {words}", task, tuple(part)))
        elif students:
            found.append(Group(name, task, tuple(students)))
    return found


class Text(NamedTuple):
    """An answer that may be quoted, and how good it was."""

    answer: int
    student: int
    level: int
    mark: int
    text: str


def extracts(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[int, str]]:
    """Return (answer, passage) from the best answers, one a student, named nowhere."""
    found: list[tuple[int, str]] = []
    seen: set[int] = set()
    for text in sorted(texts, key=lambda text: (-text.level, -text.mark, text.answer)):
        if text.mark and text.student not in seen and len(found) < EXTRACTS:
            words = passage(text.text, names)
            if words and words not in dict(found).values():
                seen.add(text.student)
                found.append((text.answer, words))
    return found


def passage(text: str, names: Sequence[str] = ()) -> str:
    """Return the longest paragraph that is long enough to teach with and short enough
    for the board, without a name; of a longer one its first sentences."""
    least, most = EXTRACT_WORDS
    best = ""
    for paragraph in re.split(r"\n\s*\n|\n", text):
        words = _shortened(" ".join(paragraph.split()), most)
        if len(words.split()) >= least and names_nobody(words, names):
            best = max(best, words, key=lambda words: len(words.split()))
    return best


def _shortened(paragraph: str, most: int) -> str:
    """Return whole sentences from the start, up to so many words."""
    kept: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+", paragraph):
        longer = " ".join([*kept, sentence])
        if len(longer.split()) > most or len(longer) > EXTRACT_SIGNS:
            break
        kept.append(sentence)
    return " ".join(kept)

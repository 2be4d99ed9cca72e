"""A plan as a letter that a data manager understands (pure): plain text, and parts."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from people.roster_match import Doubt
from people.roster_plan import Plan

NOTHING_YET = "Nothing has been changed yet."
DONE = "All of this has been done."
NOTHING_TO_DO = "There is nothing to change."


class Part(NamedTuple):
    """A heading with its sentences; doubts have options below them."""

    heading: str
    sentences: list[str]


def head(name: str, plan: Plan) -> str:
    noun = "line" if plan.lines == 1 else "lines"
    return f"{name}: {plan.lines} {noun} of students."


def parts(plan: Plan) -> Iterator[Part]:
    """Yield what stands above the doubts, in the letter's order."""
    for words, after, sentences in (
        ("New", "", plan.new),
        ("Recognised", "", plan.recognised),
        ("Back", "", plan.back),
        ("Moved", ": all work goes along", plan.moved),
        ("Renamed", ": user names stay", plan.renamed),
        ("New numbers", "", plan.numbers),
        ("Left", ": no work is deleted", plan.left),
    ):
        if sentences:
            yield Part(f"{words} ({len(sentences)}){after}", sentences)


def last_parts(plan: Plan) -> Iterator[Part]:
    """Yield what stands below the doubts."""
    refused = [
        f"Line {row.line}, column “{row.column}”: {row.reason} {row.cure}"
        for row in plan.refusals
    ]
    classes = [
        f"{name}, exam in summer {key[1]}. It has no teacher yet."
        for key, name in plan.new_classes.items()
    ]
    for words, sentences in (
        ("Refused", refused),
        ("Kept as edited here", plan.kept),
        ("New classes", classes),
    ):
        if sentences:
            yield Part(f"{words} ({len(sentences)})", sentences)
    if plan.unchanged:
        yield Part(f"Unchanged ({plan.unchanged})", [])
    if plan.notes:
        yield Part("Notes", plan.notes)


def end(plan: Plan, is_done: bool = False) -> str:
    if is_done:
        return DONE
    return NOTHING_YET if plan.says_something or plan.open_doubts else NOTHING_TO_DO


def text(name: str, plan: Plan, is_done: bool = False) -> str:
    """Return the whole letter; of doubts those that are still open."""
    blocks = [head(name, plan)]
    blocks += [_block(part.heading, part.sentences) for part in parts(plan)]
    if plan.open_doubts:
        heading = f"Doubtful ({len(plan.open_doubts)}): choose"
        blocks.append(_block(heading, map(_doubt, plan.open_doubts)))
    blocks += [_block(part.heading, part.sentences) for part in last_parts(plan)]
    blocks.append(end(plan, is_done))
    return "\n\n".join(blocks) + "\n"


def unreadable(name: str, sentence: str) -> str:
    return f"{name} cannot be read.\n\n{sentence}\n\nNothing has been changed.\n"


def _block(heading: str, sentences: Iterable[str]) -> str:
    return "\n".join([heading, *(f"- {sentence}" for sentence in sentences)])


def _doubt(doubt: Doubt) -> str:
    options = (f"  [{option.value}] {option.words}" for option in doubt.options)
    return "\n".join([doubt.sentence, *options])

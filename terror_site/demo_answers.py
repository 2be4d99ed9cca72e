"""What the demonstration's students write, put together from parts (pure).

A part is as good as its name in `fixtures/demo_answers.yaml` says. So an answer is
made *for* a mark, and deserves it: the recipes below say which parts earn what.
"""

from typing import NamedTuple

# (exact, thin, named): how far each of two problems is supported.
_PROBLEMS = {4: ("exact", "exact"), 3: ("exact", "thin"), 2: ("thin", "named")}
# How many effects are developed and how many simple, and whether they are linked.
_EFFECTS = {
    3: (0, 1, False),
    4: (0, 2, False),
    5: (2, 0, False),
    6: (2, 1, False),
    7: (2, 1, True),
    8: (3, 0, True),
}
# Developed paragraphs on each bullet, and what holds them together.
_REASONS = {
    7: (1, 1, ()),
    8: (1, 1, ("asserted",)),
    9: (2, 1, ("verdict",)),
    10: (1, 1, ("opening", "verdict")),
    11: (2, 1, ("opening", "relation", "verdict")),
    12: (2, 2, ("opening", "relation", "verdict")),
}
# How many causes are explained and how many only told.
_CAUSES = {
    4: (0, 2), 5: (0, 3), 6: (1, 1), 7: (1, 2), 8: (2, 0), 9: (2, 1), 10: (3, 0),
    11: (3, 1), 12: (4, 0),
}  # fmt: skip
# With nothing but the two printed causes an answer stops here.
PRINTED_ONLY = 8
ONE_BULLET = 6
ONE_BULLET_CONDITION = "Only one of the two bullets is explained"
PRINTED_CONDITION = "Nothing goes beyond what the two printed points suggest"


class Written(NamedTuple):
    """An answer, the mark it deserves, and what a marker would say of it."""

    text: str
    mark: int
    www: str
    ebi: str
    spag: int | None = None
    # The condition of a ceiling that stops this answer, if any.
    stopped_by: str = ""


def write(parts, mark, level, rng):
    """Return an answer worth `mark` of that level, put together at random."""
    text, topics, stopped_by = _KINDS[parts["kind"]](parts, mark, rng)
    first, second = (*topics, "", "")[:2]
    words = {
        "first": first,
        "second": second,
        "First": first[:1].upper() + first[1:],
        "Second": second[:1].upper() + second[1:],
        "own": next((t for t in topics if t not in _printed(parts)), second),
    }
    place = mark if parts["kind"] == "two problems" else level
    www = rng.choice(parts["www"][place]).format(**words)
    ebi = rng.choice(parts["ebi"][place]).format(**words)
    return Written(text, mark, www, ebi, stopped_by=stopped_by)


def _printed(parts):
    return {c["topic"] for c in parts.get("causes", ()) if c["is_printed"]}


def _general(parts, mark, rng):
    general = parts["general"]
    return " ".join(rng.sample(general, min(mark, len(general))))


def _two_problems(parts, mark, rng):
    if mark < 2:
        return _general(parts, 1, rng), [], ""
    chosen = rng.sample(parts["problems"], 2)
    sentences = []
    for problem, lead, support in zip(
        chosen, ("first", "second"), _PROBLEMS[mark], strict=True
    ):
        sentences.append(f"{rng.choice(parts[lead])} {problem['named']}.")
        if support != "named":
            sentences.append(rng.choice(problem[support]))
    return " ".join(sentences), [problem["topic"] for problem in chosen], ""


def _effects(parts, mark, rng):
    if mark < 3:
        return _general(parts, 2 * mark - 1, rng), [], ""
    developed, simple, is_linked = _EFFECTS[mark]
    chosen = rng.sample(parts["effects"], developed + simple)
    paragraphs = [
        _paragraph(
            parts, effect, place, "developed" if place < developed else "simple", rng
        )
        for place, effect in enumerate(chosen)
    ]
    if is_linked:
        paragraphs.append(rng.choice(parts["links"]))
    return "\n\n".join(paragraphs), [effect["topic"] for effect in chosen], ""


def _paragraph(parts, item, place, kind, rng):
    lead = rng.choice(parts["next" if place else "first"])
    return f"{lead.format(topic=item['topic'])} {rng.choice(item[kind])}"


def _two_reasons(parts, mark, rng):
    fear, propaganda = parts["fear"], parts["propaganda"]
    topics = ["fear", "propaganda"]
    if mark < 4:
        return _general(parts, mark, rng), topics, ""
    if mark == 4:
        text = f"{rng.choice(fear['simple'])} Propaganda was also used."
        return text, topics, ""
    if mark == 5:
        pair = [rng.choice(fear["simple"]), rng.choice(propaganda["simple"])]
        return "\n\n".join(pair), topics, ""
    if mark == ONE_BULLET:
        pair = rng.sample(rng.choice((fear, propaganda))["developed"], 2)
        return "\n\n".join(pair), topics, ONE_BULLET_CONDITION
    on_fear, on_propaganda, extras = _REASONS[mark]
    argument = rng.choice(parts["arguments"])
    paragraphs = [
        *([argument["opening"]] if "opening" in extras else ()),
        *rng.sample(fear["developed"], on_fear),
        *rng.sample(propaganda["developed"], on_propaganda),
        *([rng.choice(parts["relation"])] if "relation" in extras else ()),
        *([rng.choice(parts["asserted"])] if "asserted" in extras else ()),
        *([argument["verdict"]] if "verdict" in extras else ()),
    ]
    return "\n\n".join(paragraphs), topics, ""


def _causes(parts, mark, rng):
    if mark < 3:
        return _general(parts, mark, rng), [], ""
    causes = parts["causes"]
    printed = [cause for cause in causes if cause["is_printed"]]
    own = [cause for cause in causes if not cause["is_printed"]]
    if mark == 3:
        chosen, explained = [rng.choice(causes)], 0
    elif mark == PRINTED_ONLY:
        chosen, explained = rng.sample(printed, 2), 2
    else:
        explained, told = _CAUSES[mark]
        # A reason of one's own is among those explained, so that no ceiling holds.
        first = rng.choice(own)
        rest = [cause for cause in causes if cause is not first]
        chosen = [first, *rng.sample(rest, explained + told - 1)]
    paragraphs = [
        _paragraph(
            parts, cause, place, "explained" if place < explained else "story", rng
        )
        for place, cause in enumerate(chosen)
    ]
    stopped_by = PRINTED_CONDITION if mark == PRINTED_ONLY else ""
    return "\n\n".join(paragraphs), [cause["topic"] for cause in chosen], stopped_by


_KINDS = {
    "two problems": _two_problems,
    "effects": _effects,
    "two reasons": _two_reasons,
    "causes": _causes,
}


def in_own_words(text, swaps, rng):
    """Return an exemplar's text as somebody else might have put it."""
    for word, other in swaps.items():
        if rng.random() < 0.5:
            text = text.replace(word, other, 1)
    return text


def misspelt(text, spelling, most, rng):
    """Return the text with at most so many of the usual spelling mistakes."""
    for word in rng.sample(sorted(spelling), len(spelling)):
        if most and word in text:
            text = text.replace(word, spelling[word])
            most -= 1
    return text


def steps(text, count, rng):
    """Return the texts that saves would have kept on the way to `text`.

    It grows by a few words at a time; once a sentence stands that is taken out
    again, as people do.
    """
    ends = [i for i, sign in enumerate(text) if sign == " "]
    if len(ends) < count:
        return [text]
    cuts = sorted(rng.sample(ends, count - 1))
    grown = [text[:cut] for cut in cuts]
    detour = " I am not sure about this bit yet."
    middle = len(grown) // 2
    if count > 10:
        grown[middle] += detour
        grown.insert(middle + 1, grown[middle][: -len(detour)] + detour[:12])
    return [*grown, text]

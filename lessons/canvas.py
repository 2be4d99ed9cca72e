"""What drawings are made of: words, marks and room for them (pure).

Across, places are shares of a width that only the page knows, written as per cent;
down, they are em of the words. Typefaces differ, so words are taken to be as wide as
in the wider ones that a school's computers have.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

NARROW = 18.5  # em; the narrowest box that a drawing is laid out for
WIDE = 41.0  # em; from here on what has class "wide" shows
LINE = 1.45  # em from one line of words to the next


class Box(NamedTuple):
    """Edges in em from the top left."""

    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def is_inside(self, width: float) -> bool:
        return self.left >= 0 and self.right <= width


class Spot(NamedTuple):
    """Words and where they could stand: their anchor is `x` and `down`, both shares
    of the drawing's width, from the top left, and `dx` and `y` em further."""

    words: str
    x: float
    y: float
    anchor: str = "middle"
    dx: float = 0
    down: float = 0

    def box(self, width: float) -> Box:
        """Return what the words cover in a drawing so many em wide."""
        size = width_of(self.words)
        left = self.x * width + self.dx
        left -= {"start": 0.0, "middle": size / 2, "end": size}[self.anchor]
        base = self.down * width + self.y
        return Box(left, left + size, base - 0.85, base + 0.2)


def find_room(
    wishes: Sequence[Sequence[Spot]],
    width: float,
    walls: Iterable[Box],
    taken: Iterable[Spot] = (),
) -> dict[int, Spot]:
    """Return, by the number of the wish, the first of its spots that meets no wall,
    no spot taken and none that an earlier wish got; a wish without one is left out."""
    found = {}
    boxes = [*walls, *(spot.box(width) for spot in taken)]
    for number, spots in enumerate(wishes):
        for spot in spots:
            box = spot.box(width)
            if box.is_inside(width) and not any(map(box.meets, boxes)):
                found[number] = spot
                boxes.append(box._replace(left=box.left - 0.3, right=box.right + 0.3))
                break
    return found


def width_of(words: str) -> float:
    """Return em."""
    return sum(map(_width_of_letter, words))


def _width_of_letter(letter: str) -> float:
    if letter in " ,.;:’'()|ijlI":
        return 0.36
    if letter.isdigit() or letter in "–mw":
        return 0.64
    return 0.72 if letter.isupper() else 0.56


def wrapped(words: str, width: float = NARROW) -> list[str]:
    """Return the words as lines no wider than `width` em, a longer word by itself."""
    lines: list[str] = []
    for word in words.split():
        if lines and width_of(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def plain(number: float) -> str:
    """Return a number as it was typed."""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def with_commas(number: float) -> str:
    whole, point, rest = plain(number).partition(".")
    return f"{int(whole):,}{point}{rest}"


def em(number: float) -> str:
    return f"{_short(number)}em"


def share(number: float) -> str:
    """Return a share of the width as per cent."""
    return f"{_short(number * 100)}%"


def _short(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def tag(name: str, content: str | None = None, /, **attributes: str) -> str:
    """Return an element with those attributes that have a value: `class_` is class,
    `text_anchor` is text-anchor. `content` is markup already."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value
    )
    end = "/>" if content is None else f">{content}</{name}>"
    return f"<{name}{written}{end}"


def group(content: Iterable[str], **attributes: str) -> str:
    """Return a g element, but nothing around nothing."""
    inside = "".join(content)
    return tag("g", inside, **attributes) if inside else ""


def text(words: str, **attributes: str) -> str:
    return tag("text", escape(words), **attributes)


def rule(y: float, class_: str, x2: str = "100%") -> str:
    """Return a level line from the left edge."""
    return tag("line", class_=class_, x2=x2, y1=em(y), y2=em(y))


def words_at(spots: Iterable[Spot], class_: str = "", ratio: float = 1) -> str:
    """Return words at their spots; `ratio` is the drawing's height by its width."""
    by_anchor: dict[str, list[str]] = {}
    for spot in spots:
        place = {"x": share(spot.x), "y": em(spot.y)}
        if spot.down:
            place |= {"y": share(spot.down / ratio), "dy": em(spot.y)}
        if spot.dx:
            place["dx"] = em(spot.dx)
        by_anchor.setdefault(spot.anchor, []).append(text(spot.words, **place))
    return group(
        (
            group(found, text_anchor="" if anchor == "start" else anchor)
            for anchor, found in by_anchor.items()
        ),
        class_=class_,
    )


class Canvas:
    """A drawing that grows downwards; `y` is its height so far in em."""

    def __init__(self, uid: str, unit: str) -> None:
        self.uid = uid
        self.unit = unit
        self.class_ = "graph"
        self.y = 0.0
        self.parts: list[str] = []

    def add(self, *parts: str) -> None:
        self.parts += parts

    def write(self, words: str, class_: str = "", x: float = 0) -> None:
        """Add words on as many lines as a narrow box needs."""
        for line in wrapped(words, NARROW - x):
            place = {"x": em(x) if x else "", "y": em(self.y + 1.05)}
            self.add(text(line, **place, class_=class_))
            self.y += LINE

    def filled(self, fill: str) -> dict[str, str]:
        """Return the attributes of what is filled so: solid, hatch or open."""
        pattern = f"url(#{self.uid}-h)" if fill == "hatch" else ""
        return {"class_": fill, "fill": pattern}

    def bar(self, x: float, width: float, height: float, fill: str, **data: str) -> str:
        """Return a level bar at the present height; `x` and `width` are shares."""
        return tag(
            "rect",
            x=share(x) if x else "",
            y=em(self.y),
            width=share(width),
            height=em(height),
            **data,
            **self.filled(fill),
        )

    def key(self, fill: str, words: str) -> None:
        """Add a line that says what a fill stands for."""
        y = self.y + 0.65
        if fill == "line":
            point = {"cx": ".85em", "cy": em(y), "r": ".28em"}
            self.add(rule(y, "trend", "1.7em"), tag("circle", class_="point", **point))
        else:
            place = {"x": ".1em", "y": em(y - 0.45), "width": "1.4em"}
            self.add(tag("rect", **place, height=".95em", **self.filled(fill)))
        self.write(words, x=2.2)

    def svg(self, title: str, alt: str) -> str:
        """Return the element, named by its title and described by `alt`."""
        name, description, hatch = (f"{self.uid}-{letter}" for letter in "tdh")
        return tag(
            "svg",
            tag("title", escape(title), id=name)
            + tag("desc", escape(alt), id=description)
            + tag(
                "pattern",
                '<path class="ground" d="M0 0h5v5H0z"/><path class="stripe" d="M0 2.5h5"/>',
                id=hatch,
                width="5",
                height="5",
                patternUnits="userSpaceOnUse",
                patternTransform="rotate(-45)",
            )
            + "".join(self.parts),
            class_=self.class_,
            role="img",
            aria_labelledby=f"{name} {description}",
            width="100%",
            height=em(self.y) if self.class_ == "graph" else "",
        )

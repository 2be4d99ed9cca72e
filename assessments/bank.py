"""The question bank as a file (pure): reading its rows with their lines, writing them.

The format is that of `fixtures/terror_questions.yaml`: a list of rows, each with its
model and its fields; a row is named by what it is called, never by a number. Reading
knows nothing of the database: whether a lesson or a form exists is asked elsewhere.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import yaml

LARGEST = 1_000_000
MOST_VALUES = 100_000
# A list of rows, a row, its fields, a name of several parts, one of them.
DEEPEST = 5
HIGHEST_NUMBER = 32_767
WIDTH = 78

TEXT, NUMBER, FLAG, TIME, ROW = "text", "number", "flag", "time", "row"
REQUIRED = object()


class Field(NamedTuple):
    """What a field holds; for a row, of which model. Without default it is needed."""

    kind: str
    default: Any = REQUIRED
    to: str = ""


class Shape(NamedTuple):
    """A model's fields in the order in which they are written, and its name's."""

    name: str
    key: tuple[str, ...]
    fields: dict[str, Field]


class Fault(NamedTuple):
    line: int
    sentence: str


class BankError(Exception):
    """The file as a whole cannot be read: the line, and a sentence."""

    def __init__(self, line: int, sentence: str):
        super().__init__(sentence)
        self.fault = Fault(line, sentence)


class Row(NamedTuple):
    """One row of a file. `key` is None where its name could not be read."""

    line: int
    model: str
    key: tuple | None
    values: dict[str, Any]
    lines: dict[str, int]
    faults: list[Fault]

    @property
    def name(self) -> str:
        shape = SHAPES.get(self.model)
        kind = shape.name if shape else self.model or "row"
        return f"{kind} {', '.join(map(str, self.key))}" if self.key else kind


def _row(model: str, default: Any = REQUIRED) -> Field:
    return Field(ROW, default, model)


_SCHEME = "assessments.markscheme"
_LEVEL = "assessments.level"
_POINT = "assessments.markingpoint"
_QUESTION = "assessments.question"
_FORM = "assessments.questiontype"

# In this order: rows name earlier ones.
SHAPES = {
    _FORM: Shape(
        "question form",
        ("code",),
        {
            "code": Field(TEXT),
            "exam_paper": _row("assessments.exampaper", None),
            "board": Field(TEXT),
            "specification": Field(TEXT),
            "paper": Field(TEXT),
            "section": Field(TEXT, ""),
            "number": Field(TEXT),
            "command_word": Field(TEXT),
            "stem": Field(TEXT, ""),
            "tariff": Field(NUMBER),
            "ao1": Field(NUMBER, 0),
            "ao2": Field(NUMBER, 0),
            "ao3": Field(NUMBER, 0),
            "ao4": Field(NUMBER, 0),
            "spag": Field(NUMBER, 0),
            "minutes": Field(NUMBER),
            "stimulus": Field(NUMBER, 0),
            "sources": Field(NUMBER, 0),
            "interpretations": Field(NUMBER, 0),
            "is_point_marked": Field(FLAG, False),
        },
    ),
    _SCHEME: Shape(
        "mark scheme",
        ("name", "series"),
        {
            "name": Field(TEXT),
            "series": Field(TEXT),
            "tariff": Field(NUMBER),
        },
    ),
    _LEVEL: Shape(
        "level",
        ("scheme", "number"),
        {
            "scheme": _row(_SCHEME),
            "number": Field(NUMBER),
            "lowest_mark": Field(NUMBER),
            "highest_mark": Field(NUMBER),
            "for_student": Field(TEXT),
            "for_marker": Field(TEXT),
        },
    ),
    "assessments.strand": Shape(
        "strand",
        ("level", "letter"),
        {
            "level": _row(_LEVEL),
            "letter": Field(TEXT),
            "name": Field(TEXT),
            "for_student": Field(TEXT, ""),
            "for_marker": Field(TEXT),
        },
    ),
    _POINT: Shape(
        "marking point",
        ("scheme", "order"),
        {
            "scheme": _row(_SCHEME),
            "order": Field(NUMBER),
            "name": Field(TEXT),
            "for_student": Field(TEXT),
            "for_marker": Field(TEXT),
            "needs": _row(_POINT, None),
        },
    ),
    "assessments.ceiling": Shape(
        "ceiling",
        ("scheme", "condition", "level_number"),
        {
            "scheme": _row(_SCHEME),
            "condition": Field(TEXT),
            "level_number": Field(NUMBER, 0),
            "highest_mark": Field(NUMBER),
            "is_firm": Field(FLAG, True),
        },
    ),
    _QUESTION: Shape(
        "question",
        ("slug",),
        {
            "slug": Field(TEXT),
            "type": _row(_FORM),
            "lesson": _row("lessons.lesson", None),
            "wording": Field(TEXT),
            "instruction": Field(TEXT, ""),
            "mark_scheme": _row(_SCHEME),
            "spag_scheme": _row(_SCHEME, None),
            "checklist": Field(TEXT, ""),
            "starters": Field(TEXT, ""),
            "indicative_content": Field(TEXT),
            "typical_mistakes": Field(TEXT, ""),
            "teachers_note": Field(TEXT, ""),
            "is_listed": Field(FLAG, True),
            "published_at": Field(TIME, None),
        },
    ),
    "assessments.stimuluspoint": Shape(
        "bullet",
        ("question", "order"),
        {
            "question": _row(_QUESTION),
            "order": Field(NUMBER),
            "text": Field(TEXT),
        },
    ),
    "assessments.planbox": Shape(
        "plan box",
        ("question", "order"),
        {
            "question": _row(_QUESTION),
            "order": Field(NUMBER),
            "label": Field(TEXT),
        },
    ),
    "assessments.questionsource": Shape(
        "source of the question",
        ("question", "letter"),
        {
            "question": _row(_QUESTION),
            "source": _row("lessons.source"),
            "letter": Field(TEXT),
            "used_as": Field(TEXT, "source"),
        },
    ),
}

# Of which kinds the parts of a row's name are, wherever one is named.
_NAMES = {
    "assessments.exampaper": (TEXT,),
    _FORM: (TEXT,),
    _SCHEME: (TEXT, TEXT),
    _LEVEL: (TEXT, TEXT, NUMBER),
    _POINT: (TEXT, TEXT, NUMBER),
    _QUESTION: (TEXT,),
    "lessons.lesson": (TEXT,),
    "lessons.source": (TEXT, TEXT),
}

_STANDARD = "tag:yaml.org,2002:"
_SCALARS = {_STANDARD + tag for tag in ("str", "int", "float", "bool", "timestamp")}
_NULL, _BOOL = _STANDARD + "null", _STANDARD + "bool"
_WHOLE_NUMBER = re.compile(r"(0|[1-9][0-9]{0,5})\Z")
# What no text may hold: databases refuse the first, UTF-8 the others.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def tidy(text: str) -> str:
    """Return a text with the line ends of files: browsers send their own."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


# Reading ------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """Composes nodes only, and refuses whatever could make a small file large."""

    depth = 0
    count = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        line = event.start_mark.line + 1
        if event.anchor is not None:
            raise BankError(
                line,
                "Anchors (&) and aliases (*) are not read here. Write the text out, or "
                "put it in quotes.",
            )
        self.count += 1
        if self.count > MOST_VALUES:
            raise BankError(line, "The file has too many values. Split it.")
        self.depth += 1
        if self.depth > DEEPEST:
            raise BankError(
                line, "This is nested too deeply. Write a list of rows with fields."
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read(data: bytes) -> list[Row]:
    """Return the rows of a file, each with its own faults.

    Raises `BankError` where the file as a whole is no list of rows.
    """
    root = _compose(_decode(data))
    if not isinstance(root, yaml.SequenceNode) or not root.value:
        raise BankError(1, "This is no list of rows. Each begins with “- model:”.")
    rows, seen = [], {}
    for node in root.value:
        row = _read_row(node)
        name = (row.model, row.key)
        if row.key and name in seen:
            row.faults.append(
                Fault(
                    row.line,
                    f"This row stands in line {seen[name]} already. Keep one of them.",
                )
            )
        seen.setdefault(name, row.line)
        rows.append(row)
    return rows


def _decode(data: bytes) -> str:
    data = data.replace(b"\r\n", b"\n")
    if len(data) > LARGEST:
        raise BankError(1, "The file is larger than 1 MB. Split it into several.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BankError(
            data.count(b"\n", 0, error.start) + 1,
            "The file is not in UTF-8. Save it in that encoding.",
        ) from error


def _compose(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise BankError(line, f"This is not YAML: {error.problem}.") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BankError(line, "A character here is not allowed in YAML.") from error
    except (ValueError, OverflowError) as error:
        # A number of a character that there is not, such as "\UFFFFFFFF".
        raise BankError(1, f"This is not YAML: {error}.") from error


def _read_row(node: yaml.Node) -> Row:
    line = node.start_mark.line + 1
    row = Row(line, "", None, {}, {}, [])
    parts = _pairs(node, row.faults)
    if parts is None:
        row.faults.append(Fault(line, "A row has “model” and “fields”."))
        return row
    for name, part in parts.items():
        if name not in ("model", "fields"):
            row.faults.append(
                Fault(_line(part), f"A row has no “{name}”. Leave it out.")
            )
    model = parts.get("model")
    fields = parts.get("fields")
    if not isinstance(model, yaml.ScalarNode) or fields is None:
        row.faults.append(Fault(line, "A row has “model” and “fields”."))
        return row
    row = row._replace(model=model.value)
    shape = SHAPES.get(row.model)
    if shape is None:
        row.faults.append(
            Fault(
                _line(model), f"“{row.model}” is not part of the question bank. Use: "
                f"{', '.join(SHAPES)}.",
            )
        )  # fmt: skip
        return row
    pairs = _pairs(fields, row.faults)
    if pairs is None:
        row.faults.append(Fault(_line(fields), "“fields” is a list of names: values."))
        return row
    for name, part in pairs.items():
        _read_field(row, shape, name, part)
    return row._replace(key=_key(shape, row.values))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _pairs(node: yaml.Node, faults: list[Fault]) -> dict[str, yaml.Node] | None:
    """Return a mapping's nodes by name, or None if it is none."""
    if not isinstance(node, yaml.MappingNode):
        return None
    found: dict[str, yaml.Node] = {}
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode):
            faults.append(Fault(_line(name), "A name is one word."))
        elif name.value in found:
            faults.append(
                Fault(_line(name), f"“{name.value}” stands here twice. Keep one.")
            )
        else:
            found[name.value] = value
    return found


def _read_field(row: Row, shape: Shape, name: str, node: yaml.Node) -> None:
    field = shape.fields.get(name)
    if field is None:
        row.faults.append(
            Fault(_line(node), f"A {shape.name} has no field “{name}”. Leave it out.")
        )
        return
    row.lines[name] = _line(node)
    try:
        row.values[name] = _value(field, node)
    except ValueError as error:
        row.faults.append(Fault(_line(node), f"“{name}”: {error}"))


def _value(field: Field, node: yaml.Node) -> Any:
    """Return a field's value; raises `ValueError` with a sentence."""
    if isinstance(node, yaml.ScalarNode) and node.tag == _NULL:
        if field.default is None:
            return None
        raise ValueError('Nothing stands here. For an empty text, write "".')
    if field.kind == ROW:
        return _name(field.to, node)
    if not isinstance(node, yaml.ScalarNode) or node.tag not in _SCALARS:
        raise ValueError("A single value is needed here.")
    if field.kind == FLAG:
        if node.tag != _BOOL:
            raise ValueError("Write true or false.")
        return node.value.lower() in ("true", "yes", "on")
    return _SCALAR_READERS[field.kind](node.value)


def _name(model: str, node: yaml.Node) -> tuple:
    """Return the name of another row: a list of its parts."""
    kinds = _NAMES[model]
    if (
        not isinstance(node, yaml.SequenceNode)
        or len(node.value) != len(kinds)
        or any(
            not isinstance(part, yaml.ScalarNode) or part.tag not in _SCALARS
            for part in node.value
        )
    ):
        many = "one part" if len(kinds) == 1 else f"{len(kinds)} parts"
        raise ValueError(f"Name the row in brackets, with {many}.")
    return tuple(
        _SCALAR_READERS[kind](part.value)
        for kind, part in zip(kinds, node.value, strict=True)
    )


def _text(value: str) -> str:
    if _NO_TEXT.search(value):
        raise ValueError("A character here cannot be kept. Take it out.")
    return tidy(value)


def _number(value: str) -> int:
    if not _WHOLE_NUMBER.match(value) or int(value) > HIGHEST_NUMBER:
        raise ValueError("Write a whole number, such as 12.")
    return int(value)


def _time(value: str) -> datetime.datetime:
    try:
        time = datetime.datetime.fromisoformat(value)
        if time.tzinfo is None:
            raise ValueError
        return time.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            'Write a time with its zone, such as "2026-09-01T00:00:00Z".'
        ) from None


_SCALAR_READERS = {TEXT: _text, NUMBER: _number, TIME: _time}


def _key(shape: Shape, values: Mapping[str, Any]) -> tuple | None:
    """Return what a row is called by everywhere, or None if a part is missing."""
    key: list[Any] = []
    for name in shape.key:
        value = values.get(name, shape.fields[name].default)
        if value is REQUIRED:
            return None
        key.extend(value if isinstance(value, tuple) else [value])
    return tuple(key)


# Writing ------------------------------------------------------------------------


# What YAML's blocks would not give back as it was: a blank at the beginning, rare
# line ends, empty lines at the end.
_QUOTED_ONLY = re.compile("\\A |[\x85\u2028\u2029]|(\\A|\n)\\s*\n\\Z")


class _Dumper(yaml.SafeDumper):
    pass


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write paragraphs as they stand and long sentences folded."""
    if _QUOTED_ONLY.search(text):
        style = '"'
    else:
        style = "|" if "\n" in text else ">" if len(text) > WIDTH - 18 else None
    return dumper.represent_scalar(_STANDARD + "str", text, style=style)


_Dumper.add_representer(str, _represent_text)
# Only names of rows are tuples: they stand on one line.
_Dumper.add_representer(
    tuple,
    lambda dumper, name: dumper.represent_sequence(
        _STANDARD + "seq", name, flow_style=True
    ),
)


def write(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the file of these rows, each a model with its values."""
    return "\n".join(
        yaml.dump(
            [{"model": model, "fields": _plain(SHAPES[model], values)}],
            Dumper=_Dumper,
            allow_unicode=True,
            default_flow_style=False,
            sort_keys=False,
            width=WIDTH,
        )
        for model, values in rows
    )


def _plain(shape: Shape, values: Mapping[str, Any]) -> dict[str, Any]:
    fields = {}
    for name in shape.fields:
        value = values[name]
        if isinstance(value, datetime.datetime):
            value = value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        fields[name] = value
    return fields

"""Loading the shipped content from `fixtures/` without undoing anybody's edit.

Each file is a Django fixture without primary keys: rows are found by natural
key. What was shipped is remembered per row (`lessons.ShippedRow`), so that a
row is brought up to date only while it still reads as it was shipped. Nothing
is ever deleted: a row that is no longer shipped is unpublished where it can be.
"""

import hashlib
import json
from dataclasses import dataclass, field

import yaml
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from lessons.models import Lesson, ShippedRow

# In this order: rows name earlier rows.
FILES = (
    "glossary.yaml",
    "bolshevik_lesson.yaml",
    "bolshevik_timeline.yaml",
    "bolshevik_figures.yaml",
    "bolshevik_retrieval.yaml",
    "terror_lesson.yaml",
    "terror_sources.yaml",
    "terror_interpretations.yaml",
    "terror_notes.yaml",
    "terror_readings.yaml",
    "terror_figures.yaml",
    "terror_timeline.yaml",
    "terror_people.yaml",
    "terror_retrieval.yaml",
    "question_types.yaml",
    "mark_schemes.yaml",
    "bolshevik_questions.yaml",
    "terror_questions.yaml",
    "terror_papers.yaml",
    "exemplars.yaml",
)


# In C where it is there: a second less at each start with new content.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The row that remembers which files were loaded last, all together.
_WHOLE = "files"


@dataclass
class Report:
    """What a load did, as lists of row names in words."""

    created: list = field(default_factory=list)
    updated: list = field(default_factory=list)
    unchanged: int = 0
    kept: list = field(default_factory=list)
    withdrawn: list = field(default_factory=list)

    @property
    def changed(self):
        return bool(self.created or self.updated or self.withdrawn)

    def __str__(self):
        parts = [
            f"{len(self.created)} new",
            f"{len(self.updated)} updated",
            f"{self.unchanged} unchanged",
        ]
        if self.withdrawn:
            parts.append(f"{len(self.withdrawn)} withdrawn")
        if self.kept:
            parts.append(f"{len(self.kept)} left as your school has them")
        return ", ".join(parts)


def shipped_rows(files=FILES, folder=None):
    """Return the rows of the fixture files as Django's Python serialisation."""
    folder = folder or settings.BASE_DIR / "fixtures"
    return [
        row
        for name in files
        # `_YAML` is one of PyYAML's safe loaders, the quicker one where it is built.
        for row in yaml.load((folder / name).read_text(encoding="utf-8"), _YAML)  # noqa: S506 (safe)
    ]


def bring_up_to_date():
    """Load the shipped files, unless the last load was of these very files.

    A start with nothing new reads one row instead of hundreds. Returns a `Report`.
    """
    folder = settings.BASE_DIR / "fixtures"
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in FILES))
    last = ShippedRow.objects.filter(model=_WHOLE, key=_WHOLE).first()
    if last is not None and last.content_hash == digest.hexdigest():
        return Report(unchanged=ShippedRow.objects.exclude(model=_WHOLE).count())
    report = load(shipped_rows())
    ShippedRow.objects.update_or_create(
        model=_WHOLE,
        key=_WHOLE,
        defaults={"fields": [], "content_hash": digest.hexdigest()},
    )
    return report


def _values(row, names):
    """Return `names` of a model instance in the serialiser's canonical form."""
    (data,) = serializers.serialize(
        "python", [row], fields=names, use_natural_foreign_keys=True
    )
    return data["fields"]


def _hash(values):
    """Hash what a reader would see: a browser's CRLF and end blanks are no edit."""
    seen = {
        name: "\n".join(line.rstrip() for line in value.splitlines()).strip()
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }
    text = json.dumps(seen, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def load(rows):
    """Bring the database up to date with `rows`; return a `Report`.

    Raises `DeserializationError` for a row that names no known model or field.
    """
    report = Report()
    shipped_before = ShippedRow.objects.exclude(model=_WHOLE)
    remembered = {(row.model, row.key): row for row in shipped_before}
    seen = set()
    to_remember = []
    for data in rows:
        try:
            (built,) = serializers.deserialize("python", [data])
        except serializers.base.DeserializationError as error:
            if not _lacks_parent(error):
                raise
            # It belongs to a row that the school has deleted or given a new key.
            report.kept.append(f"{data['model']} {_first_words(data['fields'])}")
            continue
        shipped = built.object
        names = sorted(data["fields"])
        key = (data["model"], json.dumps(shipped.natural_key(), ensure_ascii=False))
        seen.add(key)
        memory = _load_row(shipped, names, key, remembered.get(key), report)
        if memory is not None:
            to_remember.append(memory)
    ShippedRow.objects.bulk_create(
        to_remember,
        update_conflicts=True,
        unique_fields=["model", "key"],
        update_fields=["fields", "content_hash"],
    )
    _withdraw([remembered[key] for key in remembered.keys() - seen], report)
    if report.changed:
        Lesson.objects.all().touch()
    return report


def _lacks_parent(error):
    """Whether a row could not be built because a row that it names is not there."""
    while error is not None:
        if isinstance(error, ObjectDoesNotExist):
            return True
        error = error.__cause__ or error.__context__
    return False


def _first_words(fields):
    """Name a row that cannot be built, by its texts."""
    return " ".join(str(value) for value in fields.values())[:60]


def _load_row(shipped, names, key, memory, report):
    """Make or bring up to date one row; return what to remember if that was done."""
    label = f"{key[0]} {key[1]}"
    new_hash = _hash(_values(shipped, names))
    # Without a key of its own no row was found.
    present = (
        shipped.pk and type(shipped)._default_manager.filter(pk=shipped.pk).first()
    )
    if memory is None and present is None:
        shipped.save()
        report.created.append(label)
    elif memory is None or present is None or getattr(shipped, "is_frozen", False):
        # Made by the school under the same key, or deleted by it, or a scheme that
        # marks stand on.
        if new_hash == (memory and memory.content_hash) and present is not None:
            report.unchanged += 1
            return None
        report.kept.append(label)
        return None
    elif _hash(_values(present, memory.fields)) != memory.content_hash:
        if new_hash != memory.content_hash:
            report.kept.append(label)
        else:
            report.unchanged += 1
        return None
    elif new_hash == memory.content_hash:
        report.unchanged += 1
        return None
    else:
        shipped.save(update_fields=names)
        report.updated.append(label)
    return ShippedRow(model=key[0], key=key[1], fields=names, content_hash=new_hash)


def _withdraw(memories, report):
    """Unpublish rows that are no longer shipped and that nobody has edited."""
    for memory in memories:
        model = apps.get_model(memory.model)
        try:
            row = model._default_manager.get_by_natural_key(*json.loads(memory.key))
        except model.DoesNotExist:
            continue
        label = f"{memory.model} {memory.key}"
        edited = _hash(_values(row, memory.fields)) != memory.content_hash
        if edited or getattr(row, "published_at", None) is None:
            continue
        row.published_at = None
        row.save(update_fields=["published_at"])
        # As it stands now is how it was shipped: shipping it again brings it back.
        memory.content_hash = _hash(_values(row, memory.fields))
        memory.save(update_fields=["content_hash"])
        report.withdrawn.append(label)

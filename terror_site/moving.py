"""From SQLite to PostgreSQL: every row carried over, compared, and only then kept.

Both databases are read through the models, so that a date or a yes is the same value on
either side. The source is only read; the target is filled in one transaction.
"""

import hashlib
import json

import environ
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections, models, transaction

BATCH = 2000
TARGET = "target"


class MoveError(Exception):
    """Why nothing was moved, in a sentence."""


def all_models():
    """Return every model with a table, the tables between two others included."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def open_target(address):
    """Make a connection of a PostgreSQL address; it is not opened yet."""
    if not address.startswith(("postgres://", "postgresql://")):
        raise MoveError(
            "The new database is named like postgres://NAME:PASSWORD@HOST/DB."
        )
    told = environ.Env.db_url_config(address)
    own = connections["default"].settings_dict
    options = {"connect_timeout": 10, **told.get("OPTIONS", {})}
    connections.databases[TARGET] = {
        **own, **told, "OPTIONS": options, "CONN_MAX_AGE": 0,
    }  # fmt: skip
    try:
        return connections[TARGET]
    except ImproperlyConfigured as error:
        raise MoveError(
            "The driver of PostgreSQL is missing: .venv/bin/python -m pip install "
            "--require-hashes -r requirements-server.txt"
        ) from error


def refuse_used(target):
    """Refuse a database in which anything is but what an empty site has."""
    with target.cursor() as cursor:
        there = set(target.introspection.table_names(cursor))
    ours = {model._meta.db_table for model in all_models()} | {"django_migrations"}
    if foreign := sorted(there - ours):
        raise MoveError(
            f"The new database holds something else (a table {foreign[0]}): make an empty "
            "one for this site."
        )
    for model in all_models():
        if model._meta.app_label in ("contenttypes", "auth"):
            continue
        if model._meta.db_table in there and model._base_manager.using(TARGET).exists():
            raise MoveError(
                f"The new database has rows already (in {model._meta.db_table}): make an "
                "empty one, so that no school is written over another."
            )


def _rows(model, alias):
    """Return all rows of a model as tuples of Python's values, in order."""
    names = [field.attname for field in model._meta.concrete_fields]
    rows = model._base_manager.using(alias).order_by("pk").values_list(*names)
    return rows.iterator(chunk_size=BATCH)


def _plain(value):
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    # The same instant is the same, whatever the zone it is told in.
    return value.timestamp() if hasattr(value, "timestamp") else value


def fingerprint(alias):
    """Return table → (rows, hash of all their values), the same on both databases."""
    found = {}
    for model in all_models():
        total = count = 0
        for row in _rows(model, alias):
            digest = hashlib.sha256(repr(tuple(map(_plain, row))).encode()).digest()
            # A sum: the two databases put texts in different orders.
            total = (total + int.from_bytes(digest)) % 2**256
            count += 1
        found[model._meta.db_table] = count, f"{total:064x}"
    return found


def move(address, say=lambda line: None):
    """Fill a PostgreSQL database with all that SQLite's holds; return rows by table."""
    target = open_target(address)
    refuse_used(target)
    with target.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    say("Making the tables …")
    call_command("migrate", database=TARGET, verbosity=0, interactive=False)
    # One view of the source from the first row to the last comparison.
    with transaction.atomic("default"), transaction.atomic(TARGET):
        _empty(target)
        for model in all_models():
            count = _copy(model, target)
            if count:
                say(f"  {model._meta.db_table}: {count:,} rows")
        _set_sequences(target)
        say("Comparing every value …")
        ours, theirs = fingerprint("default"), fingerprint(TARGET)
        for table, told in ours.items():
            if theirs[table] != told:
                raise MoveError(
                    f"The table {table} is not the same on both sides, so nothing was "
                    "kept: tell the makers of this site."
                )
    return {table: count for table, (count, _) in ours.items()}


def _empty(target):
    """Delete what migrating put in: the source has its own of it."""
    names = ", ".join(target.ops.quote_name(m._meta.db_table) for m in all_models())
    with target.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names}")


def _copy(model, target):
    fields = model._meta.concrete_fields
    columns = ", ".join(target.ops.quote_name(field.column) for field in fields)
    table = target.ops.quote_name(model._meta.db_table)
    count = 0
    try:
        with (
            target.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as rows,
        ):
            for row in _rows(model, "default"):
                count += 1
                rows.write_row(
                    [
                        field.get_db_prep_save(value, target)
                        for field, value in zip(fields, row, strict=True)
                    ]
                )
    except target.Database.Error as error:
        raise MoveError(
            f"PostgreSQL cannot hold a row of {model._meta.db_table}, so nothing was kept "
            f"({str(error).splitlines()[0]})."
        ) from error
    return count


def _set_sequences(target):
    """Let the next row get the number after the highest one."""
    numbered = [
        model
        for model in all_models()
        if isinstance(model._meta.pk, models.AutoField | models.BigAutoField)
    ]
    with target.cursor() as cursor:
        for statement in target.ops.sequence_reset_sql(no_style(), numbered):
            cursor.execute(statement)

"""A school goes from SQLite to PostgreSQL and loses nothing: goal G37."""

import datetime
import decimal
import json
import sqlite3
import subprocess
import sys

import psycopg
import pytest

from tests.bench import Browserless
from tests.postgres import cluster
from tests.site import BASE, Site
from tests.writers import NOTHING, Class, Stored, check

pytestmark = [pytest.mark.long, pytest.mark.parallel]

# What PostgreSQL and SQLite count for themselves.
OWN = {"django_migrations", "sqlite_sequence"}


def same(value):
    """Return a value as SQLite stores it, whatever PostgreSQL gave."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime.datetime):
        return str(value.astimezone(datetime.UTC).replace(tzinfo=None))
    if isinstance(value, datetime.date):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.dumps(json.loads(value), sort_keys=True)
        except ValueError:
            return value
    return value


def everything(connection, tables):
    """Return table → set of rows, columns by name, read past the product."""
    found = {}
    for table in tables:
        rows = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608
        names = [column[0] for column in rows.description]
        order = sorted(range(len(names)), key=names.__getitem__)
        found[table] = sorted(
            repr([same(row[place]) for place in order]) for row in rows
        )
    return found


def tables_of(connection):
    return {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
    } - OWN


@pytest.mark.goal(
    "G37", "SQLite → PostgreSQL: every value equal, the next insert works"
)
def test_nothing_is_lost_on_the_way(var, reached):
    with cluster() as running:
        old = Site(var)
        source = sqlite3.connect(var / "classroom.sqlite3")
        tables = tables_of(source)
        before = everything(source, tables)

        said = old.manage("move_database", running.address)
        assert said.splitlines()[-1].startswith("Moved and compared: ")

        with psycopg.connect(running.address) as target:
            assert everything(target, tables) == before
        assert everything(source, tables) == before
        source.close()
        rows = sum(map(len, before.values()))

        new = Site(var, DATABASE_URL=running.address, DEMO="0")
        new.start()
        try:
            new.wait_until_ready()
            assert "Sign out" in Browserless(new, "student").get("/")[1]
            # Every save is an insert into a table that was filled.
            with Class(new, 5, pause=0.1) as students:
                students.wait_for_more(50)
            students.finish()
            stored = Stored.in_postgres(lambda: psycopg.connect(running.address))
            assert check(students.history, stored) == NOTHING
        finally:
            new.stop()
            new.kill()

        again = refused(old, running.address)
        assert "has rows already" in again
        assert "is not on SQLite" in refused(new, running.address)
        reached(f"{rows:,} rows in {len(tables)} tables equal; 50 inserts after it")


def refused(site, address):
    ran = subprocess.run(
        [sys.executable, "manage.py", "move_database", address],
        cwd=BASE, env=site.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert "Nothing was moved." in line
    return line


def test_what_cannot_be_moved_is_refused_in_a_sentence(var):
    with cluster() as running:
        site = Site(var)
        assert "named like postgres://" in refused(site, "sqlite:///x.sqlite3")
        assert "named like postgres://" in refused(site, "nonsense")
        nobody = running.address.replace("postgres://classroom@", "postgres://nobody@")
        assert "cannot be used" in refused(site, nobody)

        with psycopg.connect(running.address, autocommit=True) as target:
            target.execute("CREATE TABLE payroll (x int)")
        assert "a table payroll" in refused(site, running.address)
        with psycopg.connect(running.address, autocommit=True) as target:
            target.execute("DROP TABLE payroll")

        # A sign that PostgreSQL's texts cannot hold, as only a fault could write it.
        source = sqlite3.connect(var / "classroom.sqlite3")
        source.execute("UPDATE people_user SET first_name = 'a' || char(0) || 'b'")
        source.commit()
        source.close()
        assert "cannot hold a row of people_user" in refused(site, running.address)
        with psycopg.connect(running.address) as target:
            (left,) = target.execute("SELECT count(*) FROM people_user").fetchone()
        assert left == 0

        site.start()
        try:
            site.wait_until_ready()
            assert "The site is running" in refused(site, running.address)
        finally:
            site.stop()
            site.kill()

"""Everybody who may ask for a page, and what there was before and after they did.

The thirteen of `tests.base`, and two more: Dan taught Ada's class and his account is
closed while his browser is signed in; Lou sat in it until yesterday. Zoe, who sits in
it beside Sam, never asks: everything of hers is a canary that others must not meet.
"""

import datetime
import hashlib

from django.apps import apps
from django.db import connection
from django.utils import timezone

from lessons.models import RenderedBody
from people import roles
from people.attempts import FailedName, Lane, LaneTurn, Tries
from people.audit import AuditAddress, AuditEntry
from people.models import Session, Subgroup
from tests.base import PEOPLE
from tests.factories import make_mark, make_membership, make_script, make_user
from tests.test_pages import RULES, Pages

# Visitor → whose rules hold for them.
VISITORS = {
    **{person: person for person in PEOPLE},
    "dan": "nobody",
    "lou": "una",
}
# Zoe's number, her names, and what she wrote and was told, as they would be met.
ZOE = 7_654_321
NAMES = (str(ZOE), "Zoecanary", "Canaryzoe", "zoe.canary", "ZOEGROUP")
WORK = ("ZOE-ANSWER", "ZOE-WWW", "ZOE-EBI")
# Who works with Zoe's class and may know her; the rest may not.
KNOWS_ZOE = {"ada", "asa", "hal", "sen", "dee", "sid"}
READS_ZOE = {"ada", "asa", "hal", "sen"}
# What may change without anybody asking for it.
BOOKKEEPING = (
    Session, RenderedBody, Tries, Lane, LaneTurn, FailedName, AuditEntry, AuditAddress,
)  # fmt: skip
LAST_SEEN = ("last_login", "read_at", "read_by_id")


def tables(leaving_out=BOOKKEEPING):
    kept_out = {model._meta.db_table for model in leaving_out}
    models = apps.get_models(include_auto_created=True)
    return sorted(
        {
            model._meta.db_table
            for model in models
            if model._meta.managed and not model._meta.proxy
        }
        - kept_out
    )


def fingerprints(leaving_out=BOOKKEEPING):
    """Return table → a hash of all its rows."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables(leaving_out):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 (our own tables)
            found[table] = hash_of(cursor)
    return found


def hash_of(cursor):
    """Return a hash of the rows that were asked for, in any order."""
    kept = [n for n, c in enumerate(cursor.description) if c[0] not in LAST_SEEN]
    rows = sorted(repr([row[n] for n in kept]) for row in cursor.fetchall())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


class VisitedSite(Pages):
    """The school of `Pages` with all fifteen visitors."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        cls.dan = make_user("dan", staff=True, role=roles.TEACHER, group=cls.hi1)
        cls.lou = make_user("lou")
        make_membership(cls.lou, roles.STUDENT, cls.hi1, until=yesterday)
        zoe = cls.zoe = make_user(
            "zoe.canary",
            pk=ZOE,
            role=roles.STUDENT,
            group=cls.hi1,
            first_name="Zoecanary",
            last_name="Canaryzoe",
            email="zoe.canary@school.example",
        )
        cls.zoes = make_script(zoe, cls.assignment, "ZOE-ANSWER", hand_in=True)
        make_mark(cls.zoes, cls.ada, www="ZOE-WWW", ebi="ZOE-EBI")
        part = Subgroup.objects.create(group=cls.hi1, name="ZOEGROUP")
        part.students.add(zoe)
        # Once: finding 240 addresses takes as long as being refused at them.
        cls.addresses = {name: Pages.address(cls, name) for name in RULES}

    def address(self, name):
        return self.addresses[name]

    def sign_in(self, name):
        super().sign_in(name)
        if name == "dan":
            type(self.dan).objects.filter(pk=self.dan.pk).update(is_active=False)


def canaries_for(visitor):
    """Return the words that must be nowhere in what this visitor receives."""
    return (
        *(() if visitor in KNOWS_ZOE else NAMES),
        *(() if visitor in READS_ZOE else WORK),
    )


def met(response, visitor):
    """Return the canaries in every byte of an answer."""
    body = b"" if response.streaming else response.content
    everything = f"{body.decode(errors='replace')}{response.headers}"
    return [word for word in canaries_for(visitor) if word in everything]

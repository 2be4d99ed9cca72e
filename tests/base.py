"""The cast: everything in a test belongs to one of these people.

Ada teaches 10B/Hi1, where Sam sits and Asa assists; Bea teaches 10B/Hi2, where
Tom sits. Hal is head of department, Sen the SENCo, Dee the data manager, Sid the
site manager. Una is a student in no class; Gus is staff whose cover has
ended, Root a superuser without a role.
"""

import datetime

from django.test import TestCase

from people import roles
from tests.factories import (
    make_assignment,
    make_group,
    make_lesson,
    make_membership,
    make_mnemonic,
    make_question,
    make_script,
    make_source,
    make_user,
)

CAST = (
    "ada",
    "asa",
    "bea",
    "sam",
    "tom",
    "una",
    "hal",
    "sen",
    "dee",
    "sid",
    "gus",
    "root",
)
# Everybody who can ask for a page; `nobody` is not signed in.
PEOPLE = ("nobody", *CAST)


def make_cast(case):
    """Set the cast and what they read as attributes of a test class."""
    case.hi1 = make_group("10B/Hi1")
    case.hi2 = make_group("10B/Hi2")
    case.ada = make_user("ada", staff=True, role=roles.TEACHER, group=case.hi1)
    case.asa = make_user("asa", staff=True, role=roles.ASSISTANT, group=case.hi1)
    case.bea = make_user("bea", staff=True, role=roles.TEACHER, group=case.hi2)
    case.sam = make_user("sam", role=roles.STUDENT, group=case.hi1)
    case.tom = make_user("tom", role=roles.STUDENT, group=case.hi2)
    case.una = make_user("una")
    case.hal = make_user("hal", staff=True, role=roles.HEAD)
    case.sen = make_user("sen", staff=True, role=roles.SENCO)
    case.dee = make_user("dee", staff=True, role=roles.DATA_MANAGER)
    case.sid = make_user("sid", staff=True, role=roles.SITE_MANAGER)
    case.gus = make_user("gus", staff=True)
    make_membership(
        case.gus,
        roles.TEACHER,
        case.hi1,
        since=datetime.date(2026, 1, 5),
        until=datetime.date(2026, 1, 30),
    )
    case.root = make_user("root", staff=True, is_superuser=True)
    case.question = make_question()
    case.assignment = make_assignment(case.question, case.hi1, case.ada)
    case.script = make_script(case.sam, case.assignment, "Sam’s answer.", hand_in=True)
    case.open_script = make_script(case.sam, None, "Sam’s draft.", case.question)
    case.lesson = make_lesson("stalins-terror")
    case.draft = make_lesson("a-draft", published=False)
    case.source = make_source(case.lesson)
    case.mnemonic = make_mnemonic(case.lesson)


class SchoolTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_cast(cls)

    def sign_in(self, name):
        """Sign in a person of the cast, or nobody."""
        self.client.logout()
        if name != "nobody":
            self.client.force_login(getattr(self, name))

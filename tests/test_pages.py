"""Every address of the site × every kind of person → the answer they get.

`RULES` says it by hand, per route name, for reading a page; `POSTS` and `ALSO_POST`
say who gets further with a POST than with a GET. A route of the URLconf without a rule
fails, so no page can be added without saying who may open it. `test_rights.py` asks
them all by every method; here are the posts that do something.
"""

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from assessments import kept_texts
from assessments.models import (
    Answer,
    AnswerVersion,
    Assessment,
    Assignment,
    ClassFeedback,
    Concern,
    Event,
    Mark,
    MarkScheme,
    Question,
    QuestionType,
    Release,
)
from people import audit, set_up
from people.models import Erasure, School, Subgroup
from tests.assessments.test_rescue import make_file
from tests.base import CAST, PEOPLE, SchoolTestCase
from tests.factories import (
    make_apparatus,
    make_boundaries,
    make_exam_paper,
    make_exemplar,
    make_paper,
)

STUDENTS = {"sam", "tom", "una"}
STAFF = {"ada", "asa", "bea", "hal", "sen", "dee", "sid"}
EDITORS = {"ada", "bea", "hal"}
READERS = EDITORS | {"asa", "sen"}
READS_SAM = {"ada", "asa", "hal", "sen"}
ROSTER = {"dee", "sid"}
SIGN_IN = 302
ALL = dict.fromkeys(PEOPLE, 200)
SIGNED_IN = {**dict.fromkeys(CAST, 200), "nobody": SIGN_IN}


def staff_pages(allowed, refused=403, **exceptions):
    """Return a rule: `allowed` get 200, other staff `refused`, the rest sign in."""
    return {
        **dict.fromkeys(PEOPLE, SIGN_IN),
        **dict.fromkeys(STAFF, refused),
        **dict.fromkeys(allowed, 200),
        **exceptions,
    }


def model_pages(
    model, viewers, changers=(), adders=(), deleters=(), hidden=(), strangers=()
):
    """Return the rules for a model's admin pages.

    `hidden` may open the list but not this row: the admin sends them to its front
    page (302), as if the row did not exist. `strangers` may open neither.
    """
    return {
        f"admin:{model}_changelist": staff_pages(set(viewers) | set(hidden)),
        f"admin:{model}_add": staff_pages(adders),
        # The history asks for the row first, so an unseen row sends everybody home.
        f"admin:{model}_history": staff_pages(
            viewers, **dict.fromkeys(set(hidden) | set(strangers), 302)
        ),
        f"admin:{model}_delete": staff_pages(
            deleters, **dict.fromkeys(set(hidden) & set(deleters), 302)
        ),
        f"admin:{model}_change": staff_pages(viewers, **dict.fromkeys(hidden, 302)),
    }


HI1_STAFF = {"ada", "asa", "hal", "sen", "dee", "sid"}

LESSON_PARTS = (
    "section", "source", "mnemonic", "term", "timelineevent", "keyperson", "reading",
    "partnertask", "box", "historiansnote", "figure", "picture", "retrievalquestion",
)  # fmt: skip

RULES = {
    "home": {
        **dict.fromkeys(STUDENTS | {"gus", "root"}, 200),
        **dict.fromkeys(STAFF | {"nobody"}, 302),
    },
    "lessons:lesson-list": SIGNED_IN,
    "lessons:lesson-detail": SIGNED_IN,
    # Without a mail server there is no link by mail.
    "password-forgotten": dict.fromkeys(PEOPLE, 404),
    "password-forgotten-sent": dict.fromkeys(PEOPLE, 404),
    "password-new": dict.fromkeys(PEOPLE, 404),
    # Nobody has just typed a password.
    "factor-prove": dict.fromkeys(PEOPLE, 302),
    **{
        name: {
            **dict.fromkeys(CAST, 200),
            **dict.fromkeys(STUDENTS, 404),
            "nobody": SIGN_IN,
        }
        for name in ("factors", "factor-app")
    },
    **{
        name: {**dict.fromkeys(CAST, 405), "nobody": SIGN_IN}
        for name in ("factor-codes", "factor-remove", "passkey-add")
    },
    # Passkeys are for encrypted connections, which these are not.
    "passkey-new": {**dict.fromkeys(CAST, 404), "nobody": SIGN_IN},
    "passkey-options": dict.fromkeys(PEOPLE, 405),
    "passkey-prove": dict.fromkeys(PEOPLE, 405),
    "admin:people_user_factor": staff_pages(set(), refused=405),
    "login": {**dict.fromkeys(CAST, 302), "nobody": 200},
    "logout": {**dict.fromkeys(CAST, 405), "nobody": SIGN_IN},
    "password-change": SIGNED_IN,
    "reading-settings": SIGNED_IN,
    "school-set-up": dict.fromkeys(PEOPLE, 404),
    "help": ALL,
    "privacy": ALL,
    "accessibility": ALL,
    "health-alive": ALL,
    "health-ready": ALL,
    "admin:index": staff_pages(STAFF),
    "admin:login": dict.fromkeys(PEOPLE, 302),
    "admin:logout": dict.fromkeys(PEOPLE, 302),
    "admin:password_change": dict.fromkeys(PEOPLE, 302),
    "admin:password_change_done": dict.fromkeys(PEOPLE, 302),
    # Without the fields it needs it answers 403 to everybody.
    "admin:autocomplete": staff_pages(set()),
    "admin:jsi18n": staff_pages(STAFF),
    # Nothing in this site has an address "on site" for it to lead to.
    "admin:view_on_site": staff_pages(set(), refused=404),
    "admin:app_list": staff_pages(STAFF),
    **model_pages(
        "people_student",
        viewers=HI1_STAFF,
        hidden={"bea"},
        adders=ROSTER,
    ),
    "admin:people_student_import": staff_pages(ROSTER),
    "admin:people_teachinggroup_new_year": staff_pages(ROSTER),
    # Whoever may change the students of a class; an assistant and the SENCo may not.
    "admin:people_teachinggroup_cards": staff_pages(
        {"ada", "hal", "dee", "sid"}, bea=404
    ),
    "admin:people_student_code": staff_pages(set(), refused=405),
    "admin:people_student_sessions": staff_pages({"ada", "hal", "dee", "sid"}, bea=404),
    "admin:people_user_sessions": staff_pages(
        {"sid"}, refused=404, ada=403, hal=403, dee=403
    ),
    **model_pages(
        "people_subgroup",
        viewers={"ada", "hal"},
        hidden={"bea"},
        adders=EDITORS,
        deleters=EDITORS,
    ),
    **model_pages(
        "people_user",
        viewers={"hal", "dee", "sid"},
        adders={"sid"},
        strangers={"asa", "bea", "sen"},
    ),
    "admin:auth_user_password_change": staff_pages(
        {"ada", "hal", "dee", "sid"}, bea=404
    ),
    **model_pages(
        "people_teachinggroup",
        viewers=HI1_STAFF,
        hidden={"bea"},
        adders=ROSTER,
    ),
    **model_pages("people_school", viewers={"sid"}, strangers=STAFF - {"sid"}),
    # A head reads what is about teaching (test_audit.py); nobody changes a line.
    **model_pages(
        "people_auditentry",
        viewers={"hal", "dee", "sid"},
        strangers=STAFF - {"hal", "dee", "sid"},
    ),
    "admin:people_auditentry_export": staff_pages({"hal", "dee", "sid"}),
    # Sam's open script is written by Sam alone; a POST-only address refuses a GET.
    "assessments:my-work": SIGNED_IN,
    "assessments:my-answers-export": SIGNED_IN,
    "assessments:question-detail": SIGNED_IN,
    **{
        f"assessments:{name}": {
            **dict.fromkeys(CAST, 404),
            "sam": 200,
            "nobody": SIGN_IN,
        }
        for name in (
            "script-write",
            "script-answer",
            "script-hand-in",
            "script-receipt",
            "answer-versions",
            "version-detail",
            "version-compare",
            "answer-replay",
            "answer-replay-data",
        )
    },
    **{
        f"assessments:{name}": {**dict.fromkeys(CAST, 405), "nobody": SIGN_IN}
        for name in (
            "assignment-start",
            "answer-save",
            "answer-improve",
            "desk-sign",
            "script-take-back",
            "script-self-mark",
        )
    },
    # Nothing is released.
    "assessments:script-feedback": {**dict.fromkeys(CAST, 404), "nobody": SIGN_IN},
    **model_pages(
        "assessments_assignment",
        viewers=READS_SAM,
        hidden={"bea"},
        adders=EDITORS,
        strangers={"dee", "sid"},
    ),
    "admin:assessments_assignment_release": staff_pages(
        READS_SAM, bea=404, dee=404, sid=404
    ),
    "admin:assessments_assignment_students": staff_pages(READS_SAM, bea=404),
    "admin:assessments_assignment_copy": staff_pages({"ada", "hal"}, bea=404),
    # The dates of Sam's class: for its students and whoever sees its tasks.
    "assessments:calendar": {
        **dict.fromkeys(CAST, 404),
        **dict.fromkeys(READS_SAM | {"sam"}, 200),
        "nobody": SIGN_IN,
    },
    **model_pages("assessments_exemplar", viewers=EDITORS),
    "admin:assessments_exemplar_question": staff_pages(EDITORS),
    # Nothing is shown to the class yet.
    "assessments:exemplars": {**dict.fromkeys(CAST, 404), "nobody": SIGN_IN},
    # Papers are the department's, boundaries the head's.
    **model_pages("assessments_assessment", viewers=EDITORS, adders=EDITORS),
    "admin:assessments_assessment_copy": staff_pages(set(), refused=405),
    **model_pages("assessments_boundaryset", viewers=EDITORS, adders={"hal"}),
    **model_pages("assessments_question", viewers=READERS, adders=EDITORS),
    "admin:assessments_question_import": staff_pages(EDITORS),
    "admin:assessments_question_preview": staff_pages(READERS),
    "admin:assessments_question_copy": staff_pages(set(), refused=405),
    "admin:assessments_question_publish": staff_pages(set(), refused=405),
    **model_pages(
        "assessments_script",
        viewers=READS_SAM,
        hidden={"bea"},
        strangers={"dee", "sid"},
    ),
    # The stock pages of a script lead on to the desk and its history.
    "admin:assessments_script_change": staff_pages(
        set(), **dict.fromkeys(READS_SAM | {"bea"}, 302)
    ),
    "admin:assessments_script_history": staff_pages(
        set(), **dict.fromkeys(READS_SAM | {"bea"}, 302)
    ),
    "admin:assessments_script_mark": staff_pages(READS_SAM, bea=404),
    "admin:assessments_script_events": staff_pages(READS_SAM, bea=404),
    **{
        f"admin:assessments_script_{page}": staff_pages(READS_SAM, bea=404)
        for page in ("texts", "text", "replay", "replay_data")
    },
    # Whose files are taken in, the file's seal decides (test_rescue.py).
    "admin:assessments_script_rescue": staff_pages(EDITORS),
    "admin:assessments_script_practice": staff_pages(READERS),
    "admin:assessments_script_reveal": staff_pages(
        set(), **dict.fromkeys(READS_SAM | {"bea"}, 404)
    ),
    **{
        name: rule
        for model in ("markscheme", "questiontype", "exampaper")
        for name, rule in model_pages(
            f"assessments_{model}", viewers=EDITORS, adders={"hal"}
        ).items()
    },
    **model_pages("assessments_level", viewers=EDITORS),
    "admin:assessments_markscheme_version": staff_pages({"hal"}),
    "admin:assessments_markscheme_use": staff_pages(EDITORS),
    "admin:assessments_markscheme_compare": staff_pages(EDITORS),
    "admin:assessments_questiontype_copy": staff_pages(set(), refused=405),
    **model_pages("lessons_lesson", viewers=READERS, adders=EDITORS),
    "admin:lessons_lesson_preview": staff_pages(set(), refused=405),
    "admin:lessons_lesson_copy": staff_pages(set(), refused=405),
    "admin:lessons_lesson_publish": staff_pages(set(), refused=405),
    **{
        name: rule
        for model in LESSON_PARTS
        for name, rule in model_pages(
            f"lessons_{model}", viewers=EDITORS, adders=EDITORS, deleters=EDITORS
        ).items()
    },
    **{
        f"lessons:{name}": SIGNED_IN
        for name in (
            "source-booklet",
            "figure-detail",
            "task-detail",
            "picture",
            "retrieval",
            "retrieval-board",
        )
    },
    "lessons:section-read": {**dict.fromkeys(CAST, 405), "nobody": SIGN_IN},
    # Quick questions are asked of students; staff lead them from the board.
    "lessons:retrieval-next": {
        **dict.fromkeys(CAST, 404),
        **dict.fromkeys(STUDENTS, 200),
        "nobody": SIGN_IN,
    },
    "assessments:question-sheet": SIGNED_IN,
    # What a student lends is theirs alone to say; a GET says nothing.
    "lending": {**dict.fromkeys(CAST, 405), "nobody": SIGN_IN},
    # The teacher's overviews: who reads answers, of their own classes and students.
    "staff:search": staff_pages(READERS),
    **{
        f"staff:{name}": staff_pages(READS_SAM, bea=404)
        for name in (
            "class-overview",
            "class-missing",
            "writing-now",
            "class-feedback-run",
            "student-overview",
            "student-feedback-run",
            "class-feedback",
            "class-feedback-board",
        )
    },
    "admin:assessments_script_concern": staff_pages(READS_SAM, bea=404),
    # The safeguarding lead's alone (test_data_protection.py); here it is Sen.
    "staff:concerns": staff_pages({"sen"}),
    "staff:concern": staff_pages({"sen"}),
    # A student's data leave through data and site managers.
    "staff:student-data": staff_pages(ROSTER),
    "staff:student-data-file": staff_pages(ROSTER),
    "staff:student-erasure": staff_pages(set(), **dict.fromkeys(ROSTER, 405)),
    "staff:retention": staff_pages(ROSTER),
    "staff:class-export": staff_pages({"ada", "hal"}, bea=404),
    # Bea's file of the year holds her own class alone (test_overview.py).
    "staff:year-export": staff_pages(EDITORS),
    "staff:class-feedback-make": staff_pages(set(), **dict.fromkeys(EDITORS, 405)),
}


# What a post does for each person, with data that would do it for its owner. Who is
# signed out gets back what they sent (403); a row that is not theirs is not there.
POSTS = {
    "assessments:assignment-start": {"sam": 302},
    "assessments:question-detail": {"sam": 302, "tom": 302, "una": 302},
    "assessments:script-write": {"sam": 302},
    "assessments:script-answer": {"sam": 302},
    "assessments:answer-save": {"sam": 200, "nobody": 401},
    "assessments:desk-sign": {"sam": 204, "nobody": 401},
    "assessments:answer-versions": {"sam": 302},
    "assessments:version-compare": {"sam": 302},
    "assessments:script-hand-in": {"sam": 302},
    "assessments:script-take-back": {"sam": 302},
    "assessments:script-self-mark": {},
    "assessments:answer-improve": {},
    "admin:assessments_assignment_release": {
        **dict.fromkeys({"ada", "hal"}, 302),
        **dict.fromkeys({"asa", "sen"}, 403),
    },
    "admin:assessments_script_mark": {
        **dict.fromkeys({"ada", "hal"}, 302),
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    "admin:assessments_script_text": {
        **dict.fromkeys({"ada", "hal"}, 302),
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    "admin:assessments_script_rescue": {
        **dict.fromkeys({"ada", "hal"}, 302),
        # A file of another class: the page comes back, as for a forged one.
        "bea": 200,
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    # Questions belong to the department: every teacher edits them.
    **{
        f"admin:assessments_question_{verb}": {
            **dict.fromkeys(EDITORS, 302),
            **dict.fromkeys(STAFF - EDITORS, 403),
        }
        for verb in ("copy", "publish")
    },
    "admin:assessments_question_import": {
        # Without a file the form comes back.
        **dict.fromkeys(EDITORS, 200),
        **dict.fromkeys(STAFF - EDITORS, 403),
    },
    "admin:assessments_script_reveal": {
        "hal": 302,
        **dict.fromkeys({"ada", "asa", "sen", "dee", "sid"}, 403),
    },
    "admin:assessments_assessment_copy": {
        **dict.fromkeys(EDITORS, 302),
        **dict.fromkeys(STAFF - EDITORS, 403),
    },
    "admin:assessments_assignment_add": {
        **dict.fromkeys({"ada", "hal"}, 302),
        # Bea may set work, but not to Ada's class: the form comes back.
        "bea": 200,
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    "admin:assessments_assignment_students": {
        **dict.fromkeys({"ada", "hal"}, 302),
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    "admin:assessments_assignment_copy": {
        **dict.fromkeys({"ada", "hal"}, 302),
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    "admin:assessments_markscheme_version": {
        "hal": 302,
        **dict.fromkeys(STAFF - {"hal"}, 403),
    },
    # Nothing was made from anything: the form comes back to whoever may switch.
    "admin:assessments_markscheme_use": {
        "hal": 200,
        **dict.fromkeys(STAFF - {"hal"}, 403),
    },
    "admin:assessments_questiontype_copy": {
        "hal": 302,
        **dict.fromkeys(STAFF - {"hal"}, 403),
    },
    "staff:class-feedback-make": {
        **dict.fromkeys({"ada", "hal"}, 302),
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    "staff:class-feedback": {
        **dict.fromkeys({"ada", "hal"}, 302),
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
    # Without a note the form comes back.
    "admin:assessments_script_concern": {
        **dict.fromkeys(READS_SAM, 200),
        **dict.fromkeys({"dee", "sid"}, 403),
    },
    "staff:student-erasure": {
        **dict.fromkeys(ROSTER, 302),
        **dict.fromkeys(STAFF - ROSTER, 403),
    },
    "lending": dict.fromkeys(STUDENTS, 302),
    "admin:assessments_assignment_change": {
        **dict.fromkeys({"ada", "hal"}, 302),
        "bea": 302,
        **dict.fromkeys({"asa", "sen", "dee", "sid"}, 403),
    },
}

# Addresses that take a POST from whom they show no page, and that `POSTS` does not try.
ALSO_POST = {
    "admin:lessons_lesson_copy": EDITORS,
    "admin:lessons_lesson_preview": EDITORS,
    "admin:lessons_lesson_publish": EDITORS,
    "admin:people_student_code": {"ada", "hal", "dee", "sid"},
    "lessons:section-read": STUDENTS,
}


def may_post(name, person):
    """Whether a POST may be taken from that person at all."""
    return (
        RULES[name][person] == 200
        or POSTS.get(name, {}).get(person, 404) < 400
        or person in ALSO_POST.get(name, ())
    )


def routes(resolver=None, prefix="", namespace=""):
    """Yield (name, address pattern) of every route of the URLconf."""
    for item in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            inner = ":".join(filter(None, (namespace, item.namespace)))
            yield from routes(item, pattern, inner)
        elif isinstance(item, URLPattern):
            name = ":".join(filter(None, (namespace, item.name or "")))
            yield name, pattern


def is_nameless(name, pattern):
    """Whether it is Django's catch-all or its redirect for an old address."""
    return name in ("", "admin") and pattern.endswith(
        ("(?P<url>.*)$", "<path:object_id>/")
    )


def test_every_route_has_a_rule():
    unruled = {
        (name, pattern)
        for name, pattern in routes()
        if name not in RULES and not is_nameless(name, pattern)
    }

    assert unruled == set()


def test_every_rule_names_a_route_and_everybody():
    names = {name for name, _ in routes()}

    assert set(RULES) - names == set()
    assert all(set(rule) == set(PEOPLE) for rule in RULES.values())


class Pages(SchoolTestCase):
    """One row of everything, Ada's where it is somebody's, and its addresses."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.school = School.objects.get_or_create(pk=1)[0]
        cls.school.safeguarding_lead = cls.sen
        cls.school.save()
        cls.concern = Concern.objects.create(
            answer=cls.script.answers.get(), raised_by=cls.ada, note="A worry."
        )
        cls.entry = audit.record(audit.AuditEntry.Action.EXPORTED, cls.sam, cls.hi1)
        cls.exemplar = make_exemplar(cls.question)
        for name, row in make_apparatus(cls.lesson).items():
            setattr(cls, name, row)
        cls.exam_paper = make_exam_paper([cls.question])
        cls.paper = make_paper([cls.question], cls.exam_paper)
        cls.boundaries = make_boundaries(cls.exam_paper, range(10, 1, -1))
        # Of each of Sam's scripts a text that does not stand: from another window,
        # and after the hand-in.
        for script in (cls.open_script, cls.script):
            script.answers.get().keep(
                "From elsewhere.", writer=cls.sam, origin="autosave", base=7
            )
        cls.subgroup = Subgroup.objects.create(group=cls.hi1, name="Readers")
        cls.sheet = cls.assignment.class_feedback.create(made_by=cls.ada)

    def address(self, name):
        """Return a route's address for Ada's rows, which Bea may not see."""
        rows = {
            "people_student": self.sam,
            "people_user": self.ada,
            "people_teachinggroup": self.hi1,
            "people_school": self.school,
            "people_auditentry": self.entry,
            "people_subgroup": self.subgroup,
            "lessons_lesson": self.lesson,
            **{
                f"lessons_{part}": getattr(self, part)
                for part in LESSON_PARTS
                if part != "section"
            },
            "lessons_section": self.lesson.sections.get(),
            "assessments_assignment": self.assignment,
            "assessments_question": self.question,
            "assessments_exemplar": self.exemplar,
            "assessments_assessment": self.paper,
            "assessments_boundaryset": self.boundaries,
            "assessments_script": self.script,
            "assessments_markscheme": self.question.mark_scheme,
            "assessments_level": self.question.mark_scheme.levels.first(),
            "assessments_questiontype": self.question.type,
            "assessments_exampaper": self.exam_paper,
        }
        open_id, handed_in_id = self.open_script.public_id, self.script.public_id
        slug = "stalins-terror"
        special = {
            "admin:people_teachinggroup_cards": [self.hi1.pk],
            "admin:people_student_code": [self.sam.pk],
            "staff:concern": [self.concern.pk],
            "admin:people_student_sessions": [self.sam.pk],
            "admin:people_user_sessions": [self.ada.pk],
            "admin:people_user_factor": [self.ada.pk],
            "password-new": ["MQ", "set-password"],
            "staff:student-data": [self.sam.pk],
            "staff:student-data-file": [self.sam.pk, "json"],
            "staff:student-erasure": [self.sam.pk],
            "admin:assessments_script_concern": [self.script.public_id, 1],
            "staff:class-overview": [self.hi1.pk],
            "staff:class-missing": [self.hi1.pk],
            "staff:writing-now": [self.assignment.pk],
            "staff:class-feedback-run": [self.hi1.pk],
            "staff:class-export": [self.hi1.pk, "csv"],
            "staff:year-export": [self.hi1.cohort, "csv"],
            "staff:student-overview": [self.sam.pk],
            "staff:student-feedback-run": [self.sam.pk],
            "staff:class-feedback-make": [self.assignment.pk],
            "staff:class-feedback": [self.sheet.pk],
            "staff:class-feedback-board": [self.sheet.pk],
            "lessons:lesson-detail": [slug],
            "lessons:section-read": [slug],
            "lessons:source-booklet": [slug],
            "lessons:figure-detail": [slug, self.figure.slug],
            "lessons:task-detail": [slug, self.partnertask.slug],
            "lessons:picture": [self.picture.pk, "small"],
            "lessons:retrieval": [slug],
            "lessons:retrieval-board": [slug, 1],
            "lessons:retrieval-next": [slug],
            "assessments:question-sheet": [slug],
            "admin:lessons_lesson_copy": [self.lesson.pk],
            "admin:lessons_lesson_publish": [self.lesson.pk],
            "school-set-up": [set_up.make_token()],
            "admin:view_on_site": [1, 1],
            "admin:app_list": ["people"],
            "assessments:question-detail": [self.question.slug],
            "assessments:assignment-start": [self.assignment.pk],
            "assessments:exemplars": [self.assignment.pk],
            "admin:assessments_exemplar_question": [self.question.pk],
            "assessments:script-write": [open_id],
            "assessments:script-answer": [open_id, 1],
            "assessments:script-hand-in": [open_id],
            "assessments:answer-save": [open_id, 1],
            "assessments:desk-sign": [open_id],
            "assessments:answer-versions": [open_id, 1],
            "assessments:version-detail": [open_id, 1, 1],
            "assessments:version-compare": [open_id, 1, 2],
            "assessments:answer-replay": [open_id, 1],
            "assessments:answer-replay-data": [open_id, 1],
            "admin:assessments_script_texts": [handed_in_id, 1],
            "admin:assessments_script_text": [handed_in_id, 1, 2],
            "admin:assessments_script_replay": [handed_in_id, 1],
            "admin:assessments_script_replay_data": [handed_in_id, 1],
            "assessments:answer-improve": [handed_in_id, 1],
            "assessments:script-receipt": [handed_in_id],
            "assessments:script-take-back": [handed_in_id],
            "assessments:script-self-mark": [handed_in_id],
            "assessments:script-feedback": [handed_in_id],
            "admin:assessments_question_preview": [self.question.pk],
            "admin:assessments_question_copy": [self.question.pk],
            "admin:assessments_question_publish": [self.question.pk],
            "admin:assessments_assignment_release": [self.assignment.pk],
            "admin:assessments_assignment_students": [self.assignment.pk],
            "admin:assessments_assignment_copy": [self.assignment.pk],
            "assessments:calendar": [self.hi1.pk],
            "admin:assessments_assessment_copy": [self.paper.pk],
            "admin:assessments_script_mark": [handed_in_id, 1],
            "admin:assessments_script_events": [handed_in_id],
            "admin:assessments_script_reveal": [handed_in_id],
            "admin:assessments_markscheme_version": [self.question.mark_scheme_id],
            "admin:assessments_markscheme_use": [self.question.mark_scheme_id],
            "admin:assessments_markscheme_compare": [self.question.mark_scheme_id],
            "admin:assessments_questiontype_copy": [self.question.type_id],
        }
        if name == "admin:auth_user_password_change":
            return f"/admin/people/student/{self.sam.pk}/password/"
        if name == "admin:app_list":
            return "/admin/people/"
        model, _, verb = name.removeprefix("admin:").rpartition("_")
        if model in rows and verb in ("change", "history", "delete"):
            return reverse(name, args=[rows[model].pk])
        return reverse(name, args=special.get(name, []))


class PagesTest(Pages):
    def test_a_page_for_others_shows_nothing_of_the_row(self):
        self.sign_in("bea")
        response = self.client.get(
            self.address("admin:people_student_change"), follow=True
        )

        self.assertNotContains(response, "Sam")

    def data(self, name):
        """Return what a post needs to be carried out for its owner."""
        version = self.script.answers.get().handed_in_version_id
        level = self.question.mark_scheme.levels.get(number=3)
        if name == "assessments:answer-save":
            return {
                "text": "More.", "part": "answer", "tab": "a-tab-of-mine", "number": 7,
                "base": 1, "reader": self.client.session.get("_auth_user_id"),
            }  # fmt: skip
        return {
            "text": "More.", "tab": "a-tab-of-mine", "number": 7, "answer_base": 1,
            "version": 1, "scripts": [self.script.public_id], "release": 1,
            "confirmed": self.open_script.answers.get().current_id,
            "level": level.pk, "mark": 8, "ao1": 4, "ao2": 4, "_award": 1, "seen": 0,
            "seen_version": version, "task": f"q-{self.question.pk}",
            "group": self.hi1.pk, "opens_at_0": "2026-11-02", "opens_at_1": "09:00",
            "due_at_0": "2026-12-02", "due_at_1": "09:00", "note": "",
            "name": "A scheme", "series": "2030", "questions": [self.question.pk],
            "use": "kept", "base": 1, "let_stand": 1,
            "content": make_file(kept_texts.seal(self.script.answers.get())).decode(),
            "strengths": "Clear.", "form-TOTAL_FORMS": 0, "form-INITIAL_FORMS": 0,
            "username": "sam",
        }  # fmt: skip

    def test_each_post_does_its_work_for_its_owner_and_nobody_else(self):
        wrong = []
        for person in PEOPLE:
            for name, rule in POSTS.items():
                is_admin = name.startswith(("admin:", "staff:"))
                lost = 403 if person == "nobody" else 404
                if is_admin and person not in STAFF:
                    lost = 403 if person == "nobody" else 302
                expected = rule.get(person, lost)
                self.sign_in(person)
                data = self.data(name)
                kind = {}
                if name == "assessments:answer-save":
                    data["reader"] = int(data["reader"] or 0)
                    kind = {"content_type": "application/json"}
                with transaction.atomic():
                    response = self.client.post(self.address(name), data, **kind)
                    rows = (
                        Answer, AnswerVersion, Assessment, Assignment, Mark, Release,
                        Event, MarkScheme, QuestionType, Question, ClassFeedback,
                        Concern, Erasure,
                    )  # fmt: skip
                    after = [model.objects.count() for model in rows]
                    transaction.set_rollback(True)
                before = [model.objects.count() for model in rows]
                did = before != after
                # The admin leads Bea home (302) from a row that is not hers.
                owner = expected in (200, 302) and (
                    person != "bea"
                    or name == "admin:assessments_assessment_copy"
                    or name.startswith("admin:assessments_question_")
                )
                if response.status_code != expected or (did and not owner):
                    wrong.append((person, name, response.status_code, expected, did))

        assert not wrong, "\n".join(map(str, wrong))

    def test_a_draft_exists_for_those_who_work_on_lessons_only(self):
        address = reverse("lessons:lesson-detail", args=["a-draft"])
        for person in CAST:
            with self.subTest(person=person):
                self.sign_in(person)
                response = self.client.get(address)
                expected = 200 if person in READERS | {"root"} else 404
                self.assertEqual(response.status_code, expected)


def test_every_model_of_the_admin_is_in_the_table():
    models = {f"{m._meta.app_label}_{m._meta.model_name}" for m in admin.site._registry}

    assert all(f"admin:{model}_change" in RULES for model in models)


@pytest.mark.parametrize("path", ["/admin/nothing/", "/admin/people/nothing/"])
@pytest.mark.django_db
def test_the_admins_catch_all_asks_strangers_to_sign_in(client, path):
    response = client.get(path, follow=True)

    assert response.redirect_chain[-1] == (f"/sign-in/?next={path}", 302)

"""Which roles there are and what kind of thing each may touch (pure).

A role is held through a `Membership` and only while that is valid. Which rows
a person reaches is not decided here but by each queryset's `visible_to`.
"""

# Roles held in one class.
STUDENT = "student"
TEACHER = "teacher"
ASSISTANT = "assistant"
CLASS_ROLES = (STUDENT, TEACHER, ASSISTANT)

# Roles held for the whole school.
HEAD = "head"
SENCO = "senco"
DATA_MANAGER = "data manager"
SITE_MANAGER = "site manager"
SCHOOL_ROLES = (HEAD, SENCO, DATA_MANAGER, SITE_MANAGER)

# Roles that reach every class of the school.
SEES_EVERY_CLASS = frozenset(SCHOOL_ROLES)
# Roles that read every student’s answers.
READS_ANSWERS = frozenset({HEAD, SENCO})
# Roles that reach staff accounts.
SEES_STAFF = frozenset({HEAD, DATA_MANAGER, SITE_MANAGER})
# Roles that read the audit log whole; a head reads what is about teaching.
READS_WHOLE_AUDIT_LOG = frozenset({DATA_MANAGER, SITE_MANAGER})

_READ_PEOPLE = {
    "people.view_student",
    "people.view_teachinggroup",
    "people.view_membership",
}
_KEEP_ROSTER = _READ_PEOPLE | {
    "people.add_student",
    "people.change_student",
    "people.add_teachinggroup",
    "people.change_teachinggroup",
    "people.add_membership",
    "people.change_membership",
    "people.view_user",
}
_KEEP_SUBGROUPS = {
    f"people.{verb}_subgroup" for verb in ("view", "add", "change", "delete")
}
_LESSON_PARTS = (
    "section", "source", "mnemonic", "mnemonicpoint", "term", "timelineevent",
    "keyperson", "reading", "partnertask", "box", "historiansnote", "figure",
    "picture", "retrievalquestion", "retrievalanswer",
)  # fmt: skip
_EDIT_LESSONS = {
    f"lessons.{verb}_{noun}"
    for verb in ("view", "add", "change")
    for noun in ("lesson", *_LESSON_PARTS)
} | {f"lessons.delete_{noun}" for noun in _LESSON_PARTS}
_READ_ANSWERS = {
    "assessments.view_assignment",
    "assessments.view_script",
    "assessments.view_question",
}
_QUESTION_PARTS = (
    "stimuluspoint", "planbox", "questionsource", "assessmentquestion",
)  # fmt: skip
_SCHEME_PARTS = ("level", "strand", "markingpoint", "ceiling", "duration", "boundary")
_SCHEMES = ("questiontype", "markscheme", "exampaper", "boundaryset")
_READ_SCHEMES = {
    f"assessments.view_{noun}" for noun in (*_SCHEMES, *_SCHEME_PARTS, "exemplar")
}
_EDIT_QUESTIONS = (
    _READ_SCHEMES
    | {
        f"assessments.{verb}_{noun}"
        for verb in ("view", "add", "change")
        for noun in ("question", "assessment", *_QUESTION_PARTS)
    }
    | {f"assessments.delete_{noun}" for noun in _QUESTION_PARTS}
)
# Schemes, forms and boundaries bind the whole department.
_EDIT_SCHEMES = {
    f"assessments.{verb}_{noun}"
    for verb in ("add", "change")
    for noun in (*_SCHEMES, *_SCHEME_PARTS)
} | {f"assessments.delete_{noun}" for noun in _SCHEME_PARTS}
_MARK = _READ_ANSWERS | {
    "assessments.add_assignment",
    "assessments.change_assignment",
    "assessments.mark_script",
    "assessments.release_script",
}

PERMISSIONS = {
    STUDENT: frozenset(),
    TEACHER: frozenset(
        _READ_PEOPLE
        | _EDIT_LESSONS
        | _EDIT_QUESTIONS
        | _MARK
        | _KEEP_SUBGROUPS
        | {"people.change_student"}
    ),
    ASSISTANT: frozenset(_READ_PEOPLE | _READ_ANSWERS | {"lessons.view_lesson"}),
    HEAD: frozenset(
        _READ_PEOPLE
        | _EDIT_LESSONS
        | _EDIT_QUESTIONS
        | _EDIT_SCHEMES
        | _MARK
        | _KEEP_SUBGROUPS
        | {
            "assessments.reveal_script",
            "people.view_auditentry",
            "people.change_student",
            "people.change_teachinggroup",
            "people.add_membership",
            "people.change_membership",
            "people.view_user",
        }
    ),
    SENCO: frozenset(_READ_PEOPLE | _READ_ANSWERS | {"lessons.view_lesson"}),
    DATA_MANAGER: frozenset(
        _KEEP_ROSTER | {"people.view_auditentry", "people.hand_out_student"}
    ),
    SITE_MANAGER: frozenset(
        _KEEP_ROSTER
        | {
            "people.add_user",
            "people.change_user",
            "people.hand_out_student",
            "people.view_auditentry",
            "people.view_school",
            "people.change_school",
        }
    ),
}

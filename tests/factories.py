"""Rows for tests, as plain functions with sensible defaults."""

import datetime

from django.core.files.base import ContentFile
from django.utils import timezone

from assessments import marking
from assessments.models import (
    AnswerVersion,
    Assessment,
    Assignment,
    AssignmentStudent,
    BoundarySet,
    Ceiling,
    Duration,
    ExamPaper,
    Exemplar,
    Level,
    Mark,
    MarkScheme,
    Question,
    QuestionType,
    Script,
)
from lessons.models import (
    Box,
    Figure,
    HistoriansNote,
    KeyPerson,
    Lesson,
    Mnemonic,
    MnemonicPoint,
    PartnerTask,
    Picture,
    Reading,
    RetrievalQuestion,
    Section,
    Source,
    Term,
    TimelineEvent,
)
from people.models import Membership, TeachingGroup, User

LONG_AGO = datetime.date(2026, 9, 1)


def make_user(username, *, staff=False, role=None, group=None, **fields):
    user = User.objects.create_user(
        username,
        password="a long secret",
        is_staff=staff,
        **{"first_name": username.title(), "last_name": "Test", **fields},
    )
    if role:
        make_membership(user, role, group)
    return user


def make_membership(person, role, group=None, since=LONG_AGO, until=None):
    return Membership.objects.create(
        person=person, role=role, group=group, from_date=since, until_date=until
    )


def make_group(name, cohort=2028):
    return TeachingGroup.objects.create(name=name, cohort=cohort)


def make_lesson(slug="a-lesson", *, published=True, sections=1, **fields):
    now = timezone.now() if published else None
    lesson = Lesson.objects.create(
        slug=slug,
        **{
            "title": f"The lesson {slug}",
            "standfirst": "What it is about.",
            "reading_minutes": 5,
            "published_at": now,
            **fields,
        },
    )
    for number in range(1, sections + 1):
        Section.objects.create(
            lesson=lesson,
            slug=f"part-{number}",
            title=f"Part {number}",
            order=number,
            text="Some *words*.\n\n{source a}\n\n{mnemonic why}\n",
            published_at=timezone.now(),
        )
    return lesson


def make_source(lesson, letter="A", **fields):
    return Source.objects.create(
        lesson=lesson,
        letter=letter,
        **{
            "kind": "a letter",
            "extract": "They came at night.",
            "who": "A neighbour",
            "what": "A letter",
            "when": "1937",
            "why": "To a sister",
            "licence": "Free of copyright",
            "published_at": timezone.now(),
            **fields,
        },
    )


def make_apparatus(lesson):
    """Return one of everything that stands around a lesson's text, by model name."""
    question = make_retrieval_question(lesson)
    rows = {
        "term": Term(
            slug="nkvd", name="NKVD", forms="NKVD", definition="Secret police."
        ),
        "timelineevent": TimelineEvent(
            lesson=lesson,
            slug="kirov",
            starts_on=datetime.date(1934, 12, 1),
            date_words="1 Dec 1934",
            label="Kirov shot",
            text="Kirov is shot.",
            theme="terror",
        ),
        "keyperson": KeyPerson(
            lesson=lesson, slug="kirov", name="Kirov", role="x", dates="x", fate="shot"
        ),
        "reading": Reading(
            lesson=lesson, slug="book", title="A book", kind="book", difficulty=1
        ),
        "partnertask": PartnerTask(
            lesson=lesson, slug="talk", title="Talk", text="Talk.", prompt="Note it."
        ),
        "box": Box(lesson=lesson, slug="fact", kind="fact", title="Fact", text="So."),
        "historiansnote": HistoriansNote(
            lesson=lesson, slug="note", title="Note", text="So.", older_claim="OLDER"
        ),
        "figure": Figure(
            lesson=lesson,
            slug="figure",
            kind="columns",
            title="A figure",
            caption="So.",
            source_line="An archive.",
            alt_text="It rises.",
            unit="people",
            data="year,arrests\n1930,1\n1931,2",
        ),
        "picture": Picture(
            lesson=lesson,
            slug="picture",
            caption="A picture",
            alt_text="A man.",
            credit="Nobody, 1930",
            licence="Free.",
            small=ContentFile(b"RIFF-small", name="small.webp"),
            large=ContentFile(b"RIFF-large", name="large.webp"),
            small_width=10,
            small_height=10,
            large_width=10,
            large_height=10,
        ),
    }
    for row in rows.values():
        row.save()
    return rows | {"retrievalquestion": question}


def make_exemplar(question, slug="e01", **fields):
    return Exemplar.objects.create(
        question=question,
        slug=slug,
        **{
            "label": "Script 01",
            "text": "An invented answer.",
            "level": 3,
            "mark": 8,
            "why": "WHY-FOR-TEACHERS",
            "www": "Clear.",
            "ebi": "Weigh both.",
        }
        | fields,
    )


def make_retrieval_question(lesson, slug="who", **fields):
    question = RetrievalQuestion.objects.create(
        lesson=lesson,
        slug=slug,
        **{"kind": "short", "prompt": "Who was shot in 1934?", "order": 1} | fields,
    )
    question.answers.create(order=1, text="Kirov", is_right=True)
    return question


def make_mnemonic(lesson, slug="why", points=2):
    mnemonic = Mnemonic.objects.create(
        lesson=lesson, slug=slug, phrase="**W**hy **U**s?"
    )
    for number, title in enumerate(("Whole", "Urgency", "Paranoia")[:points], 1):
        MnemonicPoint.objects.create(
            mnemonic=mnemonic,
            order=number,
            initial=title[0],
            title=title,
            text=f"{title} explained.",
        )
    return mnemonic


# Bands and objectives as the guide's catalogue has them, typed by hand.
AQA6 = {
    "code": "AQA-P1A-Q6",
    "board": "AQA",
    "number": "6",
    "tariff": 12,
    "ao": (6, 6, 0, 0),
    "bands": [(1, 3), (4, 6), (7, 9), (10, 12)],
    "ceilings": [("only one bullet", 6, True), ("no judgement", 9, False)],
    "spag": 0,
}
AQA5 = {
    "code": "AQA-P1A-Q5",
    "board": "AQA",
    "number": "5",
    "tariff": 8,
    "ao": (4, 4, 0, 0),
    "bands": [(1, 2), (3, 4), (5, 6), (7, 8)],
    "ceilings": [],
    "spag": 0,
}
EDX3D = {
    "code": "EDX-P3-Q3d",
    "board": "Edexcel",
    "number": "3d",
    "tariff": 16,
    "ao": (0, 0, 0, 16),
    "bands": [(1, 4), (5, 8), (9, 12), (13, 16)],
    "ceilings": [],
    "spag": 4,
}


def make_scheme(name, bands, ceilings=()):
    scheme = MarkScheme.objects.create(name=name, series="2018", tariff=bands[-1][1])
    for number, (low, high) in enumerate(bands, 1):
        Level.objects.create(
            scheme=scheme,
            number=number,
            lowest_mark=low,
            highest_mark=high,
            for_student=f"Student wording {number}.",
            for_marker=f"MARKER-WORDING {number}.",
        )
    for condition, highest, firm in ceilings:
        Ceiling.objects.create(
            scheme=scheme, condition=condition, highest_mark=highest, is_firm=firm
        )
    return scheme


def make_question(form=AQA6, slug="a-question", published=True):
    kind, made = QuestionType.objects.get_or_create(
        code=form["code"],
        defaults={
            "board": form["board"],
            "specification": "x",
            "paper": "1",
            "number": form["number"],
            "command_word": "How far",
            "tariff": form["tariff"],
            **{f"ao{n}": value for n, value in enumerate(form["ao"], 1)},
            "spag": form["spag"],
            "minutes": 17,
        },
    )
    if made:
        scheme = make_scheme(form["code"], form["bands"], form["ceilings"])
        spag = (
            make_scheme(f"{form['code']} SPaG", [(1, 1), (2, 3), (4, 4)])
            if form["spag"]
            else None
        )
    else:
        scheme = MarkScheme.objects.get(name=form["code"])
        spag = MarkScheme.objects.filter(name=f"{form['code']} SPaG").first()
    return Question.objects.create(
        slug=slug,
        type=kind,
        wording=f"How far do you agree, {slug}?",
        mark_scheme=scheme,
        spag_scheme=spag,
        indicative_content="INDICATIVE-CONTENT here.",
        published_at=timezone.now() if published else None,
    )


def make_exam_paper(questions, code="EXAM", **fields):
    """Return an exam paper of just these questions' forms."""
    forms = [question.type for question in questions]
    exam_paper = ExamPaper.objects.create(
        code=code,
        **{
            "board": forms[0].board,
            "specification": "x",
            "number": "1",
            "title": f"Paper {code}",
            "marks": sum(form.tariff + form.spag for form in forms),
            **fields,
        },
    )
    for form in forms:
        form.exam_paper = exam_paper
        form.save(update_fields=["exam_paper"])
    Duration.objects.create(
        exam_paper=exam_paper, name="usual", minutes=60, is_default=True
    )
    return exam_paper


def make_paper(questions, exam_paper=None, slug="a-paper", **fields):
    paper = Assessment.objects.create(
        slug=slug,
        exam_paper=exam_paper,
        **{"title": f"The paper {slug}", "minutes": 60, **fields},
    )
    for order, question in enumerate(questions, 1):
        paper.assessment_questions.create(question=question, order=order)
    return paper


def make_boundaries(exam_paper, lowest_totals, series="summer 2026", *, used=True):
    """Return a set whose totals stand from grade 9 downward."""
    made = BoundarySet.objects.create(
        exam_paper=exam_paper, series=series, is_used=used
    )
    for grade, lowest in zip(range(9, 0, -1), lowest_totals, strict=True):
        made.boundaries.create(grade=grade, lowest_total=lowest)
    return made


def make_assignment(question, group, teacher, *, days=7, opened=1):
    now = timezone.now()
    return Assignment.objects.create(
        assessment=Assessment.objects.of(question),
        group=group,
        opens_at=now - datetime.timedelta(days=opened),
        due_at=now + datetime.timedelta(days=days),
        set_by=teacher,
    )


def make_arrangement(assignment, student, **fields):
    return AssignmentStudent.objects.create(
        assignment=assignment, student=student, **fields
    )


def make_script(student, assignment, text="", question=None, *, hand_in=False):
    script = Script.start(student, assignment=assignment, question=question)
    if text:
        script.answers.get().keep(
            text, writer=student, origin=AnswerVersion.Origin.AUTOSAVE
        )
    if hand_in:
        script.hand_in()
    return script


def make_mark(script, marker, mark=8, *, award=True, role=Mark.Role.FIRST, **fields):
    """Return a mark on a script's one answer, split by the written rule.

    Of several answers, `order` names the one.
    """
    answers = script.answers.select_related("question__type")
    answer = answers.get(order=fields.pop("order", 1))
    row = Mark.prepare(answer, marker, role)
    row.mark = mark
    level = row.scheme.levels.filter(lowest_mark__lte=mark, highest_mark__gte=mark)
    row.take_level(level.first())
    shares = marking.split_by_objective(mark, row.maxima)
    row.ao1, row.ao2, row.ao3, row.ao4 = shares
    if row.spag_maximum:
        row.spag = fields.pop("spag", 2)
    for name, value in fields.items():
        setattr(row, name, value)
    if award:
        script.start_marking()
        row.award()
    else:
        row.save()
    return row

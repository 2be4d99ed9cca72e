"""Students' pages: writing, handing in, feedback."""

import contextlib

from django.contrib import messages
from django.db import OperationalError, transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from assessments import saves, work
from assessments.forms import HandInForm, SelfMarkForm
from assessments.models import (
    Answer,
    AnswerVersion,
    Assignment,
    Event,
    Mark,
    Question,
    Script,
)
from assessments.models.releases import shown_release
from assessments.models.scripts import (
    AnswerMovedError,
    NothingToAnswerError,
    texts_standing,
)
from lessons.models import Lesson

# As much room as the boards' own answer books give.
LINES_A_MARK = 2


def own_script(request, public_id):
    """Return the reader's own script or raise 404: nobody writes for another."""
    scripts = Script.objects.visible_to(request.user).filter(student=request.user)
    return get_object_or_404(
        scripts.select_related("assignment__assessment", "question").with_due(),
        public_id=public_id,
    )


def own_answer(script, order):
    return get_object_or_404(
        script.answers.select_related(
            "question__type",
            "question__lesson",
            "question__mark_scheme",
            "current__whole",
            "current_plan__whole",
            "handed_in_version__whole",
            "redraft_of__script",
        ),
        order=order,
    )


@require_POST
def assignment_start(request, pk):
    if request.user.is_staff:
        raise Http404
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user), pk=pk)
    try:
        script = Script.start(request.user, assignment=assignment)
    except NothingToAnswerError:
        messages.warning(
            request, _("This task is being changed. Ask your teacher, or come back.")
        )
        return redirect("assessments:my-work")
    return redirect(script)


@require_safe
def exemplars(request, pk):
    """Marked examples of a task's questions, once the teacher has shown them."""
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user), pk=pk)
    if not assignment.shows_exemplars_to(request.user):
        raise Http404
    return render(
        request,
        "assessments/exemplars.html",
        {
            "questions": assignment.assessment.questions.select_related(
                "type"
            ).prefetch_related("exemplars")
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def question_detail(request, slug):
    """A question on its own: read it, and begin to practise it."""
    question = get_object_or_404(
        Question.objects.visible_to(request.user).for_writing(), slug=slug
    )
    if request.method == "POST":
        if request.user.is_staff:
            raise Http404
        return redirect(Script.start(request.user, question=question))
    return render(request, "assessments/question_detail.html", {"question": question})


@require_safe
def question_sheet(request, slug):
    """A lesson's questions on paper, with lines to write on by their marks."""
    lesson = get_object_or_404(Lesson.objects.visible_to(request.user), slug=slug)
    questions = (
        Question.objects.published()
        .filter(lesson=lesson, is_listed=True)
        .for_writing()
        .order_by("type__board", "type__number", "slug")
    )
    return render(
        request,
        "assessments/question_sheet.html",
        {
            "lesson": lesson,
            "questions": [
                {
                    "question": question,
                    "lines": range(LINES_A_MARK * question.type.tariff),
                }
                for question in questions
            ],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def script_write(request, public_id, order=1):
    """The writing desk. Posting saves, with or without going on to hand in."""
    script = own_script(request, public_id)
    answer = own_answer(script, order)
    if request.method == "POST":
        return _save_by_button(request, script, answer)
    if script.is_handed_in:
        return redirect("assessments:script-receipt", script.public_id)
    return render(
        request,
        "assessments/script_write.html",
        work.desk(script, answer, Question.objects.for_writing()),
    )


def _save_by_button(request, script, answer):
    """Save answer and plan from the page's form, then stay or go on."""
    plan = saves.plan_text(request.POST.getlist("plan"))
    parts = {"answer": request.POST.get("text", ""), "plan": plan}
    beside = []
    for part, text in parts.items():
        if part == "plan" and text == (answer.plan or "[]"):
            continue
        try:
            save = saves.read(
                {
                    "text": text,
                    "part": part,
                    "tab": request.POST.get("tab"),
                    "number": _number(request.POST.get("number")),
                    "base": _base(request, answer, part),
                    "reader": request.user.pk,
                }
            )
        except saves.BadSaveError as refused:
            return render(
                request,
                "assessments/save_refused.html",
                {
                    "script": script,
                    "answer": answer,
                    "sentence": refused.sentence,
                    "text": parts["answer"],
                    "plan": request.POST.getlist("plan"),
                },
                status=400,
            )
        kept = answer.keep(
            save.text,
            writer=request.user,
            origin=AnswerVersion.Origin.BUTTON,
            part=part,
            tab=save.tab,
            number=save.number,
            base=save.base,
        )
        if not kept.is_current:
            beside.append(kept)
    if beside:
        messages.warning(request, _sentence(beside[0]))
        return redirect(_compare(script.public_id, answer.order, beside[0]))
    if "hand_in" in request.POST:
        return redirect("assessments:script-hand-in", script.public_id)
    messages.success(
        request,
        _("Saved at %(time)s.") % {"time": f"{timezone.localtime():%H:%M:%S}"},
    )
    return redirect("assessments:script-answer", script.public_id, answer.order)


def _base(request, answer, part):
    """Return what a pressed save follows from: for the plan, whatever stands.

    The plan is not marked; two windows' plans are both in the history, and nobody is
    kept from handing in over them.
    """
    if part == "plan":
        return answer.current_plan.number if answer.current_plan else None
    base = request.POST.get("answer_base")
    return _number(base) if base else None


def _number(value):
    """Return a form's number; what is none is left for `saves.read` to refuse."""
    return int(value) if value and value.isdecimal() and len(value) < 12 else value


def _sentence(kept):
    """Say what became of a text that does not stand."""
    if kept.version.place == AnswerVersion.Place.LATE:
        return _(
            "This was handed in already. Your words are kept, marked late, and your "
            "teacher can see them."
        )
    return _(
        "A newer text stands already, perhaps from another window. Yours is kept "
        "beside it: compare the two and choose."
    )


def _compare(public_id, order, kept):
    """Return the address where the two texts stand side by side."""
    return reverse(
        "assessments:version-compare",
        args=[public_id, order, kept.version.number],
        query={"tab": kept.version.tab},
    )


def refusal(code, sentence, status):
    return JsonResponse({"code": code, "sentence": sentence}, status=status)


@require_POST
def answer_save(request, public_id, order):
    """Take one save from a script; answer with a receipt (docs/saving.md).

    Four queries: who asks, the answer's row, the new version, the pointer.
    """
    if request.content_type != "application/json":
        return refusal("not-json", _("A save is sent as JSON. Reload the page."), 415)
    try:
        save = saves.read(saves.parse(request.body))
    except saves.BadSaveError as refused:
        return refusal(refused.code, refused.sentence, 400)
    if save.reader != request.user.pk:
        return refusal(
            "other-user",
            _("Somebody else is signed in here now. Your text stays in this page."),
            409,
        )
    kept = Answer.keep_at(
        public_id,
        order,
        save.text,
        writer=request.user,
        origin=AnswerVersion.Origin.AUTOSAVE,
        part=save.part,
        tab=save.tab,
        number=save.number,
        base=save.base,
    )
    if kept is None:
        return refusal("unknown", _("There is no such answer of yours."), 404)
    receipt = _receipt(kept)
    if not kept.is_current:
        receipt["compare"] = _compare(public_id, order, kept)
    return JsonResponse(receipt, status=200 if kept.is_current else 409)


# What goes wrong before the view is reached is JSON too (terror_site/views.py).
answer_save.answers_scripts = True


def _receipt(kept):
    version = kept.version
    receipt = {
        "code": "saved" if kept.is_current else "kept-beside",
        "answer": version.answer_id,
        "part": version.part,
        "number": version.tab_number,
        "version": version.number,
        "length": version.length,
        "words": version.words,
        "checksum": version.checksum,
        "saved_at": timezone.localtime(version.saved_at).strftime("%H:%M:%S"),
    }
    if not kept.is_current:
        receipt["sentence"] = _sentence(kept)
        receipt["standing"] = kept.standing
        receipt["late"] = version.place == AnswerVersion.Place.LATE
    return receipt


@require_POST
def desk_sign(request, public_id):
    """Note that a student's writing desk is open, or being left; two queries."""
    noted = Script.objects.filter(
        student_id=request.user.pk, public_id=public_id
    ).note_sign(is_leaving="leaving" in request.POST)
    if not noted:
        return refusal("unknown", _("There is no such script of yours."), 404)
    return HttpResponse(status=204)


desk_sign.answers_scripts = True


@require_http_methods(["GET", "HEAD", "POST"])
def script_hand_in(request, public_id):
    """Show what is about to be handed in, then do it, once."""
    script = own_script(request, public_id)
    if script.is_handed_in:
        return redirect("assessments:script-receipt", script.public_id)
    answers = list(
        script.answers.select_related("question__type", "current__whole").order_by(
            "order"
        )
    )
    blank = [answer for answer in answers if answer.is_blank]
    form = HandInForm(
        request.POST if request.method == "POST" else None,
        initial={"confirmed": texts_standing(answers)},
    )
    if request.method == "POST" and form.is_valid():
        if blank and not form.cleaned_data["empty_is_meant"]:
            form.add_error(
                "empty_is_meant",
                _("There is no answer yet. Write one, or tick that you mean it."),
            )
        else:
            try:
                with transaction.atomic():
                    if script.hand_in(form.cleaned_data["confirmed"]):
                        Event.record(script, request.user, Event.Kind.HANDED_IN)
            except AnswerMovedError:
                messages.warning(
                    request,
                    _("Another text has been saved since. Look at it, then hand in."),
                )
                return redirect("assessments:script-hand-in", script.public_id)
            return redirect("assessments:script-receipt", script.public_id)
    return render(
        request,
        "assessments/script_hand_in.html",
        {"script": script, "answers": answers, "blank": blank, "form": form},
    )


@require_safe
def script_receipt(request, public_id):
    script = own_script(request, public_id)
    if not script.is_handed_in:
        return redirect(script)
    answers = script.answers.select_related(
        "question__type", "handed_in_version__whole"
    )
    return render(
        request,
        "assessments/script_receipt.html",
        {
            "script": script,
            "answers": answers,
            "shown": shown_release(script),
            "self_mark": _self_mark_form(script, answers, None)
            if script.is_practice
            else None,
        },
    )


def _self_mark_form(script, answers, data):
    return SelfMarkForm(data, scheme=answers[0].question.mark_scheme)


@require_POST
def script_take_back(request, public_id):
    script = own_script(request, public_id)
    with transaction.atomic():
        if undone := script.take_back():
            Event.record(script, request.user, Event.Kind.HAND_IN_UNDONE)
    if undone:
        messages.success(request, _("You have it back. Hand it in again when ready."))
        return redirect(script)
    if script.is_handed_in:
        messages.warning(
            request,
            _("Marking has begun, so it cannot be taken back. Speak to your teacher."),
        )
    return redirect("assessments:script-receipt", script.public_id)


@require_POST
def script_self_mark(request, public_id):
    """Keep a student's own mark for practice; it never stands."""
    script = own_script(request, public_id)
    if not script.is_practice or not script.is_handed_in:
        raise Http404
    answers = script.answers.select_related(
        "question__type", "question__mark_scheme", "handed_in_version__whole"
    )
    form = _self_mark_form(script, answers, request.POST)
    if form.is_valid():
        mark = Mark.prepare(answers[0], request.user, Mark.Role.SELF)
        mark.give_own(form.cleaned_data.get("level"), form.cleaned_data["mark"])
        messages.success(request, _("Your own mark is noted."))
        return redirect("assessments:script-receipt", script.public_id)
    return render(
        request,
        "assessments/script_receipt.html",
        {"script": script, "answers": answers, "self_mark": form},
        status=400,
    )


@require_safe
def script_feedback(request, public_id):
    """What a release shows of a script: 404 until there is one."""
    script = own_script(request, public_id)
    shown = shown_release(script)
    if shown is None:
        raise Http404
    newest = script.events.filter(
        kind__in=(Event.Kind.RELEASED, Event.Kind.READ)
    ).first()
    if newest is not None and newest.kind == Event.Kind.RELEASED:
        # Reading works while nothing can be written.
        with contextlib.suppress(OperationalError):
            Event.record(script, request.user, Event.Kind.READ)
    return render(
        request, "assessments/script_feedback.html", work.feedback(script, shown)
    )


@require_POST
@transaction.atomic
def answer_improve(request, public_id, order):
    """Begin, or go on with, the second draft of an answer with feedback."""
    script = own_script(request, public_id)
    if shown_release(script) is None:
        raise Http404
    draft = own_answer(script, order).make_redraft()
    return redirect(draft.script)

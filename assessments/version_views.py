"""Students' pages about the texts kept of an answer: list, one, two, and its growth."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments import difference, history, replay, saves
from assessments.models import AnswerVersion
from assessments.version_forms import TextChoiceForm
from assessments.views import own_answer, own_script


def part_asked(request):
    return "plan" if request.GET.get("part") == "plan" else "answer"


@require_http_methods(["GET", "HEAD", "POST"])
def answer_versions(request, public_id, order):
    """Every text of an answer; posting brings one back as a new version."""
    script = own_script(request, public_id)
    answer = own_answer(script, order)
    if request.method == "POST":
        return _bring_back(request, script, answer)
    part = part_asked(request)
    page, rows = history.listed(
        answer,
        part,
        request.GET.get("page"),
        history.ExactClock(),
        lambda number: reverse(
            "assessments:version-detail", args=[public_id, order, number]
        ),
    )
    return render(
        request,
        "assessments/answer_versions.html",
        {
            "script": script,
            "answer": answer,
            "part": part,
            "page": page,
            "rows": rows,
            "query": f"part={part}&",
        },
    )


def _bring_back(request, script, answer):
    if not script.can_be_written_by(request.user):
        return redirect("assessments:script-receipt", script.public_id)
    wanted = request.POST.get("version", "")
    version = get_object_or_404(
        answer.versions.select_related("whole"),
        number=int(wanted) if wanted.isdecimal() and len(wanted) < 10 else 0,
    )
    answer.keep(
        version.text,
        writer=request.user,
        origin=AnswerVersion.Origin.RESTORE,
        part=version.part,
    )
    messages.success(
        request, _("That text stands now. The one before it is kept as well.")
    )
    return redirect("assessments:script-answer", script.public_id, answer.order)


@require_safe
def version_detail(request, public_id, order, number):
    """One kept text, with what changed against the text that stands."""
    script = own_script(request, public_id)
    answer = own_answer(script, order)
    version = get_object_or_404(answer.versions.select_related("whole"), number=number)
    standing = answer.standing(version.part)
    return render(
        request,
        "assessments/version_detail.html",
        {
            "script": script,
            "answer": answer,
            "version": version,
            "when": history.ExactClock().words(version),
            "tags": history.tags(answer, version),
            "standing": standing,
            "pieces": difference.words(
                version.readable, standing.readable if standing else ""
            ),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def version_compare(request, public_id, order, number):
    """The text that stands beside a kept one, both whole: the student chooses."""
    script = own_script(request, public_id)
    answer = own_answer(script, order)
    version = get_object_or_404(answer.versions.select_related("whole"), number=number)
    if request.method == "POST":
        return _choose(request, script, answer, version)
    standing = answer.standing(version.part)
    if standing is not None and standing.pk == version.pk:
        messages.info(request, _("That text is the one that stands."))
        return redirect("assessments:version-detail", public_id, order, number)
    stood = standing.readable if standing else ""
    row = difference.side_by_side({"": stood}, {"": version.readable})[0]
    tab = request.GET.get("tab", "")
    return render(
        request,
        "assessments/version_compare.html",
        {
            "script": script,
            "answer": answer,
            "version": version,
            "standing": standing,
            "may_choose": script.can_be_written_by(request.user),
            "may_join": version.part == "answer"
            and 0 < len(stood) <= saves.LONGEST_TEXT - version.length - 2,
            "is_same": stood == version.readable,
            "sides": [
                _side(_("The text that stands"), standing, row.before, tab),
                _side(_("The text kept beside it"), version, row.after, tab),
            ],
            "pieces": difference.words(stood, version.readable),
        },
    )


def _side(title, version, pieces, tab):
    return {
        "title": title,
        "version": version,
        "when": history.ExactClock().words(version) if version else "",
        "from_where": _from_where(version, tab) if version else "",
        "pieces": pieces,
    }


def _from_where(version, tab):
    """Say where a text came from, seen from the window that `tab` names."""
    if version.origin not in (
        AnswerVersion.Origin.AUTOSAVE,
        AnswerVersion.Origin.BUTTON,
    ):
        return version.get_origin_display()
    if version.tab == tab:
        return _("from this window")
    return _("from another window or computer")


def _choose(request, script, answer, version):
    """Bring the kept text back, alone or below the one that stands.

    Only while what stands is what the page showed; otherwise it is shown again.
    """
    if not script.can_be_written_by(request.user):
        return redirect("assessments:script-receipt", script.public_id)
    form = TextChoiceForm(request.POST)
    standing = answer.standing(version.part)
    seen = standing.number if standing else 0
    if form.is_valid() and form.cleaned_data["base"] == seen:
        text = version.text
        if form.cleaned_data["use"] == TextChoiceForm.BOTH and standing:
            text = f"{standing.text}\n\n{text}"
        kept = answer.keep(
            text,
            writer=request.user,
            origin=AnswerVersion.Origin.RESTORE,
            part=version.part,
            base=seen,
        )
        if kept.is_current:
            messages.success(
                request,
                _("Your choice stands now. Both texts are in the earlier versions."),
            )
            return redirect("assessments:script-answer", script.public_id, answer.order)
    messages.warning(
        request, _("Another text has come to stand meanwhile. Look at the two again.")
    )
    return redirect(request.get_full_path())


@require_safe
def answer_replay(request, public_id, order):
    """How the answer grew, as the student's teachers can see it too."""
    script = own_script(request, public_id)
    answer = own_answer(script, order)
    return render(
        request,
        "assessments/answer_replay.html",
        {
            "script": script,
            "answer": answer,
            "data": reverse("assessments:answer-replay-data", args=[public_id, order]),
            **replay.page(
                answer,
                lambda number: reverse(
                    "assessments:version-detail", args=[public_id, order, number]
                ),
            ),
        },
    )


@require_safe
def answer_replay_data(request, public_id, order):
    answer = own_answer(own_script(request, public_id), order)
    return JsonResponse(replay.data(answer))

"""Staff's pages about the texts kept of an answer: the list, one, and its growth."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments import difference, history, replay
from assessments.kept_texts import let_stand
from assessments.models import Answer, AnswerVersion
from assessments.models.answers import MarkedAlreadyError


class KeptTextPages:
    """The history pages of the script's admin, for whoever may see the script."""

    def get_urls(self):
        view = self.admin_site.admin_view
        start = "mark/<str:public_id>/<int:order>"
        return [
            path(
                f"{start}/texts/",
                view(require_safe(self.texts_view)),
                name="assessments_script_texts",
            ),
            path(
                f"{start}/texts/<int:number>/",
                view(self.text_view),
                name="assessments_script_text",
            ),
            path(
                f"{start}/replay/",
                view(require_safe(self.replay_view)),
                name="assessments_script_replay",
            ),
            path(
                f"{start}/replay.json",
                view(require_safe(self.replay_data_view)),
                name="assessments_script_replay_data",
            ),
            *super().get_urls(),
        ]

    def _answer(self, request, public_id, order):
        """Return an answer of any script that this person may see, or raise 404.

        Also of one that is being written, or practised: its texts are kept as well.
        """
        if not request.user.has_perm("assessments.view_script"):
            raise PermissionDenied
        answers = Answer.objects.visible_to(request.user).select_related(
            "question__type",
            "script__assignment",
            "current__whole",
            "current_plan__whole",
        )
        return get_object_or_404(answers, script__public_id=public_id, order=order)

    def _page(self, request, template, answer, **context):
        script = answer.script
        return TemplateResponse(
            request,
            f"admin/assessments/script/{template}.html",
            {
                **self.admin_site.each_context(request),
                "title": _title(answer),
                "script": script,
                "answer": answer,
                "opts": self.opts,
                **context,
            },
        )

    def texts_view(self, request, public_id, order):
        """Every text kept of an answer or its plan, newest first."""
        answer = self._answer(request, public_id, order)
        part = "plan" if request.GET.get("part") == "plan" else "answer"
        clock = history.clock_for(answer, request.user)
        page, rows = history.listed(
            answer,
            part,
            request.GET.get("page"),
            clock,
            lambda number: reverse(
                "admin:assessments_script_text", args=[public_id, order, number]
            ),
        )
        return self._page(
            request, "texts", answer,
            part=part, page=page, rows=rows, query=f"part={part}&", clock=clock,
        )  # fmt: skip

    def text_view(self, request, public_id, order, number):
        """One kept text; posting lets it stand, for whoever runs the class."""
        answer = self._answer(request, public_id, order)
        version = get_object_or_404(
            answer.versions.select_related("whole"), number=number
        )
        may_choose = answer.script.can_have_text_chosen_by(request.user)
        if request.method == "POST":
            if not may_choose:
                raise PermissionDenied
            if _can_stand(answer, version):
                self._let_stand(request, answer, version)
            return redirect("admin:assessments_script_texts", public_id, order)
        standing = answer.standing(version.part)
        clock = history.clock_for(answer, request.user)
        return self._page(
            request, "text", answer,
            version=version, standing=standing, clock=clock, when=clock.words(version),
            tags=history.tags(answer, version),
            can_stand=may_choose and _can_stand(answer, version),
            is_marked=version.part == "answer" and answer.has_marks,
            pieces=difference.words(
                standing.readable if standing else "", version.readable
            ),
        )  # fmt: skip

    def _let_stand(self, request, answer, version):
        try:
            let_stand(answer, version, request.user)
        except MarkedAlreadyError:
            messages.warning(
                request,
                _("It does not stand: what was handed in has been marked meanwhile."),
            )
        else:
            messages.success(
                request, _("That text stands now. This has been written down.")
            )

    def replay_view(self, request, public_id, order):
        """How the answer grew, as its student can see it too."""
        answer = self._answer(request, public_id, order)
        return self._page(
            request,
            "replay",
            answer,
            data=reverse(
                "admin:assessments_script_replay_data", args=[public_id, order]
            ),
            **replay.page(
                answer,
                lambda number: reverse(
                    "admin:assessments_script_text", args=[public_id, order, number]
                ),
            ),
        )

    def replay_data_view(self, request, public_id, order):
        return JsonResponse(replay.data(self._answer(request, public_id, order)))


def _title(answer):
    """Name a page without a name, nor with a code that the desk will show later."""
    script = answer.script
    if script.is_practice:
        return _("%(student)s: practice") % {"student": script.student}
    return str(script) if script.is_handed_in else _("A script being written")


def _can_stand(answer, version):
    """Whether this text may be let stand: while a student writes, only one that never
    stood, so that nobody's choice is undone under their hands."""
    standing = answer.standing(version.part)
    if standing is not None and standing.text == version.text:
        return False
    return answer.script.is_handed_in or version.place != AnswerVersion.Place.STOOD

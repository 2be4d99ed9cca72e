"""The marking queue and the marking desk inside the admin."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy as _

from assessments import marking_desk
from assessments.admin.concerns import ConcernPages
from assessments.admin.kept_texts import KeptTextPages
from assessments.admin.rescue import RescuePages
from assessments.models import Answer, Event, Release, Script
from people.admin import ScopedAdmin


@admin.register(Script)
class ScriptAdmin(RescuePages, ConcernPages, KeptTextPages, ScopedAdmin):
    """The marking queue: codes, never names, in an order that tells nothing."""

    list_display = ["code", "task", "on_time", "progress"]
    list_display_links = None
    list_filter = [("assignment__group", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["assignment__assessment", "assignment__group"]
    actions = None

    def get_queryset(self, request):
        scripts = super().get_queryset(request).handed_in().exclude(assignment=None)
        return scripts.with_marking_state().with_newest_release().with_due()

    @admin.display(description=_("script"), ordering="marking_code")
    def code(self, script):
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:assessments_script_mark", args=[script.public_id, 1]),
            script.marking_code,
        )

    @admin.display(description=_("task"))
    def task(self, script):
        return str(script.assignment)

    @admin.display(description=_("handed in"))
    def on_time(self, script):
        return script.time_words

    @admin.display(description=_("state"))
    def progress(self, script):
        if script.newest_release == Release.Kind.SHOWN:
            return gettext("released")
        return script.state_words

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        script = self.get_object(request, object_id)
        if not self.has_view_permission(request, script):
            raise PermissionDenied
        if script is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect("admin:assessments_script_mark", script.public_id, 1)

    def history_view(self, request, object_id, extra_context=None):
        script = self.get_object(request, object_id)
        if not self.has_view_permission(request, script):
            raise PermissionDenied
        if script is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect("admin:assessments_script_events", script.public_id)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "practice/",
                view(self.practice_view),
                name="assessments_script_practice",
            ),
            path(
                "mark/<slug:public_id>/<int:order>/",
                view(self.mark_view),
                name="assessments_script_mark",
            ),
            path(
                "mark/<slug:public_id>/events/",
                view(self.events_view),
                name="assessments_script_events",
            ),
            path(
                "mark/<slug:public_id>/reveal/",
                view(self.reveal_view),
                name="assessments_script_reveal",
            ),
            *super().get_urls(),
        ]

    def _script(self, request, public_id):
        """Return a handed-in script of this person's work, or raise 404."""
        if not request.user.has_perm("assessments.view_script"):
            raise PermissionDenied
        # Not the list's query: what only the list says costs the desk a millisecond.
        scripts = (
            Script.objects.visible_to(request.user)
            .handed_in()
            .exclude(assignment=None)
            .with_answers_asked()
            .with_newest_release()
            .with_due()
            .select_related("assignment__assessment", "assignment__group")
        )
        return get_object_or_404(scripts, public_id=public_id)

    def mark_view(self, request, public_id, order):
        """The marking desk: one answer, its scheme, and this marker's judgement."""
        if request.method == "POST":
            taken_back = Script.objects.visible_to(request.user).filter(
                public_id=public_id, handed_in_at=None
            )
            if taken_back.exists():
                return self._taken_back(request)
        script = self._script(request, public_id)
        answer = get_object_or_404(
            Answer.objects.for_marking(), script=script, order=order
        )
        desk = marking_desk.Desk(script, answer, request.user)
        if request.method == "POST":
            if not script.can_be_marked_by(request.user):
                raise PermissionDenied
            outcome = desk.post(request.POST)
            if request.headers.get("X-Quiet-Save"):
                return JsonResponse(outcome.as_json(), status=outcome.status)
            if outcome.is_done:
                messages.success(request, outcome.sentence)
                return redirect(desk.where_next(request.POST))
            messages.warning(request, outcome.sentence)
        return TemplateResponse(
            request,
            "admin/assessments/script/mark.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Mark %(script)s") % {"script": script},
                "may_mark": script.can_be_marked_by(request.user),
                "opts": self.opts,
                **desk.context(),
            },
            status=409 if request.method == "POST" else 200,
        )

    def _taken_back(self, request):
        """Show what the marker typed about a script that is no longer there."""
        sentence = gettext("The student has taken this script back.")
        if request.headers.get("X-Quiet-Save"):
            return JsonResponse({"code": "not-saved", "sentence": sentence}, status=409)
        return TemplateResponse(
            request,
            "admin/assessments/script/taken_back.html",
            {
                **self.admin_site.each_context(request),
                "title": sentence,
                "texts": [
                    request.POST.get(name, "")
                    for name in ("www", "ebi", "private_note")
                ],
                "opts": self.opts,
            },
            status=409,
        )

    def practice_view(self, request):
        """What students of this person's classes have practised, as practice."""
        if not request.user.has_perm("assessments.view_script"):
            raise PermissionDenied
        return TemplateResponse(
            request,
            "admin/assessments/script/practice.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Practice"),
                "answers": marking_desk.practice(request.user),
                "opts": self.opts,
            },
        )

    def events_view(self, request, public_id):
        script = self._script(request, public_id)
        return TemplateResponse(
            request,
            "admin/assessments/script/events.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("History of %(script)s") % {"script": script},
                "script": script,
                "events": marking_desk.events(script, request.user),
                "opts": self.opts,
            },
        )

    def reveal_view(self, request, public_id):
        """Show whose script it is, to those who may, and write down that it was."""
        script = self._script(request, public_id)
        if request.method != "POST":
            raise Http404
        if not request.user.has_perm("assessments.reveal_script"):
            raise PermissionDenied
        Event.record(script, request.user, Event.Kind.REVEALED)
        messages.info(
            request,
            gettext("%(script)s is by %(student)s. This look has been written down.")
            % {"script": script, "student": script.student},
        )
        return redirect("admin:assessments_script_mark", script.public_id, 1)

"""The staff's half of the site: one admin site with a landing page by role."""

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from assessments import landing
from assessments.models import Concern
from people import attempts
from people.models import School, TeachingGroup, User
from terror_site import backups
from terror_site.version import VERSION


class PeoplePicker(AutocompleteJsonView):
    """Tells two people of one name apart."""

    def serialize_result(self, obj, to_field_name):
        result = super().serialize_result(obj, to_field_name)
        if isinstance(obj, User):
            result["text"] = f"{obj} ({obj.username})"
        return result


class MarkingSite(admin.AdminSite):
    site_header = _("History")
    site_title = _("History")
    index_title = _("Today")
    empty_value_display = "–"
    enable_nav_sidebar = False
    final_catch_all_view = True
    index_template = "admin/landing.html"

    def register(self, model_or_iterable, *args, **kwargs):
        """Leave out the OpenID library's own pages: its accounts are never made."""
        module = getattr(model_or_iterable, "__module__", "")
        if not module.startswith("allauth."):
            super().register(model_or_iterable, *args, **kwargs)

    def has_permission(self, request):
        return request.user.is_authenticated and request.user.works_here

    def each_context(self, request):
        """Leave out the list of apps, which only the sidebar would show: it asks for
        every right of every model, a tenth of the time of the marking desk."""
        return {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": self.site_url,
            "has_permission": self.has_permission(request),
            "is_popup": False,
            "is_nav_sidebar_enabled": False,
            "log_entries": self.get_log_entries(request),
            # For staff, and nobody else.
            "version": VERSION,
        }

    @login_not_required
    def login(self, request, extra_context=None):
        """Send everybody through the one sign-in page of the whole site."""
        if request.user.is_authenticated:
            return redirect("home")
        return redirect_to_login(request.GET.get("next") or request.path)

    def logout(self, request, extra_context=None):
        return redirect("home")

    def password_change(self, request, extra_context=None):
        return redirect("password-change")

    def password_change_done(self, request, extra_context=None):
        return redirect("home")

    def autocomplete_view(self, request):
        return PeoplePicker.as_view(admin_site=self)(request)

    def index(self, request, extra_context=None):
        """Show what is to be done today, then all that this person may open."""
        if request.user.has_perm("assessments.view_script"):
            today = landing.first_page(request.user)
        else:
            own = TeachingGroup.objects.visible_to(request.user)
            own = own.current().with_student_count()
            today = {"classes": [{"group": group} for group in own]}
        if School.current().safeguarding_lead_id == request.user.pk:
            today["is_safeguarding_lead"] = True
            waiting = Concern.objects.visible_to(request.user).unread()
            today["concerns_waiting"] = waiting.count()
        if request.user.has_perm("people.change_school"):
            today["looks_after_site"] = True
            today["is_under_attack"] = attempts.is_under_attack()
            today["backup"] = backups.last()
        return super().index(
            request,
            {
                **today,
                "role_names": request.user.role_names,
                **(extra_context or {}),
            },
        )

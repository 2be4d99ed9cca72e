"""The audit log to read, to filter and to take away as a file."""

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from people import audit, spreadsheets
from people.audit import AuditEntry
from people.fresh import with_fresh_password


def _name(person, pk):
    """Name an account, or say that it is gone; "–" where there was none."""
    if person is not None:
        return f"{person} ({person.username})"
    return gettext("account %(pk)d, gone") % {"pk": pk} if pk else None


class AuditPages:
    """A list that nobody can add to, change or delete from, and its export."""

    list_display = [
        "when",
        "action",
        "by",
        "about",
        "group_name",
        "detail",
        "where_from",
    ]
    list_display_links = None
    list_filter = ["action", "at"]
    list_select_related = ["actor", "person", "group", "origin"]
    search_fields = [
        "actor__username",
        "person__username",
        "person__last_name",
        "detail",
    ]
    search_help_text = _("A username, a last name, or a word of the detail.")
    actions = None
    change_list_template = "admin/people/auditentry/change_list.html"

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {"title": gettext("Audit log"), **(extra_context or {})}
        )

    def lookup_allowed(self, lookup, value, request):
        return lookup in ("at__gte", "at__lt") or super().lookup_allowed(
            lookup, value, request
        )

    @admin.display(description=_("when"), ordering="at")
    def when(self, entry):
        return f"{timezone.localtime(entry.at):%-d %b %Y %H:%M:%S}"

    @admin.display(description=_("by"), empty_value=_("a program"))
    def by(self, entry):
        return _name(entry.actor, entry.actor_id)

    @admin.display(description=_("about"))
    def about(self, entry):
        return _name(entry.person, entry.person_id)

    @admin.display(description=_("class"))
    def group_name(self, entry):
        return entry.group and entry.group.name

    @admin.display(description=_("from"))
    def where_from(self, entry):
        return getattr(entry, "origin", None) and entry.origin.address

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [
            path(
                "log.csv",
                self.admin_site.admin_view(with_fresh_password(self.export_view)),
                name="people_auditentry_export",
            ),
            *super().get_urls(),
        ]

    def export_view(self, request):
        """The entries that the list shows with the same filters, all pages of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            entries = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            # The list itself says so in its own way.
            return redirect(f"{reverse('admin:people_auditentry_changelist')}?e=1")
        rows = [
            [
                entry.at.isoformat(timespec="seconds"),
                str(entry.get_action_display()),
                self.by(entry),
                self.about(entry),
                self.group_name(entry),
                entry.detail,
                self.where_from(entry),
            ]
            for entry in entries
        ]
        audit.record(
            AuditEntry.Action.EXPORTED, detail=f"audit log, {len(rows)} entries"
        )
        headings = [
            _("When (UTC)"), _("What"), _("By"), _("About"), _("Class"), _("Detail"),
            _("From"),
        ]  # fmt: skip
        response = HttpResponse(
            spreadsheets.as_csv(map(str, headings), rows),
            content_type="text/csv; charset=utf-8",
        )
        response["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
        return response

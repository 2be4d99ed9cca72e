"""The staff's admin pages about people, and the base of every other one.

`ScopedAdmin` is the only way into the admin site: it shows, offers and accepts
nothing but rows that the querysets' `visible_to` grants.
"""

from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.checks import Error, Tags, register
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import BaseInlineFormSet
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.http import require_POST

from people import audit, factors, roles
from people.audit_pages import AuditPages
from people.cards import CardPages, CodePages
from people.enrolments import KEEPS_ROSTERS
from people.fields import TickedField
from people.forms import AccountForm, NewPasswordForm, SchoolForm
from people.fresh import with_fresh_password
from people.groups import ROLE_LABELS
from people.models import (
    AuditEntry,
    Enrolment,
    Membership,
    School,
    Student,
    Subgroup,
    TeachingGroup,
    User,
)
from people.roster_pages import NewYearPages, RosterPages
from people.subgroup_forms import SubgroupForm

# Rights come from roles; Django's groups would be a second place for them.
admin.site.unregister(Group)


class ScopedMixin:
    """Rows and choices by `visible_to`: for admin classes and for their inlines."""

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", self.choices_for(db_field, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", self.choices_for(db_field, request))
        kwargs.setdefault("form_class", TickedField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Name the two boxes of a date and time, which share one label."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, AdminSplitDateTime):
            for box, part in zip(
                field.widget.widgets, (_("date"), _("time")), strict=True
            ):
                box.attrs["aria-label"] = f"{field.label}: {part}"
        return field

    def choices_for(self, db_field, request):
        """Return the rows a picker may offer and a forged id may name."""
        return db_field.remote_field.model._default_manager.visible_to(request.user)


class ScopedAdmin(ScopedMixin, admin.ModelAdmin):
    """Base of every admin class on the site (checked at start, `people.E001`)."""

    list_per_page = 100
    show_full_result_count = False
    view_on_site = False

    def lookup_allowed(self, lookup, value, request):
        """Allow only the page's own filters: a lookup can be an oracle."""
        own = {
            item[0]
            if isinstance(item, (list, tuple))
            else getattr(item, "parameter_name", item)
            for item in self.get_list_filter(request)
        }
        field = lookup.removesuffix("__exact").removesuffix("__isnull")
        return field in own or field.removesuffix("__id") in own


class NamedFormSet(BaseInlineFormSet):
    """Names the box that deletes a row, which has no label in a table."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete this row")


class ScopedInline(ScopedMixin, admin.TabularInline):
    extra = 0
    formset = NamedFormSet
    show_change_link = False

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Name each field of a table's row, which has no label of its own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs["aria-label"] = field.label
            # A student and a member of staff have pages of different kinds, so the
            # framework's links beside the picker would lead astray.
            for verb in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{verb}_related", False)
        return field


class MembershipFormSet(NamedFormSet):
    """Refuses the same role twice in one form, which no single row can see."""

    def clean(self):
        super().clean()
        seen = set()
        for form in self.forms:
            data = form.cleaned_data if form.is_valid() else {}
            person = data.get("person") or form.instance.person_id
            key = (person, data.get("role"), data.get("from_date"))
            if data.get("role") and key in seen:
                raise ValidationError(
                    _("The same role from the same day stands here twice.")
                )
            seen.add(key)


class MembershipInline(ScopedInline):
    """Memberships that there are: they end with a date and are never rewritten."""

    model = Membership
    formset = MembershipFormSet
    fields = ["who", "role", "from_date", "until_date"]
    readonly_fields = ["who", "role"]
    can_delete = False

    @admin.display(description=_("person"))
    def who(self, membership):
        """Link to the page that this kind of account has."""
        person = membership.person
        model = "user" if person.is_staff else "student"
        return format_html(
            '<a href="{}">{}</a>',
            reverse(f"admin:people_{model}_change", args=[person.pk]),
            person,
        )

    def has_add_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person", "group")


class NewMembershipInline(MembershipInline):
    """Memberships to be added, in a form of their own."""

    fields = ["person", "role", "from_date", "until_date"]
    readonly_fields = []
    roles_offered = ()

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("people.add_membership")

    def has_view_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).none()

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "role":
            kwargs["choices"] = [
                ("", "---------"),
                *((role, ROLE_LABELS[role]) for role in self.roles_offered),
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class ClassMembershipInline(MembershipInline):
    verbose_name_plural = _("who belongs to this class")


class NewClassMembershipInline(NewMembershipInline):
    autocomplete_fields = ["person"]
    roles_offered = roles.CLASS_ROLES
    verbose_name = _("person")
    verbose_name_plural = _("add to this class")


class SchoolRoleInline(MembershipInline):
    """Roles for the whole school. Only a site manager hands them out."""

    fields = ["role", "from_date", "until_date"]
    readonly_fields = ["role"]
    verbose_name_plural = _("roles for the school")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(group=None)

    def has_change_permission(self, request, obj=None):
        return roles.SITE_MANAGER in request.user.roles


class NewSchoolRoleInline(NewMembershipInline):
    fields = ["role", "from_date", "until_date"]
    roles_offered = roles.SCHOOL_ROLES
    verbose_name = _("role")
    verbose_name_plural = _("add a role for the school")

    def has_add_permission(self, request, obj=None):
        return roles.SITE_MANAGER in request.user.roles


class EnrolmentInline(ScopedInline):
    """A student's numbers, for whoever keeps the school's lists."""

    model = Enrolment
    fields = ["upn", "admission_number"]
    can_delete = False
    verbose_name_plural = _("numbers in the school’s lists")

    def has_add_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return not KEEPS_ROSTERS.isdisjoint(request.user.roles)

    has_change_permission = has_view_permission


def _what(form, change):
    """Say which fields of an account changed; of them only what no name stands in."""
    if not change:
        return "made"
    said = [
        f"is_active to {form.cleaned_data[name]}" if name == "is_active" else name
        for name in form.changed_data
    ]
    return "changed: " + (", ".join(said) or "nothing")


class AccountAdmin(ScopedMixin, UserAdmin):
    """Accounts without any way to superuser, permissions or another's kind."""

    add_form = AccountForm
    add_form_template = None
    change_password_form = NewPasswordForm
    filter_horizontal = ()
    readonly_fields = ["new_password"]
    list_filter = ()
    list_per_page = 100
    show_full_result_count = False
    view_on_site = False
    list_display = ["full_name", "username", "is_active"]
    search_fields = ["username", "first_name", "last_name", "preferred_name"]
    ordering = ["last_name", "first_name", "username"]
    actions = None
    is_staff_account = False
    add_fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    "first_name",
                    "last_name",
                    "password1",
                    "password2",
                ]
            },
        )
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    "new_password",
                    "first_name",
                    "last_name",
                    "preferred_name",
                    "is_active",
                ]
            },
        )
    ]

    lookup_allowed = ScopedAdmin.lookup_allowed

    @admin.display(description=_("password"))
    def new_password(self, account):
        return format_html(
            '<a href="../password/">{}</a> · <a href="../sessions/">{}</a>',
            _("Set a new password"),
            _("Where it is signed in"),
        )

    @admin.display(description=_("name"), ordering="last_name")
    def full_name(self, account):
        return str(account)

    def get_queryset(self, request):
        accounts = super().get_queryset(request)
        # A class's form looks people up here, and students belong to classes too.
        if request.resolver_match.url_name == "autocomplete":
            return accounts
        return accounts.filter(is_staff=self.is_staff_account)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.is_staff = self.is_staff_account
        super().save_model(request, obj, form, change)
        audit.record(AuditEntry.Action.ACCOUNT, obj, detail=_what(form, change))

    def user_change_password(self, request, id, form_url=""):
        return with_fresh_password(super().user_change_password, posts_only=True)(
            request, id, form_url
        )

    def get_urls(self):
        return [
            path(
                "<int:pk>/sessions/",
                self.admin_site.admin_view(self.sessions_view),
                name=f"{self.opts.app_label}_{self.opts.model_name}_sessions",
            ),
            *super().get_urls(),
        ]

    def sessions_view(self, request, pk):
        """Where this account is signed in now; posting ends all of it."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        sessions = account.sessions.filter(expire_date__gt=timezone.now())
        if request.method == "POST":
            ended, _rows = sessions.delete()
            audit.record(
                AuditEntry.Action.SIGNED_OUT, account, detail=f"{ended} ended by staff"
            )
            self.message_user(
                request,
                gettext("%(who)s is signed out everywhere.") % {"who": account},
            )
            return redirect(request.path)
        return TemplateResponse(
            request,
            "admin/people/sessions.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Signed in now: %(who)s") % {"who": account},
                "account": account,
                "sessions": sessions.order_by("-seen"),
                "has_factor": factors.is_set_up(account),
                "back": reverse(
                    f"admin:people_{self.opts.model_name}_change", args=[account.pk]
                ),
                "opts": self.opts,
            },
        )

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Student)
class StudentAdmin(RosterPages, CodePages, AccountAdmin):
    """Students: who may see one may reset the password; only the office renames."""

    change_list_template = "admin/people/student/change_list.html"
    inlines = [EnrolmentInline]

    def get_inlines(self, request, obj):
        return self.inlines if obj and hasattr(obj, "enrolment") else []

    def get_urls(self):
        return [
            path(
                "import/",
                self.admin_site.admin_view(self.import_view),
                name="people_student_import",
            ),
            path(
                "<int:pk>/code/",
                self.admin_site.admin_view(
                    require_POST(with_fresh_password(self.code_view))
                ),
                name="people_student_code",
            ),
            *super().get_urls(),
        ]

    def get_readonly_fields(self, request, obj=None):
        own = super().get_readonly_fields(request, obj)
        if request.user.roles & {roles.DATA_MANAGER, roles.SITE_MANAGER}:
            return own
        return [*own, "username", "first_name", "last_name", "is_active"]


@admin.register(User)
class StaffAdmin(AccountAdmin):
    """Staff accounts, for those who keep the school's people."""

    is_staff_account = True
    inlines = [SchoolRoleInline, NewSchoolRoleInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    "new_password",
                    "first_name",
                    "last_name",
                    "preferred_name",
                    "email",
                    "is_active",
                ]
            },
        )
    ]

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def get_urls(self):
        return [
            path(
                "<int:pk>/second-step/",
                self.admin_site.admin_view(
                    require_POST(with_fresh_password(self.factor_view))
                ),
                name="people_user_factor",
            ),
            *super().get_urls(),
        ]

    def factor_view(self, request, pk):
        """Take a lost second factor away; its owner sets up another one."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        had = factors.take_away(account)
        self.message_user(
            request,
            gettext("%(who)s signs in with the password alone now.") % {"who": account}
            if had
            else gettext("%(who)s had no second step.") % {"who": account},
        )
        return redirect("admin:people_user_sessions", pk)


class ArchivedFilter(admin.SimpleListFilter):
    """Classes of today, unless the archived ones are asked for."""

    title = _("archived")
    parameter_name = "archived"

    def lookups(self, request, model_admin):
        return [("yes", _("Yes"))]

    def choices(self, changelist):
        _all, archived = super().choices(changelist)
        return [{**_all, "display": _("No")}, archived]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return queryset.exclude(archived_at=None)
        return queryset.current()


@admin.register(TeachingGroup)
class TeachingGroupAdmin(NewYearPages, CardPages, ScopedAdmin):
    change_list_template = "admin/people/teachinggroup/change_list.html"
    list_display = ["name", "cohort", "student_count"]
    list_filter = ["cohort", ArchivedFilter]
    search_fields = ["name"]
    inlines = [ClassMembershipInline, NewClassMembershipInline]
    actions = None

    def get_urls(self):
        return [
            path(
                "new-year/",
                self.admin_site.admin_view(self.new_year_view),
                name="people_teachinggroup_new_year",
            ),
            path(
                "<int:pk>/cards/",
                self.admin_site.admin_view(
                    with_fresh_password(self.cards_view, posts_only=True)
                ),
                name="people_teachinggroup_cards",
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        return super().get_queryset(request).with_student_count()

    @admin.display(description=_("students"), ordering="student_count")
    def student_count(self, group):
        return group.student_count

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Subgroup)
class SubgroupAdmin(ScopedAdmin):
    """Groups inside a class, kept by its teachers and the head of department."""

    form = SubgroupForm
    list_display = ["name", "group", "how_many"]
    list_filter = [("group", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["group"]
    actions = None

    @admin.display(description=_("students"))
    def how_many(self, subgroup):
        return subgroup.student_count

    def get_queryset(self, request):
        return super().get_queryset(request).with_student_count()

    def get_fields(self, request, obj=None):
        return ["group", "name", "students"] if obj else ["group", "name"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs["queryset"] = self._own_classes(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _own_classes(self, request):
        groups = TeachingGroup.objects.current()
        if roles.HEAD in request.user.roles:
            return groups
        return groups.taught_by(request.user)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or self._own_classes(request).filter(pk=obj.group_id).exists()
        )

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or self._own_classes(request).filter(pk=obj.group_id).exists()
        )

    def response_add(self, request, obj, post_url_continue=None):
        """Lead on to where the students are chosen."""
        self.message_user(request, gettext("Now tick the students."))
        return redirect("admin:people_subgroup_change", obj.pk)


@admin.register(School)
class SchoolAdmin(ScopedAdmin):
    """The one row of school settings."""

    form = SchoolForm
    actions = None

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        audit.record(
            AuditEntry.Action.SETTINGS, detail=", ".join(form.changed_data) or "nothing"
        )
        School.forget_current()


@admin.register(AuditEntry)
class AuditEntryAdmin(AuditPages, ScopedAdmin):
    """The audit log."""


@register(Tags.admin)
def every_admin_is_scoped(app_configs, **kwargs):
    return [
        Error(
            f"The admin of {model._meta.label} is not scoped to what a user may see.",
            hint="Derive it from people.admin.ScopedAdmin.",
            id="people.E001",
        )
        for model, model_admin in admin.site._registry.items()
        if not isinstance(model_admin, ScopedMixin)
        or not all(issubclass(inline, ScopedMixin) for inline in model_admin.inlines)
        or not hasattr(model._default_manager.get_queryset(), "visible_to")
    ]

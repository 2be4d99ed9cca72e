"""The staff's admin pages about people, and the base of every other one.

`ScopedAdmin` is the only way into the admin site: it shows, offers and accepts
nothing but rows that the querysets' `visible_to` grants.
"""

from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.checks import Error, Tags, register
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from people import roles
from people.forms import SchoolForm
from people.models import Membership, School, Student, TeachingGroup, User

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
    # Filters in an address beyond those the page itself links to.
    extra_lookups = ()

    def lookup_allowed(self, lookup, value, request):
        """Allow only the page's own filters: a lookup can be an oracle."""
        own = {
            item[0] if isinstance(item, (list, tuple)) else item
            for item in self.get_list_filter(request)
        }
        allowed = {name for name in (*own, *self.extra_lookups) if name}
        field = lookup.removesuffix("__exact").removesuffix("__isnull")
        return field in allowed or field.removesuffix("__id") in allowed


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
        return field


class ClassMembershipInline(ScopedInline):
    """Who belongs to a class. Deleting is left out: memberships end, with a date."""

    model = Membership
    fields = ["person", "role", "from_date", "until_date"]
    autocomplete_fields = ["person"]
    can_delete = False

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "role":
            kwargs["choices"] = [
                (role, roles.LABELS[role]) for role in roles.CLASS_ROLES
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class SchoolRoleInline(ScopedInline):
    """Roles for the whole school. Only a site manager hands them out."""

    model = Membership
    fk_name = "person"
    fields = ["role", "from_date", "until_date"]
    can_delete = False
    verbose_name = _("role for the school")
    verbose_name_plural = _("roles for the school")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(group=None)

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "role":
            kwargs["choices"] = [
                (role, roles.LABELS[role]) for role in roles.SCHOOL_ROLES
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def _is_site_manager(self, request):
        return roles.SITE_MANAGER in request.user.roles

    def has_add_permission(self, request, obj=None):
        return self._is_site_manager(request)

    def has_change_permission(self, request, obj=None):
        return self._is_site_manager(request)


class AccountAdmin(ScopedMixin, UserAdmin):
    """Accounts without any way to superuser, permissions or another's kind."""

    filter_horizontal = ()
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
                    "usable_password",
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
                    "password",
                    "first_name",
                    "last_name",
                    "preferred_name",
                    "is_active",
                ]
            },
        )
    ]

    lookup_allowed = ScopedAdmin.lookup_allowed
    extra_lookups = ()

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

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Student)
class StudentAdmin(AccountAdmin):
    """Students: who may see one may reset the password; only the office renames."""

    def get_readonly_fields(self, request, obj=None):
        if request.user.roles & {roles.DATA_MANAGER, roles.SITE_MANAGER}:
            return []
        return ["username", "first_name", "last_name", "is_active"]


@admin.register(User)
class StaffAdmin(AccountAdmin):
    """Staff accounts, for those who keep the school's people."""

    is_staff_account = True
    inlines = [SchoolRoleInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    "password",
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


@admin.register(TeachingGroup)
class TeachingGroupAdmin(ScopedAdmin):
    list_display = ["name", "cohort", "student_count"]
    list_filter = ["cohort"]
    search_fields = ["name"]
    inlines = [ClassMembershipInline]
    actions = None

    def get_queryset(self, request):
        return super().get_queryset(request).with_student_count()

    @admin.display(description=_("students"), ordering="student_count")
    def student_count(self, group):
        return group.student_count

    def has_delete_permission(self, request, obj=None):
        return False


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
        School.forget_current()


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
        or not hasattr(model._default_manager.get_queryset(), "visible_to")
    ]

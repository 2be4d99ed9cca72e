"""Sign-in cards: first passwords for a class, printed once, and a code for one student.

The passphrases are on the page that is answered with and nowhere else.
"""

import segno
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, gettext_lazy as _

from people import attempts, audit, roles
from people.fields import LONGEST_ID, TickedField
from people.models import AuditEntry, Membership, Student

CARD_DAYS = 14
CODE_DAYS = 1


class CardsForm(forms.Form):
    """Which students of a class get a new card; first those who never came in."""

    students = TickedField(
        Student.objects.none(),
        label=_("Students"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one student.")},
    )

    def __init__(self, data, students):
        super().__init__(data)
        self.fields["students"].queryset = students
        self.initial["students"] = [
            student.pk for student in students if student.last_login is None
        ]


def make(students, days):
    """Give each of these a new passphrase; return [(student, passphrase)].

    Whoever is signed in with the old one is signed out by it. Hashing takes 20 ms each,
    so it is done before the database is locked.
    """
    made = [(student, student.give_password(days)) for student in students]
    with transaction.atomic():
        for student, _words in made:
            student.save(update_fields=["password", "password_expires_at"])
            # A classmate's wrong tries do not count against the new password.
            attempts.forgive(student.username)
        audit.record_all(
            [
                (AuditEntry.Action.PASSWORD_GIVEN, student, None, f"for {days} days")
                for student, _words in made
            ]
        )
    return made


def qr(address):
    """Return a QR code as SVG that a phone's camera reads off a card."""
    drawn = segno.make(address, error="m").svg_inline(
        scale=3, border=2, omitsize=True, svgclass="qr", lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 (our own address, escaped by the library)


class CardPages:
    """Adds the page of a class's sign-in cards to the admin of classes."""

    def cards_view(self, request, pk):
        group = get_object_or_404(self.get_queryset(request), pk=pk)
        if not request.user.has_perm("people.change_student"):
            raise PermissionDenied
        members = Membership.objects.valid().filter(group=group, role=roles.STUDENT)
        students = Student.objects.visible_to(request.user).filter(
            pk__in=members.values("person"), is_active=True
        )
        if "let_try" in request.POST:
            return self._let_try(request, students)
        form = CardsForm(request.POST or None, students)
        if request.method == "POST" and form.is_valid():
            made = make(form.cleaned_data["students"], CARD_DAYS)
            return _printed(self.admin_site, request, made, str(group), CARD_DAYS)
        return TemplateResponse(
            request,
            "admin/people/choose_cards.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Sign-in cards, %(name)s") % {"name": group},
                "group": group,
                "form": form,
                "days": CARD_DAYS,
                "opts": self.opts,
                "waiting": _waiting(students),
            },
        )

    def _let_try(self, request, students):
        """Let a student who has to wait after wrong tries try again at once."""
        wanted = request.POST["let_try"]
        if wanted.isdecimal() and len(wanted) <= LONGEST_ID:
            student = get_object_or_404(students, pk=wanted)
            attempts.forgive(student.username)
            audit.record(
                AuditEntry.Action.PASSWORD_GIVEN, student, detail="let try again"
            )
            self.message_user(
                request,
                gettext("%(student)s can try again now.") % {"student": student},
            )
        return redirect(request.path)


class CodePages:
    """Adds a code for one student, who forgot the password, to the admin of students."""

    def code_view(self, request, pk):
        """Only posted to: an address that is merely opened must not sign anybody out."""
        student = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, student):
            raise PermissionDenied
        made = make([student], CODE_DAYS)
        return _printed(self.admin_site, request, made, "", CODE_DAYS)


def _waiting(students):
    """Return [(student, seconds)] for those whom wrong tries make wait."""
    by_name = {student.username: student for student in students}
    left = attempts.waiting(by_name)
    return [(by_name[name], round(seconds)) for name, seconds in left.items()]


def _printed(site, request, made, group, days):
    address = request.build_absolute_uri(reverse("login"))
    return TemplateResponse(
        request,
        "admin/people/cards.html",
        {
            **site.each_context(request),
            "title": gettext("Sign-in cards"),
            "cards": made,
            "group": group,
            "days": days,
            "address": request.build_absolute_uri("/"),
            "qr": qr(address),
        },
    )

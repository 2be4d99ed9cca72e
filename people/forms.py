"""Forms about people: sign-in, reading settings, a school's first start."""

import datetime
import logging
import smtplib
import threading

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
    UserCreationForm,
)
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import attempts, audit
from people.cards import CARD_DAYS
from people.models import AuditEntry, School, User, check_time_zone


def helper(label, **attributes):
    """Return the house's crispy helper: one main button, an error summary."""
    form_helper = FormHelper()
    form_helper.form_show_errors = True
    form_helper.attrs = {"novalidate": "", **attributes}
    form_helper.add_input(Submit("", label, css_class="btn main", css_id=None))
    return form_helper


class SignInForm(AuthenticationForm):
    """Django's own, with one message for an unknown name and a wrong password."""

    error_messages = {
        "invalid_login": _(
            "That username and password do not match. Check your card and try again."
        ),
        "inactive": _(
            "That username and password do not match. Check your card and try again."
        ),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Username")
        self.fields["username"].help_text = _(
            "On your sign-in card, such as nfletcher26."
        )
        self.fields["username"].widget.attrs |= {
            "autocapitalize": "none",
            "autocomplete": "username",
            "spellcheck": "false",
        }
        self.wait = None
        self.helper = helper(_("Sign in"))

    def clean(self):
        try:
            return super().clean()
        except attempts.Wait as wait:
            self.wait = wait
            raise forms.ValidationError(wait.sentence) from None

    def confirm_login_allowed(self, user):
        """Refuse a card's password that ran out; the teacher gives another."""
        super().confirm_login_allowed(user)
        if user.is_password_expired:
            raise forms.ValidationError(
                _(
                    "The password on this card has run out. Ask your teacher for a "
                    "new one: it takes a minute."
                ),
                code="expired",
            )


class OwnPasswordForm(PasswordChangeForm):
    """Django's own; the old password is as slow to guess as at the front door."""

    def __init__(self, user, *args, request=None, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.request = request
        self.helper = helper(_("Change password"))

    def clean_old_password(self):
        try:
            attempt = attempts.begin(self.request, self.user.username)
        except attempts.Wait as wait:
            raise forms.ValidationError(wait.sentence) from None
        try:
            password = super().clean_old_password()
        except forms.ValidationError:
            audit.record(
                AuditEntry.Action.SIGN_IN_FAILED, self.user, detail="own password"
            )
            raise
        attempt.was_right()
        return password

    def save(self, commit=True):
        self.user.password_expires_at = None
        audit.record(AuditEntry.Action.PASSWORD_CHANGED, self.user)
        return super().save(commit)


class ForgottenPasswordForm(PasswordResetForm):
    """Asks for a link by mail; for open staff accounts that have a password.

    One mail in five minutes and five a day for an account, counted in the audit log.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Your e-mail address at school")
        self.helper = helper(_("Send me a link"))

    def get_users(self, email):
        found = [user for user in super().get_users(email) if user.is_staff]
        mailed = [user for user in found if _may_be_mailed(user)]
        # The same work for everybody: how long it takes would tell who is here.
        audit.record_all(
            [
                (AuditEntry.Action.PASSWORD_GIVEN, user, None, RESET_MAIL)
                for user in mailed or [None]
            ]
        )
        return mailed

    def send_mail(self, subject, body, context, from_email, to_email, **kwargs):
        """Send beside the answer, which would else take as long as the mail server."""
        message = EmailMessage(
            render_to_string(subject, context).strip(),
            render_to_string(body, context),
            from_email,
            [to_email],
            connection=get_connection(),
        )
        threading.Thread(target=_deliver, args=(message,), daemon=True).start()


def _deliver(message):
    try:
        message.send()
    except (OSError, smtplib.SMTPException):
        logger.exception("A link for a new password could not be mailed.")


def _may_be_mailed(user):
    now = timezone.now()
    sent = AuditEntry.objects.filter(
        action=AuditEntry.Action.PASSWORD_GIVEN, person=user, detail=RESET_MAIL
    )
    return (
        not sent.filter(at__gt=now - datetime.timedelta(minutes=5)).exists()
        and sent.filter(at__gt=now - datetime.timedelta(days=1)).count() < MAILS_A_DAY
    )


class ResetPasswordForm(SetPasswordForm):
    """A new password by a mailed link; it ends every sign-in of the account."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper(_("Change password"))

    def save(self, commit=True):
        self.user.password_expires_at = None
        audit.record(
            AuditEntry.Action.PASSWORD_CHANGED, self.user, detail="by a mailed link"
        )
        return super().save(commit)


class NewPasswordForm(AdminPasswordChangeForm):
    """Staff set a password for somebody. Taking it away altogether is left out."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit=True):
        audit.record(AuditEntry.Action.PASSWORD_GIVEN, self.user, detail="set by hand")
        # A card that has run out would take the new password with it.
        if self.user.has_given_password:
            self.user.password_expires_at = timezone.now() + datetime.timedelta(
                days=CARD_DAYS
            )
        return super().save(commit)


class AccountForm(UserCreationForm):
    """A new account: nobody is without a name."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ["username", "first_name", "last_name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):
            self.fields[name].required = True


class ReadingSettingsForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["text_size", "line_spacing", "typeface", "paper"]
        widgets = dict.fromkeys(
            ("text_size", "line_spacing", "typeface", "paper"), forms.RadioSelect
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper(_("Save reading settings"), **{"data-reading": ""})
        self.helper.form_class = "reading"


class LendingForm(forms.ModelForm):
    """A student's own decision, saved only when they press the button."""

    class Meta:
        model = User
        fields = ["lends_extracts"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper(_("Save my decision"))
        self.helper.form_action = "lending"


logger = logging.getLogger(__name__)

RESET_MAIL = "a link by mail"
MAILS_A_DAY = 5
# How long the school keeps what (`assessments.retention`).
KEPT = ("texts_months", "log_months", "leavers_months")


class SchoolForm(forms.ModelForm):
    """The school's own settings, with "no mail" as a choice in words."""

    MAIL = "mail"
    NO_MAIL = "none"

    mail = forms.ChoiceField(
        label=_("Mail"),
        choices=[
            (NO_MAIL, _("No mail: staff reset passwords by hand")),
            (MAIL, _("Send mail through the server below")),
        ],
        widget=forms.RadioSelect,
        initial=NO_MAIL,
    )

    class Meta:
        model = School
        fields = [
            "name",
            "time_zone",
            "help_text",
            "safeguarding_lead",
            "texts_months",
            "log_months",
            "leavers_months",
            "mail",
            "mail_host",
            "mail_port",
            "mail_security",
            "mail_username",
            "mail_password",
            "mail_from",
        ]
        widgets = {
            "help_text": forms.Textarea(attrs={"rows": 3}),
            # Never sent back to a browser; left empty, the old one stays.
            "mail_password": forms.PasswordInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["name"].error_messages["required"] = _(
            "Enter the school’s name: it stands at the top of every page."
        )
        self.fields["safeguarding_lead"].queryset = User.objects.filter(
            is_staff=True, is_active=True
        )
        for name in KEPT[:2]:
            self.fields[name].required = False
        self.fields["mail_port"].required = False
        self.fields["mail_security"].required = False
        if self.instance.has_mail:
            self.initial["mail"] = self.MAIL

    def clean_safeguarding_lead(self):
        """Refuse whom nobody could tell: reading a concern takes a role here."""
        lead = self.cleaned_data["safeguarding_lead"]
        if lead is not None and not lead.works_here:
            raise forms.ValidationError(
                _(
                    "%(person)s has no role here today and could not read what is "
                    "raised. Give them one first, such as SENCo, or choose somebody "
                    "else."
                )
                % {"person": lead}
            )
        return lead

    def clean_time_zone(self):
        name = self.cleaned_data["time_zone"].strip()
        check_time_zone(name)
        return name

    def clean(self):
        data = super().clean()
        if data.get("mail") == self.MAIL:
            for name in ("mail_host", "mail_from"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(
                        name, _("Fill this in, or choose “No mail” further up.")
                    )
        else:
            data["mail_host"] = ""
        data["mail_password"] = data.get("mail_password") or self.initial.get(
            "mail_password", ""
        )
        for name in KEPT[:2]:
            if name in self.fields and data.get(name) is None:
                data[name] = 12
        data["mail_port"] = data.get("mail_port") or 587
        data["mail_security"] = (
            data.get("mail_security") or School.MailSecurity.STARTTLS
        )
        return data


class SetUpForm(SchoolForm):
    """The one-time page of a real school's first start."""

    field_order = ["username", "first_name", "last_name", "password1", "password2"]

    username = forms.CharField(
        label=_("Your username"),
        max_length=150,
        help_text=_("You sign in with it. Capitals become small letters."),
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "none",
                "autocomplete": "username",
                "spellcheck": "false",
            }
        ),
    )
    first_name = forms.CharField(label=_("Your first name"), max_length=150)
    last_name = forms.CharField(label=_("Your last name"), max_length=150)
    password1 = forms.CharField(
        label=_("Your password"),
        help_text=_("At least 12 characters. Four short words are fine."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # There is nobody yet to choose from, and nothing yet to keep.
        for name in ("safeguarding_lead", *KEPT):
            del self.fields[name]
        self.helper = helper(_("Finish setting up"))

    def clean_username(self):
        username = User.normalize_username(self.cleaned_data["username"])
        User._meta.get_field("username").run_validators(username)
        if User.objects.filter(username=username).exists():
            raise forms.ValidationError(
                _("That username is taken. Choose another one.")
            )
        return username

    def clean_password1(self):
        password = self.cleaned_data["password1"]
        if len(password) < 12:
            raise forms.ValidationError(
                _("Use at least 12 characters: this account manages the whole site.")
            )
        names = ("username", "first_name", "last_name")
        password_validation.validate_password(
            password, User(**{name: self.cleaned_data.get(name, "") for name in names})
        )
        return password

    def clean(self):
        data = super().clean()
        if (
            data.get("password1")
            and data.get("password2") is not None
            and data["password1"] != data["password2"]
        ):
            self.add_error(
                "password2", _("The two passwords differ. Type the same one twice.")
            )
        return data

"""Sign-in, own password, reading settings and a school's first start."""

from django.contrib import messages
from django.contrib.auth import login, views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from people import attempts, factors, openid, set_up
from people.forms import (
    ForgottenPasswordForm,
    LendingForm,
    OwnPasswordForm,
    ReadingSettingsForm,
    ResetPasswordForm,
    SetUpForm,
    SignInForm,
)
from people.models import School


class SignIn(auth_views.LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs):
        return super().get_context_data(openid=openid.offered(self.request), **kwargs)

    def form_valid(self, form):
        person = form.get_user()
        if factors.is_set_up(person):
            factors.begin(self.request, person, self.get_success_url())
            return redirect("factor-prove")
        response = super().form_valid(form)
        attempts.let_in(self.request, self.request.user.username, response)
        return response

    def form_invalid(self, form):
        response = super().form_invalid(form)
        if form.wait is not None:
            response.status_code = 429
            response["Retry-After"] = form.wait.seconds
        return response


class OwnPassword(auth_views.PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("home")

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form):
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)


class MailOnly:
    """Exists only where the school has entered a mail server."""

    @method_decorator(login_not_required)
    def dispatch(self, *args, **kwargs):
        if not School.current().has_mail:
            raise Http404
        return super().dispatch(*args, **kwargs)


class ForgottenPassword(MailOnly, auth_views.PasswordResetView):
    """A link by mail, for staff; the reply never says whether there was an account."""

    form_class = ForgottenPasswordForm
    template_name = "people/forgotten.html"
    email_template_name = "people/forgotten_mail.txt"
    subject_template_name = "people/forgotten_subject.txt"
    success_url = reverse_lazy("password-forgotten-sent")

    @property
    def from_email(self):
        return School.current().mail_from


class ForgottenPasswordSent(MailOnly, auth_views.PasswordResetDoneView):
    template_name = "people/forgotten_sent.html"


class NewPassword(MailOnly, auth_views.PasswordResetConfirmView):
    form_class = ResetPasswordForm
    template_name = "people/new_password.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form):
        messages.success(
            self.request, _("Your password is changed. Sign in with the new one.")
        )
        return super().form_valid(form)


@require_http_methods(["GET", "HEAD", "POST"])
def reading_settings(request):
    """Show and save how this account reads; a script may post it quietly."""
    form = ReadingSettingsForm(request.POST or None, instance=request.user)
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, {request.get_host()}, request.is_secure()
    ):
        back = ""
    if request.method == "POST" and form.is_valid():
        request.user.save(update_fields=form.Meta.fields)
        if request.headers.get("X-Quiet-Save"):
            return HttpResponse(_("Saved"))
        messages.success(request, _("Your reading settings are saved."))
        return redirect(back or "home")
    return render(
        request,
        "people/reading_settings.html",
        {
            "form": form,
            "back": back,
            "lending": LendingForm(instance=request.user)
            if request.user.is_student
            else None,
        },
    )


@require_POST
def lending(request):
    """Keep whether a student lends passages of their writing to their class."""
    if not request.user.is_student:
        raise Http404
    form = LendingForm(request.POST, instance=request.user)
    if form.is_valid():
        request.user.save(update_fields=form.Meta.fields)
        messages.success(
            request,
            _("Your teacher may show passages of your writing, without your name.")
            if request.user.lends_extracts
            else _("Nothing of your writing is shown to your class."),
        )
    return redirect("reading-settings")


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2", "mail_password")
@require_http_methods(["GET", "HEAD", "POST"])
def school_set_up(request, token):
    """Turn an empty site into a school's, once, for whoever holds the link."""
    try:
        set_up.check_token(token)
    except signing.BadSignature as error:
        raise Http404 from error
    school = School.objects.get_or_create(pk=1)[0]
    form = SetUpForm(request.POST or None, instance=school)
    if request.method == "POST" and form.is_valid():
        manager = set_up.finish(form)
        if manager is None:
            raise Http404
        login(request, manager)
        messages.success(request, _("Your school is set up. Welcome."))
        return redirect("home")
    return render(request, "people/school_set_up.html", {"form": form})

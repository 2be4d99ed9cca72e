from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from people import factor_views, views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", views.OwnPassword.as_view(), name="password-change"),
    path(
        "password/forgotten/",
        views.ForgottenPassword.as_view(),
        name="password-forgotten",
    ),
    path(
        "password/forgotten/sent/",
        views.ForgottenPasswordSent.as_view(),
        name="password-forgotten-sent",
    ),
    path(
        "password/new/<uidb64>/<token>/",
        views.NewPassword.as_view(),
        name="password-new",
    ),
    path("sign-in/second-step/", factor_views.prove, name="factor-prove"),
    path("second-step/", factor_views.overview, name="factors"),
    path("second-step/app/", factor_views.app, name="factor-app"),
    path("second-step/codes/", factor_views.codes, name="factor-codes"),
    path("second-step/remove/", factor_views.remove, name="factor-remove"),
    path("second-step/passkey/", factor_views.passkey_new, name="passkey-new"),
    path("second-step/passkey/add/", factor_views.passkey_add, name="passkey-add"),
    path(
        "sign-in/passkey/options/", factor_views.passkey_options, name="passkey-options"
    ),
    path("sign-in/passkey/", factor_views.passkey_prove, name="passkey-prove"),
    path("reading-settings/", views.reading_settings, name="reading-settings"),
    path("reading-settings/lending/", views.lending, name="lending"),
    path("set-up/<str:token>/", views.school_set_up, name="school-set-up"),
]

if settings.OPENID_DOMAINS:
    urlpatterns.append(
        path(
            "sign-in/with/",
            include("allauth.socialaccount.providers.openid_connect.urls"),
        )
    )

from django.contrib.auth.views import LogoutView
from django.urls import path

from people import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", views.OwnPassword.as_view(), name="password-change"),
    path("reading-settings/", views.reading_settings, name="reading-settings"),
    path("reading-settings/lending/", views.lending, name="lending"),
    path("set-up/<str:token>/", views.school_set_up, name="school-set-up"),
]

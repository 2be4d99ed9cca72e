"""The site's table of contents."""

from django.contrib import admin
from django.urls import include, path

from terror_site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("lessons/", include("lessons.urls")),
    path("", include("assessments.urls")),
    path("", include("people.urls")),
    path("admin/", include("assessments.staff_urls")),
    path("admin/", admin.site.urls),
    path("help/", views.help_page, name="help"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("health/alive", views.health_alive, name="health-alive"),
    path("health/ready", views.health_ready, name="health-ready"),
]

handler400 = "terror_site.views.bad_request"
handler403 = "terror_site.views.permission_denied"
handler404 = "terror_site.views.page_not_found"
handler500 = "terror_site.views.server_error"

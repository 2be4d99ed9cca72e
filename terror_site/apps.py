from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from terror_site import checks  # noqa: F401  (registers the system checks)


class TerrorSiteConfig(AppConfig):
    name = "terror_site"
    verbose_name = "Site"


class MarkingAdminConfig(AdminConfig):
    default_site = "terror_site.admin.MarkingSite"

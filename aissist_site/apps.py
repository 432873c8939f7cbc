# Imported as a module: Django takes every AppConfig in this namespace for a candidate of the app "aissist_site".
from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class SiteConfig(AppConfig):
    name = "aissist_site"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "site"

    def ready(self) -> None:
        from aissist_site import checks  # noqa: F401  # registers them


class AissistAdminConfig(admin_apps.AdminConfig):
    """django.contrib.admin, with our own site in place of the stock one."""

    default = False
    default_site = "aissist_site.admin.AissistAdminSite"

    def ready(self) -> None:
        super().ready()  # every app has registered its models after this
        from django.contrib import admin

        from aissist_site import admin_incidents  # noqa: F401  # registers its page
        from aissist_site.admin import tidy

        tidy(admin.site)

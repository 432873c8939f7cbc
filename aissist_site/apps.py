from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "aissist_site"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "site"

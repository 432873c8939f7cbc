"""The site's own settings, with an engine that echoes and a platform that can be read back."""

from aissist_site.settings import *  # noqa: F403
from aissist_site.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.apps.BenchConfig"]

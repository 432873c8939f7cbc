"""What webhooks are held against: a bare Django view that checks an HMAC and inserts one row. No middleware, no admin.

`python -m tests.bench.bare PORT` serves it like the site: gunicorn, two processes, as many threads.
"""

import hashlib
import hmac
import os
import sys
from typing import Any

import django
import environ
from django.conf import settings

KEY = b"of the bare view"
HEADER = "x-signature"
TABLE = "CREATE TABLE IF NOT EXISTS bare_row (id bigserial PRIMARY KEY, at timestamptz NOT NULL, body bytea NOT NULL)"


def sign(body: bytes) -> str:
    return hmac.new(KEY, body, hashlib.sha256).hexdigest()


def configure() -> Any:
    database = {**environ.Env().db("DATABASE_URL"), "CONN_MAX_AGE": None}
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.bench.bare",
        DATABASES={"default": database},
        MIDDLEWARE=[],
        USE_TZ=True,
    )
    django.setup()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def build() -> tuple[Any, Any]:
    """The model and the view, once the settings are there."""
    from django.db import models
    from django.http import HttpRequest, HttpResponse

    class Row(models.Model):
        at = models.DateTimeField(auto_now_add=True)
        body = models.BinaryField()

        class Meta:
            app_label = "bare"
            db_table = "bare_row"

    def hook(request: HttpRequest) -> HttpResponse:
        body = request.body
        if not hmac.compare_digest(sign(body), request.headers.get(HEADER, "")):
            return HttpResponse(status=401)
        Row(body=body).save(force_insert=True)
        return HttpResponse(status=202)

    return Row, hook


def __getattr__(name: str) -> Any:
    """`urlpatterns`, which Django asks this module for."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import path

    return globals().setdefault("urlpatterns", [path("hook", build()[1])])


def serve(port: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Bare(BaseApplication):  # type: ignore[misc]  # gunicorn is untyped
        def load_config(self) -> None:
            options = {"bind": f"127.0.0.1:{port}", "workers": 2, "threads": 48, "worker_class": "gthread"}
            for name, value in {**options, "keepalive": 5, "control_socket_disable": True}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return configure()

    Bare().run()


if __name__ == "__main__":
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    sys.modules["tests.bench.bare"] = sys.modules["__main__"]
    serve(int(sys.argv[1]))

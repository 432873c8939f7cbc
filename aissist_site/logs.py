"""Structured logs: one line per event, as text for people or JSON for machines, with the ids that are bound."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

REDACTED = "[redacted]"
SECRET_NAME = re.compile(
    r"(^|[_.\s-])(authorization|cookie|credentials?|passwords?|secrets?|tokens?|keys?)$", re.IGNORECASE
)
SECRET_TEXT = re.compile(
    r"""
      (?P<scheme> \b (?:Bearer|Basic) \s+ ) [\w.~+/=-]{8,}                               # Authorization: Bearer …
    | (?P<name> (?i: access_token|api_?key|password|secret|token) ["']? \s* [=:] \s* ["']? ) [^\s"'&,;]+
    | (?P<query> [?&] (?:code|state) = ) [^\s"'&]+                                        # what OAuth brings back
    | \b whsec_ [\w+/=-]+                                                                # Standard Webhooks
    | \b (?:sk|xox[abprs]) - [\w-]{8,}                                                   # OpenAI and alike, Slack
    | \d{6,12} : [\w-]{30,}                                                              # Telegram, inside its URLs
    | \b gAAAA [\w=-]{40,}                                                               # our own ciphertext
    """,
    re.VERBOSE,
)


def configuration(level: str, form: str) -> dict[str, Any]:
    """A `LOGGING` dictionary that sends Django's, Celery's, gunicorn's and our own lines through one renderer."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    redact,
                    renderer,
                ],
                "foreign_pre_chain": shared,
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO"},  # in place of Django's own console handler
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "WARNING"},
            "axes": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            "django_celery_beat": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},  # each failed attempt; whoever asked for the connection gets the error
            "urllib3": {"level": "WARNING"},
        },
    }


def redact(logger: Any, method: str, event: EventDict) -> EventDict:
    """The last net under the rule that secrets are never logged: takes them out by their names and by their looks."""
    return {name: _without_secrets(name, value) for name, value in event.items()}


def _without_secrets(name: Any, value: Any) -> Any:
    if isinstance(name, str) and SECRET_NAME.search(name) and isinstance(value, (str, bytes)) and value:
        return REDACTED
    if isinstance(value, str):
        return SECRET_TEXT.sub(_mask, value)
    if isinstance(value, dict):
        return {key: _without_secrets(key, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_secrets(name, inner) for inner in value]
    return value


def _mask(match: re.Match[str]) -> str:
    return (match["scheme"] or match["name"] or match["query"] or "") + REDACTED

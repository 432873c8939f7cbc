"""Every setting of the site, one block per concern, all of them from the environment.

With nothing set, the site runs on its embedded default: SQLite and a Valkey of its own, keys generated into the data
folder. `DATABASE_URL` and `CELERY_BROKER_URL` switch to servers of yours, and then the keys must be given. The README
has the table of every variable.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from aissist_site import embedded, keys, logs

django_stubs_ext.monkeypatch()  # lets `ModelAdmin[Agent]` stand in annotations and base classes

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

# --- Where we are -----------------------------------------------------------------------------------------------------
DATA_DIR = Path(env.str("AISSIST_DATA_DIR", str(BASE_DIR / "data"))).resolve()
EMBEDDED = not env.str("DATABASE_URL", "")
DEBUG = env.bool("DEBUG", False)
PORT = env.int("PORT", 8000)
PUBLIC_URL = env.str("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"] if EMBEDDED else []
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[*LOCAL_HOSTS, urlsplit(PUBLIC_URL).hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []

# --- Keys -------------------------------------------------------------------------------------------------------------
if EMBEDDED:
    SECRET_KEY = env.str("SECRET_KEY", "") or keys.own(DATA_DIR / "django.key", keys.new_django_key)
    FIELD_ENCRYPTION_KEY = env.list("FIELD_ENCRYPTION_KEY", default=[]) or [
        keys.own(DATA_DIR / "encryption.key", keys.new_encryption_key)
    ]
else:
    SECRET_KEY = keys.given(env.str("SECRET_KEY", ""), "SECRET_KEY")
    FIELD_ENCRYPTION_KEY = [
        keys.given(key, "FIELD_ENCRYPTION_KEY") for key in env.list("FIELD_ENCRYPTION_KEY", default=[""])
    ]
keys.check_encryption_keys(FIELD_ENCRYPTION_KEY)

# --- Apps and requests ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "aissist_site",
    "handover",
    "conversations",
    "contacts",
    "gateways",
    "agents",
    "aissist_site.apps.AissistAdminConfig",  # django.contrib.admin with our own site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_api_key",
    "django_filters",
    "drf_standardized_errors",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "aissist_site.urls"
WSGI_APPLICATION = "aissist_site.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database ---------------------------------------------------------------------------------------------------------
if EMBEDDED:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "aissist.sqlite3",
            # WAL without IMMEDIATE answers "database is locked" at once when a reader turns writer, whatever the
            # time-out: https://www.sqlite.org/isolation.html. IMMEDIATE waits its turn instead.
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
            },
            "TEST": {"NAME": env.str("TEST_DATABASE", "") or None},
        }
    }
else:
    database: dict[str, Any] = env.db("DATABASE_URL")
    if database["ENGINE"] == "django.db.backends.postgresql":
        # One pool for each process: its threads share DATABASE_POOL connections, and a thread that waits for something
        # else than the database should give its own back.
        pool = {"min_size": 1, "max_size": env.int("DATABASE_POOL", 16), "timeout": 10, "max_idle": 60}
        # A host that is cut off holds its locks until the server notices: by default after two hours, here after 20 s.
        noticing = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
        noticing += " -c tcp_user_timeout=20000 -c idle_in_transaction_session_timeout=60000"
        alive = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
        # The walk asks the same few dozen questions again and again: each connection has them read and planned once.
        # https://docs.djangoproject.com/en/5.2/ref/databases/#server-side-parameters-binding
        prepared = {"server_side_binding": True, "prepare_threshold": 2}
        given = database.get("OPTIONS", {})
        options = {"options": noticing, **alive, **prepared, **given, "connect_timeout": 5, "pool": pool}
        database.update(ENGINE="aissist_site.postgresql", OPTIONS=options, CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
    DATABASES = {"default": database}

# --- Static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # files are served from where they lie: nobody has to run collectstatic

# --- Signing in -------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

# --- Browsers ---------------------------------------------------------------------------------------------------------
HTTPS = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", HTTPS) else None
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# --- Work: Celery wakes, rows are the queue ---------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "") or embedded.broker_url(DATA_DIR)
EMBEDDED_BROKER = not env.str("CELERY_BROKER_URL", "")
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # no results, so nothing to clean up after them
# Doorbells: their tasks end at once, and a ring that dies with its worker is made good by the next sweep. So the broker
# needn't remember which of them are being heard, which is a third of what a task costs.
DOORBELLS = ("ingest", "turn", "deliver", "timer")
QUEUE_PREFIX = env.str("QUEUE_PREFIX", "")  # where several installations share a broker: none hears another's rings
CELERY_TASK_QUEUES = [
    Queue(f"{QUEUE_PREFIX}{name}", routing_key=f"{QUEUE_PREFIX}{name}", no_ack=name in DOORBELLS, alias=name)
    for name in (*DOORBELLS, "errand", "sweep")
]
CELERY_TASK_DEFAULT_QUEUE = f"{QUEUE_PREFIX}sweep"
CELERY_TASK_ROUTES = {
    **{f"aissist.{queue}": {"queue": queue} for queue in (*DOORBELLS, "sweep")},
    "aissist.action": {"queue": "turn"},
    "aissist.renew": {"queue": "deliver"},
    # Where there is waiting inside the task: for engines, platforms and mail servers.
    **{f"aissist.{task}": {"queue": "errand"} for task in ("fetch", "rephrase", "imports", "embed", "notify")},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: work waits in the database meanwhile
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "aissist.sweep": {
        "task": "aissist.sweep",
        "schedule": timedelta(seconds=2),
        "options": {"queue": "sweep", "expire_seconds": 2},
    },
    "aissist.watch": {
        "task": "aissist.watch",
        "schedule": timedelta(seconds=10),
        "options": {"queue": "sweep", "expire_seconds": 10},
    },
    "aissist.rephrase": {
        "task": "aissist.rephrase",
        "schedule": timedelta(minutes=1),
        "options": {"queue": "errand", "expire_seconds": 60},
    },
    "aissist.notify": {
        "task": "aissist.notify",
        "schedule": timedelta(seconds=5),
        "options": {"queue": "errand", "expire_seconds": 5},
    },
    "aissist.imports": {
        "task": "aissist.imports",
        "schedule": timedelta(seconds=5),
        "options": {"queue": "errand", "expire_seconds": 5},
    },
    "aissist.embed": {
        "task": "aissist.embed",
        "schedule": timedelta(minutes=1),
        "options": {"queue": "errand", "expire_seconds": 60},
    },
    "aissist.tidy": {
        "task": "aissist.tidy",
        "schedule": crontab(hour="3", minute="30"),
        "options": {"queue": "sweep", "expire_seconds": 3600},
    },
}
# A broker that is down is given up at once: the row is there, and the next sweep finds it. With its defaults Celery
# would hold each request up for six seconds.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float | list[int]] = {
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
}
if CELERY_BROKER_URL.startswith("redis"):
    # With the default sweep a lost task comes back after 100 s whatever the visibility time-out, see kombu PR 2558.
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "priority_steps": [0],  # one list for each queue instead of four: nothing here has a priority
    }

# --- Email to operators -----------------------------------------------------------------------------------------------
vars().update(
    env.email_url("EMAIL_URL", default="consolemail://")
)  # like smtp+tls://user:password@mail.example.com:587
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "aissist@localhost")
EMAIL_TIMEOUT = 10  # seconds

# --- Processes --------------------------------------------------------------------------------------------------------
WEB_WORKERS = env.int("WEB_WORKERS", 1 if EMBEDDED else 2)
WEB_THREADS = env.int("WEB_THREADS", 48)  # chat pages poll for up to 25 s, each in a thread
CHAT_MAX_WAITERS = env.int("CHAT_MAX_WAITERS", WEB_THREADS // 2)  # of them; the rest is for everything else
TURN_CONCURRENCY = env.int("TURN_CONCURRENCY", 200)  # engine calls at a time in one worker: threads that only wait
DELIVER_CONCURRENCY = env.int("DELIVER_CONCURRENCY", 96)  # requests to platforms at a time, likewise
WORK_CONCURRENCY = env.int("WORK_CONCURRENCY", 4)  # everything else at a time

# --- Requests that leave this machine ---------------------------------------------------------------------------------
# Private, loopback and link-local addresses are refused unless they lie in one of these networks (CIDR).
OUTBOUND_ALLOWED_NETWORKS = env.list(
    "OUTBOUND_ALLOWED_NETWORKS", default=["127.0.0.0/8", "::1/128"] if EMBEDDED else []
)
WEBHOOK_MAX_BYTES = env.int("WEBHOOK_MAX_BYTES", 1_048_576)
DATA_UPLOAD_MAX_MEMORY_SIZE = WEBHOOK_MAX_BYTES

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["agents.api.authentication.AgentKey", "agents.api.authentication.StaffSession"],
    "DEFAULT_PERMISSION_CLASSES": ["agents.api.permissions.MayAct"],
    "DEFAULT_THROTTLE_CLASSES": ["agents.api.throttling.PerClient"],
    "DEFAULT_THROTTLE_RATES": {"client": env.str("API_RATE", "") or None},  # like 600/min
    "DEFAULT_PARSER_CLASSES": ["agents.api.parsers.Json"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["agents.api.lists.Filters"],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would say less than the schema
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a parameter like any other that doesn't exist
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "agents.api.handler.Handler",
    "ALLOWED_ERROR_STATUS_CODES": ["400", "401", "403", "404", "429"],
    "ERROR_SCHEMAS": dict.fromkeys(("400", "401", "403", "404", "429"), "agents.api.errors.ErrorSerializer"),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Aissist gateways",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": (BASE_DIR / "templates" / "api" / "description.md").read_text("utf-8"),
    "SCHEMA_PATH_PREFIX": "/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "ENUM_SUFFIX": "",
    "ENUM_NAME_OVERRIDES": {
        "ActionKind": "agents.models_actions.Action.Kind",
        "ActionRequestState": "conversations.models_actions.ActionRequest.State",
        "ErrorType": "agents.api.errors.TYPES",
        "SourceState": "agents.knowledge_models.Source.State",
        "SourcePageState": "agents.knowledge_models.SourcePage.State",
        "SourceKind": "agents.knowledge_models.Source.Kind",
        "SaidKind": "handover.api.serializers.SAID",
        "HandoverState": "handover.models.Handover.State",
        "GatewayStatus": "gateways.models.Gateway.Status",
        "ConversationStatus": "conversations.models.Conversation.Status",
        "MessageStatus": "conversations.models.Message.Status",
        "MessageKind": "conversations.models.Message.Kind",
        "AttachmentState": "conversations.files.Attachment.State",
    },
    "TAGS": [
        {"name": "Agents", "description": "The AI workspaces that answer."},
        {"name": "Actions", "description": "Public HTTP APIs that an agent may call."},
        {"name": "Knowledge", "description": "Sources that an agent's articles are imported from."},
        {"name": "Gateways", "description": "Accounts on platforms, each run by one agent."},
        {"name": "Conversations", "description": "Threads with customers, and what people do with them."},
        {"name": "Messages", "description": "What is said, over all conversations; and speaking as a customer."},
    ],
}

# --- Logs -------------------------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", "console" if EMBEDDED else "json")
LOGGING = logs.configuration(LOG_LEVEL, LOG_FORMAT)

if not EMBEDDED and SECRET_KEY.startswith("django-insecure"):
    raise ImproperlyConfigured("SECRET_KEY is a placeholder. Set it to 50 or more random characters.")

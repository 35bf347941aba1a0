"""Settings that every use of the project shares. Where the environment is silent, the state folder speaks."""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from config import env
from optimizer_app.instance.state import InstanceState, UnusableState, load_or_create
from optimizer_app.valkey.address import sentinel_address

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STATE_DIR = env.folder("OPTIMIZER_STATE_DIR", BASE_DIR / "state")
JOURNAL_DIR = STATE_DIR / "journal"
LOG_DIR = STATE_DIR / "logs"
# What messages name to start it: a wheel has no bin/.
START_COMMAND = "bin/up" if (BASE_DIR / "bin" / "up").exists() else "token-optimizer up"
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


@cache
def _instance() -> InstanceState:
    """The embedded instance, made on the first look: with everything in the environment there is none."""
    try:
        return load_or_create(STATE_DIR)
    except UnusableState as error:
        raise ImproperlyConfigured(str(error)) from None


# Where it listens. The port is checked before anything slow starts.
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, min_value=1, max_value=65535)
WEB_CONCURRENCY = env.integer("WEB_CONCURRENCY", len(os.sched_getaffinity(0)), min_value=1, max_value=256)
PUBLIC_URL = env.url("OPTIMIZER_PUBLIC_URL").rstrip("/")
# Who is believed when they say for whom a request is, and has no bounds of one client.
TRUSTED_PROXIES = env.networks("OPTIMIZER_TRUSTED_PROXIES", ("127.0.0.0/8", "::1"))

# Secrets
SECRET_KEY = env.text("DJANGO_SECRET_KEY") or _instance().django_secret_key
# Former ones, under which sessions go on until they end.
SECRET_KEY_FALLBACKS = env.words("DJANGO_SECRET_KEY_FALLBACKS")
# The first one encrypts, all of them decrypt.
ENCRYPTION_KEY_IS_GIVEN = bool(env.text("OPTIMIZER_ENCRYPTION_KEY"))
ENCRYPTION_KEYS = env.fernet_keys("OPTIMIZER_ENCRYPTION_KEY") or _instance().encryption_keys

# Servers
EMBEDDED_POSTGRES = not env.text("DATABASE_URL")
EMBEDDED_VALKEY = not env.text("REDIS_URL")
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", _instance().database_url if EMBEDDED_POSTGRES else "")
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Where DATABASE_URL leads to a pooler that gives each transaction another session: the way past it, for what
# needs a session of its own. Server-side cursors outlive a transaction, so there are none then.
DIRECT_DATABASE = env.database("DATABASE_DIRECT_URL") if env.text("DATABASE_DIRECT_URL") else None
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = DIRECT_DATABASE is not None
# A replica for what pages read of traces and rollups.
DATABASE_ROUTERS: list[str] = []
if env.text("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = env.database("DATABASE_REPLICA_URL")
    DATABASES["replica"] |= {"CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True}
    DATABASES["replica"]["OPTIONS"].setdefault("connect_timeout", 2)
    DATABASE_ROUTERS = ["optimizer_app.replica.router.ReplicaRouter"]
# Traces of more than a few days, where they are many.
CLICKHOUSE_URL = env.url("CLICKHOUSE_URL")
REDIS_URL = env.valkey("REDIS_URL", _instance().redis_url if EMBEDDED_VALKEY else "")
# A cluster for what grows with the number of requests; the rest does not speak to one.
VALKEY_CLUSTER_URL = env.valkey_cluster("VALKEY_CLUSTER_URL")
_SENTINELS = sentinel_address(REDIS_URL)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # Not as a text, which Django would cut at the commas between Sentinels.
        "LOCATION": [REDIS_URL],
        "OPTIONS": {"pool_class": "optimizer_app.valkey.clients.ValkeyPool"},
    }
}
# By publishing: the layer that queues waits for each socket as long as redis-py waits for any answer, which
# breaks quiet sockets every five seconds. A page that missed an announcement fetches itself when it is back.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [_SENTINELS.channel_host if _SENTINELS else REDIS_URL]},
    }
}

# What the first start makes, and what later starts keep up to date
ADMIN_PASSWORD = env.text("OPTIMIZER_ADMIN_PASSWORD")
BOOTSTRAP_KEY = env.text("OPTIMIZER_BOOTSTRAP_KEY")
OPENAI_API_KEY = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL")
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env.url("ANTHROPIC_BASE_URL")

# The gateway
UPSTREAM_TIMEOUT_SECONDS = env.seconds("OPTIMIZER_UPSTREAM_TIMEOUT_SECONDS", 600.0)
# Prices in the place of those of genai-prices, in its form.
PRICES_FILE = env.file("OPTIMIZER_PRICES_FILE", STATE_DIR / "prices.json")
# How long after its first call of read_back a model may go on reading within one answer.
READ_BACK_SECONDS = env.seconds("OPTIMIZER_READ_BACK_SECONDS", 120.0)
ANALYTICS_URL = env.url("ANALYTICS_URL")
# Who may read /metrics; without one only this machine may.
METRICS_TOKEN = env.text("OPTIMIZER_METRICS_TOKEN")
# Whether URLs that people enter may lead to this machine and to private networks, where models may be served.
ALLOW_PRIVATE_URLS = env.boolean("OPTIMIZER_ALLOW_PRIVATE_URLS", default=False)
# The model of the machine's one embedding process, and the socket it answers on.
EMBEDDING_MODEL = env.text("OPTIMIZER_EMBEDDING_MODEL", "BAAI/bge-small-en-v1.5")
EMBEDDING_SOCKET = STATE_DIR / "run" / "embedding.sock"
# Workers of this machine that read and embed documents at a time, and for how many seconds of an hour each
# project may keep one from those of other projects.
INGEST_WORKERS = env.integer(
    "OPTIMIZER_INGEST_WORKERS", max(1, len(os.sched_getaffinity(0)) // 2), min_value=1, max_value=64
)
INGEST_SECONDS_PER_HOUR = env.seconds("OPTIMIZER_INGEST_SECONDS_PER_HOUR", 1200.0)
# Documents that a project may have, and the MB of their files; 0 sets no bound.
MAX_PROJECT_DOCUMENTS = env.integer("OPTIMIZER_MAX_PROJECT_DOCUMENTS", 100_000, min_value=0)
MAX_PROJECT_DOCUMENTS_MB = env.integer("OPTIMIZER_MAX_PROJECT_DOCUMENTS_MB", 5_000, min_value=0)
# Days that traces are kept, and what each day came to; 0 keeps them for ever.
TRACE_RETENTION_DAYS = env.integer("OPTIMIZER_TRACE_RETENTION_DAYS", 90, min_value=0)
# Days that PostgreSQL keeps traces which ClickHouse has got; 0 as long as ClickHouse does.
POSTGRES_TRACE_DAYS = env.integer("OPTIMIZER_POSTGRES_TRACE_DAYS", 0, min_value=0)
ROLLUP_RETENTION_DAYS = env.integer("OPTIMIZER_ROLLUP_RETENTION_DAYS", 730, min_value=0)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "channels",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "optimizer_app",
    "gateway",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.content_security_policy.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "optimizer_app.access.middleware.Acting",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.shell.database_down.DatabaseDown",
]
if DATABASE_ROUTERS:
    MIDDLEWARE.append("optimizer_app.replica.middleware.ReplicaReads")
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
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
    }
]

# People
PASSWORD_HASHERS = ["optimizer_app.security.passwords.QueuedHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "dashboard:login"
# Single sign-on by OpenID Connect, where an issuer is named: what stands on the button, and whether people
# who were never here get an account, which is in no project.
env.check_together("OPTIMIZER_OIDC_ISSUER", "OPTIMIZER_OIDC_CLIENT_ID", "OPTIMIZER_OIDC_CLIENT_SECRET")
OIDC_ISSUER = env.url("OPTIMIZER_OIDC_ISSUER").rstrip("/")
OIDC_CLIENT_ID = env.text("OPTIMIZER_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OPTIMIZER_OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("OPTIMIZER_OIDC_NAME", "Single sign-on")
OIDC_NEW_ACCOUNTS = env.boolean("OPTIMIZER_OIDC_NEW_ACCOUNTS", default=False)
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

# Hosts and cookies: on plain http, as on localhost, a `Secure` cookie would never come back.
_HTTPS = PUBLIC_URL.startswith("https://")
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_IS_LOCAL = HOST in {"localhost", "127.0.0.1", "::1"}
_PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname
_OWN_NAMES = (*_LOOPBACK_NAMES, _PUBLIC_HOST) if _PUBLIC_HOST else _LOOPBACK_NAMES
ALLOWED_HOSTS = env.words("OPTIMIZER_ALLOWED_HOSTS", _OWN_NAMES if _IS_LOCAL or _PUBLIC_HOST else ("*",))
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
# Other names of the domain may be somebody else's: it is not for this service to speak for them. And where a
# proxy does not say that the client came by https, a redirect would never end.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
if _IS_LOCAL and not _HTTPS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W012", "security.W016"]  # of https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# The admin's theme runs Alpine, which evaluates the text of attributes, and has inline styles.
ADMIN_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

# Static files: collected once, served by Starlette ahead of Django.
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("OPTIMIZER_STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_FROM_SOURCE = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# Files of one form; the size of each, and of all, is bounded by the page that takes them.
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000
# Texts of one form: as much as a page's request may hold, since prompts are pasted.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2

# Time and language
TIME_ZONE = env.text("OPTIMIZER_TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = "en"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Background work. An hour without an acknowledgement and Valkey hands a task out again.
CELERY_BROKER_URL = _SENTINELS.broker_url if _SENTINELS else REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    **(_SENTINELS.broker_options if _SENTINELS else {}),
}
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# One process is left for deliveries and upkeep.
CELERY_WORKER_CONCURRENCY = INGEST_WORKERS + 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_DEFAULT_QUEUE = "upkeep"
CELERY_TASK_QUEUES = [Queue(name) for name in ("ingest", "precompression", "delivery", "upkeep")]
CELERY_TASK_ROUTES = {
    "optimizer_app.tasks.deliver_events": {"queue": "delivery"},
    "optimizer_app.tasks.keep_partitions": {"queue": "upkeep"},
    "optimizer_app.tasks.roll_up_traces": {"queue": "upkeep"},
    "optimizer_app.tasks.copy_traces": {"queue": "upkeep"},
    "optimizer_app.tasks.ingest_due_documents": {"queue": "ingest"},
    "optimizer_app.tasks.precompress": {"queue": "precompression"},
    # By the worker that is apart and niced: it takes all that requests leave, too.
    "optimizer_app.tasks.run_replays": {"queue": "precompression"},
    "optimizer_app.tasks.drop_unused_precompressions": {"queue": "upkeep"},
    "optimizer_app.tasks.drop_expired_captures": {"queue": "upkeep"},
    "optimizer_app.tasks.propose_tuning": {"queue": "precompression"},
}
CELERY_BEAT_SCHEDULER = "optimizer_app.background.schedule:SteadyScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    # One that waited too long is thrown away: the next one does the same work.
    "deliver-events": {
        "task": "optimizer_app.tasks.deliver_events",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    },
    "ingest-due-documents": {
        "task": "optimizer_app.tasks.ingest_due_documents",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "precompress": {
        "task": "optimizer_app.tasks.precompress",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "run-replays": {
        "task": "optimizer_app.tasks.run_replays",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "drop-unused-precompressions": {
        "task": "optimizer_app.tasks.drop_unused_precompressions",
        "schedule": timedelta(hours=1),
        "options": {"expires": 600},
    },
    "drop-expired-captures": {
        "task": "optimizer_app.tasks.drop_expired_captures",
        "schedule": timedelta(hours=1),
        "options": {"expires": 600},
    },
    "roll-up-traces": {
        "task": "optimizer_app.tasks.roll_up_traces",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "propose-tuning": {
        "task": "optimizer_app.tasks.propose_tuning",
        "schedule": timedelta(days=1),
        "options": {"expires": 3600},
    },
    "keep-partitions": {
        "task": "optimizer_app.tasks.keep_partitions",
        "schedule": timedelta(days=1),
        "options": {"expires": 3600},
    },
}
if CLICKHOUSE_URL:
    CELERY_BEAT_SCHEDULE["copy-traces"] = {
        "task": "optimizer_app.tasks.copy_traces",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    }

# The management API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "optimizer_app.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "optimizer_app.api.access.ScopeAllows",
        "optimizer_app.api.access.RoleAllows",
    ],
    "DEFAULT_PAGINATION_CLASS": "optimizer_app.api.pages.CursorPages",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # The schema describes the operations, without a query for each who asks.
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "optimizer_app.api.errors.error_response",
}
UNFOLD = {"SITE_TITLE": "Token Optimizer", "SITE_HEADER": "Token Optimizer"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Token Optimizer management API",
    "DESCRIPTION": "Does what the pages do, with tokens of its own.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    # Three things have a kind.
    "ENUM_NAME_OVERRIDES": {
        "PromptKindEnum": ["text", "openai", "anthropic", "responses"],
        "VariableKindEnum": "optimizer_app.prompts.template.Kind",
        "BlockTypeEnum": "optimizer_app.api.collections.documents.BLOCK_TYPES",
        "ProviderKindEnum": "optimizer_app.models.providers.provider.Provider.Kind",
        # Messages have a role, too.
        "MemberRoleEnum": "optimizer_app.models.projects.roles.Role",
    },
}

LOG_LEVEL = env.text("OPTIMIZER_LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = "config.logs.configure_logs"
LOGGING = {"level": LOG_LEVEL, "format": env.choice("OPTIMIZER_LOG_FORMAT", ("text", "json"))}

"""Every setting, read once from the environment; nothing else differs in production."""

from pathlib import Path
from typing import Any

import dj_database_url

from backend.env import env_bool, env_int, env_list, env_secret, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env_str("VAR_DIR", str(BASE_DIR / "var")))

PRODUCTION = env_bool("PRODUCTION", False)
DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env_secret("SECRET_KEY", required=PRODUCTION, default="development-only")

PUBLIC_URL = env_str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "backend.jobs",
    "backend.accounts",
    "backend.campaigns",
    "backend.speakers",
    "backend.coverage",
    "backend.clips",
    "backend.imports",
    "backend.quality",
    "annotation",
    "backend.releases",
    "backend.console",
    "workers",
]

MIDDLEWARE = [
    "backend.logs.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backend.console.headers.PagePolicyMiddleware",
]

ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# WAL + IMMEDIATE never says "database is locked" on a read that turns into a write; FULL keeps
# the last committed receipt through a power cut, which NORMAL does not.
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-20000;"
        "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;"
    ),
}


def _database() -> dict[str, Any]:
    """Read DATABASE_URL; SQLite gets the options that make concurrent writers safe."""
    url = env_secret(
        "DATABASE_URL", required=PRODUCTION, default=f"sqlite:///{VAR_DIR / 'fieldvoice.sqlite3'}"
    )
    config: dict[str, Any] = dict(dj_database_url.parse(url))
    if config["ENGINE"].endswith("sqlite3"):
        config["ENGINE"] = "backend.sqlite"
        config["OPTIONS"] = SQLITE_OPTIONS
        config["CONN_MAX_AGE"] = None
    else:
        config["CONN_MAX_AGE"] = 600
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/console/sign-in"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/console/sign-in"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = True
# With PUBLIC=1, ca.crt: the root certificate that phones install, served as /ca.crt.
WHITENOISE_ROOT = VAR_DIR / "public"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# The object store: the address we call, and the address that phones call (which is what is signed).
S3_ENDPOINT_URL = env_str("S3_ENDPOINT_URL", "http://127.0.0.1:8333")
S3_PUBLIC_URL = env_str("S3_PUBLIC_URL", S3_ENDPOINT_URL)
S3_REGION = env_str("S3_REGION", "us-east-1")
S3_BUCKET = env_str("S3_BUCKET", "fieldvoice")
S3_ACCESS_KEY_ID = env_secret("S3_ACCESS_KEY_ID", required=PRODUCTION)
S3_SECRET_ACCESS_KEY = env_secret("S3_SECRET_ACCESS_KEY", required=PRODUCTION)

BROKER_URL = env_secret("BROKER_URL", required=PRODUCTION, default="redis://127.0.0.1:6379/0")

UPLOAD_URL_SECONDS = env_int("UPLOAD_URL_SECONDS", 3600)
UPLOAD_WINDOW_SECONDS = env_int("UPLOAD_WINDOW_SECONDS", 14 * 24 * 3600)
HEAR_URL_SECONDS = 300
# Whether models listen to a clip after its signal was judged; a clip passes when both have spoken.
MODEL_CHECKS = env_bool("MODEL_CHECKS", True)
# A folder with further models (docs/running.md); without one, those inside the installed wheels.
MODELS_DIR = env_str("MODELS_DIR", "")
JOB_LEASE_SECONDS = env_int("JOB_LEASE_SECONDS", 60)
JOB_SWEEP_SECONDS = env_int("JOB_SWEEP_SECONDS", 5)

LABEL_STUDIO_URL = env_str("LABEL_STUDIO_URL", "")
LABEL_STUDIO_TOKEN = env_secret("LABEL_STUDIO_TOKEN", required=False)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.accounts.authentication.BearerAuthentication",
        "backend.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["backend.accounts.permissions.Can"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["backend.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "backend.openapi.ProblemSchema",
    "EXCEPTION_HANDLER": "backend.problems.handle_exception",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fieldvoice",
    "DESCRIPTION": "Collect speech in the field and turn it into training sets.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    # Two fields called `kind`: what a prompt asks for, and what form an answer about oneself has.
    # Two called `content_type`: a consent's evidence may be a picture. `state` is of many things.
    "ENUM_NAME_OVERRIDES": {
        "PromptKind": ["read", "question", "hotword", "command"],
        "AnswerKind": ["choice", "year", "text", "list"],
        "AudioType": ["audio/flac", "audio/wav", "audio/webm", "audio/mp4", "audio/ogg"],
        "VerdictOutcome": ["pass", "review", "reject"],
        "CampaignState": ["open", "closed"],
        "ClipState": "backend.clips.models.STATE_CHOICES",
        "JobState": ["queued", "running", "done", "failed", "canceled"],
    },
}

LOG_LEVEL = env_str("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "backend.logs.JsonFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        # Django logs every 4xx as a warning with its path; the request line says it already.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
        # A line for every request to a vendor, with its whole query.
        "httpx": {"level": "WARNING"},
    },
}

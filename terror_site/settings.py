"""Settings, read from the environment. Everything has a safe default but the
secret key, which `make run` writes to `var/secret_key` once.

The two modes of a school (`docs/architecture.md`, "One switch") hang on
SITE_SCHEME: `https`, the default, and `http` for a LAN without certificates.
"""

import socket
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
SECRET_KEY_FILE = VAR_DIR / "secret_key"

# The site

SITE_SCHEME = env("SITE_SCHEME", default="https")
IS_HTTPS = SITE_SCHEME != "http"
PORT = env.int("PORT", default=8000)
# A certificate of the school's own, where no proxy keeps it.
TLS_CERTIFICATE = env("TLS_CERTIFICATE", default="")
TLS_KEY = env("TLS_KEY", default="")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower()],
)
DEBUG = False
ROOT_URLCONF = "terror_site.urls"
SECRET_KEY = env("SECRET_KEY", default="") or (
    SECRET_KEY_FILE.read_text().strip() if SECRET_KEY_FILE.exists() else ""
)
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "There is no SECRET_KEY: start the site with `make run`, which makes one, or "
        f"put one into the environment or into {SECRET_KEY_FILE}."
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
WSGI_APPLICATION = "terror_site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "people",
    "lessons",
    "assessments",
    "terror_site.apps.TerrorSiteConfig",
    "terror_site.apps.MarkingAdminConfig",
]

MIDDLEWARE = [
    "terror_site.middleware.RequestIdMiddleware",
    # First what every answer gets, redirects, refusals and static files included.
    "terror_site.middleware.AnswerMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "terror_site.middleware.MethodMiddleware",
    "terror_site.middleware.ClockMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "people.sessions.SignedInMiddleware",
    "people.audit.AuditMiddleware",
    "terror_site.middleware.SignInRequiredMiddleware",
    "people.middleware.SchoolMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "people.middleware.GivenPasswordMiddleware",
    "people.middleware.SecondFactorMiddleware",
    "terror_site.middleware.RoomMiddleware",
]

# Who needs a second factor: roles as in people/roles.py, "site manager,head".
SECOND_FACTOR_ROLES = frozenset(env.list("SECOND_FACTOR_ROLES", default=[]))

# Signing in with an OpenID provider: off without the school's domains.
OPENID_DOMAINS = [name.lower() for name in env.list("OPENID_DOMAINS", default=[])]
MICROSOFT_TENANT = env("MICROSOFT_TENANT", default="")
OPENID_APPS = [
    {
        "provider_id": key.lower(),
        "name": name,
        "client_id": env(f"{key}_CLIENT_ID"),
        "secret": env(f"{key}_SECRET", default=""),
        "settings": {"server_url": address},
    }
    for key, name, address in (
        ("GOOGLE", "Google", "https://accounts.google.com"),
        (
            "MICROSOFT",
            "Microsoft",
            f"https://login.microsoftonline.com/{MICROSOFT_TENANT}/v2.0",
        ),
        ("OPENID", env("OPENID_NAME", default="OpenID"), env("OPENID_URL", default="")),
    )
    if env(f"{key}_CLIENT_ID", default="")
]
if OPENID_DOMAINS:
    INSTALLED_APPS += [
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ]
    MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")
    SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": OPENID_APPS}}
    SOCIALACCOUNT_ADAPTER = "people.openid_adapter.OpenIDAdapter"
    SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
    # A form that led to another site would need a hole in the content policy.
    SOCIALACCOUNT_LOGIN_ON_GET = True
    SOCIALACCOUNT_STORE_TOKENS = False
    ACCOUNT_RATE_LIMITS = False

# Both off: nothing is sent anywhere (`terror_site/telemetry.py`).
SENTRY_DSN = env("SENTRY_DSN", default="")
OTEL_ENDPOINT = env("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
if OTEL_ENDPOINT:
    MIDDLEWARE.insert(1, "terror_site.telemetry.TraceMiddleware")

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
                "people.middleware.school",
            ],
        },
    },
]

CRISPY_ALLOWED_TEMPLATE_PACKS = ["bootstrap5"]
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Data

DATABASES = {
    "default": env.db_url(
        "DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'classroom.sqlite3'}"
    )
}
# Never ATOMIC_REQUESTS: with SQLite every page view would take the write lock.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"] |= {
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
else:
    # Connections that a process shares (`docs/scaling.md`); else one for each thread.
    pool = env.int("DATABASE_POOL", default=0)
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,
        # What stands in the address, sslmode above all, is kept.
        "OPTIONS": {
            **(
                {"pool": {"min_size": 1, "max_size": pool, "timeout": 5}}
                if pool
                else {}
            ),
            # A save is to hear within ten seconds that the database is away.
            "connect_timeout": 5,
            "options": "-c synchronous_commit=on -c statement_timeout=15000 "
            "-c lock_timeout=5000",
            **DATABASES["default"].get("OPTIONS", {}),
        },
    }
# Each process remembers for itself what may be some seconds old, unless several app
# servers share a Redis.
REDIS_URL = env("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "terror_site.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "classroom",
            # A cache that hangs must not hang a save.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
# Not in a cookie of its own: the privacy page counts three.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["people.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["people.hashers.OneAtATimeArgon2"]
PASSWORD_RESET_TIMEOUT = 3600
EMAIL_BACKEND = "people.mail.SchoolMailBackend"

# Words and time

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["terror_site.formats"]

# Files

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
# Several app servers: a folder that all of them mount, or a bucket (`docs/scaling.md`).
MEDIA_ROOT = Path(env("MEDIA_DIR", default=str(VAR_DIR / "media")))
S3_BUCKET = env("S3_BUCKET", default="")
STORAGES = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            # Read through a permission check, never from the bucket's own address.
            "OPTIONS": {
                "bucket_name": S3_BUCKET,
                "endpoint_url": env("S3_ENDPOINT", default=None),
                "region_name": env("S3_REGION", default=None),
                "access_key": env("S3_ACCESS_KEY", default=None),
                "secret_key": env("S3_SECRET_KEY", default=None),
                "addressing_style": env("S3_ADDRESSING", default="auto"),
                "default_acl": None,
                "file_overwrite": False,
            },
        }
        if S3_BUCKET
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {"BACKEND": "terror_site.static_files.HashedStaticStorage"},
}
WHITENOISE_MAX_AGE = 60 * 60

BACKUP_DIR = Path(env("BACKUP_DIR", default=str(VAR_DIR / "backups")))
BACKUP_KEEP = env.int("BACKUP_KEEP", default=30)

# Safety

# The longest text comes in by every door: a form without script sends a sign outside
# ASCII as up to twelve (%F0%9F%98%80), and `saves.LONGEST_TEXT` of them are 6 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_FAILURE_VIEW = "terror_site.views.csrf_failure"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if IS_HTTPS else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600) if IS_HTTPS else 0
# Whether a school's whole domain may be pinned is the school's decision.
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS and env.bool("HSTS_DOMAIN", default=False)
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
IS_BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if IS_BEHIND_PROXY else None
)
# How many proxies write a client's address behind the last one's (`people.addresses`).
PROXIES = env.int("PROXIES", default=int(IS_BEHIND_PROXY))
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = IS_HTTPS
DEVICE_COOKIE_NAME = "__Host-device" if IS_HTTPS else "device"
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_ENGINE = "people.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Bounded: an open desk must outlast a lesson's film, and not a day.
IDLE_MINUTES_STUDENTS = min(max(env.int("IDLE_MINUTES_STUDENTS", default=60), 20), 180)
IDLE_MINUTES_STAFF = min(max(env.int("IDLE_MINUTES_STAFF", default=30), 5), 120)
SESSION_HOURS = min(max(env.int("SESSION_HOURS", default=12), 1), 24)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
# W005 and W021 ask for the two pins above, which the school decides on; the
# others ask for what plain HTTP cannot have.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"] + (
    []
    if IS_HTTPS
    else ["security.W004", "security.W008", "security.W011", "security.W016"]
)
X_FRAME_OPTIONS = "DENY"

# Logs go to the terminal or the service's journal; never answers or names. LOG_FORMAT
# is `line` or `json`.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "terror_site.logs.LineFormatter"},
        "json": {"()": "terror_site.logs.JSONFormatter"},
    },
    "filters": {"refusals": {"()": "terror_site.logs.ShortRefusals"}},
    "handlers": {
        "terminal": {
            "class": "logging.StreamHandler",
            "filters": ["refusals"],
            "formatter": env("LOG_FORMAT", default="line"),
        }
    },
    "loggers": {
        "django": {"handlers": ["terminal"], "propagate": False},
        # Answered by a page and one line of our own (`views.bad_request`).
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
    },
    "root": {"handlers": ["terminal"], "level": "INFO"},
}

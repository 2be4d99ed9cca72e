"""The bare Django floor: the same work as ours with nothing around it.

The same server, the same database file and the same sessions; a page is session
+ user + one stored body, a save is session + user + one update. `tests.bench`
runs it beside the product in the same run (DECISIONS 37).
"""

import os

from terror_site import settings as product

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.floor.urls"
WSGI_APPLICATION = "terror_site.wsgi.application"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "people",
    "lessons",
    "tests.floor",
]
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["people.backends.RoleBackend"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
# Django's own look-ups of session and user, on the product's table of sessions.
SESSION_ENGINE = "tests.floor.sessions"
SESSION_COOKIE_NAME = "session"
DATABASES = product.DATABASES
DEFAULT_AUTO_FIELD = product.DEFAULT_AUTO_FIELD
# `terror_site.wsgi` asks for both.
SENTRY_DSN = OTEL_ENDPOINT = ""

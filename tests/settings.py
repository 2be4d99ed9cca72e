"""The product's settings with a folder of their own, quick passwords and plain
static files."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("SITE_SCHEME", "http")
if "VAR_DIR" not in os.environ:
    # Workers take it over from the process that started them, and so does the rest.
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="classroom-tests-")
    atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)

from terror_site.settings import *  # noqa: F403 (settings are taken over whole)
from terror_site.settings import DATABASES, STORAGES, VAR_DIR

# A file: SQLite's in-memory database has locks of its own, unlike any school's.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

"""Settings of the tests. `tests/conftest.py` starts the servers and sets their URLs before this is read;
the stand-ins below only serve tools that read settings without running anything, such as mypy."""

import os
from urllib.parse import urlsplit, urlunsplit

os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
# Workers share a Valkey, each in a database of its own: a machine has only one of some keys.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    number = int(worker.removeprefix("gw")) % 16
    os.environ["REDIS_URL"] = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}"))
os.environ.setdefault("DJANGO_SECRET_KEY", "only for tests")
os.environ.setdefault("OPTIMIZER_ENCRYPTION_KEY", "b25seSBmb3IgdGVzdHMsIG5ldmVyIGZvciBsaWZlISE=")

from config.settings.base import *  # noqa: F403
from config.settings.base import STORAGES

DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
STATIC_FROM_SOURCE = True
# Servers of the tests listen on 127.0.0.1.
ALLOW_PRIVATE_URLS = True

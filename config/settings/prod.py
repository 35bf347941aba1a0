"""Settings of a running instance, embedded or on one's own servers."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, ENCRYPTION_KEYS, SECRET_KEY

_MIN_SECRET_CHARS = 50
_MIN_DIFFERENT_CHARS = 5

if len(SECRET_KEY) < _MIN_SECRET_CHARS or len(set(SECRET_KEY)) < _MIN_DIFFERENT_CHARS:
    raise ImproperlyConfigured(
        f"DJANGO_SECRET_KEY must be at least {_MIN_SECRET_CHARS} random characters; "
        "`openssl rand -base64 48` makes one"
    )
if any(len(set(key)) < _MIN_DIFFERENT_CHARS for key in ENCRYPTION_KEYS):
    raise ImproperlyConfigured("OPTIMIZER_ENCRYPTION_KEY must be random")

DEBUG = False
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": 8,
    "timeout": 10,
    "reconnect_timeout": 5,
}
if "replica" in DATABASES:
    # Pages wait for it for a moment only: the primary has the same.
    DATABASES["replica"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 2}

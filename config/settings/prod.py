"""Settings of a running instance, embedded or on one's own servers."""

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES

DEBUG = False
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": 8,
    "timeout": 10,
    "reconnect_timeout": 5,
}

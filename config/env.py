"""Typed readers of the environment. Nonsense is refused by name, and no message repeats a secret.

Every reader takes NAME, and where that is unset the content of the file that NAME_FILE names, which is how
container secrets come. An empty value counts as unset.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from optimizer_app.valkey.address import SENTINEL_SCHEME, sentinel_address
from optimizer_app.valkey.cluster import CLUSTER_SCHEMES, cluster_address

TRUE_WORDS: Final = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS: Final = frozenset({"0", "false", "no", "off"})
DEFAULT_POSTGRES_PORT: Final = 5432

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def text(name: str, default: str = "") -> str:
    """The variable as it is, without white space around it."""
    return _value(name) or default


def choice(name: str, values: tuple[str, ...]) -> str:
    """One of some values; the first where the variable is unset."""
    value = text(name) or values[0]
    if value not in values:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(values)}, not {value!r}")
    return value


def integer(name: str, default: int, *, min_value: int | None = None, max_value: int | None = None) -> int:
    value = _value(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from None
    if (min_value is not None and number < min_value) or (max_value is not None and number > max_value):
        raise ImproperlyConfigured(f"{name} must be {_range(min_value, max_value)}, not {number}")
    return number


def seconds(name: str, default: float) -> float:
    """A positive number of seconds."""
    value = _value(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, not {value!r}") from None
    if not 0 < number < float("inf"):
        raise ImproperlyConfigured(f"{name} must be a positive number of seconds, not {value!r}")
    return number


def boolean(name: str, *, default: bool) -> bool:
    value = _value(name).lower()
    if not value:
        return default
    if value in TRUE_WORDS:
        return True
    if value in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, true, yes, on, 0, false, no, off, not {value!r}")


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list separated by commas."""
    value = _value(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def check_together(*names: str) -> None:
    """Some variables are all set or all unset."""
    unset = [name for name in names if not _value(name)]
    if unset and len(unset) < len(names):
        given = [name for name in names if name not in unset]
        raise ImproperlyConfigured(
            f"{' and '.join(unset)} must be set, too, where {' and '.join(given)} {_is_or_are(given)}"
        )


def networks(name: str, default: tuple[str, ...] = ()) -> list[Network]:
    """Addresses and networks, separated by commas."""
    found = []
    for word in words(name, default):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must be addresses or networks, as in 10.0.0.7 or 10.0.0.0/24, not {word!r}"
            ) from None
    return found


def fernet_keys(name: str) -> tuple[str, ...]:
    """Keys of Fernet, separated by commas; messages repeat none."""
    keys = tuple(words(name))
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must be 32 random bytes in URL-safe base64, or several with commas between; "
                "`openssl rand -base64 32 | tr +/ -_` makes one"
            ) from None
    return keys


def file(name: str, default: Path) -> Path:
    """An absolute path; where the variable names one, it must be there."""
    value = _value(name)
    path = Path(value or default).expanduser().absolute()
    if value and not path.is_file():
        raise ImproperlyConfigured(f"{name} must name a file, and there is none at {path}")
    return path


def folder(name: str, default: Path) -> Path:
    """An absolute path; it may not exist yet, but must be no file."""
    path = Path(_value(name) or default).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ImproperlyConfigured(f"{name} must name a folder, but {path} is a file")
    return path


def url(name: str, default: str = "", *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """A URL of one of the schemes, with a host. Messages name neither its user nor its password."""
    value = _value(name) or default
    if value:
        _check_url(name, value, schemes)
    return value


def valkey(name: str, default: str = "") -> str:
    """The URL of a Valkey or Redis, or of a primary among Sentinels."""
    value = _value(name) or default
    if value.startswith(f"{SENTINEL_SCHEME}://"):
        try:
            sentinel_address(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} {error}") from None
        return value
    return url(name, default, schemes=("redis", "rediss", "unix", SENTINEL_SCHEME))


def valkey_cluster(name: str) -> str:
    """The URL of a cluster; empty where there is none."""
    if not (value := _value(name)):
        return ""
    try:
        address = cluster_address(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} {error}") from None
    if address is None:
        raise ImproperlyConfigured(f"{name} must begin with {':// or '.join(CLUSTER_SCHEMES)}://")
    return value


def database(name: str, default: str = "") -> dict[str, Any]:
    """A postgres:// URL as Django's connection settings; its query (`?sslmode=require`) as OPTIONS."""
    value = url(name, default, schemes=("postgres", "postgresql"))
    parts = urlsplit(value)
    database_name = unquote(parts.path.lstrip("/"))
    if not database_name:
        raise ImproperlyConfigured(f"{name} must end in the name of a database, as in postgres://host/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or DEFAULT_POSTGRES_PORT,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def _check_url(name: str, value: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} cannot be read as a URL: its host or port is wrong") from None
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with {':// or '.join(schemes)}://")
    if not host:
        raise ImproperlyConfigured(f"{name} names no host")


def _value(name: str) -> str:
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if value and path:
        raise ImproperlyConfigured(f"set {name} or {name}_FILE, not both")
    return _file_content(name, path) if path else value


def _file_content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {reason}") from None


def _is_or_are(things: list[str]) -> str:
    return "is" if len(things) == 1 else "are"


def _range(min_value: int | None, max_value: int | None) -> str:
    if max_value is None:
        return f"at least {min_value}"
    return f"at most {max_value}" if min_value is None else f"between {min_value} and {max_value}"

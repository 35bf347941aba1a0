"""Bringing an instance up to this version: servers reached, schema migrated, static files, first rows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from redis.connection import parse_url

from optimizer_app.background.connections import session_connection, unpooled
from optimizer_app.background.valkey import traffic_client
from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.clickhouse.copying import start_or_stop_copying
from optimizer_app.instance.bootstrap import Bootstrapped, bootstrap
from optimizer_app.traces.partitions import ensure_coming_partitions
from optimizer_app.valkey.address import sentinel_address
from optimizer_app.valkey.clients import sync_client
from optimizer_app.valkey.cluster import VALKEY_ERRORS, cluster_address
from token_optimizer.errors import ConfigError
from token_optimizer.tokens.tokenizers import use_tokenizers_of_environment

CONNECT_TIMEOUT_SECONDS = 5
LOCK_WAIT = "2s"
LOCK_PAUSE_SECONDS = 3.0
LOCK_TRIES = 60
COLLECTED_MARK = ".collected"
# The advisory lock of whoever brings the database up to this version.
_PREPARING = 7_401_894_021


def prepare() -> Bootstrapped:
    """Everything that must be there before the first request. Repeating it changes nothing."""
    check_tokenizers()
    check_database("DATABASE_URL")
    check_valkey()
    check_valkey_cluster()
    with session_connection(), _one_at_a_time():
        migrate()
        ensure_coming_partitions(timezone.now().date())
        check_clickhouse()
        made = bootstrap()
    collect_static_files()
    return made


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Instances that start at once on one database take turns: the second one finds all done."""
    if settings.DIRECT_DATABASE is not None:
        check_database("DATABASE_DIRECT_URL")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])


def check_tokenizers() -> None:
    """ImproperlyConfigured names the tokenizer that is not there, before a worker stumbles over it."""
    try:
        use_tokenizers_of_environment()
    except ConfigError as error:
        raise ImproperlyConfigured(str(error)) from None


def check_database(variable: str) -> None:
    """ImproperlyConfigured names the server that cannot be used, and why, without the password.

    Asked past the pool, which would only say that it got no connection in time.
    """
    target = connection.settings_dict
    where = f"{target['HOST']}:{target['PORT']}/{target['NAME']}"
    try:
        psycopg.connect(
            host=target["HOST"],
            port=target["PORT"],
            dbname=target["NAME"],
            user=target["USER"] or None,
            password=target["PASSWORD"] or None,
            **{"connect_timeout": CONNECT_TIMEOUT_SECONDS, **unpooled(target["OPTIONS"])},
        ).close()
    except psycopg.Error as error:
        reason = _without(target["PASSWORD"], str(error).strip().splitlines()[-1])
        raise ImproperlyConfigured(f"{variable}: PostgreSQL at {where} cannot be used: {reason}") from None


def check_valkey() -> None:
    """ImproperlyConfigured names the server that cannot be used, and why, without the password."""
    client = sync_client(settings.REDIS_URL, socket_connect_timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        reason = _without(client.connection_pool.connection_kwargs.get("password"), str(error))
        raise ImproperlyConfigured(
            f"REDIS_URL: Valkey or Redis at {_where(client)} cannot be used: {reason}"
        ) from None
    finally:
        client.close()


def check_valkey_cluster() -> None:
    """The same of the cluster, where there is one."""
    if (address := cluster_address(settings.VALKEY_CLUSTER_URL)) is None:
        return
    try:
        with traffic_client():
            pass
    except VALKEY_ERRORS as error:
        where = ", ".join(f"{host}:{port}" for host, port in address.nodes)
        reason = _without(parse_url(address.first_url).get("password"), str(error))
        raise ImproperlyConfigured(
            f"VALKEY_CLUSTER_URL: the cluster of {where} cannot be used: {reason}"
        ) from None


def check_clickhouse() -> None:
    """Have traces copied to it, where there is one. ImproperlyConfigured where it cannot be used."""
    try:
        start_or_stop_copying()
    except ClickHouseAway as error:
        raise ImproperlyConfigured(f"CLICKHOUSE_URL: ClickHouse cannot be used: {error}") from None


def _where(client: redis.Redis) -> str:
    """The servers that are asked, as messages name them."""
    if address := sentinel_address(settings.REDIS_URL):
        return f"{address.primary} of {', '.join(f'{host}:{port}' for host, port in address.sentinels)}"
    connects_to = client.connection_pool.connection_kwargs
    return connects_to.get("path") or f"{connects_to.get('host')}:{connects_to.get('port')}"


def migrate() -> None:
    """Apply what is missing. The look costs a tenth of what Django's command needs to find nothing."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        command = partial(call_command, "migrate", interactive=False, verbosity=0, skip_checks=True)
        with_short_waits(command)


def with_short_waits(change: Callable[[], object], pause_seconds: float = LOCK_PAUSE_SECONDS) -> None:
    """Change tables that others work with, trying again where one of them is not free.

    Whoever waits for a whole table keeps everybody who comes later from it: so nobody waits for long.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_WAIT])
    try:
        for _ in range(LOCK_TRIES - 1):
            try:
                change()
            except OperationalError as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                    raise
                time.sleep(pause_seconds)
            else:
                return
        change()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def collect_static_files() -> None:
    """Collect them where a file was added, changed or removed since the last time."""
    if settings.STATIC_FROM_SOURCE:
        return
    mark = Path(settings.STATIC_ROOT) / COLLECTED_MARK
    wanted = static_fingerprint()
    if mark.exists() and mark.read_text() == wanted:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True, skip_checks=True)
    mark.write_text(wanted)


def static_fingerprint() -> str:
    """Changes with the name, size or time of any static file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _without(secret: str | None, text: str) -> str:
    return text.replace(secret, "***") if secret else text

"""The house of all tests.

A plain `pytest` starts one embedded PostgreSQL and Valkey in a temporary folder and stops them at the end;
where DATABASE_URL and REDIS_URL are set, as a rule by CI, it uses those. Database tests ask for `db` or
`transactional_db` as ever.

`server` is the whole ASGI application in a process of its own, on the test database, with a free port:

    def test_it_works(server):
        assert requests.get(f"{server.url}/healthz").status_code == 200

`server.journal_dir` is its journal, `server.log()` what it logged. One process serves all tests of a worker,
since it takes seconds to start. `start_server(NAME="value")` gives another one with other variables, for the
length of the test. Both imply `transactional_db`: rows must be committed for the server to see them.

Property tests draw the same examples in every run; `bin/search-properties` draws many others.

`browser`-marked tests are skipped where no Chromium is found. No test may connect beyond loopback.
"""

from __future__ import annotations

import fcntl
import functools
import gc
import ipaddress
import os
import socket
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import certifi
import django
import hypothesis
import psycopg
import pytest
from django.db import connection

from optimizer_app.instance.servers.running import running_servers
from optimizer_app.instance.state import DATABASE_SUPERUSER, DATABASE_USER, LOOPBACK, InstanceState
from tests.servers.forking import end_fork_server
from tests.servers.live_server import LiveServer, running_server
from tests.state_folder import state_folder
from token_optimizer.runtime.latency import Latency

# Nobody can delete rows of the audit log. Content types and permissions would be made anew after each test
# that commits, and be the same again: they are those of the models.
_KEPT = frozenset({"optimizer_app_auditentry", "django_content_type", "auth_permission"})
# Django does not know of them; what refers to their rows goes with those.
_NO_MODELS = frozenset({"blocks"})
pytest_plugins = [
    "tests.databases",
    "tests.servers.clickhouse",
    "tests.servers.embedding_server",
    "tests.servers.valkey_cluster",
    "tests.people",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots",
        metavar="DIR",
        type=lambda name: Path(name).absolute(),
        help="keep a picture of every page that a browser test looks at, in both widths and themes",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before the settings are read. Workers of xdist inherit the variables."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    # How long an example takes says more about the machine than about the code.
    hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
    hypothesis.settings.register_profile(
        "search", deadline=None, max_examples=5_000, suppress_health_check=list(hypothesis.HealthCheck)
    )
    # A profile that the command line names is loaded after this one.
    hypothesis.settings.load_profile("same")
    stack = ExitStack()
    config.add_cleanup(stack.close)
    stack.callback(end_fork_server)
    if "OPTIMIZER_STATE_DIR" not in os.environ:
        os.environ["OPTIMIZER_STATE_DIR"] = str(stack.enter_context(state_folder()))
    os.environ.setdefault("SSL_CERT_FILE", str(_one_certificate(stack.enter_context(state_folder()))))
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        state = stack.enter_context(running_servers(Path(os.environ["OPTIMIZER_STATE_DIR"])))
        _fit_for_tests(state)
        os.environ["DATABASE_URL"] = state.database_url
        os.environ["REDIS_URL"] = state.redis_url
    django.setup()


def _one_certificate(folder: Path) -> Path:
    """All that clients need to know of the world's authorities here: each reads the file for itself, and of
    the usual hundred and fifty that takes 20 ms."""
    path = folder / "certificate.pem"
    first, end, _ = certifi.contents().partition("-----END CERTIFICATE-----\n")
    path.write_text(first + end)
    return path


def _fit_for_tests(state: InstanceState) -> None:
    """Django makes databases as the role that everything else uses, and nothing waits for the disk."""
    with psycopg.connect(
        host=LOOPBACK,
        port=state.postgres_port,
        user=DATABASE_SUPERUSER,
        password=state.postgres_password,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(f"ALTER ROLE {DATABASE_USER} CREATEDB")
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: looking through it for garbage is in vain."""
    gc.disable()
    with _after_the_first():
        result = yield
    gc.freeze()
    gc.enable()
    return result


@contextmanager
def _after_the_first() -> Iterator[None]:
    """Where nothing is compiled yet, the first worker compiles what all import, and the others wait for it:
    each would do the whole work."""
    with open(Path(os.environ["OPTIMIZER_STATE_DIR"]) / "collection.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files for the workers: one that came last would run alone, with the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def empty_cache(settings: Any) -> None:
    """A cache with nothing in it. Cleared, it would take from tests that run beside this one, too."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}}


@pytest.fixture(scope="session", autouse=True)
def _time_enough() -> Iterator[None]:
    """Time stands still for the optimizer of this process: what it does never depends on the machine."""
    patch = pytest.MonkeyPatch()
    still = functools.partial(Latency, clock=lambda: 0.0)
    for place in ("token_optimizer.optimizer.pipeline", "optimizer_app.optimize.inline"):
        patch.setattr(f"{place}.Latency", still)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """A test's rows are deleted in one round trip: TRUNCATE makes the files of all tables anew, and takes ten
    times as long. What stays, nothing has to make again."""

    def deletions(operations: Any, style: Any, tables: list[str], **_: Any) -> list[str]:
        rows = {*tables, *_NO_MODELS} - _KEPT
        return ["; ".join(f"DELETE FROM {operations.quote_name(table)}" for table in rows)]

    patch = pytest.MonkeyPatch()
    patch.setattr("django.db.backends.postgresql.operations.DatabaseOperations.sql_flush", deletions)
    patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *_, **__: None)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Connections of this process to anywhere but loopback are refused."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


@pytest.fixture
def empty_store(transactional_db: None) -> None:
    """No stored blocks: their tables are no models, so the database's own clean-up leaves them alone."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE blocks CASCADE")


@pytest.fixture
def start_server(transactional_db: None) -> Iterator[Callable[..., LiveServer]]:
    """A server with other environment variables; several may run at once."""
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(running_server(**environment))


@pytest.fixture(scope="session")
def _shared_server(django_db_setup: None) -> Iterator[Callable[[], LiveServer]]:
    with ExitStack() as stack:
        started: list[LiveServer] = []

        def server() -> LiveServer:
            if not started:
                started.append(stack.enter_context(running_server()))
            return started[0]

        yield server


@pytest.fixture
def server(transactional_db: None, _shared_server: Callable[[], LiveServer]) -> LiveServer:
    """The server of this worker's tests."""
    return _shared_server()


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(connection: socket.socket, address: Any) -> Any:
        if connection.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise PermissionError(f"a test wanted to connect to {address[0]}: only loopback is allowed")
        return connect(connection, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

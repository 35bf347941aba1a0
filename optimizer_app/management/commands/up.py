"""`manage.py up`: everything under one supervisor, in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from optimizer_app.instance import web
from optimizer_app.instance.claim import AlreadyRuns, claimed
from optimizer_app.instance.greeting import credentials, first_call, local_host, local_url
from optimizer_app.instance.ordinary_user import RootKept, close_state, leave_root
from optimizer_app.instance.prepare import collect_static_files, prepare
from optimizer_app.instance.servers.postgres import PostgresFailed
from optimizer_app.instance.servers.running import (
    RunningServers,
    ServerFailed,
    embedded_servers,
    settled_state,
)
from optimizer_app.instance.supervisor import StopRequested, Supervisor, WorkerFailed, raise_on_signals
from optimizer_app.instance.workers import (
    celery_processes,
    embedding_process,
    recorder_process,
    web_workers,
)

FIRST_ANSWER_WITHIN_SECONDS = 60
LISTEN_BACKLOG = 2048


class Command(BaseCommand):
    help = (
        "Start PostgreSQL, Valkey, the web workers, the recorder, Celery and the embedding model; "
        "Ctrl-C stops them all."
    )
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        self._leave_root()
        raise_on_signals()
        try:
            with _only_instance(), _listener() as listener:
                self._run(listener)
        except StopRequested:
            self._say("Stopped.")
        except (ImproperlyConfigured, PostgresFailed, ServerFailed, WorkerFailed) as error:
            raise CommandError(str(error)) from None

    def _leave_root(self) -> None:
        """From here on as an ordinary user, with the state folder closed to others."""
        needed = [settings.BASE_DIR, settings.STATE_DIR, settings.STATIC_ROOT]
        try:
            if os.geteuid() == 0:
                collect_static_files()  # into the checkout, where the ordinary user cannot write
            leave_root(settings.STATE_DIR, port=settings.PORT, needed=needed)
        except RootKept as error:
            self._say(f"Running as root: {error}. See docs/operations.md.")
        close_state(settings.STATE_DIR)

    def _run(self, listener: socket.socket) -> None:
        supervisor = Supervisor(settings.STATE_DIR, RunningServers(settings.STATE_DIR), self._say)
        try:
            self._start(supervisor, listener)
            supervisor.keep_alive()
        except StopRequested:
            self._say("Stopping.")
            raise
        finally:
            supervisor.stop()

    def _start(self, supervisor: Supervisor, listener: socket.socket) -> None:
        """The databases, then what needs them; last what the first answer does not need."""
        supervisor.servers.start(_embedded())
        made = prepare()
        _forget_connections()
        for line in credentials(made):
            self._say(line)
        listener.listen(LISTEN_BACKLOG)
        supervisor.start(web_workers(listener))
        _wait_for_first_answer(supervisor)
        self._say(f"Token Optimizer is up at {local_url()}/ -- Ctrl-C stops it. Try:")
        self._say(first_call(made, local_url()))
        supervisor.start([recorder_process(), *celery_processes(), embedding_process()])

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _forget_connections() -> None:
    """Processes are started from here on, and the pool has threads."""
    connection.close()
    cast(DatabaseWrapper, connection).close_pool()


def _embedded() -> list[Any]:
    """The embedded servers that are wanted, at the addresses that the settings know."""
    wanted = {"postgres": settings.EMBEDDED_POSTGRES, "valkey": settings.EMBEDDED_VALKEY}
    if not any(wanted.values()):
        return []
    state = settled_state(settings.STATE_DIR, **wanted)
    moved = wanted["postgres"] and state.postgres_port != connection.settings_dict["PORT"]
    if moved or (wanted["valkey"] and state.redis_url != settings.REDIS_URL):
        # Another program took a port since. The settings hold the old one, so begin again.
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
    return list(embedded_servers(state, settings.STATE_DIR, **wanted))


@contextmanager
def _only_instance() -> Iterator[None]:
    try:
        with claimed(settings.STATE_DIR):
            yield
    except AlreadyRuns:
        _listener().close()  # a taken port is the likelier thing to tell
        raise CommandError(
            f"another `up` runs on {settings.STATE_DIR}: stop it first, or set OPTIMIZER_STATE_DIR"
        ) from None


def _listener() -> socket.socket:
    try:
        return web.listening_socket(settings.HOST, settings.PORT)
    except OSError as error:
        raise CommandError(
            f"port {settings.PORT} on {settings.HOST} cannot be used: {error.strerror}. "
            f"Choose another one: PORT={settings.PORT + 1} {settings.START_COMMAND}"
        ) from None


def _wait_for_first_answer(supervisor: Supervisor) -> None:
    give_up_at = time.monotonic() + FIRST_ANSWER_WITHIN_SECONDS
    while not _answers():
        supervisor.check_started()
        if time.monotonic() > give_up_at:
            raise WorkerFailed(f"no web worker answered in {FIRST_ANSWER_WITHIN_SECONDS} s")


def _answers() -> bool:
    """The socket listens already, so this waits for a worker to accept; a short while, to look for deaths."""
    call = http.client.HTTPConnection(local_host(), settings.PORT, timeout=1)
    try:
        call.request("GET", "/healthz")
        return call.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        call.close()

"""Web workers: `python -m optimizer_app.instance.web 5` is one, on the listening socket of descriptor 5.
Without a number it is all of a container's, on HOST and PORT.

The supervisor owns the socket, so a worker that dies is replaced without a refused connection. uvicorn's own
`--fd` would take the socket for a Unix one, and so leave Nagle's algorithm on: 45 ms on every stream.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any, NoReturn

import psutil
import uvicorn
from django.conf import settings

from optimizer_app.instance.bounds.bounded_http import BoundedHttpProtocol

APPLICATION = "config.asgi:application"
STREAMS_END_WITHIN_SECONDS = 15
KEEP_ALIVE_SECONDS = 75
_MAX_CONNECTIONS = 4_000
# Pages only listen.
_MAX_WEBSOCKET_BYTES = 64 * 1024
_OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": BoundedHttpProtocol,
    "ws_max_size": _MAX_WEBSOCKET_BYTES,
    "limit_concurrency": _MAX_CONNECTIONS,
    "lifespan": "on",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "timeout_keep_alive": KEEP_ALIVE_SECONDS,
    "timeout_graceful_shutdown": STREAMS_END_WITHIN_SECONDS,
}


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket, not listening yet; OSError where the address is taken or not ours."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections that are accepted from it inherit this.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def arguments(listener: socket.socket) -> list[str]:
    """The command line of a worker on this socket, which must be passed on to it."""
    return [sys.executable, "-m", "optimizer_app.instance.web", str(listener.fileno())]


def serve(descriptor: int) -> None:
    """Serve until SIGTERM; open streams get some seconds to end."""
    config = uvicorn.Config(APPLICATION, **_options())
    config.load()
    try:
        # Imported by now, which the supervisor, who needs the rest of this module, does without.
        from optimizer_app.optimize.pool import start_forking

        start_forking()
        # uvicorn sends itself the signal again once it is done, which would end us before our last act.
        signal.signal(signal.SIGTERM, _exit)
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])
    finally:
        _end_children()


def serve_alone() -> None:
    """Serve with WEB_CONCURRENCY workers under uvicorn's own supervision, until SIGTERM."""
    options = _options()
    uvicorn.run(
        APPLICATION,
        host=settings.HOST,
        port=settings.PORT,
        workers=settings.WEB_CONCURRENCY,
        **options,
    )


def _options() -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
    return {**_OPTIONS, "forwarded_allow_ips": [str(network) for network in settings.TRUSTED_PROXIES]}


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _end_children() -> None:
    """A process that was just started may not know yet that it should end with us."""
    for child in multiprocessing.active_children():
        for process in [*_children_of(child.pid), child]:
            process.kill()


def _children_of(pid: int | None) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(int(sys.argv[1]))
    else:
        serve_alone()

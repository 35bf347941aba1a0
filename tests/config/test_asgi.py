"""Who answers which path, and with which headers."""

import http.client
import socket

import pytest
import requests

from optimizer_app.instance import web
from tests.patience import PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/healthz", 200, "application/json"),
        ("/v1/models", 401, "application/json"),
        ("/admin/login/", 200, "text/html; charset=utf-8"),
        ("/static/unfold/css/styles.css", 200, "text/css; charset=utf-8"),
        ("/static/no-such-file.css", 404, "text/plain; charset=utf-8"),
    ],
)
def test_paths_reach_their_application(server, path: str, status: int, kind: str) -> None:
    answer = requests.get(f"{server.url}{path}", timeout=PATIENCE_SECONDS)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)


def test_the_overview_wants_a_login(server) -> None:
    answer = requests.get(server.url, allow_redirects=False, timeout=PATIENCE_SECONDS)
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (302, "/login")


def test_pages_have_the_strict_policy_and_the_admin_a_looser_one(server) -> None:
    page, admin = (
        requests.get(f"{server.url}{path}", timeout=PATIENCE_SECONDS, allow_redirects=False).headers[
            "content-security-policy"
        ]
        for path in ("/login", "/admin/")
    )
    assert "default-src 'none'" in page
    assert "unsafe" not in page
    # Directives come in no order of their own.
    assert {"script-src 'self' 'unsafe-eval'", "frame-ancestors 'none'"} <= set(admin.split("; "))


def test_browsers_find_an_icon_where_they_look_by_themselves(server) -> None:
    answer = requests.get(f"{server.url}/favicon.ico", timeout=PATIENCE_SECONDS)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


def test_static_files_never_leave_their_folder(server) -> None:
    call = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    call.request("GET", "/static/../manage.py")
    assert call.getresponse().status == 404


@pytest.mark.parametrize(("path", "kept"), [("icon.svg", "no-cache"), ("icon.0123456789ab.svg", "immutable")])
async def test_only_names_with_a_hash_are_kept_long(settings, tmp_path, path: str, kept: str) -> None:
    from config.static import CollectedFiles

    (tmp_path / path).write_text("<svg/>")
    files = CollectedFiles(directory=tmp_path)
    answer = await files.get_response(path, {"type": "http", "method": "GET", "headers": []})
    assert kept in answer.headers["cache-control"]


def test_accepted_connections_send_at_once() -> None:
    """Nagle's algorithm would hold back each piece of a stream until the one before is acknowledged."""
    with web.listening_socket("127.0.0.1", 0) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            connection, _ = listener.accept()
            with connection:
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

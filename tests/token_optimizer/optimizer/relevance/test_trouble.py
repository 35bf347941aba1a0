"""What tells of an error in a line, and what only looks like it."""

import pytest

from token_optimizer.optimizer.relevance.trouble import is_error_line


@pytest.mark.parametrize(
    "line",
    [
        "2026-05-04T10:07:31Z ERROR worker lost its lease",
        "[error] upstream closed the connection",
        "level=critical msg=disk",
        "java.lang.IllegalStateException: closed",
        "Traceback (most recent call last):",
        "Caused by: TimeoutError",
        "exited with code 137",
        "E   assert 3 == 4",
        "E0504 10:07:31.000 main.go:7] no route",
        "2026-05-04T10:07:31Z E  lost",
        "not ok 4 - parses dates",
        "✗ 3 of 40",
        "kernel: oom-killer invoked",
        "  Warning  Failed     4m (x4 over 5m)    kubelet   Failed to pull image: manifest unknown",
    ],
)
def test_errors(line):
    assert is_error_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "the error page is shown",
        "error: none",
        "errors=0",
        "exit code 0",
        "INFO all is well",
        "failover is on",
        "  Normal   Pulling    4m (x4 over 5m)    kubelet   Pulling image",
        "x" * 3_000 + " ERROR far behind",
    ],
)
def test_no_errors(line):
    assert not is_error_line(line)

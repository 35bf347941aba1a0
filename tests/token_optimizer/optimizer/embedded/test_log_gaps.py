"""Logs with traces and the like between their lines."""

from __future__ import annotations

import pytest

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces


def _log(first: int, count: int = 20) -> str:
    return "".join(
        f"2026-05-04T10:{at // 60:02d}:{at % 60:02d}Z INFO worker took job {at * 37}\n"
        for at in range(first, first + count)
    )


GO = (
    "panic: assignment to entry in nil map\n\ngoroutine 41 [running]:\n"
    "github.com/acme/mill/store.(*Sack).Fill(0xc000123)\n\t/src/store/sack.go:72 +0x1d\n"
    "main.main()\n\t/src/main.go:18 +0x2b\nexit status 2\n"
)
NODE = (
    "/srv/mill/sack.js:72\n    return sack.rows.map(row => row.id)\n                ^\n\n"
    "TypeError: Cannot read properties of undefined (reading 'map')\n"
    "    at Sack.fill (/srv/mill/sack.js:72:17)\n    at Mill.run (/srv/mill/mill.js:18:9)\n"
    "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n\nNode.js v20.11.1\n"
)
QUESTION = "Why did the mill stop?"


@pytest.mark.parametrize("trace", [GO, NODE])
@pytest.mark.parametrize("form", ["{q}\n\n{log}", "{log}\n{q}"])
def test_a_trace_within_a_log_is_a_part_of_it(trace: str, form: str) -> None:
    log = f"{_log(0)}{trace}{_log(20)}"
    pieces = message_pieces(form.format(q=QUESTION, log=log))
    logs = [piece.raw for piece in pieces if piece.kind is Kind.LOG]
    assert [one.strip() for one in logs] == [log.strip()]
    assert "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE).strip() == QUESTION


def test_what_a_run_prints_at_its_end_is_a_part_of_it() -> None:
    passed = "".join(f"test mill::tests::sack_{at} ... ok\n" for at in range(20))
    end = "failures:\n\n---- full stdout ----\nthread 'full' panicked at src/mill.rs:9:5:\n  left: 4\n"
    pieces = message_pieces(f"{passed}\n{end}\n{QUESTION}")
    assert [piece.raw.strip() for piece in pieces if piece.kind is Kind.PROSE] == [QUESTION]


@pytest.mark.parametrize(
    "said", ["Then I started the second one, which wrote this:", "Which of them is the older?", QUESTION]
)
def test_what_is_said_between_two_logs_is_no_part_of_them(said: str) -> None:
    pieces = message_pieces(f"{_log(0)}\n{said}\n\n{_log(20)}")
    assert said in "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE)

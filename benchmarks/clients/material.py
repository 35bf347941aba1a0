"""What the sessions are about: a log, three questions, a tool with rules and its long result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.clients.script import Answer, Script

QUESTIONS = (
    "Which service failed first, and which tickets about it are open? Look the tickets up.",
    "Which of these tickets is the oldest?",
    "Is anything else open that names the payment service?",
)
TOOL_NAME = "find_tickets"
TOOL_DESCRIPTION = """Finds tickets of the operations team by state and day.

This tool looks into the tracker of the operations team. The tracker holds tickets. NEVER call it for tickets
of customers. The day MUST be written as YYYY-MM-DD. Results are ordered by number, at most 60 of them."""
TOOL_FIELDS = {
    "status": "State of the tickets: exactly one of open, closed.",
    "since": "First day, MUST be YYYY-MM-DD, in UTC.",
}
ARGUMENTS = {"status": "open", "since": "2026-01-05"}

SESSION = Script(
    (
        Answer(calls={TOOL_NAME: ARGUMENTS}),
        Answer("The payment service failed first, and ticket 17 is about it."),
        Answer("Ticket 3 is the oldest one."),
        Answer("No other ticket names it."),
    )
)


def write_material(folder: Path) -> None:
    """All of it as `material.json`, for a program that runs in an environment of its own."""
    (folder / "material.json").write_text(json.dumps(material(), indent=1))


def material() -> dict[str, Any]:
    return {
        "log": log_text(),
        "questions": QUESTIONS,
        "tool": {"name": TOOL_NAME, "description": TOOL_DESCRIPTION, "fields": TOOL_FIELDS},
        "tickets": json.dumps(tickets(), indent=2),
    }


def log_text(lines: int = 900) -> str:
    """A log of web requests in which two lines matter."""
    written = []
    for number in range(lines):
        moment = f"2026-01-05T10:{number // 60 % 60:02}:{number % 60:02}Z"
        written.append(f"{moment} INFO web-{number % 4} GET /items/{number} 200 {number % 37} ms")
    written[311] = "2026-01-05T10:05:11Z ERROR payment connection to ledger refused, attempt 3 of 3"
    written[640] = "2026-01-05T10:10:40Z ERROR web-2 checkout failed: payment answered 503"
    return "\n".join(written)


def tickets(count: int = 60) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "status": "open" if number in (3, 17) else "closed",
            "opened": f"2026-01-{number % 27 + 1:02}",
            "service": "payment" if number in (3, 17) else f"web-{number % 4}",
            "title": f"Ticket {number}: a thing to look at in the logs of the day",
        }
        for number in range(1, count + 1)
    ]

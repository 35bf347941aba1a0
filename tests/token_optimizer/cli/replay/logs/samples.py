"""Small logs of every program: two turns of one conversation, which begins with a long tool result."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from tests.token_optimizer.cli.program import log_text

Json = dict[str, Any]
LOG = log_text(400)
QUESTION = "Why did worker 3 fail?"
MESSAGES: list[Json] = [
    {"role": "user", "content": f"{LOG}\n{QUESTION}"},
    {"role": "assistant", "content": "Its disk was full."},
    {"role": "user", "content": "Since when?"},
]
TURNS = (MESSAGES[:1], MESSAGES)
TIMES = ("2026-01-01T12:00:00.000Z", "2026-01-01T12:01:00.000Z")
MODEL = "gpt-4o"


def _lines(rows: list[Json]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def litellm() -> str:
    """Spend logs, whose bodies stand as the proxy got them: under its user's name of the model."""
    return _lines(
        [
            {
                "request_id": f"r{at}",
                "call_type": "acompletion",
                "startTime": TIMES[at],
                "model": MODEL,
                "session_id": "one",
                "messages": {},
                "proxy_server_request": json.dumps({"model": "our-alias", "messages": messages}),
            }
            for at, messages in enumerate(TURNS)
        ]
    )


def _generations() -> list[Json]:
    return [
        {
            "id": f"g{at}",
            "traceId": "one",
            "type": "GENERATION",
            "startTime": TIMES[at],
            "model": MODEL,
            "input": messages,
            "output": "-",
        }
        for at, messages in enumerate(TURNS)
    ]


def langfuse_json() -> str:
    """As one array, as its page exports it, with a span among the generations."""
    span = {"id": "s", "traceId": "one", "type": "SPAN", "startTime": TIMES[0], "input": "not a prompt"}
    return json.dumps([span, *_generations()], indent=2)


def langfuse_csv() -> str:
    """As a table, whose cells hold JSON."""
    text = io.StringIO()
    rows = [{**row, "input": json.dumps(row["input"])} for row in _generations()]
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def openai_batch() -> str:
    """Its input file, with an embedding among the completions."""
    rows = [
        {
            "custom_id": str(at),
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": MODEL, "messages": messages},
        }
        for at, messages in enumerate(TURNS)
    ]
    embedding = {"custom_id": "e", "method": "POST", "url": "/v1/embeddings", "body": {"input": "x"}}
    return _lines([*rows, embedding])


def anthropic_batch() -> str:
    """The body by which a batch is made."""
    requests = [
        {
            "custom_id": str(at),
            "params": {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": messages},
        }
        for at, messages in enumerate(TURNS)
    ]
    return json.dumps({"requests": requests})


def claude_code() -> str:
    """A session: an answer in two rows, a row of bookkeeping, and a sub-agent's question."""

    def row(kind: str, message: Json, time: str, **more: Any) -> Json:
        return {"type": kind, "uuid": "u", "sessionId": "one", "timestamp": time, "message": message, **more}

    def said(text: str, name: str) -> Json:
        content = [{"type": "text", "text": text}]
        return {"id": name, "role": "assistant", "model": "claude-sonnet-4-5", "content": content}

    return _lines(
        [
            {"type": "summary", "summary": "A full disk", "leafUuid": "u"},
            row("user", {"role": "user", "content": MESSAGES[0]["content"]}, TIMES[0]),
            row("assistant", said("Let me see.", "m1"), TIMES[0]),
            row("assistant", said("Its disk was full.", "m1"), TIMES[0]),
            row("user", {"role": "user", "content": "look"}, TIMES[0], isSidechain=True, agentId="a"),
            row("user", {"role": "user", "content": "Since when?"}, TIMES[1]),
            row("assistant", said("Since noon.", "m2"), TIMES[1]),
        ]
    )


def codex() -> str:
    """A session, with an event among its items."""

    def item(payload: Json, time: str) -> Json:
        return {"timestamp": time, "type": "response_item", "payload": payload}

    def said(role: str, text: str) -> Json:
        kind = "output_text" if role == "assistant" else "input_text"
        return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}

    def row(kind: str, payload: Json) -> Json:
        return {"timestamp": TIMES[0], "type": kind, "payload": payload}

    return _lines(
        [
            row("session_meta", {"id": "one", "cwd": "/", "base_instructions": {"text": "Be brief."}}),
            row("turn_context", {"model": "gpt-5-codex"}),
            item(said("user", MESSAGES[0]["content"]), TIMES[0]),
            row("event_msg", {"type": "token_count", "info": None}),
            item(said("assistant", "Its disk was full."), TIMES[0]),
            item(said("user", "Since when?"), TIMES[1]),
            item({"type": "reasoning", "summary": [], "encrypted_content": "x"}, TIMES[1]),
            item(said("assistant", "Since noon."), TIMES[1]),
        ]
    )


SAMPLES = {
    "LiteLLM": (litellm, "spend.jsonl"),
    "Langfuse": (langfuse_json, "generations.json"),
    "Langfuse CSV": (langfuse_csv, "generations.csv"),
    "OpenAI batch": (openai_batch, "batch.jsonl"),
    "Anthropic batch": (anthropic_batch, "batch.json"),
    "Claude Code": (claude_code, "session.jsonl"),
    "Codex": (codex, "rollout-1.jsonl"),
}

"""Conversations of an agent with its tools, of any size, made from our own sources and in our own formats.

The same size and seed give the same conversation. A third of the tool results is source code of this
project, a third a server's log, a third an answer of an API as JSON; the prose between them is short.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import toktok

from benchmarks.cases.validity import message_texts

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("token_optimizer", "optimizer_app", "gateway", "dashboard", "config", "tests", "docs")
_PAGE_LINES = 80
_SYSTEM = "You are an engineer who keeps a service running. Read before you change; say what you found."
_TASK = "Requests to the gateway began to fail this morning. Find out why, and say what has to change."
_PATHS = ("/v1/chat/completions", "/v1/messages", "/v1/optimize", "/readyz", "/metrics", "/api/v1/traces")
_WORKERS = (
    "gateway.endpoints",
    "optimizer_app.traces.recorder",
    "optimizer_app.events.delivery",
    "uvicorn.error",
)
_THOUGHTS = (
    "I look at where {name} is read.",
    "That does not explain it yet; {name} comes next.",
    "So much is clear. Now {name}.",
)

_CREWS = ("captain", "helmsman", "cook", "carpenter", "pilot", "surgeon", "boatswain", "passenger")
_DEEDS = ("counted", "sold", "repaired", "left", "measured", "bought", "lost", "painted", "weighed")
_GOODS = ("barrels", "sails", "anchors", "ropes", "lanterns", "charts", "crates", "oars", "bells")
_PLACES = ("eastern pier", "customs house", "dry dock", "lighthouse", "fish market", "shipyard", "mole")

Messages = list[dict[str, Any]]


def conversation(tokens: int, seed: int = 0, result_tokens: int = 900) -> Messages:
    """An agent's conversation of about so many tokens, which ends with the user's question."""
    random = Random(seed)
    messages: Messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _TASK}]
    left = tokens - 80
    steps = _steps(random, max(1, round(min(result_tokens, tokens / 3) / 10)))
    while left > 0:
        step = next(steps)
        messages.extend(step)
        left -= _size(step)
    return [*messages, *question(random.randrange(10**6))]


def question(seed: int) -> Messages:
    """What a user asks next."""
    shard = Random(seed).randrange(64)
    return [{"role": "user", "content": f"Which requests of shard {shard} failed, and what did the log say?"}]


def next_turn(messages: Messages, seed: int) -> Messages:
    """The same conversation a turn later: an answer, a step of the agent and a new question."""
    answer = {"role": "assistant", "content": f"Shard {seed % 64} lost its connection; I check the pool."}
    return [*messages, answer, *next(_steps(Random(seed), 50)), *question(seed)]


def question_over_documents(tokens: int, seed: int = 0) -> Messages:
    """So many tokens of documents, with a question that one of them answers."""
    random = Random(seed)
    documents, left = [], tokens
    while left > 0:
        name = f"Report {len(documents) + 1}"
        documents.append(f"<document name='{name}'>\n{_told(random, 40)}\n</document>")
        left -= _size([{"role": "user", "content": documents[-1]}])
    return [{"role": "user", "content": "\n\n".join([*documents, _asked(random)])}]


def talk(tokens: int, seed: int = 0) -> Messages:
    """A chat of so many tokens whose last question asks for something said in it."""
    random = Random(seed)
    messages: Messages = []
    left = tokens
    while left > 0:
        turn = [
            {"role": "user", "content": _told(random, 3)},
            {"role": "assistant", "content": _told(random, 8)},
        ]
        messages.extend(turn)
        left -= _size(turn)
    return [*messages, {"role": "user", "content": _asked(random)}]


def _told(random: Random, sentences: int) -> str:
    """Sentences about ships of a harbour, each with words and numbers of its own."""
    return " ".join(
        f"The {random.choice(_CREWS)} of ship {random.randrange(400)} {random.choice(_DEEDS)} "
        f"{random.randrange(2, 90)} {random.choice(_GOODS)} at the {random.choice(_PLACES)}, because the "
        f"{random.choice(_CREWS)} had {random.choice(_DEEDS)} the {random.choice(_GOODS)} before."
        for _ in range(sentences)
    )


def _asked(random: Random) -> str:
    goods, place = random.choice(_GOODS), random.choice(_PLACES)
    return f"Which {goods} did the crew of ship {random.randrange(400)} leave at the {place}?"


def _size(messages: Messages) -> int:
    texts = [text for message in messages for text in message_texts(message)]
    return sum(toktok.batch_count(texts, "o200k_base"))


def _steps(random: Random, lines: int) -> Iterator[Messages]:
    """A call and its result, over and over; a log's line and a row are about 40 tokens, a code line 12."""
    pages = _source_pages(random.randrange(1000))
    rest = 0
    while True:
        kind = ("read_file", "read_log", "list_traces")[rest % 3]
        rest += 1
        page = next(pages, None) if kind == "read_file" else None
        if page is not None:
            name, text = page[0], "\n".join(page[1].split("\n")[:lines])
        elif kind == "list_traces":
            name, text = "traces", json.dumps(_traces(random, max(1, lines // 4)), indent=1)
        else:
            name, text = "gateway.log", "\n".join(_log_lines(random, max(1, lines // 4)))
        yield _step(random, kind, name, text)


def _step(random: Random, kind: str, name: str, text: str) -> Messages:
    identity = f"call_{random.getrandbits(48):012x}"
    arguments = json.dumps({"name": name, "since": random.randrange(10**6)})
    call = {"id": identity, "type": "function", "function": {"name": kind, "arguments": arguments}}
    thought = random.choice(_THOUGHTS).format(name=name)
    return [
        {"role": "assistant", "content": thought, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": identity, "content": text},
    ]


def _source_pages(first: int) -> Iterator[tuple[str, str]]:
    pages = _all_pages()
    start = first * len(pages) // 1000
    yield from (*pages[start:], *pages[:start])


@lru_cache(maxsize=1)
def _all_pages() -> tuple[tuple[str, str], ...]:
    """Every page of our sources and docs, once each."""
    pages = []
    for package in _PACKAGES:
        files = [*(_ROOT / package).rglob("*.py"), *(_ROOT / package).rglob("*.md")]
        for file in sorted(files):
            lines = file.read_text("utf-8").splitlines()
            for start in range(0, len(lines), _PAGE_LINES):
                name = f"{file.relative_to(_ROOT)}:{start + 1}"
                pages.append((name, "\n".join(lines[start : start + _PAGE_LINES])))
    return tuple(pages)


def _log_lines(random: Random, count: int) -> Iterator[str]:
    at = random.randrange(86_000)
    for _ in range(count):
        at += random.randrange(3)
        clock = f"2026-11-22 {at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02},{random.randrange(1000):03}"
        worker = random.choice(_WORKERS)
        if random.random() < 0.03:
            peer = f"10.0.{random.randrange(9)}.{random.randrange(255)}"
            yield f"{clock} ERROR {worker} shard={random.randrange(64)} connection to {peer}:5432 was refused"
        else:
            status = random.choice((200, 200, 200, 202, 404))
            spent = random.randrange(3, 900)
            path = random.choice(_PATHS)
            yield f"{clock} INFO {worker} POST {path} {status} {spent} ms trace={random.getrandbits(64):016x}"


def _traces(random: Random, count: int) -> list[dict[str, Any]]:
    return [
        {
            "trace_id": f"{random.getrandbits(64):016x}",
            "status": random.choice(("ok", "ok", "ok", "error")),
            "route": random.choice(("heuristic_only", "cache", "bypass")),
            "tokens_before": random.randrange(200, 90_000),
            "latency_ms": round(random.random() * 40, 3),
            "model": "gpt-4o-mini",
            "fallback_used": False,
        }
        for _ in range(count)
    ]

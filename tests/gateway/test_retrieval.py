"""Stored documents in requests to the gateway: real PostgreSQL, real packaged model, mock provider."""

from __future__ import annotations

import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from optimizer_app.ingest.work import ingest_due
from optimizer_app.models import Document, OptimizationConfig
from optimizer_app.optimize import retrieval
from optimizer_app.optimize.service import OptimizationRequest, run_inline
from tests.gateway.accounts import Account, add_mock, new_account
from tests.gateway.prompts import CLAUDE, MODEL
from tests.provider.mock_provider import MockProvider
from tests.servers.embedding_server import Ready
from tests.servers.live_server import LiveServer
from token_optimizer.config import OptimizerConfig

HANDBOOK = """# Handbook

## Refunds

Refunds are paid back to the customer within five working days.

## Holidays

The office is closed on public holidays.
"""
REFUNDS = "Refunds are paid back to the customer within five working days."
QUESTION = "How soon are refunds paid back?"
# As much time as a loaded machine may need.
PATIENT = {"enable_semantic_retrieval": True, "max_latency_ms": 60_000}
OWN_TEXT = "The captain of the ship wrote of the weather on day {0}, of cargo {0} and of tea with the pilot."


@pytest.fixture
def asked(server: LiveServer, ready: Ready, embeddings: subprocess.Popen[str]) -> Iterator[None]:
    """The server's embedding process is the session's."""
    with _socket_of(server, ready[1]):
        yield


@contextmanager
def _socket_of(server: LiveServer, path: Path) -> Iterator[None]:
    own = server.state_dir / "run" / "embedding.sock"
    own.parent.mkdir(exist_ok=True)
    own.unlink(missing_ok=True)
    own.symlink_to(path)
    try:
        yield
    finally:
        own.unlink()


@pytest.fixture
def shop(account: Account, asked: None) -> Account:
    """An account with a handbook whose passages are embedded, and a config that retrieves."""
    _configured(account)
    _ingest(account, {"id": "handbook.md", "content": HANDBOOK})
    return account


def _ingest(account: Account, document: dict[str, Any]) -> None:
    assert account.post("/v1/ingest", {"documents": [document]}).status_code == 202
    ingest_due()
    assert Document.objects.get(project=account.project, external_id=document["id"]).state == "done"


def _configured(account: Account) -> Account:
    """The account with a default config that retrieves, and others by name. To be called before its first
    request, since servers know configs for some time."""
    account.project.configs.update(fields=PATIENT)
    others = {
        "off": {},
        "brisk": {**PATIENT, "max_latency_ms": 2_000},
        "hasty": {**PATIENT, "max_latency_ms": 500},
    }
    for name, fields in others.items():
        OptimizationConfig.objects.create(project=account.project, name=name, fields=fields)
    return account


def _ask(account: Account, messages: list[Any], **headers: str) -> Any:
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": messages}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def _user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def _stage(account: Account, answer: Any) -> dict[str, Any]:
    stages = account.trace(answer.headers["x-optimizer-trace-id"])["stages"]
    return next((dict(stage) for stage in stages if stage["name"] == "retrieval"), {})


def test_it_works(shop: Account, provider: MockProvider) -> None:
    answer = _ask(shop, _user(QUESTION))
    sent = provider.requests[-1].json["messages"]
    added, _, rest = sent[0]["content"].partition("\n\n")
    stats = answer.json()["optimizer_stats"]
    trace = shop.trace(stats["trace_id"])

    assert added == f'[added, from the stored document "Handbook / Refunds":]\n{REFUNDS}'
    assert rest.endswith(QUESTION)
    assert stats["route"] == "heuristic+semantic"
    assert stats["tokens_retrieved"] == stats["tokens_after"] - stats["tokens_before"] > 0
    assert stats["tokens_saved"] < 0 == stats["tokens_replaced"]
    assert (trace["status"], trace["fallback_used"]) == ("ok", False)
    row = next(block for block in trace["blocks"] if block["fate"] == "added")
    assert (row["type"], row["stage"]) == ("doc", "retrieval")
    assert "Handbook / Refunds, score 0.0" in row["reason"]
    assert "by meaning: number 1, similarity 0." in row["reason"]
    assert _stage(shop, answer)["status"] == "ran"
    assert _stage(shop, answer)["reason"] == ""


def test_anthropic(shop: Account, provider: MockProvider) -> None:
    shop.anthropic.messages.create(model=CLAUDE, max_tokens=9, messages=_user(QUESTION))  # type: ignore[arg-type]
    assert REFUNDS in provider.requests[-1].json["messages"][0]["content"]


def test_a_large_prompt_goes_through_the_pool(shop: Account, provider: MockProvider) -> None:
    log = "\n".join(f"2026-05-04T10:00:00Z INFO scheduler tick {n} finished" for n in range(900))
    _ask(shop, _user(f"{log}\n\n{QUESTION}"))
    content = provider.requests[-1].json["messages"][0]["content"]
    assert REFUNDS in content
    assert content.endswith(QUESTION)


def test_another_projects_documents_never_come(
    shop: Account, server: LiveServer, provider: MockProvider
) -> None:
    stranger = _configured(new_account(server))
    add_mock(stranger, provider)
    _ingest(stranger, {"id": "cats.md", "content": "Cats sleep for most of the day."})
    _ask(stranger, _user(QUESTION))
    assert provider.requests[-1].json["messages"] == _user(QUESTION)


def test_a_project_without_documents_is_not_searched(
    account: Account, asked: None, provider: MockProvider
) -> None:
    answer = _ask(_configured(account), _user(QUESTION))
    assert provider.requests[-1].json["messages"] == _user(QUESTION)
    assert _stage(account, answer) == {}


def test_off_is_off(shop: Account, provider: MockProvider) -> None:
    _ask(shop, _user(QUESTION), **{"X-Optimizer-Mode": "off"})
    assert provider.requests[-1].json["messages"] == _user(QUESTION)
    _ask(shop, _user(f"{QUESTION} Please."), **{"X-Optimizer-Config": "off"})
    assert provider.requests[-1].json["messages"] == _user(f"{QUESTION} Please.")


def test_the_next_turn_sends_it_again_byte_for_byte(shop: Account, provider: MockProvider) -> None:
    first = _user(QUESTION)
    _ask(shop, first)
    sent = provider.requests[-1].json["messages"]
    Document.objects.filter(project=shop.project).delete()
    second = [
        *first,
        {"role": "assistant", "content": "Within five days."},
        *_user("And on public holidays?"),
    ]
    answer = _ask(shop, second)
    again = provider.requests[-1].json["messages"]
    assert again[:1] == sent
    assert again[2:] == second[2:]
    assert answer.json()["optimizer_stats"]["tokens_retrieved"] > 0
    rows = [
        block for block in shop.trace(answer.headers["x-optimizer-trace-id"])["blocks"] if block["frozen"]
    ]
    assert "added" in {block["fate"] for block in rows}


def test_what_is_there_already_is_not_retrieved_again(shop: Account, provider: MockProvider) -> None:
    first = _user(QUESTION)
    _ask(shop, first)
    _ask(shop, [*first, {"role": "assistant", "content": "Soon."}, *_user(f"{QUESTION} In days, I mean.")])
    contents = [message["content"] for message in provider.requests[-1].json["messages"]]
    assert [REFUNDS in content for content in contents] == [True, False, False]


def test_a_tool_result_asks_nothing(shop: Account, provider: MockProvider) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    messages = [
        *_user(QUESTION),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "noon"},
    ]
    answer = _ask(shop, messages)
    assert provider.requests[-1].json["messages"] == messages
    assert _stage(shop, answer) == {}


def test_within_a_budget_it_competes_with_the_requests_own_documents(shop: Account) -> None:
    documents = [{"title": f"Letter {n}", "text": OWN_TEXT.format(n)} for n in range(60)]
    sent = {"messages": _user(QUESTION), "documents": documents, "budget_tokens": 400}
    body = shop.post("/v1/optimize", sent).json()
    stats = body["optimizer_stats"]
    assert REFUNDS in body["messages"][-1]["content"]
    assert stats["tokens_after"] <= 400
    assert 0 < stats["tokens_replaced"] <= stats["tokens_retrieved"] <= 0.4 * 400
    trace = shop.trace(stats["trace_id"])
    assert (trace["tokens_retrieved"], trace["tokens_replaced"]) == (
        stats["tokens_retrieved"],
        stats["tokens_replaced"],
    )


def test_without_embeddings_words_find_it_and_the_trace_says_so(
    shop: Account, server: LiveServer, provider: MockProvider
) -> None:
    (server.state_dir / "run" / "embedding.sock").unlink()
    (server.state_dir / "run" / "embedding.sock").symlink_to("nobody.sock")
    answer = _ask(shop, _user(QUESTION))
    assert REFUNDS in provider.requests[-1].json["messages"][0]["content"]
    stage = _stage(shop, answer)
    assert stage["status"] == "ran"
    assert stage["reason"] == "by words alone: no embedding process runs on this machine"


@pytest.fixture
def silent_socket(tmp_path: Path) -> Iterator[Path]:
    """A process that takes questions and never answers."""
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield path


def test_an_embedding_process_that_hangs_is_not_waited_for(
    shop: Account, server: LiveServer, provider: MockProvider, silent_socket: Path
) -> None:
    own = server.state_dir / "run" / "embedding.sock"
    own.unlink()
    own.symlink_to(silent_socket)
    answer = _ask(shop, _user(QUESTION), **{"X-Optimizer-Config": "brisk"})
    assert answer.json()["choices"]
    assert "did not answer in 0.5 s" in _stage(shop, answer)["reason"]


def test_a_database_that_hangs_is_not_waited_for(shop: Account, provider: MockProvider) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE blocks IN ACCESS EXCLUSIVE MODE")
        answer = _ask(shop, _user(QUESTION), **{"X-Optimizer-Config": "hasty"})
    assert provider.requests[-1].json["messages"] == _user(QUESTION)
    stage = _stage(shop, answer)
    assert stage["status"] == "skipped"
    assert stage["reason"] == "the documents were not searched within 0.25 s"


@pytest.fixture
def no_blocks_table(shop: Account) -> Iterator[Callable[[], None]]:
    """Takes the table away; it is back when the test is over."""
    taken = []

    def take() -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE blocks RENAME TO blocks_elsewhere")
        taken.append(True)

    yield take
    if taken:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE blocks_elsewhere RENAME TO blocks")


def test_a_database_that_fails_is_reported(
    shop: Account, provider: MockProvider, no_blocks_table: Callable[[], None]
) -> None:
    no_blocks_table()
    answer = _ask(shop, _user(QUESTION))
    assert provider.requests[-1].json["messages"] == _user(QUESTION)
    assert answer.json()["optimizer_stats"]["route"] == "heuristic_only"
    stage = _stage(shop, answer)
    assert (stage["status"], stage["reason"]) == ("failed", "the database: ProgrammingError")


async def test_whatever_breaks_the_request_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: object) -> None:
        raise ValueError(QUESTION)

    monkeypatch.setattr(retrieval, "_found", broken)
    config = OptimizerConfig(enable_semantic_retrieval=True, postgres_url="postgresql://nowhere")
    body = {"model": MODEL, "messages": _user(QUESTION)}
    request = OptimizationRequest(body, "openai", config, MODEL, uuid.uuid4(), size_bytes=100)
    result = run_inline(await retrieval.with_documents(request, uuid.uuid4()), None)
    assert result.body == body
    (stage,) = [stage for stage in result.stats.stages if stage.name == "retrieval"]
    assert (stage.status, stage.reason) == ("failed", "ValueError")

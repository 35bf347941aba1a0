"""What conversations were sent as, over a real Valkey."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from optimizer_app.optimize.conversations import Conversations
from optimizer_app.valkey.clients import SyncValkey
from tests.token_optimizer.optimizer.bodies import LOG, openai_body
from tests.token_optimizer.optimizer.tools.need.test_deferral import TOOLS
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import BlockType, Kind, Marker, Origin
from token_optimizer.optimizer.conversation.keys import TOOLS_PREFIX
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import AddedBlock, Ports, SentBlock, SentMessage

KEYS = [f"test-conversation-{number}" for number in range(6)]
CUT = Marker(0, 27, "cut", "message", 2, 8)
MESSAGE = SentMessage(
    blocks=(
        SentBlock(
            Kind.LOG, 900, "a secret line [x]", lossy=True, markers=(Marker(14, 17, "cut", "line", 3, 7),)
        ),
        SentBlock(Kind.PROSE, 5, dropped=True),
    ),
    added=(
        AddedBlock(
            "cut", 1, "[2 older messages left out]", BlockType.CONSTRAINT, "why", Origin.MARKER, (CUT,)
        ),
    ),
    tools=(SentBlock(Kind.SCHEMA, 70, "{}"),),
    ended=True,
    unchanged=True,
)


@pytest.fixture
def valkey(each_valkey: SyncValkey) -> Iterator[SyncValkey]:
    yield each_valkey
    for key in each_valkey.scan_iter("conversation:*"):
        each_valkey.delete(key)


@pytest.fixture
def pair(valkey: SyncValkey, each_valkey_url: str) -> Iterator[tuple[Conversations, Conversations]]:
    """The conversations of two workers."""
    workers = Conversations(each_valkey_url), Conversations(each_valkey_url)
    yield workers
    for worker in workers:
        worker.close()


def test_it_works(pair: tuple[Conversations, Conversations]) -> None:
    one, other = pair
    one.of("secret").set_many(dict.fromkeys(KEYS[:4], MESSAGE))
    one.flush()
    assert other.of("secret").get_many(KEYS) == [MESSAGE] * 4 + [None] * 2


def test_tools_are_read_once(pair: tuple[Conversations, Conversations]) -> None:
    one, other = (worker.of("secret") for worker in pair)
    key = f"{TOOLS_PREFIX}test"
    one.set_many({key: MESSAGE})
    pair[0].flush()
    # A message that nobody knows has all others asked.
    asked = [key, KEYS[0]]
    first, again = other.get_many(asked)[0], other.get_many(asked)[0]
    assert first == MESSAGE
    assert again is first
    # What another worker makes of them meanwhile holds.
    one.set_many({key: SentMessage()})
    pair[0].flush()
    assert other.get_many(asked)[0] == SentMessage()


def test_another_project_reads_nothing(pair: tuple[Conversations, Conversations]) -> None:
    one, other = pair
    one.of("secret").set_many(dict.fromkeys(KEYS, MESSAGE))
    one.flush()
    assert other.of("another").get_many(KEYS) == [None] * 6


def test_no_text_lies_in_valkey(pair: tuple[Conversations, Conversations], valkey: SyncValkey) -> None:
    one, _ = pair
    one.of("secret").set_many({KEYS[0]: MESSAGE})
    one.flush()
    stored = valkey.get(f"conversation:{KEYS[0]}")
    assert isinstance(stored, bytes)
    assert b"secret line" not in stored
    assert 0 < valkey.ttl(f"conversation:{KEYS[0]}") <= 6 * 3600


def test_what_cannot_be_read_is_not_known(
    pair: tuple[Conversations, Conversations], valkey: SyncValkey
) -> None:
    for key in KEYS:
        valkey.set(f"conversation:{key}", b"of another release")
    assert pair[0].of("secret").get_many(KEYS) == [None] * 6


def test_without_valkey_each_worker_goes_on_alone() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        worker = Conversations(f"redis://127.0.0.1:{taken.getsockname()[1]}/0")
        worker.of("secret").set_many(dict.fromkeys(KEYS[:3], MESSAGE))
        worker.flush()
        assert worker.of("secret").get_many(KEYS) == [MESSAGE] * 3 + [None] * 3
        worker.close()


def _ports(conversations: Conversations) -> Ports:
    return Ports(memory=conversations.of("secret"), secret="secret")


def test_a_conversation_moves_between_workers_and_keeps_its_bytes(
    pair: tuple[Conversations, Conversations],
) -> None:
    config = OptimizerConfig.preset("balanced")
    body = openai_body()
    first = optimize_body(body, "openai", config=config, ports=_ports(pair[0]))
    pair[0].flush()
    later = [
        *body["messages"],
        {"role": "assistant", "content": "It lost its lease."},
        {"role": "user", "content": LOG},
        {"role": "user", "content": "Is this another one?"},
    ]
    second = optimize_body(
        {**body, "messages": later},
        "openai",
        config=config,
        ports=_ports(pair[1]),
    )
    assert second.body["messages"][:6] == first.body["messages"]
    assert sum(block.frozen for block in second.stats.blocks) >= 6


@pytest.mark.parametrize("messages", [1, 4])
def test_a_request_that_another_worker_sent_is_a_cache_hit(
    pair: tuple[Conversations, Conversations], messages: int
) -> None:
    config = OptimizerConfig.preset("balanced", enable_caching=True)
    roles = ["user", "assistant"] * messages
    body = {"messages": [{"role": role, "content": f"Hello {messages}."} for role in roles[:messages]]}
    body["messages"].append({"role": "user", "content": "Who is there?"})
    first = optimize_body(body, "openai", config=config, ports=_ports(pair[0]))
    pair[0].flush()
    second = optimize_body(body, "openai", config=config, ports=_ports(pair[1]))

    assert (first.stats.cache_hit, second.stats.cache_hit) == (False, True)
    assert second.body == first.body


def _sent_tools(worker: Conversations, question: str) -> object:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": question}], "tools": TOOLS}
    ports = Ports(memory=worker.of("secret"), answers_read_back=True)
    result = optimize_body(body, "openai", config=OptimizerConfig.preset("balanced"), ports=ports)
    worker.flush()
    return result.body["tools"]


def test_workers_send_the_same_tools(pair: tuple[Conversations, Conversations]) -> None:
    one, other = pair
    assert _sent_tools(one, "Is a berth free for a ferry?") == _sent_tools(other, "Post an entry to book 7.")


def test_workers_that_chose_at_once_agree_on_the_newest_choice(
    pair: tuple[Conversations, Conversations], valkey: SyncValkey
) -> None:
    one, other = pair
    first = _sent_tools(one, "Is a berth free for a ferry?")
    _forget(valkey)
    second = _sent_tools(other, "Post an entry to book 7.")
    assert first != second
    assert _sent_tools(one, "Is a berth free for another ferry?") == second
    # What the others have forgotten meanwhile one of them tells again.
    _forget(valkey)
    assert _sent_tools(one, "Is there a ferry at a berth?") == second
    assert list(valkey.scan_iter("conversation:tools-*"))


def _forget(valkey: SyncValkey) -> None:
    for key in valkey.scan_iter("conversation:*"):
        valkey.delete(key)

"""What was sent before for a conversation stays as it was, so that the provider's prompt cache holds.

Each message of a request has a key: a hash over it and all before it, with the tools and the system text,
but without `cache_control`, which clients move. Under the key stands what the message was sent as. A later
turn finds the longest run of known keys; those messages are frozen, made again byte for byte, and only new
ones are worked on. The hash starts from the config, the budget and a salt, so no two keys or projects meet.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import orjson

from token_optimizer.config import OptimizerConfig
from token_optimizer.lru_cache import LRUCache
from token_optimizer.models import Block, BlockType, Dialect, Kind, Prompt
from token_optimizer.optimizer.formats.dialects import conversation_of
from token_optimizer.optimizer.formats.json_text import compact_json
from token_optimizer.optimizer.formats.text_parts import CACHE_MARKS
from token_optimizer.optimizer.trace import Ledger

# Grows when a rule comes to give other output, so that nothing of an older release is taken for sent.
RULES_VERSION = 2
_KEY_BYTES = 20
# Opens the key of a whole request: all its messages, and what it asked for beside them.
EXACT_PREFIX = "exact-"
_CACHE_MARKS = tuple(f'"{mark}"'.encode() for mark in sorted(CACHE_MARKS))
# Stands in all of them: one look tells for most messages that none is there.
_IN_CACHE_MARKS = b"cache_"
# The number under which blocks outside of the messages stand.
OUTSIDE = -1
# What stands in the prompt besides the conversation, in any dialect.
_AROUND = ("system", "instructions", "tools", "functions", "prompt", "previous_response_id", "conversation")


class SentBlock(NamedTuple):
    """What one block of a message became. `content` None: it was sent as it came. A tuple: every block of
    every request has one.

    `length` is that of the text as it came, in characters, `lossy` says that some of it was cut, and `why`
    by which stage and for what reason it was changed.
    """

    kind: Kind
    length: int
    content: str | None = None
    dropped: bool = False
    lossy: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class AddedBlock:
    """A block that was put before the `place`-th block of its message."""

    id: str
    place: int
    content: str
    type: BlockType
    note: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What one message was sent as. `tools` are those that the conversation's opening message came with,
    and `ended` says that a request ended with this message."""

    blocks: tuple[SentBlock, ...] = ()
    added: tuple[AddedBlock, ...] = ()
    gone: bool = False
    tools: tuple[SentBlock, ...] = ()
    ended: bool = False


class Memory(Protocol):
    """Where sent messages are remembered, by key. It may forget any of them at any time."""

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]: ...

    def set_many(self, messages: Mapping[str, SentMessage]) -> None: ...


class InProcessMemory:
    """The library's default: the messages sent last, within so many characters. Safe across threads."""

    def __init__(self, most_chars: int = 64_000_000) -> None:
        self._sent: LRUCache[SentMessage] = LRUCache(most_chars)

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]:
        return self._sent.get_many(keys)

    def set_many(self, messages: Mapping[str, SentMessage]) -> None:
        self._sent.put_many((key, message, _size(message)) for key, message in messages.items())


def conversation_salt(
    config: OptimizerConfig, budget_tokens: int | None, model: str, secret: str = ""
) -> bytes:
    """What sets one owner's conversations under one config, budget and model apart from all others."""
    own = {"budget": budget_tokens, "model": model, "secret": secret, "rules": RULES_VERSION}
    fields = {**dataclasses.asdict(config), **own}
    return hashlib.blake2b(json.dumps(fields, sort_keys=True, default=str).encode()).digest()


def message_keys(body: Mapping[str, Any], dialect: Dialect, salt: bytes) -> list[str]:
    """A key for every message: the hash of it and of all that stands before it."""
    chain = hashlib.blake2b(salt, digest_size=_KEY_BYTES)
    chain.update(_bytes([dialect, *(body.get(name) for name in _AROUND)]))
    keys = []
    update, hexdigest = chain.update, chain.hexdigest
    for message in conversation_of(body, dialect):
        text = _json(message)
        update(_bytes(message) if _IN_CACHE_MARKS in text else text)
        keys.append(hexdigest())
    return keys


def known_messages(memory: Memory, keys: Sequence[str], first: Sequence[SentMessage]) -> list[SentMessage]:
    """What the leading messages were sent as, as far as a whole request was sent before; it is known already
    of the `first` ones.

    What stands behind that was sent with another question, which decided what was cut from it: a second
    question on the same document is no later turn of the first one's conversation.
    """
    known = list(first)
    whole = len(known)
    for message in memory.get_many(keys[whole:]):
        if message is None:
            break
        known.append(message)
        whole = len(known) if message.ended else whole
    return known[:whole]


def frozen(prompt: Prompt, known: Sequence[SentMessage]) -> Prompt:
    """The prompt with its known messages as they were sent, and closed to all stages.

    The prompt's own blocks are closed too where they were sent as they came: it is not to be worked on again.
    """
    if not known:
        return prompt
    blocks: list[Block] = []
    gone = frozenset(number for number, message in enumerate(known) if message.gone)
    tools = next((message.tools for message in known if message.tools), ())
    for number, group in _by_message(prompt):
        if number == OUTSIDE:
            blocks.extend(_tools_as_sent(group, tools))
        elif number < len(known):
            blocks.extend(_message_as_sent(group, known[number]))
        else:
            blocks.extend(group)
    return replace(prompt, blocks=tuple(blocks), gone_messages=gone)


def frozen_ids(original: Prompt, start: Prompt) -> frozenset[str]:
    """The ids of blocks that were sent before, those that were left out then among them."""
    closed = {block.id for block in start.blocks if block.frozen}
    open_ids = {block.id for block in start.blocks if not block.frozen}
    return frozenset(closed | {block.id for block in original.blocks if block.id not in open_ids})


def sent_messages(
    original: Prompt, after: Prompt, keys: Mapping[int, str], ledger: Ledger, opening: int
) -> dict[str, SentMessage]:
    """What the messages were sent as, by key; `keys` has the key of each message that is to be remembered,
    `opening` is the one that keeps the tools, and the ledger tells which blocks were cut, and why they were
    changed."""
    left = {block.id: block for block in after.blocks}
    added = _added_blocks(after, {block.id for block in original.blocks})
    groups = dict(_by_message(original))
    tools = tuple(_sent(block, left.get(block.id), ledger) for block in original.blocks if _is_tool(block))
    sent = {}
    for number, key in keys.items():
        blocks = tuple(_sent(block, left.get(block.id), ledger) for block in groups.get(number, ()))
        own_tools = tools if number == opening else ()
        gone = number in after.gone_messages
        sent[key] = SentMessage(blocks, tuple(added.get(number, ())), gone, own_tools)
    return sent


def opening_message(prompt: Prompt) -> int:
    """The first message in which the user speaks: what stands before it other conversations have, too."""
    of_users = (block.metadata["message"] for block in prompt.blocks if block.type is BlockType.USER)
    return next(of_users, 0)


def _by_message(prompt: Prompt) -> list[tuple[int, list[Block]]]:
    """Runs of blocks of one message, in prompt order."""
    groups: list[tuple[int, list[Block]]] = []
    for block in prompt.blocks:
        number = block.metadata.get("message", OUTSIDE)
        if not groups or groups[-1][0] != number:
            groups.append((number, []))
        groups[-1][1].append(block)
    return groups


def _is_tool(block: Block) -> bool:
    return block.kind is Kind.SCHEMA


def _tools_as_sent(group: Sequence[Block], tools: Sequence[SentBlock]) -> list[Block]:
    if len(tools) != sum(map(_is_tool, group)):
        return list(group)
    sent = iter(tools)
    closed = [_closed(block, next(sent)) if _is_tool(block) else block for block in group]
    return [block for block in closed if block is not None]


def _message_as_sent(group: Sequence[Block], message: SentMessage) -> list[Block]:
    if message.gone:
        return []
    if len(message.blocks) != len(group):
        # Another release split the text: what is sent now is worked on as if it were new.
        return list(group)
    blocks: list[Block] = []
    for place, block in enumerate(group):
        blocks.extend(_added_as_sent(item, block) for item in message.added if item.place == place)
        closed = _closed(block, message.blocks[place])
        if closed is not None:
            blocks.append(closed)
    return blocks


def _closed(block: Block, sent: SentBlock) -> Block | None:
    if sent.dropped:
        return None
    # Most blocks were sent as they came: those are closed where they are.
    closed = block if sent.content is None else copy(block)
    if sent.content is not None:
        closed.content = sent.content
        closed.original_content = block.content if sent.lossy else None
    closed.note = sent.why
    closed.frozen = closed.verbatim = closed.must_keep = True
    return closed


def _added_as_sent(item: AddedBlock, neighbour: Block) -> Block:
    return replace(
        neighbour,
        id=item.id,
        content=item.content,
        type=item.type,
        kind=Kind.PROSE,
        note=item.note,
        frozen=True,
        verbatim=True,
        must_keep=True,
        tool_result=False,
    )


def _added_blocks(after: Prompt, known: set[str]) -> dict[int, list[AddedBlock]]:
    """The blocks that came in, by message, each with its place among the message's own blocks."""
    added: dict[int, list[AddedBlock]] = {}
    for number, group in _by_message(after):
        if number == OUTSIDE:
            continue
        place = 0
        for block in group:
            if block.id in known:
                place = int(block.metadata["place"]) + 1
            else:
                item = AddedBlock(block.id, place, block.content, block.type, block.note)
                added.setdefault(number, []).append(item)
    return added


def _sent(block: Block, now: Block | None, ledger: Ledger) -> SentBlock:
    length, why = len(block.content), ledger.reason.get(block.id, "")
    if now is None:
        return SentBlock(block.kind, length, dropped=True, why=why)
    if now.content == block.content:
        return SentBlock(block.kind, length, None, False, block.id in ledger.cut, why)
    return SentBlock(block.kind, length, now.content, False, block.id in ledger.cut, why)


def _size(message: SentMessage) -> int:
    texts = [block.content for block in message.blocks] + [block.content for block in message.tools]
    texts += [item.content for item in message.added]
    return 200 + 100 * len(message.blocks) + sum(map(len, filter(None, texts)))


def _bytes(value: Any) -> bytes:
    """The value as JSON without cache marks; a client may move them from turn to turn."""
    text = _json(value)
    if _IN_CACHE_MARKS not in text or not any(mark in text for mark in _CACHE_MARKS):
        return text
    try:
        return _json(_unmarked(value))
    except RecursionError:
        # No prompt is so deep: its key may depend on the marks.
        return text


def digest(data: bytes) -> str:
    """The hash that keys are made of."""
    return hashlib.blake2b(data, digest_size=_KEY_BYTES).hexdigest()


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Integers beyond 64 bits, lone surrogates, deep nesting.
        return compact_json(value).encode("utf-8", "surrogatepass")


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items() if key not in CACHE_MARKS}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value

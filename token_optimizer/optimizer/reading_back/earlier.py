"""Puts what was read back on earlier turns in its place again, so that the provider's prompt cache holds.

The client's messages have neither the calls nor their results. A memory has the model's calls, and where in
the original the results stand; their text is made again from there. What memory has forgotten is not there.

Before: the question, and the answer that the client saw
After:  the question, the call with what the model said before it, its result, and the rest of the answer
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from token_optimizer.dialects.bodies import conversation_key, conversation_of, role_of
from token_optimizer.dialects.response_items import OUTPUT_OF, OUTPUTS
from token_optimizer.dialects.text_parts import as_list
from token_optimizer.models import Block, Dialect, OptimizationResult, Prompt, ReadBack, ReadResult, SentRead
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.optimizer.conversation.keys import ANSWERED, CARRIED
from token_optimizer.optimizer.reading_back.answers import (
    SEPARATOR,
    answer_messages,
    exchange_of,
    own_calls,
    result_messages,
)
from token_optimizer.optimizer.reading_back.originals import digest_of, text_of
from token_optimizer.optimizer.reading_back.tool import is_call
from token_optimizer.ports import Memory, SentMessage
from token_optimizer.tokens.counts import count_body

# What was read may take this share of a hard budget; above it the oldest goes.
MAX_BUDGET_SHARE = 0.25
# What clients add to a part of an answer, or leave out, when they send it again.
_NOT_COMPARED = frozenset({"id", "status", "cache_control", "citations", "annotations", "logprobs"})


@dataclass(frozen=True, slots=True)
class EarlierReads:
    """The reads of earlier turns, each with the texts of its results by the calls' ids. `key` is that of the
    newest message, for the reads of this turn; `left_out` is how many went to make room."""

    reads: tuple[tuple[SentRead, dict[str, str]], ...] = ()
    key: str = ""
    left_out: int = 0

    @property
    def sent(self) -> tuple[SentRead, ...]:
        return tuple(read for read, _ in self.reads)

    @classmethod
    def find(
        cls, history: ConversationHistory, original: Prompt, max_tokens: float, model: str
    ) -> EarlierReads:
        """What the memory has, as far as the texts can be made again; carried on for the next turn."""
        if history.memory is None or not history.keys or original.documents_at is not None:
            return cls()
        newest = history.keys[-1]
        if not history.known:
            return cls((), newest)
        stored = history.reads()
        reads = _by_calls(read for message in stored if message is not None for read in message.reads)
        # Those of this very request were answers to it.
        made = _made_again([read for read in reads.values() if read.at < len(history.keys)], original)
        earlier = cls(tuple(made), newest).within(max_tokens, original.dialect, model)
        if earlier.reads and not history.is_exact:
            history.memory.set_many({CARRIED + newest: SentMessage(reads=earlier.sent)})
        return earlier

    def within(self, max_tokens: float, dialect: Dialect, model: str) -> EarlierReads:
        """All of them; where they count more, the newest ones that count half of it, so that this is rare."""
        if self.tokens(dialect, model) <= max_tokens:
            return self
        kept = len(self.reads)
        for start in range(1, kept + 1):
            left = EarlierReads(self.reads[start:], self.key, start)
            if left.tokens(dialect, model) <= max_tokens / 2:
                return left
        return EarlierReads((), self.key, kept)

    def tokens(self, dialect: Dialect, model: str) -> int:
        """What they count at most."""
        messages = [message for read, texts in self.reads for message in exchange_of(read, texts, dialect)]
        return _tokens(messages, dialect, model)


NO_READS = EarlierReads()


def remember_reads(memory: Memory | None, result: OptimizationResult, reads: Sequence[SentRead]) -> None:
    """Remember what was read back for this request, for the next turns."""
    if memory is not None and result.read_key and reads:
        memory.set_many({ANSWERED + result.read_key: SentMessage(reads=tuple(reads))})


def sent_read(
    answer: Mapping[str, Any],
    dialect: Dialect,
    at: int,
    reads: Mapping[str, ReadBack],
    *,
    beside: bool = False,
) -> SentRead:
    """One answer with calls, as it is remembered: `at` is how many messages the client's request had, `reads`
    has what each call got. `beside` calls of the client's own, the calls alone are kept."""
    messages = own_calls(answer, dialect) if beside else answer_messages(answer, dialect)
    results = tuple(ReadResult(call_id, read.parts, digest_of(read.text)) for call_id, read in reads.items())
    return SentRead(at, tuple(messages), results, beside)


def with_earlier_reads(
    body: dict[str, Any], dialect: Dialect, earlier: EarlierReads, gone: frozenset[int], model: str
) -> tuple[dict[str, Any], int]:
    """The body with the calls and results in their places, and the tokens that they count. `gone` are the
    client's messages that the body does not have."""
    if not earlier.reads:
        return body, 0
    before = conversation_of(body, dialect)
    messages = list(before)
    by_place = {at: list(group) for at, group in groupby(earlier.reads, lambda item: item[0].at)}
    for at in sorted(by_place, reverse=True):
        index = at - sum(number < at for number in gone)
        if not {at, at - 1} & gone and index < len(messages):
            messages = _with_reads(messages, index, by_place[at], dialect)
    old, new = set(map(id, before)), set(map(id, messages))
    tokens = _tokens([one for one in messages if id(one) not in old], dialect, model)
    tokens -= _tokens([one for one in before if id(one) not in new], dialect, model)
    return {**body, conversation_key(dialect): messages}, tokens


def _by_calls(reads: Iterable[SentRead]) -> dict[tuple[str, ...], SentRead]:
    """The reads by the ids of their calls: one that was carried on may stand beside itself."""
    return {tuple(result.call_id for result in read.results): read for read in reads}


def _made_again(reads: Sequence[SentRead], original: Prompt) -> Iterable[tuple[SentRead, dict[str, str]]]:
    """The reads whose texts come out as they were; of one place all or none."""
    blocks = {block.id: block for block in original.blocks}
    for _, group in groupby(sorted(reads, key=attrgetter("at")), attrgetter("at")):
        made = [(read, _texts(read, blocks)) for read in group]
        if all(len(texts) == len(read.results) for read, texts in made):
            yield from made


def _texts(read: SentRead, blocks: Mapping[str, Block]) -> dict[str, str]:
    """The texts of the results that come out as they were, by the calls' ids."""
    made = ((result, text_of(result.parts, blocks)) for result in read.results)
    return {
        result.call_id: text for result, text in made if text is not None and digest_of(text) == result.digest
    }


def _with_reads(
    messages: list[Any], index: int, reads: Sequence[tuple[SentRead, dict[str, str]]], dialect: Dialect
) -> list[Any]:
    for read, texts in reads:
        if read.beside:
            messages = _with_own_calls(messages, index, read, texts, dialect)
    alone = [(read, texts) for read, texts in reads if not read.beside]
    if not alone:
        return messages
    exchanges = [message for read, texts in alone for message in exchange_of(read, texts, dialect)]
    rest = messages[index:]
    for read, _ in alone:
        rest = _without_said(rest, read, dialect)
    return [*messages[:index], *exchanges, *rest]


def _without_said(rest: list[Any], read: SentRead, dialect: Dialect) -> list[Any]:
    """The messages without what the first one repeats of the read's own: the client got both as one."""
    if dialect == "responses":
        said = [item for item in read.messages if not is_call(item, dialect)]
        return rest[len(said) :] if said and _same(rest[: len(said)], said) else rest
    first = rest[0]
    if role_of(first) != "assistant":
        return rest
    left = _content_left(first, read.messages[0].get("content"), dialect)
    says_on = left or first.get("tool_calls")
    return [{**first, "content": left}, *rest[1:]] if says_on and left != first.get("content") else rest


def _content_left(message: Mapping[str, Any], said: Any, dialect: Dialect) -> Any:
    content = message.get("content")
    if dialect == "openai":
        if isinstance(content, str) and isinstance(said, str) and content.startswith(said):
            left = content[len(said) :]
            is_parted = said and not said[-1].isspace()
            return (left.removeprefix(SEPARATOR) if is_parted else left) or None
        return content
    parts = [part for part in as_list(said) if not is_call(part, dialect)]
    if isinstance(content, list) and _same(content[: len(parts)], parts):
        return content[len(parts) :]
    return content


def _with_own_calls(
    messages: list[Any], index: int, read: SentRead, texts: Mapping[str, str], dialect: Dialect
) -> list[Any]:
    """The messages with our calls beside the client's, and our results behind the client's; as they are where
    the client's calls have gone."""
    if dialect == "responses":
        return _with_own_items(messages, index, read, texts)
    message, behind = messages[index], messages[index + 1 :]
    if dialect == "openai":
        if not message.get("tool_calls"):
            return messages
        called = {**message, "tool_calls": [*message["tool_calls"], *read.messages]}
        answered = next((at for at, one in enumerate(behind) if role_of(one) != "tool"), len(behind))
        own = result_messages(texts, dialect)
        return [*messages[:index], called, *behind[:answered], *own, *behind[answered:]]
    parts, results = as_list(message.get("content")), as_list(behind[0].get("content")) if behind else ()
    last = _last_of(results, frozenset({"tool_result"}))
    if _last_of(parts, frozenset({"tool_use"})) < 0 or last < 0:
        return messages
    own = result_messages(texts, dialect)[0]["content"]
    answering = {**behind[0], "content": [*results[: last + 1], *own, *results[last + 1 :]]}
    called = {**message, "content": [*parts, *read.messages]}
    return [*messages[:index], called, answering, *behind[1:]]


def _with_own_items(items: list[Any], index: int, read: SentRead, texts: Mapping[str, str]) -> list[Any]:
    behind = items[index:]
    first = next((at for at, item in enumerate(behind) if item.get("type") in OUTPUTS), -1)
    if first < 0 or _last_of(behind[:first], frozenset(OUTPUT_OF)) < 0:
        return items
    end = next((at for at, item in enumerate(behind) if at > first and item.get("type") not in OUTPUTS), None)
    end = len(behind) if end is None else end
    results = result_messages(texts, "responses")
    return [*items[:index], *behind[:first], *read.messages, *behind[first:end], *results, *behind[end:]]


def _last_of(parts: Sequence[Any], types: frozenset[str]) -> int:
    places = (at for at, part in enumerate(parts) if isinstance(part, dict) and part.get("type") in types)
    return max(places, default=-1)


def _same(parts: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether the parts say the same, as clients send them again."""
    return len(parts) == len(others) and all(
        _compared(one) == _compared(other) for one, other in zip(parts, others, strict=True)
    )


def _compared(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _compared(item)
            for name, item in value.items()
            if name not in _NOT_COMPARED and item is not None
        }
    return [_compared(item) for item in value] if isinstance(value, list) else value


def _tokens(messages: Sequence[Any], dialect: Dialect, model: str) -> int:
    if not messages:
        return 0
    key = conversation_key(dialect)
    return count_body({key: list(messages)}, dialect, model) - count_body({key: []}, dialect, model)

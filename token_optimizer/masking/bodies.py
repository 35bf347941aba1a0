"""A request body with placeholders for its secrets, and an answer with its secrets in their place again.

Texts are masked wherever they stand in the prompt: instructions, messages, calls, results, tools. What stays
as it came: images, audio and files, names and ids, and reasoning, which is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from token_optimizer.dialects.media import media_of
from token_optimizer.masking.json_texts import is_json, masked_json
from token_optimizer.masking.masker import Masker
from token_optimizer.masking.placeholders import Originals

# Where a body holds what a provider gets to read, or to keep about who asks.
PROMPT_FIELDS = (
    "tools", "functions", "system", "instructions", "messages", "input", "prompt", "prediction", "metadata",
    "user", "safety_identifier", "query", "documents", "suffix",
)  # fmt: skip
# Names and ids; what they hold besides, as the schemas of arguments of these names, is read.
_NAMES = frozenset({
    "type", "role", "id", "name", "call_id", "tool_call_id", "tool_use_id", "item_id", "status", "file_id",
})  # fmt: skip
# What is signed or sealed, what was measured, and how the provider gets at somebody's server.
_SKIPPED = frozenset({
    "signature", "encrypted_content", "encrypted_index", "thinking", "reasoning", "reasoning_content",
    "reasoning_details", "logprobs", "obfuscation", "authorization", "authorization_token", "headers",
    "server_url",
})  # fmt: skip
# Below these all is data of somebody's own, whatever its keys are called.
_DATA = frozenset({"metadata", "variables"})
# Signed, or sealed: a changed one is refused.
_SKIPPED_TYPES = frozenset({"thinking", "redacted_thinking", "reasoning", "compaction"})
# Strings that are JSON.
_JSON_KEYS = frozenset({"arguments", "partial_json"})

Write = Callable[[str, bool], str]


def masked_body(body: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    """The body with placeholders; the same values where there is nothing to mask."""

    def write(text: str, may_be_json: bool) -> str:
        if may_be_json and is_json(text):
            return masked_json(text, masker.spans, masker.placeholder)
        return masker.masked(text)

    prompt = {name: body[name] for name in PROMPT_FIELDS if name in body}
    return {**body, **_rewritten(prompt, write)}


def restored_payload(payload: Mapping[str, Any], originals: Originals) -> dict[str, Any]:
    """An answer, or an event of one, with the originals."""

    def write(text: str, may_be_json: bool) -> str:
        return originals.restored_json(text) if may_be_json else originals.restored(text)

    return dict(_rewritten(payload, write))


def _rewritten(value: Any, write: Write) -> Any:
    """A copy with its texts, and the keys of its objects, written anew. Without recursion: it may be deep."""
    root = [value]
    todo: list[tuple[Any, Any, bool]] = [(root, 0, False)]
    while todo:
        holder, key, is_data = todo.pop()
        item = holder[key]
        if isinstance(item, str):
            holder[key] = write(item, key in _JSON_KEYS)
        elif isinstance(item, list | tuple):
            holder[key] = fresh = list(item)
            todo.extend((fresh, at, is_data) for at in reversed(range(len(fresh))))
        elif isinstance(item, Mapping) and (is_data or not _stays(item)):
            holder[key] = copy = {_written_key(name, write): inner for name, inner in item.items()}
            for name in reversed(copy):
                if is_data or _is_read(name, item):
                    todo.append((copy, name, is_data or _is_data(name, item)))
    return root[0]


def _written_key(name: Any, write: Write) -> Any:
    """Most keys are words of the dialect's."""
    return write(name, False) if isinstance(name, str) and not name.isidentifier() else name


def _stays(item: Mapping[str, Any]) -> bool:
    kind = item.get("type")
    return (isinstance(kind, str) and kind in _SKIPPED_TYPES) or media_of(item) is not None


def _is_read(name: Any, holder: Mapping[Any, Any]) -> bool:
    """`data` is text in a source of text, and bytes elsewhere."""
    if name in _SKIPPED or (name in _NAMES and isinstance(holder.get(name), str)):
        return False
    return name != "data" or holder.get("type") == "text"


def _is_data(name: Any, holder: Mapping[Any, Any]) -> bool:
    """Whether it holds the arguments of a call, or what else is the caller's own."""
    return name in _DATA or (name == "input" and str(holder.get("type")).endswith("tool_use"))

"""Writes the texts of a prompt back into a copy of its request body.

The joined blocks of every changed slot take its place in the body; all else stays as it came, so a prompt
that nothing happened to renders as the same body.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from token_optimizer.dialects.bodies import conversation_key, role_of
from token_optimizer.models import Aggregate, Block, Path, Prompt
from token_optimizer.text.cache import remembered

_CONVERSATIONS = ("messages", "input")
# Providers refuse a message that consists of nothing else.
_SIGNED = frozenset({"thinking", "redacted_thinking"})


def render(prompt: Prompt, original: Prompt) -> tuple[dict[str, Any], bool, frozenset[int]]:
    """The body with the prompt's texts in it, whether it differs from the one that came, and the indexes of
    the messages that went because nothing is left of them but reasoning at most.

    A message whose texts have all become empty goes, and so does a tool that was dropped.
    """
    gone, prefix = prompt.gone_messages, prompt.prefix
    came = original.blocks[len(prefix.came) :]
    changed = {
        prompt.slots[slot].path: text
        for slot, text in _with_changed_texts(prefix.value(CHANGED_TEXTS), came, prompt.rest)
    }
    if gone:
        changed = {path: text for path, text in changed.items() if _message(path) not in gone}
    body = dict(prompt.body)
    if not changed and not gone:
        return body, False, frozenset()
    copies: dict[Path, Any] = {(): body}
    for path, text in changed.items():
        _write(copies, path, text)
    emptied = [path for path, text in changed.items() if not text]
    silent = _remove_empty(body, conversation_key(prompt.dialect), copies, emptied, gone)
    return body, True, silent


def slot_texts(prompt: Prompt) -> list[str]:
    """The text of every slot: its blocks joined in order; empty where all were dropped."""
    texts = _texts_by_slot(prompt.blocks)
    return [texts.get(slot, "") for slot in range(len(prompt.slots))]


def _texts_by_slot(blocks: Iterable[Block]) -> dict[int, str]:
    texts: dict[int, str] = {}
    parts: dict[int, list[str]] = {}
    for block in blocks:
        slot = block.slot
        if slot is None:
            continue
        text = block.content if block.wrapper is None else block.text
        if not texts.get(slot):
            texts[slot] = text
        else:
            parts.setdefault(slot, [texts[slot]]).append(text)
    for slot, several in parts.items():
        texts[slot] = "".join(several)
    return texts


def _with_changed_texts(known: ChangedTexts, came: Iterable[Block], sent: Iterable[Block]) -> ChangedTexts:
    """Those that are known, and the texts of the slots of further blocks that are sent otherwise."""
    before, after = _texts_by_slot(came), _texts_by_slot(sent)
    changed = ((slot, after.get(slot, "")) for slot, text in before.items())
    return (*known, *((slot, text) for slot, text in changed if text != before[slot]))


# Each with its slot.
ChangedTexts = tuple[tuple[int, str], ...]
CHANGED_TEXTS: Aggregate[ChangedTexts] = Aggregate("changed texts", (), _with_changed_texts)


def _write(copies: dict[Path, Any], path: Path, text: str) -> None:
    """Put the text at its path, copying each container on the way once."""
    holder, key = path[:-1], path[-1]
    is_tool = holder == ("tools",)
    (copies.get(holder) or _copied(copies, holder))[key] = _value_of(text) if is_tool and text else text


def _value_of(text: str) -> Any:
    """The value of a JSON text that comes again, made anew each time: it is the caller's own."""
    return marshal.loads(_marshalled(text))  # noqa: S302 what it reads was written here


@remembered(5_000, max_chars=12_000_000)
def _marshalled(text: str) -> bytes:
    """As bytes, of which the value is made in a third of the time."""
    return marshal.dumps(json.loads(text))


def _copied(copies: dict[Path, Any], path: Path) -> Any:
    """A copy of the container at the path, which has none yet."""
    holder, key = path[:-1], path[-1]
    within = copies.get(holder) or _copied(copies, holder)
    copied = copies[path] = within[key] = within[key].copy()
    return copied


def _remove_empty(
    body: dict[str, Any],
    conversation: str,
    copies: dict[Path, Any],
    emptied: list[Path],
    gone: frozenset[int],
) -> frozenset[int]:
    """Take out emptied tools, content parts and messages; from the back, so that indexes hold. Returns the
    messages that say nothing any more."""
    for path in sorted(emptied, key=_position, reverse=True):
        if path[0] == "tools":
            del body["tools"][path[1]]
        elif len(path) > 3 and path[-1] == "text":
            del copies[path[:-2]][path[-2]]
    silent = _remove_messages(body, conversation, {_message(path) for path in emptied}, gone)
    if "tools" in body and not body["tools"]:
        _drop_tools(body)
    return silent


def _remove_messages(
    body: dict[str, Any], key: str, emptied: set[int], gone: frozenset[int]
) -> frozenset[int]:
    """Take out the messages that are gone, and those that say nothing any more, which are returned."""
    messages = body.get(key)
    if not isinstance(messages, list):
        return frozenset()
    silent = {at for at in emptied if at >= 0 and _says_nothing(messages[at])}
    silent |= {at for last in silent for at in _reasoning_before(messages, last)}
    if silent or gone:
        body[key] = [message for at, message in enumerate(messages) if at not in silent | gone]
    return frozenset(silent)


def _reasoning_before(messages: Sequence[Any], at: int) -> Iterator[int]:
    """Reasoning may not stand without what it led to."""
    for before in range(at - 1, -1, -1):
        if messages[before].get("type") != "reasoning":
            break
        yield before


def _message(path: Path) -> int:
    """The index of the message that a path leads into; -1 outside of the messages."""
    if path[0] not in _CONVERSATIONS:
        return -1
    return path[1] if len(path) > 1 and isinstance(path[1], int) else 0


def _drop_tools(body: dict[str, Any]) -> None:
    """Providers refuse an empty list of tools, and a choice among none."""
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        body.pop(name, None)


def _says_nothing(message: Mapping[str, Any]) -> bool:
    """Whether nothing is left in a message, or reasoning alone, with which none may end."""
    content = message.get("content")
    if isinstance(content, list):
        content = [part for part in content if not (isinstance(part, dict) and _is_signed(part))]
    speaks_on = content or any(
        message.get(name) for name in ("tool_calls", "function_call", "refusal", "audio")
    )
    return not speaks_on and role_of(message) not in ("tool", "function", "")


def _is_signed(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("type"), str) and part["type"] in _SIGNED


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in path)

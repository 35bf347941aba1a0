"""The keys under which a memory finds messages that were sent before.

Each message of a request has a key: a hash over it and all before it, with the tools and the system text,
but without `cache_control`, which clients move. The hash starts from the config, the budget and a secret, so
no two keys or projects meet. Tools and the system text have keys of their own, too, by which another
conversation with the same ones finds them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import conversation_of
from token_optimizer.dialects.unmarked_json import unmarked_json
from token_optimizer.models import Dialect
from token_optimizer.optimizer.conversation.message_hashes import KEY_BYTES, MessageHashes, message_hashes

# Grows when a rule comes to give other output, so that nothing of an older release is taken for sent.
RULES_VERSION = 40
_DIGEST_BYTES = 8
# Opens the key of a whole request: all its messages, and what it asked for beside them.
EXACT_PREFIX = "exact-"
# What was read back on all turns so far, and on the newest one: another process may write each of them.
CARRIED, ANSWERED = "reads-", "answered-"
# What some tools were sent as, in whatever conversation, and that a system text was sent.
TOOLS_PREFIX, SYSTEM_PREFIX = "tools-", "system-"
# What stands in the prompt besides the conversation, in any dialect.
_AROUND = ("system", "instructions", "tools", "functions", "prompt", "previous_response_id", "conversation")
# By the config's identity: it is held, so that no other one has that meanwhile.
_SALTS: dict[tuple[int, int | None, str, str, bool], tuple[OptimizerConfig, bytes]] = {}
_MAX_SALTS = 256


def conversation_salt(
    config: OptimizerConfig,
    budget_tokens: int | None,
    model: str,
    secret: str = "",
    *,
    reads_back: bool = False,
) -> bytes:
    """What sets one owner's conversations under one config, budget and model apart from all others, and those
    whose markers can be read back from those without."""
    asked = (id(config), budget_tokens, model, secret, reads_back)
    held = _SALTS.get(asked)
    if held is None or held[0] is not config:
        if len(_SALTS) >= _MAX_SALTS:
            _SALTS.clear()
        own = {"budget": budget_tokens, "model": model, "secret": secret, "reads_back": reads_back}
        held = _SALTS[asked] = config, _salt(config, own)
    return held[1]


def _salt(config: OptimizerConfig, own: Mapping[str, Any]) -> bytes:
    fields = {item.name: getattr(config, item.name) for item in dataclasses.fields(config)}
    fields |= {**own, "rules": RULES_VERSION}
    return hashlib.blake2b(json.dumps(fields, sort_keys=True, default=str).encode()).digest()


def message_keys(body: Mapping[str, Any], dialect: Dialect, salt: bytes) -> list[str]:
    """A key for every message: the hash of it and of all that stands before it."""
    return hashes_of(body, dialect, salt).keys


def hashes_of(body: Mapping[str, Any], dialect: Dialect, salt: bytes) -> MessageHashes:
    """The keys, and which messages hold cache marks."""
    return message_hashes(salt + _around(body, dialect), conversation_of(body, dialect))


def request_key(newest_key: str, asked: str) -> str:
    """The key of a whole request, whose newest message has this key, and of what it `asked` for beside."""
    data = f"{newest_key} {asked}".encode("utf-8", "surrogatepass")
    return EXACT_PREFIX + hashlib.blake2b(data, digest_size=KEY_BYTES).hexdigest()


def reads_keys(key: str) -> tuple[str, str]:
    """The keys of what was read back up to the message with this key."""
    return CARRIED + key, ANSWERED + key


def short_key(prefix: str, data: bytes) -> str:
    """The key of these bytes."""
    return prefix + hashlib.blake2b(data, digest_size=KEY_BYTES).hexdigest()


def prompt_digest(body: Mapping[str, Any], dialect: Dialect, secret: str, asked: Any) -> int:
    """Names a prompt by itself, whatever its config is: a hash under the owner's secret, of 64 bits with a
    sign, as databases have them. `asked` is what it asks for beside its body."""
    digest = hashlib.blake2b(key=hashlib.sha256(secret.encode()).digest(), digest_size=_DIGEST_BYTES)
    digest.update(unmarked_json([body.get("model"), asked]))
    around = _around(body, dialect)
    digest.update(around)
    digest.update("".join(message_hashes(around, conversation_of(body, dialect)).keys[-1:]).encode())
    return int.from_bytes(digest.digest(), "big", signed=True)


def _around(body: Mapping[str, Any], dialect: Dialect) -> bytes:
    return unmarked_json([dialect, *(body.get(name) for name in _AROUND)])

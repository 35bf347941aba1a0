"""Which version of a config serves a request, while one of two runs on a share of keys or conversations; and
whether its conversation is held out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.callers.configs import NamedConfig
from optimizer_app.configs.versions.membership import is_member
from optimizer_app.holdout.groups import Placed, placed
from token_optimizer.dialects.bodies import conversation_of, role_of, speaks, text_parts_of_message
from token_optimizer.errors import PromptError
from token_optimizer.models import Dialect


def version_for(
    named: NamedConfig, api_key_id: uuid.UUID, dialect: Dialect, body: Mapping[str, Any]
) -> NamedConfig:
    """The config as this key, or this conversation of it, meets it."""
    share = named.share
    if share is None:
        return named
    identity = str(api_key_id)
    if share.by_conversation:
        identity = conversation_of_key(api_key_id, dialect, body)
    return share.version if is_member(share.seed, share.percent, identity) else named


def place_in_holdout(
    named: NamedConfig, secret: str, api_key_id: uuid.UUID, dialect: Dialect, body: Mapping[str, Any]
) -> Placed | None:
    """The conversation's place, where the config holds any out; None where nothing tells its requests from
    those of others."""
    share = named.config.holdout_share
    if not share or not conversation_identity(dialect, body):
        return None
    return placed(share, secret, conversation_of_key(api_key_id, dialect, body))


def conversation_of_key(api_key_id: uuid.UUID, dialect: Dialect, body: Mapping[str, Any]) -> str:
    """What tells a conversation from those of other keys."""
    return f"{api_key_id}\n{conversation_identity(dialect, body)}"


def conversation_identity(dialect: Dialect, body: Mapping[str, Any]) -> str:
    """What all requests of a conversation have in common: its id where the body has one, else its opening.

    Empty where neither is there on every turn: a response that is continued by its id opens anew each time.
    """
    conversation = body.get("conversation")
    given = conversation.get("id") if isinstance(conversation, dict) else conversation
    for identity in (given, body.get("prompt_cache_key")):
        if isinstance(identity, str) and identity:
            return identity
    if dialect == "responses" and body.get("store") is not False:
        return ""
    return "\n".join(_opening(dialect, body))


def _opening(dialect: Dialect, body: Mapping[str, Any]) -> Iterator[str]:
    """The texts of the user's first message; instructions before it may change with the day."""
    try:
        messages: Sequence[Mapping[str, Any]] = conversation_of(body, dialect)
    except PromptError:
        return
    for index, message in enumerate(messages):
        if role_of(message) == "user" and speaks(message):
            for part in text_parts_of_message(body, dialect, message, index):
                yield part.text
            return

"""A request with a prompt: its body, the options of its headers, and what the optimizer gets of both."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.callers.auth import Caller
from gateway.callers.configs import NamedConfig
from gateway.errors import BadRequest
from gateway.requests.bodies.body import kind_of
from gateway.requests.bodies.unread import UnreadBody
from gateway.requests.client import Client
from optimizer_app.holdout.groups import Placed
from optimizer_app.optimize.service import OptimizationRequest
from optimizer_app.prompts.versions.published import PublishedPrompt
from token_optimizer.dialects.bodies import conversation_key, has_answers
from token_optimizer.models import Dialect
from token_optimizer.optimizer.conversation.keys import prompt_digest
from token_optimizer.ports import NO_FACTS

_DIGITS = re.compile(r"[0-9]{1,20}")
_MAX_MODEL_CHARS = 200
_MAX_ANSWER_FIELDS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
# Of bodies in English.
_BYTES_A_TOKEN = 4
# Of a prompt that may come to fewer tokens, how many is known within milliseconds.
_SOON_KNOWN_BYTES = 64 * 1024
_MAX_BUDGET_TOKENS = 2**31 - 1
_TAG = re.compile(r"[!-~](?:[ -~]{0,58}[!-~])?")


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """One request body and its options.

    `off`: forwarded byte for byte. `body` is empty where an `off` request is no JSON object.
    `unpacked`: the raw bytes are without the compression in which they came.
    `unwritable`: the body reads, but cannot be written again, so it too goes out as it came.
    `template`: the body was rendered from it. `placed`: its conversation takes part in a holdout.
    """

    dialect: Dialect
    raw: bytes
    body: Mapping[str, Any]
    named: NamedConfig
    budget_tokens: int | None = None
    tag: str = ""
    documents: Sequence[Mapping[str, Any]] | None = None
    query: str | None = None
    off: bool = False
    unpacked: bool = True
    unwritable: bool = False
    template: PublishedPrompt | None = None
    placed: Placed | None = None

    @property
    def model(self) -> str:
        model = self.body.get("model")
        # A lone surrogate cannot be stored.
        return model[:_MAX_MODEL_CHARS].encode("utf-8", "replace").decode() if isinstance(model, str) else ""

    @property
    def is_held_out(self) -> bool:
        return self.placed is not None and self.placed.is_held_out

    @property
    def messages_count(self) -> int:
        key = conversation_key(self.dialect)
        if isinstance(self.body, UnreadBody):
            return self.body.count(key)
        messages = self.body.get(key)
        return len(messages) if isinstance(messages, list) else 0

    @property
    def max_answer_tokens(self) -> int | None:
        """How long the request lets the model answer; None where it does not say."""
        asked = (self.body.get(name) for name in _MAX_ANSWER_FIELDS)
        return next((tokens for tokens in asked if isinstance(tokens, int) and tokens > 0), None)

    @property
    def stream(self) -> bool:
        return self.body.get("stream") is True

    @property
    def has_answers(self) -> bool:
        """Whether the prompt continues a conversation: answers of the model are in it."""
        return has_answers(self.body, self.dialect)

    def digest(self, secret: str) -> int:
        """Names the prompt among those of the owner of the secret."""
        asked = [self.query, self.documents and list(self.documents)]
        return prompt_digest(self.body, self.dialect, secret, asked)

    def for_optimizer(self, trace_id: uuid.UUID, remembered_for: Caller | None = None) -> OptimizationRequest:
        """What the optimizer gets. Without `remembered_for` the prompt is taken for one that is not sent."""
        return OptimizationRequest(
            body=self.body,
            dialect=self.dialect,
            config=self.named.config,
            model=self.model,
            trace_id=trace_id,
            size_bytes=len(self.raw),
            budget_tokens=self.budget_tokens,
            documents=self.documents,
            query=self.query,
            secret=remembered_for.hash_secret if remembered_for else "",
            project_id=remembered_for.project_id if remembered_for else None,
            # What is only looked at is sent by somebody else.
            answers_read_back=remembered_for is not None,
            with_texts=self.named.config.capture_days > 0 and not self.off,
            facts=remembered_for.facts_of(self.model) if remembered_for else NO_FACTS,
            remembers_later=remembered_for is not None,
        )


def expected_tokens(client: Client) -> int:
    """What the prompt may come to by the length of its body; 0 where that is unknown, or where it would be
    reserved for long though the optimizer leaves less of it."""
    length = client.headers.get("content-length", "")
    size = int(length) if _DIGITS.fullmatch(length) else 0
    is_as_sent = client.headers.get("x-optimizer-mode") == "off"
    return size // _BYTES_A_TOKEN if is_as_sent or size <= _SOON_KNOWN_BYTES else 0


def is_off(headers: Mapping[str, str]) -> bool:
    """Whether `X-Optimizer-Mode: off` was sent; BadRequest for a mode that there is not."""
    mode = headers.get("x-optimizer-mode", "on").strip().lower()
    if mode not in ("on", "off"):
        raise BadRequest(f"X-Optimizer-Mode {mode!r} is not 'on' or 'off'", param="x-optimizer-mode")
    return mode == "off"


def budget_in_header(headers: Mapping[str, str]) -> int | None:
    """The tokens of `X-Optimizer-Budget`, where it was sent."""
    text = headers.get("x-optimizer-budget")
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise _bad_budget("X-Optimizer-Budget", text)
    return checked_budget(int(text), "X-Optimizer-Budget")


def tag_in_header(headers: Mapping[str, str]) -> str:
    """`X-Optimizer-Tag`, by which people tell requests apart; empty where it was not sent."""
    tag = headers.get("x-optimizer-tag", "").strip()
    if tag and not _TAG.fullmatch(tag):
        message = "X-Optimizer-Tag must be at most 60 printable characters of ASCII"
        raise BadRequest(message, param="x-optimizer-tag")
    return tag


def checked_budget(value: object, name: str) -> int | None:
    """A number of tokens of at least 1, or None; BadRequest for all else."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MAX_BUDGET_TOKENS:
        raise _bad_budget(name, value)
    return value


def _bad_budget(name: str, value: object) -> BadRequest:
    shown = repr(value) if isinstance(value, int | float | str) else kind_of(value)
    message = f"{name} must be a whole number of tokens of at least 1, not {shown[:60]}"
    return BadRequest(message, param=name.lower())

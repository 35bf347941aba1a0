"""A request that names a prompt template instead of bringing a prompt.

The body has the `variables`, and any field of the dialect, which stands in place of the template's. Its
`messages` follow those of the template: so a conversation goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.errors import BadRequest
from gateway.requests.bodies.body import kind_of, parsed_object
from optimizer_app.prompts.errors import ValuesRefused
from optimizer_app.prompts.rendering import rendered_body
from optimizer_app.prompts.versions.published import PromptReference, PublishedPrompt

HEADER = "x-optimizer-prompt"


def reference_in(text: str) -> PromptReference:
    """The template that a header or a path names; BadRequest where it is no name."""
    try:
        return PromptReference.of(text)
    except ValueError as error:
        raise BadRequest(str(error), param="prompt") from None


def rendered(prompt: PublishedPrompt, raw: bytes) -> tuple[bytes, dict[str, Any]]:
    """The body to send, as bytes and as it reads; BadRequest names the variable that is wrong."""
    received, writable = parsed_object(raw) if raw.strip() else ({}, True)
    if not writable:
        raise BadRequest("the request body holds a lone surrogate or a number out of range")
    values = received.pop("variables", {})
    if not isinstance(values, dict):
        raise BadRequest(f"variables must be an object, not {kind_of(values)}", param="variables")
    further = received.pop("messages", [])
    if not isinstance(further, list):
        raise BadRequest(f"messages must be a list, not {kind_of(further)}", param="messages")
    if "system" in received:
        raise BadRequest("system is the prompt template's own", param="system")
    body = _merged(_rendered(prompt, values), received, further)
    return orjson.dumps(body), body


def _rendered(prompt: PublishedPrompt, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return rendered_body(prompt.template, values)
    except ValuesRefused as error:
        raise _refusal(prompt, error) from None


def _merged(body: dict[str, Any], own: Mapping[str, Any], further: list[Any]) -> dict[str, Any]:
    """The template's body with the request's own fields; the prompt's place behind them stays."""
    prompt: dict[str, Any] = {name: body.pop(name) for name in ("system", "messages") if name in body}
    return {**body, **own, **prompt, "messages": [*prompt["messages"], *further]}


def _refusal(prompt: PublishedPrompt, error: ValuesRefused) -> BadRequest:
    name, reason = next(iter(error.problems.items()))
    place = f"variables.{name[:60]}" if name else "variables"
    message = f"{place} {reason} (prompt template {prompt.name!r}, version {prompt.version})"
    return BadRequest(message, param=place)

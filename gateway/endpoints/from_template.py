"""The request that a prompt template makes of the variables in a body."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.callers.auth import Caller
from gateway.dialects.base import ApiDialect
from gateway.errors import BadRequest
from gateway.recording import Recording
from gateway.requests.bodies.body import with_model
from gateway.requests.client import Client
from gateway.requests.prompt import PromptRequest, budget_in_header, is_off
from gateway.requests.sides import place_in_holdout, version_for
from gateway.requests.template import rendered
from gateway.state import Gateway
from optimizer_app.prompts.versions.published import PublishedPrompt


async def prompt_request(
    dialect: ApiDialect,
    gateway: Gateway,
    client: Client,
    caller: Caller,
    recording: Recording,
    prompt: PublishedPrompt,
) -> PromptRequest:
    """The request; BadRequest, naming what was wrong, where it cannot be one."""
    recording.note_prompt(prompt)
    received = await gateway.read_body(client)
    if prompt.template.dialect != dialect.name:
        spoken = f"prompt template {prompt.name!r} is for {prompt.template.dialect}, not for {client.path}"
        raise BadRequest(spoken, param="prompt")
    named = caller.config_named(client.headers.get("x-optimizer-config"))
    raw, body = await asyncio.to_thread(_rendered, dialect, prompt, received, client.deployment)
    named = version_for(named, caller.api_key_id, dialect.name, body)
    budget_tokens, off = budget_in_header(client.headers), is_off(client.headers)
    held = place_in_holdout(named, caller.hash_secret, caller.api_key_id, dialect.name, body)
    return PromptRequest(
        dialect.name, raw, body, named, budget_tokens, off=off, template=prompt, placed=None if off else held
    )


def _rendered(
    dialect: ApiDialect, prompt: PublishedPrompt, received: bytes, deployment: str
) -> tuple[bytes, dict[str, Any]]:
    raw, body = rendered(prompt, with_model(received, deployment))
    dialect.check(body)
    return raw, body

"""Prompts with placeholders, before anything else works on them.

The optimizer, the memory of the conversation, markers, kept texts and the provider see placeholders alone;
what they stand for is in this process until the request has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from gateway.callers.auth import Caller
from gateway.errors import BadRequest
from gateway.masking.answers import RestoredAnswer
from gateway.recording import Recording
from gateway.requests.bodies.body import json_object
from gateway.requests.client import Client
from gateway.requests.off_loop import off_loop
from gateway.requests.prompt import PromptRequest
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import PromptError
from token_optimizer.masking.bodies import masked_body
from token_optimizer.masking.masker import Masker

# Looking for secrets takes as long as reading so many times as much.
_TIMES_LARGER = 8


async def masked_completion(
    request: PromptRequest, client: Client, caller: Caller, recording: Recording
) -> PromptRequest:
    """The request as it may leave the house; the client's answer gets back what was taken out."""
    request, masker = await masked_request(request, caller, recording)
    if masker is not None and masker.found:
        client.restored = RestoredAnswer(request.dialect, masker.originals())
    return request


async def masked_request(
    request: PromptRequest, caller: Caller, recording: Recording
) -> tuple[PromptRequest, Masker | None]:
    """The request with placeholders, and what made them; None where its config masks nothing.

    With `X-Optimizer-Mode: off` it goes on byte for byte.
    """
    masker = None if request.off else request.named.config.masker(caller.hash_secret)
    if masker is None:
        return request, None
    body, beside = await off_loop(len(request.raw) * _TIMES_LARGER, _masked, request, masker)
    recording.note_masked(masker.counts())
    if not masker.found:
        return request, masker
    if request.unwritable:
        raise BadRequest(
            "the request body holds secrets to mask, and a lone surrogate or a number out of range: "
            "it cannot be written again as it was"
        )
    return replace(request, raw=orjson.dumps(body), body=body, **beside), masker


def masked_bytes(raw: bytes, config: OptimizerConfig, caller: Caller, recording: Recording) -> bytes:
    """A body that is relayed, with placeholders; as it came where it holds nothing to mask, or is no JSON."""
    masker = config.masker(caller.hash_secret)
    body = None if masker is None else json_object(raw)
    if masker is None or body is None:
        return raw
    masked = _refusing(body, masker)
    recording.note_masked(masker.counts())
    return orjson.dumps(masked) if masker.found else raw


def _masked(request: PromptRequest, masker: Masker) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body, and what came beside it."""
    given = {name: getattr(request, name) for name in ("documents", "query")}
    beside = _refusing({name: value for name, value in given.items() if value}, masker)
    return _refusing(request.body, masker), beside


def _refusing(body: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    try:
        return masked_body(body, masker)
    except PromptError as error:
        raise BadRequest(str(error)) from error

"""A request as one provider takes it: under its name of the model, with roles and options that it knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.attempts.outgoing import Outgoing
from gateway.callers.routing import Target
from gateway.dialects.base import ApiDialect
from gateway.requests.additions import ASK_FOR_USAGE, Addition
from gateway.requests.bodies.edits import with_model_named, with_system_roles
from gateway.requests.off_loop import off_loop
from gateway.state import Gateway


async def prepared(gateway: Gateway, outgoing: Outgoing, target: Target) -> Outgoing:
    """The request for one provider. Where nothing of it is the provider's own it has the same bytes."""
    if outgoing.additions and (refused := refused_of(outgoing.additions, gateway, outgoing.dialect, target)):
        outgoing = outgoing.without(refused)
    edits = _edits(outgoing, target)
    if not edits:
        return outgoing.to(target)
    body = await off_loop(len(outgoing.body), _edited, outgoing.body, edits)
    return replace(outgoing.to(target), body=body)


def refused_of(
    additions: Sequence[Addition], gateway: Gateway, dialect: ApiDialect, target: Target
) -> frozenset[str]:
    """The names of those of the additions that a provider does not take, or is not to be sent."""
    names, provider = frozenset(addition.name for addition in additions), target.provider
    if not provider.speaks(dialect.provider_kind):
        # The stream is translated, and its usage with it: asked for in the dialect of the request.
        return names - {ASK_FOR_USAGE}
    refused = gateway.refused_fields.get(provider.base_url, frozenset())
    return names & (refused if provider.asks_for_stream_usage else refused | {ASK_FOR_USAGE})


def _edits(outgoing: Outgoing, target: Target) -> Sequence[Callable[[bytes], bytes]]:
    edits: list[Callable[[bytes], bytes]] = []
    if target.model and target.model != outgoing.request.model:
        edits.append(lambda body: with_model_named(body, target.model))
    if target.provider.strict_roles and not outgoing.request.off:
        edits.append(with_system_roles)
    return edits


def _edited(body: bytes, edits: Sequence[Callable[[bytes], bytes]]) -> bytes:
    for edit in edits:
        body = edit(body)
    return body

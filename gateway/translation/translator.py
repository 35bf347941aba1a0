"""Which translation there is: from the dialects that callers speak, to the APIs of providers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.callers.routing import ProviderRoute
from gateway.errors import BadRequest
from gateway.requests.client import Headers
from gateway.translation.callers.chat import answer as chat_answer
from gateway.translation.callers.chat import request as chat_request
from gateway.translation.callers.messages import answer as messages_answer
from gateway.translation.callers.messages import request as messages_request
from gateway.translation.callers.responses import answer as responses_answer
from gateway.translation.callers.responses import request as responses_request
from gateway.translation.callers.responses.stream import ResponsesWriter
from gateway.translation.callers.writer import StreamWriter
from gateway.translation.pivot.conversation import Conversation
from gateway.translation.pivot.errors import Untranslatable
from gateway.translation.pivot.events import Event, WholeAnswer
from gateway.translation.providers.anthropic import answer as anthropic_answer
from gateway.translation.providers.anthropic import request as anthropic_request
from gateway.translation.providers.bedrock import answer as bedrock_answer
from gateway.translation.providers.bedrock import request as bedrock_request
from gateway.translation.providers.gemini import answer as gemini_answer
from gateway.translation.providers.gemini import request as gemini_request
from gateway.translation.providers.openai import answer as openai_answer
from gateway.translation.providers.openai import request as openai_request
from gateway.translation.providers.reader import StreamReader
from optimizer_app.models import Provider
from token_optimizer.models import Dialect

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallerDialect:
    """One dialect that callers speak."""

    read_request: Callable[[Json, set[str]], Conversation]
    write_answer: Callable[[WholeAnswer], dict[str, Any]]
    write_error: Callable[[int, str], dict[str, Any]]
    stream_writer: Callable[[Conversation], StreamWriter]


@dataclass(frozen=True, slots=True)
class ProviderApi:
    """The API of one kind of provider. `path` is where requests go, after what its base URL has of it."""

    path: Callable[[Conversation], str]
    write_request: Callable[[Conversation, ProviderRoute, set[str]], dict[str, Any]]
    events_of: Callable[[Json], Iterable[Event]]
    error_of: Callable[[Json], str]
    stream_reader: Callable[[], StreamReader]
    stream_type: str = "text/event-stream"
    headers: Headers | tuple[()] = ()


CALLERS: Mapping[Dialect, CallerDialect] = {
    "openai": CallerDialect(
        chat_request.read_request, chat_answer.write_answer, chat_answer.write_error, chat_answer.ChatWriter
    ),
    "anthropic": CallerDialect(
        messages_request.read_request,
        messages_answer.write_answer,
        messages_answer.write_error,
        messages_answer.MessagesWriter,
    ),
    "responses": CallerDialect(
        responses_request.read_request,
        responses_answer.write_answer,
        responses_answer.write_error,
        ResponsesWriter,
    ),
}
APIS: Mapping[str, ProviderApi] = {
    Provider.Kind.OPENAI.value: ProviderApi(
        lambda _: "/v1/chat/completions",
        openai_request.write_request,
        openai_answer.events_of,
        openai_answer.error_of,
        openai_answer.ChatReader,
    ),
    Provider.Kind.ANTHROPIC.value: ProviderApi(
        lambda _: "/v1/messages",
        anthropic_request.write_request,
        anthropic_answer.events_of,
        anthropic_answer.error_of,
        anthropic_answer.MessagesReader,
        headers=[("anthropic-version", "2023-06-01")],
    ),
    Provider.Kind.GEMINI.value: ProviderApi(
        gemini_request.path,
        gemini_request.write_request,
        gemini_answer.events_of,
        gemini_answer.error_of,
        gemini_answer.GeminiReader,
    ),
    Provider.Kind.BEDROCK.value: ProviderApi(
        bedrock_request.path,
        bedrock_request.write_request,
        bedrock_answer.events_of,
        bedrock_answer.error_of,
        bedrock_answer.ConverseReader,
        stream_type=bedrock_answer.STREAM_TYPE,
    ),
}


@dataclass(frozen=True, slots=True)
class Translated:
    """A request as its provider takes it. `left_out` names what changes no answer and was not sent."""

    caller: CallerDialect
    api: ProviderApi
    conversation: Conversation
    body: Json
    left_out: frozenset[str]


def translate(body: Json, dialect: Dialect, provider: ProviderRoute) -> Translated:
    """A caller's body for a kind of provider; BadRequest, naming the field, where that cannot be."""
    caller, api, left_out = CALLERS[dialect], APIS[provider.kind], set[str]()
    try:
        conversation = caller.read_request(body, left_out)
        written = api.write_request(conversation, provider, left_out)
    except Untranslatable as error:
        reason = f": {error.reason}" if error.reason else ""
        message = f"{error.field} cannot be sent to a provider of kind {provider.kind!r}{reason}"
        raise BadRequest(message, param=error.field) from None
    return Translated(caller, api, conversation, written, frozenset(left_out))

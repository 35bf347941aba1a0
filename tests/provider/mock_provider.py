"""A provider on a real socket: OpenAI's chat completions and responses, Anthropic's messages, Gemini's and
Bedrock's own APIs, whole and as streams.

    with MockProvider() as provider:
        provider.script(Reply(status=429, retry_after="7"), Reply(text="hello"))
        OpenAI(base_url=provider.openai_url, api_key="sk-x")      # or Anthropic(base_url=provider.url, ...)
        provider.requests[0].raw                                  # the bytes that came

Each request takes the next scripted reply; after the last one `default` answers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from tests.provider.mock_bedrock import BedrockDialect
from tests.provider.mock_cache import MockCache
from tests.provider.mock_dialects import (
    AnthropicDialect,
    Dialect,
    OpenAIDialect,
    Reply,
    ToolCall,
    dump,
    prompt_tokens,
)
from tests.provider.mock_gemini import GeminiDialect
from tests.provider.mock_responses import ResponsesDialect
from tests.servers.local_server import LocalServer, Received, Wire

__all__ = ["MockProvider", "Reply", "ToolCall"]


class MockProvider(LocalServer):
    """A scripted provider. `client_left` is set when a client closed before its answer was whole."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.default = Reply()
        # What earlier prompts left in it is read and written in the place of what replies say.
        self.cache: MockCache | None = None
        self.client_left = threading.Event()
        self._script: deque[Reply] = deque()
        self._numbers = count(1)
        self._caching = threading.Lock()

    @property
    def openai_url(self) -> str:
        """The base URL for an OpenAI client; an Anthropic client takes `url`."""
        return self.url + "/v1"

    def script(self, *replies: Reply) -> None:
        """Queue the answers to the next requests."""
        self._script.extend(replies)

    def forget(self) -> None:
        """Nothing has come yet, and nothing is scripted."""
        self.requests.clear()
        self._script.clear()

    def answer(self, request: Received, wire: Wire) -> None:
        path = request.path.partition("?")[0]
        if path.endswith("/chat/completions"):
            self._complete(request, OpenAIDialect(next(self._numbers)), wire)
        elif path.endswith("/responses"):
            self._complete(request, ResponsesDialect(next(self._numbers)), wire)
        elif path.endswith("/messages"):
            self._complete(request, AnthropicDialect(next(self._numbers)), wire)
        elif "/models/" in path and "enerateContent" in path:
            self._complete(request, GeminiDialect(next(self._numbers)), wire)
        elif path.endswith(("/converse", "/converse-stream")):
            self._complete(request, BedrockDialect(next(self._numbers)), wire)
        elif path.endswith("/count_tokens"):
            wire.send(200, dump({"input_tokens": prompt_tokens(request.json, "anthropic")}))
        elif path.endswith("/models"):
            wire.send(200, dump({"object": "list", "data": [{"id": "mock", "object": "model"}]}))
        else:
            wire.send(404, dump({"error": {"type": "not_found_error", "message": "no such path"}}))

    def _complete(self, request: Received, dialect: Dialect, wire: Wire) -> None:
        reply = (self._script.popleft() if self._script else self.default).to(request.raw)
        reply = self._through_cache(request, dialect, reply)
        if reply.release and not reply.hold_after:
            reply.release.wait()
        time.sleep(reply.delay_seconds)
        try:
            self._write(request, dialect, reply, wire)
        except (BrokenPipeError, ConnectionResetError):
            wire.hang_up()
            self.client_left.set()

    def _through_cache(self, request: Received, dialect: Dialect, reply: Reply) -> Reply:
        if self.cache is None or not isinstance(request.json, dict):
            return reply
        tokens = self.cache.tokens(request.json, dialect.name)
        with self._caching:
            read, written, written_1h = self.cache.billed(request.json, dialect.name, tokens)
        return replace(
            reply,
            prompt_tokens=tokens,
            cached_tokens=read,
            cache_write_tokens=written,
            cache_write_1h_tokens=written_1h,
        )

    def _write(self, request: Received, dialect: Dialect, reply: Reply, wire: Wire) -> None:
        if not isinstance(request.json, dict):
            reply = Reply(status=400, message="the body is no JSON object")
        elif complaint := dialect.complaint(request.json):
            reply = Reply(status=400, message=complaint)
        if reply.status != 200:
            headers = {"retry-after": reply.retry_after} if reply.retry_after else {}
            wire.send(
                reply.status, reply.raw_body or dump(dialect.error(reply)), {**dialect.headers, **headers}
            )
        elif dialect.streams(request):
            write_stream(dialect, dialect.events(request.json, reply), reply, wire)
        else:
            write_json(dialect, reply.raw_body or dump(dialect.whole(request.json, reply)), reply, wire)


def write_json(dialect: Dialect, body: bytes, reply: Reply, wire: Wire) -> None:
    if reply.cut_after is None:
        wire.send(200, body, dialect.headers)
        return
    wire.open(200, {"content-type": "application/json", "content-length": str(len(body)), **dialect.headers})
    wire.wfile.write(body[: reply.cut_after])
    wire.hang_up()


def write_stream(dialect: Dialect, events: Iterator[bytes], reply: Reply, wire: Wire) -> None:
    head = {"content-type": dialect.stream_type, "transfer-encoding": "chunked"}
    wire.open(200, {**head, **dialect.headers})
    for position, event in enumerate(events):
        if position == reply.cut_after:
            wire.hang_up()
            return
        if position == reply.fails_after:
            wire.send_chunk(dialect.failure(reply))
            break
        if position == reply.hold_after and position and reply.release:
            reply.release.wait()
        wire.send_chunk(event)
    wire.send_chunk(b"")

"""The texts of one request where its config keeps them: gathered as it is served, left to the queue after.

The answer is what the client got. It is held once more in memory until the request is over, up to a bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import orjson

from gateway.errors import GatewayError
from gateway.recording import Recording
from gateway.requests.bodies.encoding import unpacked_body
from gateway.requests.client import Client, Headers, first_of_each
from gateway.requests.prompt import PromptRequest
from optimizer_app.captures.queue import CaptureQueue, CaptureRequest
from optimizer_app.optimize.service import Optimized
from token_optimizer.models import BlockTexts

MAX_ANSWER_BYTES = 4 * 1024 * 1024


class AnswerCopy:
    """What a client is sent, as far as it fits."""

    def __init__(self) -> None:
        self._encoding = ""
        self._pieces: list[bytes] = []
        self._size = 0
        self.is_cut = False

    def begin(self, headers: Headers) -> None:
        self._encoding = first_of_each(headers).get("content-encoding", "")

    def add(self, data: bytes) -> None:
        left = MAX_ANSWER_BYTES - self._size
        self.is_cut = self.is_cut or len(data) > left
        self._pieces.append(data[:left])
        self._size += len(self._pieces[-1])

    def plain(self) -> bytes:
        """Without its `content-encoding`; empty where that cannot be undone."""
        try:
            return unpacked_body(b"".join(self._pieces), self._encoding, MAX_ANSWER_BYTES)
        except GatewayError:
            return b""


class Capture:
    """The texts of one request, as they become known."""

    def __init__(self, recording: Recording, request: PromptRequest, body: bytes, until: datetime) -> None:
        self.answer = AnswerCopy()
        self._recording = recording
        self._request = request
        self._body = body
        self._until = until
        self._sent = b""
        self._blocks: Mapping[str, BlockTexts] = {}

    def note_optimized(self, sent: bytes, blocks: Mapping[str, BlockTexts]) -> None:
        """The body that is sent, and the texts of its blocks."""
        self._sent = b"" if sent == self._request.raw else sent
        self._blocks = blocks

    def as_request(self) -> CaptureRequest:
        request = self._request
        return CaptureRequest(
            self._recording.trace_id,
            self._recording.project_id,
            self._until,
            self._body,
            self._sent,
            self.answer.plain(),
            self.answer.is_cut,
            self._blocks,
            request.documents or (),
            request.query or "",
        )


@contextmanager
def capturing(
    queue: CaptureQueue, client: Client, recording: Recording, request: PromptRequest
) -> Iterator[Capture | None]:
    """Gathers the texts where the config keeps them, and leaves them to the queue however it ends."""
    until = recording.note_kept(request.named.config.capture_days)
    if until is None:
        yield None
        return
    capture = Capture(recording, request, _body(client, request), until)
    client.copy = capture.answer
    try:
        yield capture
    finally:
        client.copy = None
        queue.put(capture.as_request())


def keep_prompt(queue: CaptureQueue, recording: Recording, request: PromptRequest, result: Optimized) -> None:
    """Leaves the texts of a prompt that is only looked at to the queue, where the config keeps them: there is
    no answer of a model."""
    until = recording.note_kept(request.named.config.capture_days)
    if until is None:
        return
    capture = Capture(recording, request, orjson.dumps(request.body), until)
    capture.note_optimized(orjson.dumps(result.body), result.texts)
    queue.put(capture.as_request())


def _body(client: Client, request: PromptRequest) -> bytes:
    """The body as it came, unpacked."""
    is_packed = request.off and client.content_encoding not in ("", "identity")
    return orjson.dumps(dict(request.body)) if is_packed else request.raw

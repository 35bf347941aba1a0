"""The process that LLMLingua-2 runs in.

`python -m token_optimizer.optimizer.compression.llmlingua.worker FOLDER DEVICE`

Reads requests from standard input and answers on standard output, each one a length of four bytes and JSON.
Ends when its input does, so it never outlives the process that started it.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from typing import IO, Any

import orjson

_LENGTH = struct.Struct(">I")
# A request goes before compression.
_NICENESS = 10


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    data = orjson.dumps(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message; None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    return orjson.loads(data) if len(data) == length else None


def main(arguments: list[str]) -> None:
    folder, device = arguments
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a library prints must not get among the answers.
    os.dup2(2, 1)
    os.nice(_NICENESS)
    try:
        model = _loaded(folder, device)
    except Exception as error:
        send(answers, {"error": f"{type(error).__name__}: {error}"})
        return
    send(answers, {"ready": True})
    while (request := receive(requests)) is not None:
        try:
            send(answers, {"labels": model.labels(request["texts"], request["rate"])})
        except Exception as error:
            # Its message could hold a piece of the text.
            send(answers, {"error": type(error).__name__})


def _loaded(folder: str, device: str) -> Any:
    from transformers.utils import logging

    from token_optimizer.optimizer.compression.llmlingua.model import LLMLinguaModel

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return LLMLinguaModel(Path(folder), device)


if __name__ == "__main__":
    main(sys.argv[1:])

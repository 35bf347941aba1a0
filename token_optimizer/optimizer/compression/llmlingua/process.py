"""LLMLingua-2 in a process of its own, which waits for work and never holds the caller's interpreter.

Starts at the first request, is started again after it died, and ends with the process that uses it. A caller
waits without holding Python's lock, so an event loop goes on if it calls through a thread.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from token_optimizer.errors import CompressorError
from token_optimizer.optimizer.compression.llmlingua.word_choice import Label
from token_optimizer.optimizer.compression.llmlingua.worker import receive, send
from token_optimizer.runtime.time_limit import killed_after
from token_optimizer.text.counting import encodable

_WORKER = "token_optimizer.optimizer.compression.llmlingua.worker"
# A few on a machine of its own; minutes where all cores are taken.
_LOADING_SECONDS = 300.0


class LLMLinguaProcess:
    """Safe across threads, one request after the other; after a fork the child starts its own."""

    def __init__(self, folder: Path, device: str = "cpu", *, timeout_seconds: float = 300.0) -> None:
        self._folder = folder
        self._device = device
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def labels(
        self, texts: Sequence[str], rate: float, *, timeout_seconds: float | None = None
    ) -> list[list[Label]]:
        """As `LLMLinguaModel.labels`; CompressorError where the process fails, or is slower than the timeout
        of this request, else that of all."""
        request = {"texts": [encodable(text) for text in texts], "rate": rate}
        seconds = self._timeout_seconds if timeout_seconds is None else timeout_seconds
        with self._of_this_process():
            answer = self._answer(self._running(seconds), request, seconds)
        if "error" in answer:
            raise CompressorError(f"LLMLingua-2 failed: {answer['error']}")
        return [[(word, keep) for word, keep in labels] for labels in answer["labels"]]

    def close(self) -> None:
        """End the process. The next request starts a new one."""
        with self._of_this_process():
            self._end()

    def _of_this_process(self) -> threading.Lock:
        if self._owner != os.getpid():
            # Forked: the pipes are the parent's, and the lock may have been held.
            self._owner, self._lock, self._process = os.getpid(), threading.Lock(), None
        return self._lock

    @property
    def is_loaded(self) -> bool:
        """Whether the process runs, with the model in it."""
        return self._owner == os.getpid() and self._process is not None and self._process.poll() is None

    def _running(self, seconds: float) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", _WORKER, str(self._folder), self._device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        answer = self._answer(self._process, None, min(seconds, _LOADING_SECONDS))
        if "error" in answer:
            self._end()
            raise CompressorError(f"LLMLingua-2 cannot be loaded: {answer['error']}")
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], request: Any, seconds: float) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        with killed_after(process, seconds) as is_late:
            try:
                if request is not None:
                    send(process.stdin, request)
                answer = receive(process.stdout)
            except OSError:
                answer = None
        if answer is None:
            self._end()
            reason = f"took longer than {seconds:g} s" if is_late.is_set() else "died"
            raise CompressorError(f"the process of LLMLingua-2 {reason}")
        found: dict[str, Any] = answer
        return found

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _environment() -> dict[str, str]:
    """The caller's environment, with its import path and without anything being downloaded."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }

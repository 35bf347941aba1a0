"""The process beside a web worker that optimizes large prompts, one at a time, each within a limit.

The result comes first, so that the prompt is on its way while what was sent is remembered; then comes what
the next turn starts from. A process that runs past the limit is killed, whatever it hangs in, and another one
is started in its place.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler

from optimizer_app.child_processes import end_with_parent, show_as
from optimizer_app.optimize.conversations import Conversations
from optimizer_app.optimize.fork_server import ForkedProcess, fork
from optimizer_app.optimize.inline import (
    NOT_REMEMBERED,
    OptimizationRequest,
    Optimized,
    Remembered,
    remembered,
    run_inline,
)
from optimizer_app.precompression.lookups import PrecompressionReader
from token_optimizer.runtime.garbage import collector_paused, what_lives_left_alone
from token_optimizer.runtime.time_limit import killed_after
from token_optimizer.tokens.tokenizers import use_tokenizers_of_environment

_NAME = "large prompts"
_NICENESS = 5
# A few seconds on a machine of its own; minutes where all cores are taken.
_START_SECONDS = 300.0


class OptimizerStopped(Exception):
    """The process ended before it answered; the message says why. `over_time`: it took too long."""

    def __init__(self, message: str, *, over_time: bool) -> None:
        super().__init__(message)
        self.over_time = over_time


class OptimizerProcess:
    """Started at the first use, and again after it ended. For one thread, which must live as long as the
    process: the kernel ends the process with it."""

    def __init__(self, redis_url: str, database: str, load: Callable[[], None]) -> None:
        self._arguments = (redis_url, database, load)
        self._process: BaseProcess | ForkedProcess | None = None
        self._pipe: Connection | None = None
        self._is_ready = False
        self._is_closed = False

    def wait_until_ready(self) -> None:
        """Start the process where it does not run, and wait for what it loads first."""
        if self._process is None or not self._process.is_alive():
            self.end()
            self._start()
        if not self._is_ready:
            with self._within(_START_SECONDS) as pipe:
                pipe.recv()
            self._is_ready = True

    def answer(
        self, request: OptimizationRequest, max_seconds: float, result: Future[Optimized]
    ) -> Remembered:
        """Put the optimized request into `result`, then wait for what is remembered of it. What the optimizer
        raised, or OptimizerStopped, is put there, too, and raised. Nothing is done where nobody waits for it.
        """
        if not result.set_running_or_notify_cancel():
            return NOT_REMEMBERED
        try:
            self.wait_until_ready()
            return self._answer(request, max_seconds, result)
        except Exception as error:
            if not result.done():
                result.set_exception(error)
            raise

    def _answer(
        self, request: OptimizationRequest, max_seconds: float, result: Future[Optimized]
    ) -> Remembered:
        # What cannot be pickled, as a body that is nested too deep, costs the process nothing.
        packed = ForkingPickler.dumps(request)
        with self._within(max_seconds) as pipe:
            pipe.send_bytes(packed)
            outcome = pipe.recv()
            if not isinstance(outcome, Exception):
                result.set_result(outcome)
                outcome = pipe.recv()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def end(self) -> None:
        """Kill the process."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        self._is_ready = False
        if process is not None:
            process.kill()
            process.join()
        if pipe is not None:
            pipe.close()

    def close(self) -> None:
        """Kill the process for good; from any thread."""
        self._is_closed = True
        if process := self._process:
            process.kill()

    def _start(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = fork(_serve, theirs, *self._arguments) or self._spawned(theirs)
        theirs.close()

    def _spawned(self, pipe: Connection) -> BaseProcess:
        # spawn: a fork would take the event loop's sockets and the database connections along.
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_serve, args=(pipe, *self._arguments), daemon=True)
        process.start()
        return process

    @contextmanager
    def _within(self, max_seconds: float) -> Iterator[Connection]:
        """The pipe to the process, which dies where the block takes too long, and where it breaks: what comes
        next in the pipe would answer another request."""
        process, pipe = self._process, self._pipe
        assert process is not None
        assert pipe is not None
        with killed_after(process, max_seconds) as is_late:
            try:
                yield pipe
            except (EOFError, OSError):
                self.end()
                if not self._is_closed:
                    self._start()
                over_time = is_late.is_set()
                reason = f"was stopped after {max_seconds:.1f} s" if over_time else "died"
                raise OptimizerStopped(f"its process {reason}", over_time=over_time) from None
            except BaseException:
                self.end()
                raise


def _serve(pipe: Connection, redis_url: str, database: str, load: Callable[[], None]) -> None:
    """What the process does: one request after the other, until its worker hangs up."""
    _become_child()
    use_tokenizers_of_environment()
    conversations = Conversations(redis_url) if redis_url else None
    reader = PrecompressionReader(database) if database else None
    load()
    with what_lives_left_alone():
        pipe.send(None)
        while True:
            try:
                request = pipe.recv()
            except (EOFError, OSError):
                return
            # The collector's turn comes when nobody waits.
            with collector_paused():
                _answer_on(pipe, request, conversations, reader)


def _answer_on(
    pipe: Connection,
    request: OptimizationRequest,
    conversations: Conversations | None,
    reader: PrecompressionReader | None,
) -> None:
    """Send the result, then what is remembered of it; or the error, which is raised where the request came
    from."""
    try:
        result = run_inline(request, conversations, reader=reader)
        remember, result.remember = result.remember, None
        pipe.send(result)
        result.remember = remember
        pipe.send(remembered(request, result))
    except Exception as error:
        pipe.send(error)


def _become_child() -> None:
    """Give way to the workers that serve, leave signals to them, and die with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    show_as(_NAME)
    # Elsewhere than on Linux the process ends when its pipe closes.
    end_with_parent()
    parent = multiprocessing.parent_process()
    if parent is None or os.getppid() != parent.pid:
        # The worker died while this process was starting.
        os._exit(1)

"""The two answers of the model as they come, or whole for a page without scripts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import orjson
import structlog
from asgiref.sync import async_to_sync

from dashboard.numbers.formats import exact, money
from optimizer_app.background.connections import with_fresh_connections
from optimizer_app.playground.asking import Bill, NotAnswered, Question, answer

log = structlog.get_logger(__name__)

Part = str | Bill | NotAnswered
Questions = Mapping[str, Question]
SIDES = {"original": "With the original", "sent": "With what would be sent"}
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="playground-ask")


@dataclass(slots=True)
class Answer:
    """One of the two answers, as far as it came."""

    side: str
    text: str = ""
    bill: str = ""
    error: str = ""

    @property
    def label(self) -> str:
        return SIDES[self.side]


@dataclass(frozen=True, slots=True)
class Offer:
    """What asking with a column's result would mean. Not `possible`: `says` is why."""

    possible: bool
    says: str
    answers: tuple[Answer, ...] = field(default_factory=lambda: tuple(Answer(side) for side in SIDES))
    is_asked: bool = False


async def answer_lines(questions: Questions) -> AsyncIterator[bytes]:
    """The parts of both answers, one JSON object a line: `side`, and `text`, `bill` or `error`."""
    async for side, part in _parts(questions):
        yield orjson.dumps({"side": side, **_shown(part)}) + b"\n"


def whole_answers(questions: Questions) -> tuple[Answer, ...]:
    """Both answers, whole."""
    return async_to_sync(_collected)(questions)


async def _collected(questions: Questions) -> tuple[Answer, ...]:
    answers = {side: Answer(side) for side in questions}
    async for side, part in _parts(questions):
        for name, text in _shown(part).items():
            setattr(answers[side], name, getattr(answers[side], name) + text)
    return tuple(answers.values())


def _shown(part: Part) -> dict[str, str]:
    if isinstance(part, str):
        return {"text": part}
    return {"error": str(part)} if isinstance(part, NotAnswered) else {"bill": _bill(part)}


def _bill(bill: Bill) -> str:
    if bill.input_tokens is None:
        return "The provider said nothing of tokens."
    tokens = f"{exact(bill.input_tokens)} tokens in, {exact(bill.output_tokens or 0)} out"
    return f"{tokens}: {'price not known' if bill.usd is None else money(bill.usd)}"


async def _parts(questions: Questions) -> AsyncIterator[tuple[str, Part]]:
    """The parts of all answers as they come, each answer from a thread, which ends with whoever reads."""
    loop, parts = asyncio.get_running_loop(), asyncio.Queue[tuple[str, Part | None]]()
    left = threading.Event()

    def put(side: str, part: Part | None) -> None:
        if not left.is_set():
            loop.call_soon_threadsafe(parts.put_nowait, (side, part))

    for side, question in questions.items():
        asked = partial(_ask, question, partial(put, side), left)
        _THREADS.submit(with_fresh_connections, asked)
    try:
        waiting = len(questions)
        while waiting:
            side, part = await parts.get()
            if part is None:
                waiting -= 1
            else:
                yield side, part
    finally:
        left.set()


def _ask(question: Question, put: Callable[[Part | None], None], left: threading.Event) -> None:
    try:
        for part in answer(question):
            put(part)
            if left.is_set():
                return
    except NotAnswered as error:
        put(error)
    except Exception as error:
        # The edge of a thread. The type alone: a message could quote the prompt.
        log.error("playground_answer_failed", error=type(error).__name__)
        put(NotAnswered(f"The answer could not be read ({type(error).__name__})."))
    finally:
        put(None)

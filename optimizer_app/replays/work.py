"""Runs what is due, prompt by prompt, for a turn at a time.

A worker holds a run by a lease; where it dies, another one goes on with the prompts that are left. A prompt
that was begun three times is given up: it may be what ends the workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from django.utils import timezone

from optimizer_app.announcements import announce_replays
from optimizer_app.background.leases import MAX_LEASE, lease
from optimizer_app.captures.reading import NotKept
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import Replay, ReplayResult
from optimizer_app.optimize.pool import load_tables
from optimizer_app.playground.asking import Bill, NotAnswered, answer, question_to
from optimizer_app.playground.comparison import Outcome, outcomes
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.playground.stored.sources import Source, loaded
from optimizer_app.replays.texts import ResultTexts
from token_optimizer.errors import ConfigError, PromptError

log = structlog.get_logger(__name__)

# Longer than a provider may keep silent.
LEASE = MAX_LEASE
# After this time a task ends and leaves the rest to the next one.
TURN = timedelta(seconds=30)
MAX_ATTEMPTS = 3
_STATES = ReplayResult.State


@dataclass(slots=True)
class Worked:
    """How many prompts were run, and whether there is more to do."""

    count: int = 0
    more: bool = False


def run_due(is_stopping: Callable[[], bool] = lambda: False) -> Worked:
    """Run due prompts for one turn, or until the worker is to stop."""
    worked, until = Worked(), timezone.now() + TURN
    while timezone.now() < until and not is_stopping() and (replay := _leased()):
        _warm()
        for result in _waiting(replay):
            if timezone.now() >= until or is_stopping() or not _goes_on(replay):
                break
            _run(replay, result)
            announce_replays(replay.project_id)
            worked.count += 1
        _release(replay)
        announce_replays(replay.project_id)
    worked.more = Replay.objects.due(timezone.now()).exists()
    return worked


@cache
def _warm() -> None:
    """Reads once what the first prompt would wait for, which would count as time that its config takes."""
    load_tables()


def _leased() -> Replay | None:
    """The oldest run that is due; the caller holds it for the next `LEASE`."""
    oldest = Replay.objects.due(timezone.now()).order_by("created_at").values("pk")[:1]
    rows = lease(
        Replay.objects.due(timezone.now()).filter(pk__in=oldest).select_related("project"),
        LEASE,
        state=Replay.State.RUNNING,
    )
    return rows[0] if rows else None


def _waiting(replay: Replay) -> list[ReplayResult]:
    return list(replay.results.filter(state=_STATES.WAITING).order_by("number"))


def _goes_on(replay: Replay) -> bool:
    """Whether nobody has cancelled or deleted it meanwhile."""
    return Replay.objects.filter(pk=replay.pk, state=Replay.State.RUNNING).exists()


def _release(replay: Replay) -> None:
    """Give the run back, or end it where no prompt is left."""
    running = Replay.objects.filter(pk=replay.pk, state=Replay.State.RUNNING)
    if _waiting(replay):
        running.update(leased_until=None)
    else:
        running.update(state=Replay.State.DONE, leased_until=None, finished_at=timezone.now())


def _run(replay: Replay, result: ReplayResult) -> None:
    attempts = result.attempts + 1
    ReplayResult.objects.filter(pk=result.pk).update(attempts=attempts)
    if attempts > MAX_ATTEMPTS:
        _end(result, _STATES.FAILED, reason=f"the worker ended {MAX_ATTEMPTS} times while running it")
        return
    try:
        values = _values(replay, result)
    except NotKept as error:
        _end(result, _STATES.FAILED, reason=f"text {error}")
    except (PromptError, ConfigError) as error:
        _end(result, _STATES.FAILED, reason=str(error))
    except Exception as error:
        # The other prompts have to be run all the same. The type alone: a message could quote the prompt.
        name = type(error).__name__
        log.error("replay_failed", replay=str(replay.pk), number=result.number, error=name)
        _end(result, _STATES.FAILED, reason=f"it could not be run: {name}")
    else:
        _end(result, _STATES.DONE, **values)


def _values(replay: Replay, result: ReplayResult) -> dict[str, Any]:
    """What became of the prompt, by the columns of its result."""
    config = ConfigValues(replay.preset, replay.fields).as_optimizer_config()
    found = loaded(Source(result.label, result.trace_id, result.example_id), replay.project)
    (made,) = outcomes(found.prompt, [config], replay.project)
    sent = _sent(replay, found.prompt, made) if replay.sends else {}
    texts = ResultTexts(sent.pop("answer", ""), made.lost_directives)
    return {**_figures(made), **sent, "sealed": texts.sealed(), "expires_at": found.expires_at}


def _figures(made: Outcome) -> dict[str, Any]:
    stats = made.stats
    return {
        "model": made.model[:200],
        "tokens_before": stats.tokens_before,
        "tokens_after": stats.tokens_after,
        "cost_before_usd": made.cost_before_usd,
        "cost_usd": made.cost_usd,
        "latency_ms": stats.latency_ms,
        "fallback_reason": stats.fallback_reason[:200] if stats.fallback_used else "",
        "directives": len(made.directives),
        "lost_directives": len(made.lost_directives),
        "blocks": [block.as_dict() for block in stats.blocks],
    }


def _sent(replay: Replay, prompt: TrialPrompt, made: Outcome) -> dict[str, Any]:
    """What the provider answered and billed, or why it did not."""
    began = time.monotonic()
    pieces: list[str] = []
    bill = None
    try:
        for part in answer(question_to(replay.project, prompt, made.body, made.model)):
            if isinstance(part, Bill):
                bill = part
            else:
                pieces.append(part)
    except NotAnswered as error:
        return {"send_error": str(error)[:400], "answer": "".join(pieces)}
    return {
        "answer": "".join(pieces),
        "billed_input_tokens": bill.input_tokens if bill else None,
        "billed_output_tokens": bill.output_tokens if bill else None,
        "billed_usd": bill.usd if bill else None,
        "upstream_ms": (time.monotonic() - began) * 1000,
    }


def _end(result: ReplayResult, state: ReplayResult.State, **values: Any) -> None:
    values["reason"] = str(values.get("reason", ""))[:200]
    ReplayResult.objects.filter(pk=result.pk, state=_STATES.WAITING).update(state=state, **values)

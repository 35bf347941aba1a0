"""The garbage collector during a run."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports, SentMessage
from token_optimizer.runtime.garbage import collector_paused, what_lives_left_alone


def test_the_collector_is_off_within_and_on_again_behind() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_turns_it_on_again() -> None:
    with pytest.raises(ValueError, match="nothing"), collector_paused():
        raise ValueError("nothing")
    assert gc.isenabled()


def test_who_had_turned_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_lives_is_left_alone_for_a_while() -> None:
    usual = gc.get_threshold()
    with what_lives_left_alone():
        assert gc.get_freeze_count() > 1_000
        assert gc.get_threshold()[0] > usual[0]
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, usual)


class _Watching(InProcessMemory):
    """A memory that notes whether the collector is on while a run asks it."""

    def __init__(self) -> None:
        super().__init__()
        self.was_on: set[bool] = set()

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]:
        self.was_on.add(gc.isenabled())
        return super().get_many(keys)


def test_the_collector_is_off_while_a_prompt_is_optimized() -> None:
    memory = _Watching()
    body = {"messages": [{"role": "user", "content": "What is the plan?"}]}
    optimize_body(body, "openai", config=OptimizerConfig.preset("balanced"), ports=Ports(memory=memory))
    assert memory.was_on == {False}
    assert gc.isenabled()

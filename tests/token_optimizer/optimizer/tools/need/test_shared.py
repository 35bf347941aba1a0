"""Conversations with the same tools send the same bytes for them, and questions get what else they need."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.token_optimizer.optimizer.tools.need.test_deferral import BALANCED, QUESTION, SYSTEM, TOOLS
from token_optimizer import OptimizerConfig
from token_optimizer.models import OptimizationResult
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

FERRY = QUESTION["content"]
FEE = "Post the fee to book 7: confirm the entry on account 4711, with post_ledger_7."
DESCRIBED = """\
post_ledger_7: Posts an entry to book 7. MUST be confirmed before. Never post on a Sunday.
- account: Four digits, such as '4711'.
- side: Use debit for what comes in.
- lines.cents: Never negative."""
TOLD = "[left out of the tools before, asked for now:]\n"


def _ask(
    memory: InProcessMemory, question: str, *later: Any, config: OptimizerConfig = BALANCED, **fields: Any
) -> OptimizationResult:
    budget_tokens = fields.pop("budget_tokens", None)
    messages = [SYSTEM, {"role": "user", "content": question}, *later]
    body = {"model": "gpt-4o", "messages": messages, "tools": TOOLS, **fields}
    ports = Ports(memory=memory, answers_read_back=True)
    return optimize_body(body, "openai", config=config, budget_tokens=budget_tokens, ports=ports)


def _asked(result: OptimizationResult) -> str:
    return str(result.body["messages"][1]["content"])


@pytest.fixture
def memory() -> InProcessMemory:
    """What a conversation about ferries left behind."""
    memory = InProcessMemory()
    _ask(memory, FERRY)
    return memory


def test_it_works(memory: InProcessMemory) -> None:
    first, second = _ask(memory, FERRY), _ask(memory, FEE)
    assert second.body["tools"] == first.body["tools"]
    assert _asked(second) == f"{TOLD}{DESCRIBED}\n\n{FEE}"
    assert _ask(InProcessMemory(), FEE).body["tools"] != first.body["tools"]


def test_a_question_that_needs_no_more_gets_no_more(memory: InProcessMemory) -> None:
    question = "Which berth is free for the other ferry?"
    assert _asked(_ask(memory, question)) == question


def test_the_next_turn_begins_with_the_same_bytes(memory: InProcessMemory) -> None:
    later = [{"role": "assistant", "content": "Posted."}, {"role": "user", "content": FERRY}]
    second, third = _ask(memory, FEE), _ask(memory, FEE, *later)
    assert third.body["tools"] == second.body["tools"]
    assert third.body["messages"][:2] == second.body["messages"]
    assert third.body["messages"][2:] == later


def test_the_trace_says_it(memory: InProcessMemory) -> None:
    fates = {fate.id: fate for fate in _ask(memory, FEE).stats.blocks if fate.stage == "tools"}
    [told] = [fate for name, fate in fates.items() if name.startswith("restored-")]
    assert (told.fate, told.origin) == ("added", "restored")
    assert told.reason.endswith("needed now, and shorter in an earlier conversation")
    assert told.tokens_after > 0


def test_definitions_have_little_room(memory: InProcessMemory) -> None:
    names = ", ".join(f"post_ledger_{number}" for number in range(20))
    result = _ask(memory, f"Post fees to books: {names}.")
    assert 0 < _asked(result).count("Never post on a Sunday.") < 20
    assert result.stats.tokens_after < result.stats.tokens_before


def test_what_must_not_be_shared_is_not(memory: InProcessMemory) -> None:
    shared = _ask(memory, FERRY).body["tools"]
    forced = _ask(
        memory, f"{FEE} Now.", tool_choice={"type": "function", "function": {"name": "post_ledger_3"}}
    )
    assert forced.body["tools"][4] == TOOLS[4]
    other = OptimizerConfig.preset("balanced", keep_last_n_turns=5)
    assert _ask(memory, FEE, config=other).body["tools"] != shared
    # Nor do they change what is.
    assert _ask(memory, FEE).body["tools"] == shared


def test_a_budget_comes_first() -> None:
    memory, long = InProcessMemory(), FERRY + " It is here." * 400
    tight = _ask(memory, long, budget_tokens=3_600)
    shared = _ask(memory, FERRY, budget_tokens=3_600).body["tools"]
    assert len(json.dumps(tight.body["tools"])) < len(json.dumps(shared))
    assert _ask(memory, f"{FEE} {long}", budget_tokens=3_600).stats.tokens_after <= 3_600
    assert _ask(memory, FEE, budget_tokens=3_600).body["tools"] == shared


def test_tools_stay_through_a_compaction(memory: InProcessMemory) -> None:
    shared = _ask(memory, FERRY).body["tools"]
    turns: list[Any] = []
    for number in range(6):
        log = "\n".join(
            f"12:0{number}:{line % 60:02} berth {line} is taken by {line * 7}" for line in range(400)
        )
        turns += [{"role": "assistant", "content": "Go on."}, {"role": "user", "content": f"{log}\nWhich?"}]
        result = _ask(memory, FEE, *turns, budget_tokens=30_000)
    assert result.stats.tokens_after <= 30_000
    assert shared[0] == TOOLS[0]

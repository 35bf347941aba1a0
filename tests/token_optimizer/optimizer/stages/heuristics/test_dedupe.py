"""The stage `dedupe`: a copy becomes a reference."""

from __future__ import annotations

import json

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body
from token_optimizer import OptimizerConfig, optimize

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


def test_a_repeated_document_becomes_a_reference() -> None:
    passage = "The warehouse moves on the first of May, and its doors open again on the third of that month, "
    passage += "so nothing can be sent between these two days, nor be taken in, by any of the five carriers."
    passage += " The keys stay with the porter."
    messages = [
        {"role": "user", "content": passage},
        {"role": "assistant", "content": "Noted, thank you."},
        {"role": "user", "content": passage},
        {"role": "assistant", "content": "Again noted."},
        {"role": "user", "content": "When does it move?"},
    ]
    sent, stats = optimize(messages)
    assert (stats.blocks[0].stage, stats.blocks[0].fate) == ("dedupe", "rewritten")
    assert stats.blocks[0].reason.endswith("the same text as b2")
    assert sent[0]["content"].startswith(
        "[1 line left out here: it stands in message 3 (user), “The warehouse"
    )
    assert sent[2]["content"] == passage


def test_json_that_an_earlier_turn_sent_in_another_form_is_referred_to() -> None:
    rows = json.dumps([{"id": number, "name": f"heron {number}"} for number in range(60)], indent=2)

    def asked(number: int) -> list[dict[str, object]]:
        call = {"id": f"c{number}", "type": "function", "function": {"name": "list", "arguments": "{}"}}
        return [
            {"role": "user", "content": f"List the birds, for the {number}. time."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": rows},
        ]

    config = OptimizerConfig.preset("balanced", api_key="json-again")
    first, _ = optimize(asked(1), config=config)
    assert first[2]["content"].startswith("[60]{id,name}:")
    answer = {"role": "assistant", "content": "There are 60."}
    second, stats = optimize([*asked(1), answer, *asked(2)], config=config)
    assert second[:3] == first
    assert "message 3" in second[-1]["content"]
    assert len(second[-1]["content"]) < 200
    assert stats.blocks[-1].fate != "dropped"

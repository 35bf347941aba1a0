"""Tools that a model calls again after their results were cut stand in the trace."""

from __future__ import annotations

from tests.gateway.accounts import Account
from tests.gateway.read_back import prompts


def test_a_tool_called_again_stands_in_the_trace_and_is_charged(account: Account) -> None:
    body = prompts.chat()
    call = {"id": "call_2", "type": "function", "function": {"name": "read_log", "arguments": "{}"}}
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_2", "content": "the log is empty now"},
    ]
    answer = account.post("/v1/chat/completions", body)
    trace = account.trace(answer.headers["x-optimizer-trace-id"])

    (again,) = trace["re_reads"]
    assert (again["tool"], again["stage"], again["steps"]) == ("read_log", "logs", 1)
    (cut,) = (block for block in trace["blocks"] if block["id"] == again["block"])
    assert (cut["stage"], cut["kind"]) == ("logs", "log")
    charged = {stage["name"]: stage.get("tokens_re_read", 0) for stage in trace["stages"]}
    assert charged["logs"] == again["tokens"] > 0

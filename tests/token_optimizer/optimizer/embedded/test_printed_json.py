"""JSON in what a command printed: it is taken apart from the lines around it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer import OptimizerConfig
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import result_pieces
from token_optimizer.optimizer.pipeline import optimize_body

BERTHS = [
    {"berth": n, "ship": f"Ship {n}", "cargo": ["rye", "tar"] if n % 5 else ["salt"]} for n in range(40)
]
PRETTY = json.dumps(BERTHS, indent=2)
LINE = json.dumps(BERTHS)
LOG = "".join(f"2026-03-01T10:00:{n:02}Z INFO poll of berth {n} took {n % 5} ms\n" for n in range(40))
ENTRIES = "".join(json.dumps({"level": 30, "time": n, "msg": f"poll {n} done"}) + "\n" for n in range(40))
HEAD = "> GET /berths HTTP/2\n< HTTP/2 200 \n< content-type: application/json\n< \n"


def _kinds(text: str) -> list[Kind]:
    pieces = result_pieces(text)
    assert "".join(piece.raw for piece in pieces) == text
    return [piece.kind for piece in pieces if piece.raw.strip()]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"{LOG}{PRETTY}\n", [Kind.LOG, Kind.JSON]),
        (f"{PRETTY}\n{LOG}", [Kind.JSON, Kind.LOG]),
        (f"{LOG}{PRETTY}\n{LOG}{LINE}\n", [Kind.LOG, Kind.JSON, Kind.LOG, Kind.JSON]),
        (f"{LOG}{PRETTY}".replace("\n", "\r\n"), [Kind.LOG, Kind.JSON]),
        (f"> port@1.0.0 list\n> node list.js\n\n{PRETTY}", [Kind.PROSE, Kind.JSON]),
        (f"{HEAD}{LINE}\n* Connection #0 left intact\n", [Kind.PROSE, Kind.JSON, Kind.PROSE]),
        (f"$ list\n{LINE}\n$ list --all\n{PRETTY}\n", [Kind.PROSE, Kind.JSON, Kind.PROSE, Kind.JSON]),
    ],
)
def test_json_is_taken_apart_from_what_was_printed_around_it(text: str, kinds: list[Kind]) -> None:
    assert _kinds(text) == kinds


@pytest.mark.parametrize("text", [LOG, f"> node serve.js\n\n{ENTRIES}{LOG}", LOG + '{"level": 50}\n' + LOG])
def test_entries_of_a_log_stay_in_it(text: str) -> None:
    assert _kinds(text) == [Kind.LOG]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("around", [lambda text: text, lambda text: {"result": text, "ok": True}])
def test_json_in_strings_is_json_however_deep(depth: int, around: Any) -> None:
    text = LINE
    for _ in range(depth):
        text = json.dumps(around(text))
    pieces = result_pieces(text)
    assert "".join(piece.raw for piece in pieces) == text
    assert [piece.content for piece in pieces if piece.kind is Kind.JSON] == [LINE]


def test_rows_in_strings_of_strings_are_cut_and_written_as_such() -> None:
    text = json.dumps({"result": json.dumps({"rows": LINE})})
    call = {"id": "c", "type": "function", "function": {"name": "list", "arguments": "{}"}}
    body = {
        "messages": [
            {"role": "user", "content": "What is the cargo of Ship 35?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": text},
        ]
    }
    whole = optimize_body(body, "openai", config=OptimizerConfig.preset("safe"))
    budget = whole.stats.tokens_before // 2
    cut = optimize_body(body, "openai", config=OptimizerConfig.preset("safe"), budget_tokens=budget)
    for result, most in ((whole, whole.stats.tokens_before - 1), (cut, budget)):
        rows = json.loads(json.loads(result.body["messages"][2]["content"])["result"])["rows"]
        assert result.stats.tokens_after <= most
        assert "Ship 35" in rows


@given(
    st.lists(
        st.sampled_from([LOG, PRETTY, LINE, "\n", "\r\n", " ", "[", '{"a": 1', HEAD]) | any_text, max_size=6
    )
)
def test_the_pieces_are_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    assert "".join(piece.raw for piece in result_pieces(text)) == text


def _result(text: str, tools: list[dict[str, Any]] | None = None, **fields: Any) -> Any:
    made = (
        {"name": "bash", "arguments": '{"command": "cat a"}'}
        if tools
        else {"name": "list", "arguments": "{}"}
    )
    call = {"id": "c", "type": "function", "function": made}
    messages = [
        {"role": "user", "content": "What cargo has Ship 35, and why did the poll fail?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": text},
    ]
    body = {"messages": messages, **({"tools": tools} if tools else {})}
    return optimize_body(body, "openai", config=OptimizerConfig.preset("balanced"), **fields)


def test_under_a_budget_both_keep_what_the_question_asks_about() -> None:
    failed = "2026-03-01T10:01:00Z ERROR poll of berth 9 failed: no answer from the crane\n"
    text = f"{LOG}{failed}{LOG}{PRETTY}\n"
    whole = _result(text).stats.tokens_before
    result = _result(text, budget_tokens=whole // 5)
    sent = result.body["messages"][2]["content"]
    assert failed.strip() in sent
    assert "Ship 35" in sent
    assert "salt" in sent
    assert result.stats.tokens_after <= whole // 5


def test_the_text_of_a_file_that_may_be_edited_stays_whole() -> None:
    text = f"# Berths\n\n{PRETTY}\n"
    fields = {"command": {"type": "string"}}
    bash = {"name": "bash", "parameters": {"type": "object", "properties": fields}}
    result = _result(text, [{"type": "function", "function": bash}])
    assert result.body["messages"][2]["content"] == text

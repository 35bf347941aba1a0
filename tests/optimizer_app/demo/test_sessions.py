"""The example session: a valid run of an agent, cheaper than it was, and its price."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer_app.demo.needs import kept_needs
from optimizer_app.demo.sessions import Bill, common_start, read_sessions, run_session
from token_optimizer.optimizer.validate import structure_faults
from token_optimizer.ports import CachePrices
from token_optimizer.tokens.counts import count_body

SESSIONS = read_sessions(Path(__file__).parents[3] / "examples" / "sessions")
BODY = {"model": "claude-sonnet-4-5", "system": "Be brief.", "messages": [{"role": "user", "content": "Hi."}]}
LATER = {
    **BODY,
    "messages": [
        *BODY["messages"],
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Who?"},
    ],
}


def test_it_works():
    (session,) = SESSIONS
    row = run_session(session)
    assert row.turns == 20
    assert row.kept == row.needs == 12
    assert row.after.tokens < 0.85 * row.before.tokens
    assert 0 < row.after.cost_usd < 0.85 * row.before.cost_usd


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_each_turn_is_a_request_that_holds_what_its_answer_needs(session):
    needs = {need["before"]: need["texts"] for need in session.needs}
    for at, body in session.requests():
        assert structure_faults(body, session.dialect) == set()
        assert kept_needs(body, needs.get(at, ())) == len(needs.get(at, ()))


def test_what_was_sent_before_is_read_from_the_cache_and_the_rest_is_written():
    first, second = (count_body(body, "anthropic", body["model"]) for body in (BODY, LATER))
    bill = Bill(CachePrices(read_usd=1.0, write_usd=10.0))
    bill.add(BODY, "anthropic")
    assert (bill.tokens, bill.cost_usd) == (first, 10.0 * first)
    bill.add(LATER, "anthropic")
    assert bill.tokens == first + second
    assert bill.cost_usd == 10.0 * first + first + 10.0 * (second - first)


def test_nothing_is_common_behind_another_system_text():
    other = {**LATER, "system": "Be long."}
    assert common_start(BODY, other)["messages"] == []
    assert common_start(BODY, LATER)["messages"] == BODY["messages"]

"""Other compressors run in a process of their own, are scored as ours is, and may fail."""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers.answers import outcome_of
from benchmarks.peers.peer import PEERS, PROGRAMS, Peer
from benchmarks.peers.report import as_markdown

# Keeps the last message, prints what does not belong there, and fails where there is nothing to cut.
_PROGRAM = f"""
import sys
sys.path.insert(0, {str(PROGRAMS)!r})
from loop import answer_cases

def compressed(case):
    print("loading")
    if len(case["messages"]) < 2:
        raise ValueError("nothing to cut")
    return {{**case, "messages": case["messages"][-1:]}}

answer_cases(compressed)
"""
_LOG = {"role": "user", "content": "one two three four " * 50}
_QUESTION = {"role": "user", "content": "Which is the third word?"}


def _case(*messages: dict[str, str], **fields: object) -> dict[str, object]:
    needs = [{"any": ["third word"]}]
    return {"id": "a", "family": "f", "messages": [*messages, _QUESTION], "must_retain": needs, **fields}


def test_what_a_compressor_does_stands_in_a_row(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    documents = [{"title": "Words", "text": "five six seven " * 50}]
    cases = [_case(_LOG), _case(), _case(documents=documents)]
    outcome = outcome_of(Peer("cutter", str(program), None), cases, tmp_path)
    logged, short, with_documents = outcome.scores
    assert logged.tokens_after < logged.tokens_before / 5
    assert short.tokens_after == short.tokens_before
    assert with_documents.tokens_after < with_documents.tokens_before / 5
    assert list(outcome.errors) == ["ValueError: nothing to cut"]
    assert "| 1 | cutter | this version |" in as_markdown([outcome])


def test_a_compressor_that_does_not_run_is_told_below(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("raise SystemExit('no weights here')")
    outcome = outcome_of(Peer("broken", str(program), None), [_case()], tmp_path)
    assert as_markdown([outcome]) == "Not run here:\n\n- broken this version: ended with 1: no weights here\n"


def test_every_peer_has_its_program() -> None:
    assert all(peer.path.exists() for peer in PEERS)

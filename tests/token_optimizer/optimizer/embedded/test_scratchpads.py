"""Agents whose steps all stand in one message of the user's."""

from __future__ import annotations

from token_optimizer import optimize
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.embedded.scratchpads import observed_spans
from token_optimizer.optimizer.formats.reading import canonicalize

FORM = """Answer the question. You have these tools:

search(query: str) - searches pages
rows(query: str) - runs SQL

Use this form:

Question: the question that you must answer
Thought: what to do
Action: one of [search, rows]
Action Input: what to look for
Observation: what the tool returned
... (this may come again)
Final Answer: the answer

Begin!

Question: In which year was the mill of Harrow bought by the Fenwick family?
Thought:"""
CALL = " I look for it.\nAction: search\nAction Input: pages\nObservation: "
BOUGHT = "In 1872 the mill of Harrow was bought by the Fenwick family for 2,300 pounds."


def page(name: str) -> str:
    told = [
        f"The {name} of house {number} was painted, and {number * 7} people came to see it in spring."
        for number in range(90)
    ]
    told[50] = BOUGHT
    return "\n".join(told) + "\n"


STEPS = f"{FORM}{CALL}{page('door')}Thought:{CALL}{page('roof')}Thought:"


def test_what_each_call_returned_stands_apart_and_all_else_is_said() -> None:
    pieces = message_pieces(STEPS)
    assert "".join(piece.raw for piece in pieces) == STEPS
    material = [piece.raw for piece in pieces if piece.kind is not Kind.PROSE]
    assert [text.strip() for text in material] == [page("door").strip(), page("roof").strip()]


def test_it_is_cut_by_the_question() -> None:
    messages = [{"role": "user", "content": STEPS}]
    assert "bought by the Fenwick family?" in (canonicalize({"messages": messages}, "openai").query or "")
    assert "str)" not in (canonicalize({"messages": messages}, "openai").query or "")
    sent = optimize(messages)[0][0]["content"]
    assert sent.startswith(f"{FORM}{CALL}")
    assert sent.endswith("Thought:")
    assert BOUGHT in sent
    assert len(sent) < 0.7 * len(STEPS)


def test_without_a_call_before_it_the_label_tells_nothing() -> None:
    assert observed_spans(f"Sum this up.\nObservation: {page('door')}", 100) == []
    assert observed_spans(f"Action: look\nObservation: {page('door')}", 10_000) == []

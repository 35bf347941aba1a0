"""Request bodies to blocks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, ROWS, anthropic_body, openai_body, responses_body
from token_optimizer.errors import PromptError
from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.formats.rendering import render

ROLES = ("user", "assistant", "user")
PLAN = "The kiln is fired at dawn. Consider the roof of it. The tiles are laid in rows. Each row is counted."
TOLD = [
    f"The bath house number {n} stands below the weir, and {n} tiles of it are red. " * 6 for n in range(9)
]


def test_types_kinds_and_turns() -> None:
    blocks = canonicalize(openai_body(), "openai").blocks
    seen = [(block.type, block.kind, block.turn) for block in blocks]
    assert seen == [
        (BlockType.SYSTEM, Kind.PROSE, -1),
        (BlockType.USER, Kind.PROSE, 0),
        (BlockType.ASSISTANT, Kind.CALL, 0),
        (BlockType.TOOL, Kind.LOG, 0),
        (BlockType.ASSISTANT, Kind.PROSE, 0),
        (BlockType.USER, Kind.PROSE, 1),
        (BlockType.USER, Kind.MEDIA, 1),
        (BlockType.TOOL, Kind.SCHEMA, -1),
        (BlockType.SYSTEM, Kind.FRAMING, -1),
    ]


def test_an_anthropic_tool_result_starts_no_turn_and_its_rows_are_json() -> None:
    blocks = canonicalize(anthropic_body(), "anthropic").blocks
    rows = next(block for block in blocks if block.content == ROWS)
    assert (rows.type, rows.kind, rows.tool_result, rows.verbatim) == (BlockType.TOOL, Kind.JSON, True, False)
    body = anthropic_body()
    body["messages"][2]["content"] = body["messages"][2]["content"][:1]
    assert max(block.turn for block in canonicalize(body, "anthropic").blocks) == 0


def test_the_query_is_the_newest_user_text_without_its_bulk() -> None:
    body = {"messages": [{"role": "user", "content": f"What failed here?\n\n{LOG}\n\nAnswer briefly."}]}
    prompt = canonicalize(body, "openai")
    assert prompt.query == "What failed here?"
    log = next(block for block in prompt.blocks if block.kind is Kind.LOG)
    assert not log.verbatim
    assert all(block.verbatim for block in prompt.blocks if block.kind is Kind.PROSE)


def test_a_question_on_the_line_before_a_log_or_json_is_not_swallowed() -> None:
    text = f"Which one is red?\n{ROWS}\nAnd why did this stop?\n{LOG}\nTell me."
    prompt = canonicalize({"messages": [{"role": "user", "content": text}]}, "openai")
    assert [block.kind for block in prompt.blocks[:5]] == [
        Kind.PROSE,
        Kind.JSON,
        Kind.PROSE,
        Kind.LOG,
        Kind.PROSE,
    ]
    assert "".join(block.content for block in prompt.blocks) == text
    assert prompt.query == "Which one is red?\nAnd why did this stop?"


def test_a_fenced_log_is_split_off_and_its_fence_stays_prose() -> None:
    text = f"Here:\n```\n{LOG}\n```\nWhy?"
    prompt = canonicalize({"messages": [{"role": "user", "content": text}]}, "openai")
    assert [(block.kind, block.content) for block in prompt.blocks[:3]] == [
        (Kind.PROSE, "Here:\n```\n"),
        (Kind.LOG, f"{LOG}\n"),
        (Kind.PROSE, "```\nWhy?"),
    ]


def test_documents_stand_in_a_user_message_before_the_question() -> None:
    body = {"messages": [{"role": "system", "content": "Answer."}, {"role": "user", "content": "Who?"}]}
    prompt = canonicalize(body, "openai", documents=[{"title": "A", "text": "Ann."}, {"text": "Bob."}])
    rendered, _, _ = render(prompt, prompt)
    assert rendered["messages"][1] == {"role": "user", "content": "[1] A\nAnn.\n\n[2] Untitled\nBob.\n\n"}
    assert rendered["messages"][2] == {"role": "user", "content": "Who?"}
    assert [block.type for block in prompt.blocks[1:3]] == [BlockType.DOC, BlockType.DOC]
    assert prompt.query == "Who?"


def test_documents_without_a_question_come_last() -> None:
    prompt = canonicalize({"messages": []}, "openai", documents=[{"title": "A", "text": "Ann."}])
    rendered, _, _ = render(prompt, prompt)
    assert rendered["messages"] == [{"role": "user", "content": "[1] A\nAnn.\n\n"}]


@pytest.mark.parametrize("messages", [None, "hi", {"role": "user"}])
def test_messages_that_are_no_list_are_named(messages: Any) -> None:
    with pytest.raises(PromptError, match="messages must be a list"):
        canonicalize({"messages": messages}, "openai")


def test_a_message_that_is_no_object_is_named() -> None:
    with pytest.raises(PromptError, match=r"messages\[1\] must be an object, not str"):
        canonicalize({"messages": [{"role": "user", "content": "a"}, "b"]}, "openai")


@pytest.mark.parametrize("query", [7, ["a"]])
def test_a_query_that_is_no_text_is_named(query: Any) -> None:
    with pytest.raises(PromptError, match="query must be a string"):
        canonicalize({"messages": []}, "openai", query=query)


@pytest.mark.parametrize(
    ("document", "message"),
    [("a", r"documents\[0\] must be an object"), ({"text": ["a"]}, r"documents\[0\].text must be a string")],
)
def test_a_document_that_is_none_is_named(document: Any, message: str) -> None:
    with pytest.raises(PromptError, match=message):
        canonicalize({"messages": []}, "openai", documents=[document])


def test_documents_never_come_between_a_call_and_its_result() -> None:
    prompt = canonicalize(anthropic_body(), "anthropic", documents=[{"title": "A", "text": "Ann."}])
    assert [message["role"] for message in prompt.body["messages"]] == ["user", "assistant", "user", "user"]
    assert prompt.body["messages"][3]["content"] == "[1] A\nAnn.\n\n"
    assert prompt.documents_at == 3
    assert prompt.query == "What does part 41 cost?"


def test_documents_beside_an_input_that_is_a_text() -> None:
    prompt = canonicalize({"input": "Who?"}, "responses", documents=[{"title": "A", "text": "Ann."}])
    rendered, _, _ = render(prompt, prompt)
    assert [item["content"] for item in rendered["input"]] == ["[1] A\nAnn.\n\n", "Who?"]
    assert prompt.query == "Who?"


def test_a_result_with_a_remark_beside_it_stays_in_the_turn_of_its_call() -> None:
    assert {block.turn for block in canonicalize(anthropic_body(), "anthropic").blocks} == {-1, 0}


def test_a_prefilled_answer_is_never_altered() -> None:
    messages = [{"role": "user", "content": "Rows?"}, {"role": "assistant", "content": f"Here:\n{ROWS}"}]
    blocks = canonicalize({"messages": messages}, "anthropic").blocks
    answer = [block for block in blocks if block.type is BlockType.ASSISTANT]
    assert len(answer) > 1
    assert all(block.verbatim and block.must_keep for block in answer)


def test_the_tool_that_the_choice_names_is_kept() -> None:
    body = openai_body() | {"tool_choice": {"type": "function", "function": {"name": "read_log"}}}
    assert _schema(body, "openai").must_keep
    assert not _schema(body | {"tool_choice": "auto"}, "openai").must_keep
    some = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "read_log"}]}
    assert _schema(responses_body() | {"tool_choice": some}, "responses").must_keep


def _schema(body: dict[str, Any], dialect: Any) -> Block:
    return next(block for block in canonicalize(body, dialect).blocks if block.kind is Kind.SCHEMA)


@pytest.mark.parametrize(
    ("system", "asked"),
    [
        ("Answer in one sentence. Which guest owes money?", "Which guest owes money?"),
        ("You read what hotels write.", None),
        ("Is it late? " + "Stay calm and kind. " * 40, None),
    ],
)
def test_short_instructions_ask_of_a_text_that_asks_nothing(system: str, asked: str | None) -> None:
    guests = "\n\n".join(f'[guest.{n}]\nname = "Ada {n}"\nowes = {n == 17}'.lower() for n in range(60))
    body = {"messages": [{"role": "system", "content": system}, {"role": "user", "content": guests}]}
    assert canonicalize(body, "openai").query == asked


@pytest.mark.parametrize(
    ("members", "asked"),
    [
        ({"question": 'Who built "it"?', "contexts": TOLD}, 'Who built "it"?'),
        ({"contexts": TOLD, "max_words": 50, "user_query": "Who built it?"}, "Who built it?"),
        ({"task": "Name the builder", "contexts": TOLD}, "Name the builder"),
        (
            {"meta": {"query": "not the question"}, "contexts": TOLD, "frage": "Wer baute es?"},
            "Wer baute es?",
        ),
        ({"rows": [{"request": "GET /", "text": text} for text in TOLD]}, None),
    ],
)
def test_a_message_that_is_one_json_object_asks_in_the_member_that_is_named_so(
    members: dict[str, Any], asked: str | None
) -> None:
    body = {"messages": [{"role": "user", "content": json.dumps(members)}]}
    assert canonicalize(body, "openai").query == asked


TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
SEEN = [
    {"role": "user", "content": "Mend the kiln."},
    *(
        message
        for command in ("ls", "cat kiln.py")
        for message in (
            {"role": "assistant", "content": f"I look.\n```bash\n{command}\n```"},
            {"role": "user", "content": f"OBSERVATION:\n$ {command}\nkiln.py oven.py"},
        )
    ),
]


@pytest.mark.parametrize(
    ("given", "is_plan"), [({}, False), ({"tools": TOOLS}, True), ({"messages": SEEN}, True)]
)
def test_what_is_told_above_a_question_is_a_plan_where_an_agent_is_at_work(
    given: dict[str, Any], is_plan: bool
) -> None:
    text = "\n\n".join([*TOLD, PLAN, "Where is the kiln?"])
    messages = [*given.get("messages", []), {"role": "user", "content": text}]
    prompt = canonicalize(given | {"messages": messages}, "openai")
    kept = "".join(block.content for block in prompt.blocks if block.must_keep)
    assert (PLAN in kept) is is_plan
    assert TOLD[3] not in kept


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("And what about the second one?", "Which lamps are red?\nAnd what about the second one?"),
        ("Who mends them?", "Which lamps are red?\nWho mends them?"),
        ("What does that cost?", "Which lamps are red?\nWhat does that cost?"),
        ("Which tiles are blue?", "Which tiles are blue?"),
        ("Which sheet says that the first king was blue?", "Which sheet says that the first king was blue?"),
        (f"And {'which of the tiles ' * 6}is blue?", f"And {'which of the tiles ' * 6}is blue?"),
    ],
)
def test_a_question_that_goes_on_is_read_with_the_one_before_it(asked: str, query: str) -> None:
    material = "\n\n".join(TOLD)
    said = [f"{material}\n\nWhich lamps are red?", "Two of them.", asked]
    messages = [{"role": role, "content": text} for role, text in zip(ROLES, said, strict=True)]
    assert canonicalize({"messages": messages}, "openai").query == query
    given = [{"title": "A", "text": "Ann."}]
    assert canonicalize({"messages": messages}, "openai", documents=given).query == query
    assert canonicalize({"messages": messages[-1:]}, "openai").query == asked

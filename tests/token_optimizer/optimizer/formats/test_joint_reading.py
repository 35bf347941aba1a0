"""The text parts of a message are read as one text."""

from __future__ import annotations

import json

from tests.token_optimizer.optimizer.embedded.layouts import PARAGRAPHS, QUESTION, ROWS
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.formats.joint_reading import pieces_of_parts
from token_optimizer.optimizer.formats.reading import canonicalize

SHORT_PARTS = [text[:400] for text in PARAGRAPHS]


def test_documents_in_parts_of_their_own_are_material() -> None:
    parts = [{"type": "text", "text": text} for text in [*SHORT_PARTS, QUESTION]]
    prompt = canonicalize({"messages": [{"role": "user", "content": parts}]}, "openai")
    assert [block.content for block in prompt.blocks if block.must_keep] == [QUESTION]
    assert prompt.query == QUESTION


def test_each_part_holds_what_it_held() -> None:
    tagged = [f"<doc>\n{text}\n</doc>\n" for text in PARAGRAPHS]
    for texts in (["Some of it. ", *SHORT_PARTS, QUESTION], [QUESTION, *SHORT_PARTS], [*tagged, QUESTION]):
        found = pieces_of_parts(texts, message_pieces)
        assert found is not None
        assert ["".join(piece.raw for piece in pieces) for pieces in found] == texts


def test_a_value_of_json_is_never_parted() -> None:
    rows = json.dumps(ROWS, indent=1)
    half = rows.index("},") + 2
    assert pieces_of_parts([rows[:half], rows[half:]], message_pieces) is None
    whole = pieces_of_parts([rows, QUESTION], message_pieces)
    assert whole is not None
    assert {piece.kind for piece in whole[0]} != {Kind.PROSE}

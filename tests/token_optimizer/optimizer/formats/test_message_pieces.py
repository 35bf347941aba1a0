"""How often the texts of messages are read for their pieces."""

from __future__ import annotations

import pytest

from token_optimizer.models import BlockType, Prompt
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.formats import message_pieces
from token_optimizer.optimizer.formats.reading import canonicalize

LINE = (
    "Which of the boats in the harbour may sail at high tide, and which of them stay until the morning? " * 8
)


def _read(text: str) -> Prompt:
    return canonicalize({"messages": [{"role": "user", "content": text}]}, "openai")


def test_a_long_line_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(text: str) -> list[Piece]:
        read.append(text)
        return message_pieces.message_pieces(text)

    before = _read(LINE)
    monkeypatch.setitem(message_pieces._SPLITTERS, BlockType.USER, counted)
    # Once for its pieces and once for what it asks, on two turns.
    assert [_read(LINE), _read(LINE)] == [before, before]
    assert read == [LINE]

"""The guide's sample tests, as they stand there."""

from datetime import datetime

from token_optimizer.models import Block
from token_optimizer.optimizer.heuristics import deduplicate, extract_constraints, remove_junk


def test_junk_removal():
    blocks = [
        Block(content="   ", type="assistant"),
        Block(content="Sure, I can help.", type="assistant"),
        Block(content="Real content", type="assistant"),
    ]
    result = remove_junk(blocks, [r"^\s*$", r"^Sure.*$"])
    assert len(result) == 1


def test_deduplication():
    blocks = [
        Block(content="Hello", timestamp=datetime(2024, 1, 1)),
        Block(content="Hello", timestamp=datetime(2024, 1, 2)),
    ]
    result = deduplicate(blocks)
    assert len(result) == 1
    assert result[0].timestamp.day == 2


def test_constraint_extraction():
    blocks = [
        Block(content="You MUST return JSON format.", type="user"),
        Block(content="Also, NEVER include personal info.", type="system"),
    ]
    constraint_block = extract_constraints(blocks)
    assert "MUST return JSON" in constraint_block.content
    assert "NEVER include" in constraint_block.content

"""`compress_block`: what is compressed, and what falls back to its text as it was."""

from __future__ import annotations

import pytest

from tests.token_optimizer.optimizer.compression.test_extractive import TOWN
from token_optimizer.errors import CompressorError, ConfigError
from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.optimizer.compression.blocks import compress_block, compress_blocks
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.optimizer.compression.faithfulness.score import faithfulness_score
from token_optimizer.optimizer.compression.llmlingua.compressor import LLMLinguaCompressor

GUIDE = "The API returns 200 on success, 404 on not found, and 500 on error."


def test_the_guides_example() -> None:
    compressed = compress_block(Block(content=GUIDE), ratio=0.5)
    assert all(code in compressed.content for code in ("200", "404", "500"))
    assert faithfulness_score(GUIDE, compressed.content) >= 0.85


def test_below_the_threshold_the_block_stays_as_it_was_and_says_the_score() -> None:
    block = Block(TOWN, id="town", tokens=120)
    kept = compress_block(block, 0.3)
    assert (kept.content, kept.compressed, kept.tokens) == (TOWN, False, 120)
    score = compress_blocks([block], 0.3)[0].score
    assert score is not None
    assert score < 0.85
    assert kept.note == f"compression would score {score:.2f}, below 0.85: kept as it was"
    assert block.note == ""


def test_above_the_threshold_the_result_stands() -> None:
    found = compress_blocks([Block(TOWN, id="town", type=BlockType.DOC)], 0.6, threshold=0.4)[0]
    assert found.applied
    assert found.score == faithfulness_score(TOWN, found.block.content) >= 0.4
    assert (found.block.id, found.block.type) == ("town", BlockType.DOC)
    assert (found.block.compressed, found.block.original_content) == (True, TOWN)
    assert found.block.note == f"compressed, faithfulness {found.score:.2f}"


def test_each_block_falls_back_by_itself() -> None:
    same = Block("The river rose at night. " * 30)
    # To leave out what is said again loses little of the meaning, but every mention counts.
    scores = [found.score for found in compress_blocks([same, Block(TOWN)], 0.5, threshold=0.0)]
    assert None not in scores
    between = sum(scores) / 2
    applied = [found.applied for found in compress_blocks([same, Block(TOWN)], 0.5, threshold=between)]
    assert applied == [score >= between for score in scores]
    assert sorted(applied) == [False, True]


def test_the_question_reaches_the_summarizer() -> None:
    content = compress_block(Block(TOWN), 0.3, query="Who sells bread?", threshold=0.0).content
    assert "baker from the coast" in content


@pytest.mark.parametrize(
    "fields",
    [
        {"must_keep": True},
        {"verbatim": True},
        {"frozen": True},
        {"compressed": True},
        *({"kind": kind} for kind in Kind if kind not in (Kind.PROSE, Kind.DOCUMENT, Kind.TRANSCRIPT)),
    ],
)
def test_what_is_no_prose_or_must_stay_is_left_alone(fields: dict[str, object]) -> None:
    block = Block(TOWN, **fields)
    assert compress_block(block, 0.2, threshold=0.0) is block


def test_a_second_run_changes_nothing() -> None:
    once = compress_block(Block(TOWN), 0.5, threshold=0.0)
    assert once.compressed
    assert compress_block(once, 0.5, threshold=0.0) is once


@pytest.mark.parametrize("ratio", [-1, 1.5])
def test_a_ratio_out_of_range_is_named(ratio: float) -> None:
    with pytest.raises(ConfigError, match=f"ratio must be between 0 and 1, not {ratio}"):
        compress_block(Block(TOWN), ratio)
    with pytest.raises(ConfigError, match=f"ratio must be between 0 and 1, not {ratio}"):
        LLMLinguaCompressor(ratio)


def test_a_compressor_that_breaks_costs_nothing_but_the_compression() -> None:
    class Broken(LLMLinguaCompressor):
        def drafts(self, blocks, ratio, query=None, timeout_seconds=None):
            raise CompressorError("the process of LLMLingua-2 died")

    block = Block(TOWN)
    found = compress_blocks([block], 0.5, compressor=Broken(model_name="nobody/no-such-model"))
    assert found[0].block is block
    assert (found[0].applied, found[0].reason) == (False, "the process of LLMLingua-2 died")


def test_blocks_come_back_in_order() -> None:
    blocks = [Block(TOWN, id="a"), Block("x = 1", id="b", kind=Kind.CODE), Block("Short.", id="c")]
    found = compress_blocks(blocks, 0.5, compressor=ExtractiveSummarizer(), threshold=0.0)
    assert [each.block.id for each in found] == ["a", "b", "c"]
    assert [each.applied for each in found] == [True, False, False]
    assert compress_blocks([], 0.5) == []

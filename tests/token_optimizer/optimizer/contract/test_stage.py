"""What the stages share: blocks that are rewritten, compared and counted again."""

from __future__ import annotations

from token_optimizer import OptimizerConfig
from token_optimizer.models import Block, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import (
    counted,
    from_first_change,
    rewritten,
    same_blocks,
    with_blocks,
)
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.text.counting import token_counts

CONTEXT = Context(OptimizerConfig(), "gpt-4o")


def prompt_of(*blocks: Block) -> Prompt:
    return Prompt(tuple(blocks), (), {"messages": []}, "openai")


def block(text: str, name: str = "b0", **fields: object) -> Block:
    return Block(text, id=name, tokens=token_counts([text])[0], slot=0, **fields)  # type: ignore[arg-type]


def test_the_line_ends_around_a_rewritten_text_stay() -> None:
    after = rewritten(
        prompt_of(block("\none two\n\n")), lambda text, _: MarkedText(text.upper()), lambda _: True
    )
    assert after.blocks[0].content == "\nONE TWO\n\n"


def test_verbatim_unwritten_and_ineligible_blocks_are_not_rewritten() -> None:
    blocks = [block("one", "a", verbatim=True), block("two", "b").but(slot=None), block("three", "c")]
    prompt = prompt_of(*blocks)
    assert rewritten(prompt, lambda text, _: "", lambda one: one.id != "c") is prompt


def test_only_changed_blocks_are_counted_again() -> None:
    before = prompt_of(block("one two three", "a"), block("four five six", "b"))
    changed = with_blocks(before, [before.blocks[0], before.blocks[1].but(content="four")])
    after = counted(changed, before, CONTEXT)
    assert [one.tokens for one in after.blocks] == [3, 1]
    assert after.blocks[0] is before.blocks[0]


def test_a_block_that_grew_goes_back_as_it_was() -> None:
    before = prompt_of(block("one two", "a"))
    grown = with_blocks(before, [before.blocks[0].but(content="one two three")])
    assert counted(grown, before, CONTEXT).blocks == before.blocks


def test_added_blocks_are_counted() -> None:
    before = prompt_of(block("one", "a"))
    added = with_blocks(before, [before.blocks[0], Block("two three", id="b")])
    assert counted(added, before, CONTEXT).blocks[1].tokens == 2


def test_prompts_are_compared_from_the_first_change_on() -> None:
    before = prompt_of(block("one", "a"), block("two", "b"), block("three", "c"))
    after = with_blocks(before, [before.blocks[0], before.blocks[1].but(content="2"), before.blocks[2]])
    assert same_blocks(before, with_blocks(before, before.blocks))
    assert not same_blocks(before, after)
    old, new = from_first_change(before, after)
    assert [one.id for one in old] == [one.id for one in new] == ["b", "c"]

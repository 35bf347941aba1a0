"""What is found out about a frozen prefix goes on from turn to turn, with the prompts that have it."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

from token_optimizer.models import NO_PREFIX, Aggregate, Block, FrozenPrefix, Prompt

SEEN: list[str] = []


def _with_contents(known: tuple[str, ...], _: Sequence[Block], sent: Sequence[Block]) -> tuple[str, ...]:
    SEEN.extend(block.content for block in sent)
    return (*known, *(block.content for block in sent))


CONTENTS: Aggregate[tuple[str, ...]] = Aggregate("contents of the test", (), _with_contents, ahead=False)


def _blocks(*contents: str) -> tuple[Block, ...]:
    return tuple(Block(content, tokens=len(content), turn=0) for content in contents)


def _prefix(*contents: str) -> FrozenPrefix:
    return NO_PREFIX.followed_by(_blocks(*contents), _blocks(*contents))


def _prompt(blocks: Sequence[Block], prefix: FrozenPrefix) -> Prompt:
    return Prompt(tuple(blocks), (), {}, "openai", prefix=prefix)


def test_each_block_is_looked_at_once() -> None:
    SEEN.clear()
    first = _prefix("a", "b")
    assert first.value(CONTENTS) == ("a", "b")
    second = first.followed_by(_blocks("c"), _blocks("c"))
    assert second.value(CONTENTS) == second.value(CONTENTS) == ("a", "b", "c")
    assert SEEN == ["a", "b", "c"]


def test_two_turns_go_on_from_one_prefix() -> None:
    first = _prefix("a")
    first.value(CONTENTS)
    one, other = (first.followed_by(_blocks(name), _blocks(name)) for name in "bc")
    assert (one.value(CONTENTS), other.value(CONTENTS)) == (("a", "b"), ("a", "c"))
    assert first.value(CONTENTS) == ("a",)


def test_what_is_wanted_ahead_is_found_as_soon_as_the_blocks_are_sent() -> None:
    seen: list[str] = []

    def with_length(known: int, _: Sequence[Block], sent: Sequence[Block]) -> int:
        seen.extend(block.content for block in sent)
        return known + len(sent)

    length = Aggregate("length of the test", 0, with_length)
    prefix = _prefix("a", "b")
    assert seen == ["a", "b"]
    assert prefix.value(length) == 2


def test_it_goes_to_another_process_with_what_was_found_out() -> None:
    prefix = _prefix("a", "b")
    prefix.value(CONTENTS)
    there = pickle.loads(pickle.dumps(prefix))
    SEEN.clear()
    assert there == prefix
    assert there.value(CONTENTS) == ("a", "b")
    assert not SEEN


def test_a_prompt_has_only_the_prefix_that_it_begins_with() -> None:
    prefix = _prefix("aa", "bb")
    new = _blocks("ccc")
    prompt = _prompt((*prefix.sent, *new), prefix)
    assert (prompt.rest, prompt.tokens) == (new, 7)
    assert prompt.but(query="d").prefix is prefix
    for blocks in (
        (*prefix.sent[1:], *new),
        prefix.sent[:1],
        (prefix.sent[0].but(content="x"), prefix.sent[1]),
    ):
        other = prompt.but(blocks=tuple(blocks))
        assert other.prefix is NO_PREFIX
        assert (other.rest, other.tokens) == (tuple(blocks), sum(block.tokens for block in blocks))


def test_open_blocks_are_looked_for_behind_the_prefix() -> None:
    prefix = _prefix("a")
    new = (*_blocks("b"), _blocks("c")[0].but(verbatim=True))
    assert list(_prompt((*prefix.sent, *new), prefix).open_blocks) == [new[0]]

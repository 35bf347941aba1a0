import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import blocks_of_any_kind, check_pure, contents
from token_optimizer.config import DEFAULT_JUNK_REGEXES
from token_optimizer.errors import ConfigError
from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.optimizer.heuristics import remove_junk

PATTERNS = list(DEFAULT_JUNK_REGEXES)


def assistant(content: str, **fields: object) -> Block:
    return Block(content=content, type=BlockType.ASSISTANT, **fields)


def test_it_works():
    blocks = [
        assistant("Sure."),
        assistant(" \n"),
        assistant("I can help you with that"),
        assistant("Done: 3 files"),
    ]
    assert contents(remove_junk(blocks, PATTERNS)) == ["Done: 3 files"]


def test_empty_blocks_go_without_any_pattern():
    assert remove_junk([assistant(""), assistant("\t\n ")], []) == []


def test_space_around_the_text_does_not_hide_it():
    assert remove_junk([assistant("Sure.\n")], PATTERNS) == []


def test_a_pattern_that_matches_only_the_first_line_removes_nothing():
    blocks = [assistant("Sure, here it is:\nkey=8f3a")]
    assert remove_junk(blocks, [r"^Sure.*$"]) == blocks


@pytest.mark.parametrize(
    "fields",
    [
        {"must_keep": True},
        {"verbatim": True},
        {"tool_result": True},
        {"kind": Kind.CALL},
        {"kind": Kind.FRAMING},
    ],
)
def test_protected_blocks_and_calls_stay(fields):
    blocks = [assistant("Sure.", **fields), assistant("", **fields)]
    assert remove_junk(blocks, PATTERNS) == blocks


@pytest.mark.parametrize("kind", [kind for kind in BlockType if kind is not BlockType.ASSISTANT])
def test_only_the_assistant_talks_junk(kind):
    blocks = [Block(content="Sure.", type=kind)]
    assert remove_junk(blocks, PATTERNS) == blocks


def test_a_pattern_that_does_not_compile_is_named():
    with pytest.raises(ConfigError, match=r"\(unclosed"):
        remove_junk([], ["(unclosed"])


def test_a_lone_surrogate_is_left_alone():
    blocks = [assistant("\ud800")]
    assert remove_junk(blocks, PATTERNS) == blocks


def test_a_hostile_pattern_ends():
    blocks = [assistant("a" * 200_000 + "!")]
    assert remove_junk(blocks, [r"^(a+)+$"]) == blocks


@given(blocks_of_any_kind)
def test_it_is_pure_and_a_second_run_changes_nothing(blocks):
    check_pure(lambda some: remove_junk(some, PATTERNS), blocks)
    once = remove_junk(blocks, PATTERNS)
    assert remove_junk(once, PATTERNS) == once

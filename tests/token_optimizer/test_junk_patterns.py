"""Users' patterns, which may be anybody's."""

from __future__ import annotations

import pytest

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError, StageSkipped
from token_optimizer.junk_patterns import JunkPatterns, pattern_problem
from token_optimizer.models import StageReport
from token_optimizer.optimizer.pipeline import optimize_body

# RE2 keeps each place of a run of letters in mind that may be the right one.
SLOW = [f"(?:[ab]*a[ab]{{400}})?x{number}" for number in range(100)]
TEXT = "abbabaab" * 3000


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (["a"] * 101, "junk_regexes may hold 100 strings of 500 characters each"),
        (["a", "b" * 501], "junk_regexes may hold 100 strings of 500 characters each"),
        ([r"(?:\pL{90}){10}"], r"junk_regexes\[0\] .* does not compile: pattern too large"),
    ],
)
def test_they_are_few_short_and_small(patterns: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        OptimizerConfig(junk_regexes=patterns).check()


@pytest.mark.parametrize(
    "pattern", [r"(?i)(sure|okay|of course)[\s\S]*", r"[\p{L}\p{N} ,.]+", "(?:a|b){1,500}"]
)
def test_what_people_write_is_taken(pattern: str) -> None:
    assert pattern_problem(pattern) == ""


def test_a_page_says_of_a_line_that_it_is_too_long() -> None:
    assert pattern_problem("b" * 501) == "it has more than 500 characters"


def test_hundreds_of_slow_ones_are_given_up() -> None:
    with pytest.raises(StageSkipped, match="the junk patterns take longer than 100 ms"):
        JunkPatterns(SLOW).match(TEXT)


def test_the_trace_says_that_they_were_given_up() -> None:
    answer = {"role": "assistant", "content": TEXT}
    body = {"model": "gpt-4o", "messages": [answer, {"role": "user", "content": "Go on."}]}
    config = OptimizerConfig.preset("safe", junk_regexes=SLOW, keep_last_n_turns=0)
    result = optimize_body(body, "openai", config=config)
    [junk] = [stage for stage in result.stats.stages if stage.name == "junk"]
    assert isinstance(junk, StageReport)
    assert (junk.status, junk.reason) == ("skipped", "the junk patterns take longer than 100 ms")
    assert len(result.body["messages"]) == 2


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (
            r"^(Sure\.|Of course\.|I can help.*)$",
            ("Sure.", "Of course.", "I can help", "I can help, zebra"),
        ),
        (r"(?i)ok+", ("OK", "ok", "oK", "Okkkkkkkkkkkkkkkkkkkkkkkkk", "o\u212a")),
        (r".*done", ("done", "\x00done", "\U0010ffffdone", "zzz done")),
        (r"\C*", ("", "a", "ÿ")),
        (r"[^a]*", ("", "b", "\U0010ffff")),
        (r"b+|(?:^c$)|é{2,}", ("b" * 40, "c", "éé", "é" * 40)),
    ],
)
def test_every_text_that_a_pattern_matches_is_found(pattern, texts):
    assert all(map(JunkPatterns([pattern]).match, texts))

"""Tools that a system text describes: found, and shortened to their rules over a hard budget."""

from __future__ import annotations

import re
from typing import Any

import pytest

from token_optimizer import optimize
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import OptimizationStats
from token_optimizer.optimizer.tools.tools_in_text import tools_span, with_first_sentences, with_rules_alone

IN_LINES = """moor:
  docstring: moors the boat at a berth. If berth is not provided, moors at the first free one. NEVER moor\
 at a pier that is being repaired or painted, whoever asks for it, and whatever the tide and the wind are
  signature: moor <boat> [<berth>]
  arguments:
    - boat (string) [required]: the boat that is moored
    - berth (integer) [optional]: the berth (if not provided, moors at the first free one)
    - fenders (integer) [optional]: how many fenders are put out, at most 9

log_tide:
  docstring: writes the height of the tide into the harbour book
  signature: log_tide <height>
  arguments:
    - height (number) [required]: the height of the tide
    - place (string) [optional]: which gauge was read
      and by whom
"""
IN_SECTIONS = """## hoist_sail
Description: Hoists a sail on the given mast. NEVER in a storm.
Parameters:
- mast: (required) The mast on which the sail is hoisted
- reefs: (optional) How many reefs are tied in, 0 to 3
Usage:
<hoist_sail><mast>main</mast></hoist_sail>

## drop_anchor
Description: Drops the anchor of the boat
Parameters:
- chain: (required) The chain in metres
"""
IN_FUNCTIONS = """---- BEGIN FUNCTION #1: read_gauge ----
Description: Reads a gauge of the harbour.
Parameters:
  (1) gauge (string, required): The gauge that is read.
  (2) unit (string, optional): In metres or feet; the default is metres.
---- END FUNCTION #1 ----

---- BEGIN FUNCTION #2: ring_bell ----
Description: Rings the bell of the pier.
Parameters:
  (1) times (integer, required): How many times it is rung.
---- END FUNCTION #2 ----
"""
_RULES = {
    IN_LINES: [
        "If berth is not provided",
        "at most 9",
        "- boat (string) [required]\n",
        "signature: moor <boat>",
    ],
    IN_SECTIONS: ["NEVER in a storm.", "- mast: (required)\n", "0 to 3", "<hoist_sail><mast>main</mast>"],
    IN_FUNCTIONS: ["(1) gauge (string, required)\n", "the default is metres.", "---- END FUNCTION #2 ----"],
}


@pytest.mark.parametrize(("text", "kept"), _RULES.items())
def test_rules_and_names_stay(text: str, kept: list[str]) -> None:
    short = with_rules_alone(text).text
    assert len(short) < 0.9 * len(text)
    assert [part for part in kept if part not in short] == []
    assert with_rules_alone(short).text == short


def test_what_the_tool_says_is_not_said_again_of_its_parameter() -> None:
    assert "- berth (integer) [optional]\n" in with_rules_alone(IN_LINES).text


def test_a_description_that_goes_on_in_the_next_line_stays() -> None:
    assert "which gauge was read\n      and by whom\n" in with_rules_alone(IN_LINES).text


@pytest.mark.parametrize("text", [IN_LINES, IN_SECTIONS, IN_FUNCTIONS])
def test_they_are_found_between_other_instructions(text: str) -> None:
    span = tools_span(f"You sail.\n\n{text}\nAnswer in one word.")
    assert span is not None
    assert "You sail." not in f"You sail.\n\n{text}"[slice(*span)]
    assert "one word" not in f"You sail.\n\n{text}\nAnswer in one word."[slice(*span)]


@pytest.mark.parametrize(
    "text",
    [
        "Fill in:\n- name (required): your name\n- mail (required): an address\n- boat (optional): a name",
        "moor:\n  docstring: moors the boat\n  - boat (string) [required]: the boat",
        "Description: a harbour\n\nThe harbour has three piers.",
    ],
)
def test_a_form_or_a_single_tool_is_none(text: str) -> None:
    assert tools_span(text) is None


def test_the_first_sentences_stay_with_a_marker_for_the_others() -> None:
    short = with_first_sentences(IN_LINES)
    assert "docstring: moors the boat at a berth.\n" in short.text
    assert "docstring: writes the height of the tide into the harbour book\n" in short.text
    assert short.text.endswith("\n[… 1 description shortened]\n")
    assert with_first_sentences(IN_FUNCTIONS).text == IN_FUNCTIONS


def _sent(budget_tokens: int | None, **settings: object) -> str:
    return str(_optimized(budget_tokens, **settings)[0][0]["content"])


def _optimized(
    budget_tokens: int | None, tools: list[dict[str, Any]] | None = None, **settings: object
) -> tuple[list[dict[str, Any]], OptimizationStats]:
    system = f"You sail the boat.\n\n{IN_LINES}\nALWAYS answer with one command."
    messages = [
        {"role": "system", "content": system},
        {
            "role": "user",
            "content": " ".join(f"On day {day} it blew from pier {day * 7 % 40}." for day in range(300)),
        },
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": "Moor the boat."},
    ]
    config = OptimizerConfig.preset("balanced", **settings)
    return optimize(messages, tools, config=config, budget_tokens=budget_tokens)


def test_they_are_shortened_over_a_hard_budget_alone() -> None:
    assert IN_LINES in _sent(None)
    short = _sent(3_520)
    assert with_rules_alone(IN_LINES).text in short
    assert short.startswith("You sail the boat.")
    assert short.endswith("ALWAYS answer with one command.")
    shorter = _sent(3_000)
    assert len(shorter) < len(short)
    assert "[… 1 description shortened]\n" in shorter


def test_what_they_lost_is_read_back() -> None:
    tool = {"type": "function", "function": {"name": "wait", "parameters": {"type": "object"}}}
    sent, stats = _optimized(3_000, [tool], read_back="always")
    found = re.search(r"\[… 1 description shortened #(\d+)\]\n", str(sent[0]["content"]))
    assert found is not None
    assert "NEVER moor at a pier" in stats.read_back(found[1])


@pytest.mark.parametrize("settings", [{"tool_descriptions": "full"}, {"enable_tools": False}])
def test_settings_of_tools_hold_for_them(settings: dict[str, object]) -> None:
    assert IN_LINES in _sent(3_000, **settings)

"""Line numbers before the lines of a file."""

import re

import pytest

from tests.token_optimizer.optimizer.checks import check_optimized, check_unchanged
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.optimizer.code.numbering import without_padding


def numbered(first: int, end: int, mark: str = "→") -> str:
    return "\n".join(f"{number:6}{mark}    total_{number} += {number}" for number in range(first, end))


@pytest.mark.parametrize("mark", ["→", "\t", "|", ":", " | "])
def test_the_padding_goes_and_lines_stay(mark):
    text = numbered(95, 130, mark)
    lines = [line.lstrip(" ") for line in text.split("\n")]
    check_optimized(without_padding, text, "\n".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  1→a",
        numbered(1, 9).replace("     4", "     7"),
        "  10:00 start\n  11:00 lunch\n  13:00 end",
        "  10:00 start\n  11:00 lunch\n  12:00 end",
        "001|Ada\n002|Ben\n003|Eva",
        "  1→a\n 2→b\n   3→c",
        "x\n" * 9,
    ],
)
def test_other_texts_stay(text):
    check_unchanged(without_padding, text)


def padded(text: str, width: int) -> str:
    """The text with its line numbers brought to one width again."""
    return re.sub(r"^(\d+)(?=[→\t|:]| \|)", lambda match: match[1].rjust(width), text, flags=re.MULTILINE)


def of_nl(first: int, lines: list[str]) -> str:
    """The lines as `nl` prints them: empty ones have no number."""
    numbers = iter(range(first, first + len(lines)))
    return "\n".join(f"{next(numbers):6}\t{line}" if line else " " * 7 for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        numbered(95, 130).replace("\n", "\r\n"),
        numbered(1, 20, "\t").replace("    total", "\t\ttotal"),
        numbered(1, 9) + "\n" + numbered(40, 60),
        "<file>\n" + numbered(1, 9) + "\n</file>\nThis file is shorter than the limit.",
        of_nl(1, ["def f():", "", "    return 1", "", "", "x = 1", "x += 2"]),
        numbered(99_990, 100_010, "|"),
    ],
)
def test_the_padding_can_be_written_again(text):
    short = without_padding(text)
    assert len(short) < len(text)
    assert padded(short, 6) == text
    assert without_padding(short) == short


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["→", "\t", "|", ": "])
def test_where_a_tool_edits_files_the_padding_stays(mark, end):
    text = numbered(1, 60, mark).replace("\n", end)
    fields = {"path": {"type": "string"}, "old_string": {"type": "string"}, "new_string": {"type": "string"}}
    edit = {"name": "edit", "parameters": {"type": "object", "properties": fields}}
    call = {"id": "c", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "a.py"}'}}
    messages = [
        {"role": "user", "content": "What does it add up?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": text},
    ]
    config = OptimizerConfig.preset("safe", api_key="edited")
    assert (
        optimize(messages, [{"type": "function", "function": edit}], config=config)[0][2]["content"] == text
    )
    assert optimize(messages, config=config)[0][2]["content"] == without_padding(text)


def test_a_file_that_a_tool_read_is_written_in_fewer_tokens():
    call = {"id": "c", "type": "function", "function": {"name": "read", "arguments": '{"path": "a.py"}'}}
    messages = [
        {"role": "user", "content": "What does it add up?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": numbered(1, 60)},
    ]
    sent, _ = optimize(messages, config=OptimizerConfig.preset("safe", api_key="numbered"))
    assert sent[2]["content"] == without_padding(numbered(1, 60))

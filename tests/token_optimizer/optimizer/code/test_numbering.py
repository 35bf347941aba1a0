"""Line numbers before the lines of a file."""

import pytest

from tests.token_optimizer.optimizer.checks import check_optimized, check_unchanged
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.optimizer.code.numbering import without_padding


def numbered(first: int, end: int, mark: str = "→") -> str:
    return "\n".join(f"{number:6}{mark}    total_{number} += {number}" for number in range(first, end))


@pytest.mark.parametrize("mark", ["→", "\t", "|", ":"])
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
        "x\n" * 9,
    ],
)
def test_other_texts_stay(text):
    check_unchanged(without_padding, text)


def test_a_file_that_a_tool_read_is_written_in_fewer_tokens():
    call = {"id": "c", "type": "function", "function": {"name": "read", "arguments": '{"path": "a.py"}'}}
    messages = [
        {"role": "user", "content": "What does it add up?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": numbered(1, 60)},
    ]
    sent, _ = optimize(messages, config=OptimizerConfig.preset("safe", api_key="numbered"))
    assert sent[2]["content"] == without_padding(numbered(1, 60))

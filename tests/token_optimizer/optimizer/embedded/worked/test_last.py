"""What stands behind the last part begins where that has more paragraphs than any other."""

import pytest

from token_optimizer.optimizer.embedded.worked.last import start_behind_last


@pytest.mark.parametrize(
    ("parts", "last", "behind"),
    [
        (["One.", "Two."], "Three.\n\nFour?", "Four?"),
        (["One.\n\nAnd more.", "Two."], "Three.\n\nAnd more.\n\nFour?", "Four?"),
        (["One.\n\n  \nAnd more."], "Two.\n\nAnd more.\n \n\n  Three?\n\nFour?", "  Three?\n\nFour?"),
    ],
)
def test_what_is_more_than_in_other_parts(parts: list[str], last: str, behind: str) -> None:
    text = "\n\n".join([*parts, last])
    start = start_behind_last(text, len(text) - len(last), parts)
    assert start is not None
    assert text[start:] == behind


@pytest.mark.parametrize("last", ["Three.", "Three.\n\n", ""])
def test_nothing_is_more(last: str) -> None:
    assert start_behind_last(last, 0, ["One.", "Two."]) is None

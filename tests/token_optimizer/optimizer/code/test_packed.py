"""The records of data that lines do not part."""

from __future__ import annotations

from itertools import pairwise

import pytest

from token_optimizer.optimizer.code.packed import record_spans

GUESTS = [{"name": f"Ada {n}", "rooms": [{"no": n}, {"no": n + 1}]} for n in range(10)]
ITEMS = [f"<item><name>Ada {n}</name><town>Oslo</town></item>" for n in range(10)]
ROWS = [f"({n}, 'Ada O''Neil {n}, of Oslo', 12.5)" for n in range(10)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (repr(GUESTS), f"{GUESTS[0]!r}, "),
        (f"<rss><title>News</title>{''.join(ITEMS)}</rss>", ITEMS[0]),
        (f"INSERT INTO guests VALUES {', '.join(ROWS)};", f"{ROWS[0]}, "),
        ("const all = [\n" + ",\n".join("  {\n    id: 12345678\n  }" for _ in ROWS) + "\n];", None),
    ],
)
def test_records_stand_side_by_side(text: str, first: str | None) -> None:
    spans = record_spans(text)
    assert len(spans) == 10
    assert all(end == start for (_, end), (start, _) in pairwise(spans))
    assert first is None or text[slice(*spans[0])] == first


@pytest.mark.parametrize(
    "text",
    [
        "Ada came (by train), Bo (by car), and Cy (on foot) were late; (they said)." * 9,
        "".join(f"def guest_{n}(town):\n    return find(town, ({n}), ('x'))\n\n\n" for n in range(20)),
        "<p>One</p> and a long text that no element holds. " * 9,
        "<a><b>x</b></a>",
        "",
    ],
)
def test_other_texts_have_none(text: str) -> None:
    assert record_spans(text) == []

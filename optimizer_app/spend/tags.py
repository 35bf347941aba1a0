"""What requests were billed and saved by the values of one of their tags: by customer, by feature."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.tags import TAGGED
from optimizer_app.spend.sums import MEASURES, Spend, SpendRow, spend_of


def tag_names(selection: Selection, stretch: Stretch) -> list[str]:
    """The names of the tags that the requests have."""
    return sorted({name for tags, _ in _sets(selection, stretch) for name in tags})


def spend_by_tag(selection: Selection, stretch: Stretch, name: str) -> list[SpendRow]:
    """One row for each value of the tag, the dearest first; "" is that of the requests without it."""
    found: dict[str, Spend] = defaultdict(Spend)
    for tags, spend in _sets(selection, stretch):
        found[tags.get(name, "")] += spend
    rows = [SpendRow(value, spend) for value, spend in found.items()]
    return sorted(rows, key=lambda row: (-row.spend.billed_usd, row.value))


def _sets(selection: Selection, stretch: Stretch) -> Iterator[tuple[dict[str, str], Spend]]:
    for row in sums(selection, stretch, ("tags",), MEASURES, TAGGED):
        yield json.loads(row["tags"]), spend_of(row)

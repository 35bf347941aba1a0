"""What requests were billed and saved by the values of one of their tags: by customer, by feature."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optimizer_app.rollups.reading import Selection, Stretch, sums
from optimizer_app.rollups.tags import TAGGED
from optimizer_app.spend.sums import MEASURES, Spend, SpendRow, dearest_first, spend_of


@dataclass(frozen=True, slots=True)
class TaggedSpend:
    """The money of the requests with one set of tags."""

    tags: Mapping[str, str]
    spend: Spend


def tagged_spends(selection: Selection, stretch: Stretch) -> list[TaggedSpend]:
    """One for each set of tags that the requests have."""
    rows = sums(selection, stretch, ("tags",), MEASURES, TAGGED)
    return [TaggedSpend(json.loads(row["tags"]), spend_of(row)) for row in rows]


def tag_names(found: Iterable[TaggedSpend]) -> list[str]:
    """The names of the tags that the requests have."""
    return sorted({name for each in found for name in each.tags})


def spend_by_tag(found: Iterable[TaggedSpend], name: str) -> list[SpendRow]:
    """One row for each value of the tag, the dearest first; "" is that of the requests without it."""
    by_value: dict[str, Spend] = defaultdict(Spend)
    for each in found:
        by_value[each.tags.get(name, "")] += each.spend
    return dearest_first(SpendRow(value, spend) for value, spend in by_value.items())

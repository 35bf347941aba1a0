"""Two requests side by side: the blocks of one place in both prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]
Place = tuple[Any, ...]


def paired_blocks(first: Sequence[Block], second: Sequence[Block]) -> list[tuple[int | None, int | None]]:
    """The positions of the blocks of each place in both, in the order of the second; places that it lacks
    come last. None: only the other has a block there."""
    ones, others = _by_place(first), _by_place(second)
    places = [*others, *(place for place in ones if place not in others)]
    return [(ones.get(place), others.get(place)) for place in places]


def _by_place(blocks: Sequence[Block]) -> dict[Place, int]:
    """A block's place is the how-manieth of its type and kind it is in its turn, or, of documents and tools,
    in the prompt: ids shift from turn to turn, since the tools come after the messages."""
    found: dict[Place, int] = {}
    count: Counter[Place] = Counter()
    for position, block in enumerate(blocks):
        of_prompt = block.get("type") == "doc" or block.get("kind") in ("schema", "framing")
        turn = None if of_prompt else block.get("turn", -1)
        part = (turn, block.get("type", ""), block.get("kind", ""))
        count[part] += 1
        found[*part, count[part]] = position
    return found

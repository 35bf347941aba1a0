"""What a system says: nothing but texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.translation.pivot.conversation import Part, Text
from gateway.translation.pivot.fields import Fields


def only_texts(holder: Fields, parts: Iterable[Part]) -> Iterator[Text]:
    """The texts of a message of the system; Untranslatable where it holds something else."""
    for part in parts:
        if not isinstance(part, Text):
            raise holder.refused("content", "a system says nothing but texts")
        yield part

"""What a store has for a question."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage of a stored document. `score` says how well it fits, the higher the better; `why` how it was
    found, in a few words; `similarity` is the cosine to the question, None where nobody compared it.
    Vectors are of one model."""

    id: str
    content: str
    source: str = ""
    score: float = 0.0
    similarity: float | None = None
    why: str = ""
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a retriever found, best first, and what the trace says of it: whether it `ran`, the `reason` where
    it did not, or not as it should, and the milliseconds that it took."""

    passages: Sequence[RetrievedPassage] = ()
    status: Literal["ran", "skipped", "failed"] = "ran"
    reason: str = ""
    ms: float = 0.0

    @property
    def version(self) -> str:
        """Stands for what was found: the same question with the same passages comes out the same."""
        ids = "\n".join(passage.id for passage in self.passages)
        return hashlib.blake2b(ids.encode(), digest_size=16).hexdigest() if ids else ""

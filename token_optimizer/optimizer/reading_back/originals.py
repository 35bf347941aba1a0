"""Reads from the original prompt what was left out of the one that was sent.

The original is at hand: the client sends all of it with every request. Nothing is stored for this.

Before: a log of which 1,459 lines are gone, with the marker "[… 1,459 lines left out #482193]" in their place
After:  read("482193") has these lines, or of very many those that the question asks for, with markers again
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import (
    Block,
    CutBlock,
    Dialect,
    OptimizationResult,
    Prompt,
    ReadBack,
    ReadPart,
    SentRead,
)
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import message_line, shown_handles
from token_optimizer.optimizer.reading_back.alignment import gaps_of
from token_optimizer.optimizer.reading_back.excerpts import Region, best_passages, excerpt
from token_optimizer.tokens.counts import count_tokens

# What one call gets at most, by a handle and by words.
MAX_TOKENS = 4_000
MAX_FOUND_TOKENS = 1_500
_HANDLE = re.compile(r"#?(?<!\d)(\d{6})(?!\d)")
_MAX_QUOTED_CHARS = 80


class OriginalReader:
    """Answers the calls of one request, whose body came as `original`. It reads the body when it is first
    asked, which takes as long as for an optimization."""

    def __init__(
        self,
        original: Mapping[str, Any],
        dialect: Dialect,
        cuts: Sequence[CutBlock] = (),
        earlier: Iterable[SentRead] = (),
        model: str = "",
    ) -> None:
        self._original = original
        self._dialect: Dialect = dialect
        self._cuts = cuts
        self._earlier = earlier
        self._model = model or str(original.get("model") or OptimizerConfig().target_model)

    def read(self, what: str) -> ReadBack:
        """What the handle of a marker stands for, or what was left out that holds these words best.

        A miss is no error: it says that nothing of that name was left out.
        """
        for found in _HANDLE.finditer(what):
            region = self._regions.get(int(found.group(1)))
            if region is not None:
                words = what[: found.start()] + what[found.end() :]
                return self._read_region(region, words.strip())
        missing = list(dict.fromkeys([*self._regions.values(), *self._unnamed]))
        parts, stage = best_passages(missing, what, self._prompt, set(self._regions), MAX_FOUND_TOKENS)
        return self._answer(parts, stage) if parts else self._missed(what)

    def _read_region(self, region: Region, words: str) -> ReadBack:
        query = words or self._prompt.query or ""
        parts = excerpt(region, query, self._prompt, self._model, set(self._regions), MAX_TOKENS)
        return self._answer(parts, region.stage)

    def _answer(self, parts: Sequence[ReadPart], stage: str) -> ReadBack:
        text = text_of(parts, self._blocks) or ""
        # What was left out of this answer can be asked for in the next call.
        self._add_gaps(parts, stage)
        block = next((part.block for part in parts if part.block), "")
        return ReadBack(text, True, block, stage, count_tokens(text, self._model), tuple(parts))

    def _missed(self, what: str) -> ReadBack:
        quoted = " ".join(what.split())[:_MAX_QUOTED_CHARS]
        text = (
            f'Nothing was left out under "{quoted}". All else of the conversation stands in it whole and as '
            "it was: there is nothing more to read, here or by another tool."
        )
        return ReadBack(text, tokens=count_tokens(text, self._model), parts=(ReadPart(words=text),))

    @cached_property
    def _prompt(self) -> Prompt:
        return canonicalize(self._original, self._dialect)

    @cached_property
    def _blocks(self) -> dict[str, Block]:
        return {block.id: block for block in self._prompt.blocks}

    @cached_property
    def _regions(self) -> dict[int, Region]:
        """What each handle stands for."""
        regions: dict[int, Region] = {}
        for cut in self._cuts:
            regions.update(self._regions_of(cut))
        for read in self._earlier:
            for result in read.results:
                regions.update(_gaps_in(result.parts, ""))
        return regions

    @cached_property
    def _unnamed(self) -> list[Region]:
        """What is gone without a handle to ask for it."""
        return [
            Region(tuple(self._whole(cut.blocks)), cut.stage)
            for cut in self._cuts
            if not shown_handles(_as_block(cut)) and self._has(cut)
        ]

    def _add_gaps(self, parts: Iterable[ReadPart], stage: str) -> None:
        for handle, region in _gaps_in(parts, stage).items():
            self._regions.setdefault(handle, region)

    def _regions_of(self, cut: CutBlock) -> dict[int, Region]:
        """What the handles in one block stand for: where that cannot be told, all that the block was."""
        handles = shown_handles(_as_block(cut))
        if not handles or not self._has(cut):
            return {}
        whole = Region(tuple(self._whole(cut.blocks)), cut.stage)
        if len(cut.blocks) > 1:
            return dict.fromkeys(handles, whole)
        original = self._blocks[cut.blocks[0]]
        gaps = gaps_of(MarkedText(cut.content, cut.markers), original.content)
        if gaps is None:
            return dict.fromkeys(handles, whole)
        placed = zip(cut.markers, gaps, strict=True)
        return {
            marker.handle: Region((ReadPart(original.id, *gap),), cut.stage)
            for marker, gap in placed
            if marker.handle in handles
        }

    def _has(self, cut: CutBlock) -> bool:
        return bool(cut.blocks) and all(block_id in self._blocks for block_id in cut.blocks)

    def _whole(self, block_ids: Sequence[str]) -> Iterable[ReadPart]:
        """The blocks as they came; of several messages each below a line that names it."""
        blocks = [self._blocks[block_id] for block_id in block_ids]
        names_messages = len({block.message for block in blocks}) > 1
        message = None
        for block in blocks:
            if names_messages and block.message != message:
                before = "" if message is None else "\n"
                message = block.message
                yield ReadPart(words=before + message_line(message, block.type.value))
            yield ReadPart(block.id, 0, len(block.content))


def text_of(parts: Iterable[ReadPart], blocks: Mapping[str, Block]) -> str | None:
    """The text that was read back in these parts; None where the original has no such blocks."""
    texts = []
    for part in parts:
        if not part.words and part.block not in blocks:
            return None
        texts.append(part.words or blocks[part.block].content[part.start : part.end])
    return "".join(texts)


def reader_of(result: OptimizationResult, original: Mapping[str, Any], dialect: Dialect) -> OriginalReader:
    """The reader of a request whose body came as `original` and was optimized, here or in another process."""
    return OriginalReader(original, dialect, result.cuts, result.earlier_reads)


def digest_of(text: str) -> str:
    """A hash by which a text that is made again is told from another."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _as_block(cut: CutBlock) -> Block:
    return Block(cut.content, id=cut.blocks[0] if cut.blocks else "", markers=cut.markers)


def _gaps_in(parts: Iterable[ReadPart], stage: str) -> dict[int, Region]:
    """What was left out of a text that was read back, by handle."""
    return {part.handle: Region((part._replace(words="", handle=0),), stage) for part in parts if part.handle}

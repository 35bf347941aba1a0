"""What happened to every block, and why: written by the pipeline as it compares prompts around a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from token_optimizer.models import (
    Block,
    BlockFate,
    BlockTexts,
    BlockType,
    Fate,
    Kind,
    Prompt,
    StageReport,
    Worth,
)
from token_optimizer.optimizer.contract.stage import Stage

# The utility of a block, its faithfulness and its worth.
_Figures = tuple[Mapping[str, float] | None, float | None, Worth | None]

FROZEN = Stage("frozen", lambda prompt, context: prompt, "as it was sent before")


@dataclass(slots=True)
class Ledger:
    """Which stage touched a block last, and why; `cut` holds the ids of blocks that lost something, and
    `remarks` why a stage that looked at a block left it as it was.

    Of blocks that were `added` the stage tells that did it, whatever became of them."""

    stage: dict[str, str] = field(default_factory=dict)
    reason: dict[str, str] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    remarks: dict[str, str] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    reports: list[StageReport] = field(default_factory=list)

    def has_done(self, stage_name: str) -> bool:
        """Whether the stage was the last to touch any block."""
        return stage_name in self.stage.values()

    def copy(self) -> Ledger:
        """The same notes, apart from what is noted later."""
        notes = dict(self.stage), dict(self.reason), set(self.cut), dict(self.remarks), set(self.added)
        return Ledger(*notes, list(self.reports))

    def write(self, stage: Stage, before: Sequence[Block], after: Sequence[Block]) -> None:
        """Note every block that the stage dropped, rewrote or added."""
        left = {block.id: block for block in after}
        for block in before:
            now = left.pop(block.id, None)
            if now is block:
                continue
            if now is None or now.content != block.content:
                self._note(block.id, stage, now)
            elif now.note != block.note:
                self.remarks[block.id] = now.note
        for block in left.values():
            self._note(block.id, stage, block)
            self.added.add(block.id)

    def _note(self, block_id: str, stage: Stage, now: Block | None) -> None:
        if stage.lossy:
            self.cut.add(block_id)
        if block_id in self.added:
            return
        self.stage[block_id] = stage.name
        self.reason[block_id] = (
            f"{stage.reason}: {now.note}" if now is not None and now.note else stage.reason
        )


def block_fates(original: Prompt, after: Prompt, ledger: Ledger, frozen: frozenset[str]) -> list[BlockFate]:
    """The fate of every block, in prompt order; `frozen` holds the ids of those that were sent before."""
    left = {block.id: block for block in after.blocks}
    known = {block.id for block in original.blocks}
    utilities = after.meaning.utilities if after.meaning is not None else {}
    faithfulness, worths = after.faithfulness, after.worths
    fates = [
        _fate(
            block,
            left.get(block.id),
            ledger,
            block.id in frozen,
            (utilities.get(block.id), faithfulness.get(block.id), worths.get(block.id)),
        )
        for block in original.blocks
    ]
    for at, block in enumerate(after.blocks):
        if block.id not in known:
            behind = next((other.id for other in after.blocks[at + 1 :] if other.id in known), None)
            place = next((index for index, fate in enumerate(fates) if fate.id == behind), len(fates))
            figures = utilities.get(block.id), None, None
            fates.insert(place, _added(block, ledger, block.id in frozen, figures))
    return fates


def block_texts(original: Prompt, after: Prompt) -> dict[str, BlockTexts]:
    """The text of every block by its id, as it came and as it is sent."""
    came = {block.id: block.text for block in original.blocks}
    sent = {block.id: block.text for block in after.blocks}
    return {name: BlockTexts(came.get(name, ""), sent.get(name, "")) for name in {**came, **sent}}


def _fate(block: Block, now: Block | None, ledger: Ledger, frozen: bool, figures: _Figures) -> BlockFate:
    if now is not None and now.content == block.content:
        remark = ledger.remarks.get(block.id, "") or _why_kept(now)
        return _row(block, "kept", "", remark, block.tokens, now.tokens, frozen, figures)
    stage, reason = ledger.stage.get(block.id, ""), ledger.reason.get(block.id, "")
    if now is None:
        return _row(block, "dropped", stage, reason, block.tokens, 0, frozen, figures)
    remark = ledger.remarks.get(block.id, "")
    reason = f"{reason}; {remark}" if remark else reason
    return _row(block, "rewritten", stage, reason, block.tokens, now.tokens, frozen, figures)


def _added(block: Block, ledger: Ledger, frozen: bool, figures: _Figures) -> BlockFate:
    stage, reason = ledger.stage[block.id], ledger.reason[block.id]
    return _row(block, "added", stage, reason, 0, block.tokens, frozen, figures)


def _row(
    block: Block,
    fate: Fate,
    stage: str,
    reason: str,
    before: int,
    after: int,
    frozen: bool,
    figures: _Figures,
) -> BlockFate:
    return BlockFate(
        block.id,
        block.type,
        block.kind,
        fate,
        frozen,
        stage,
        reason,
        before,
        after,
        block.turn,
        block.origin,
        *figures,
    )


def _why_kept(block: Block) -> str:
    if block.frozen:
        return "sent before, unchanged"
    if block.kind is Kind.FRAMING:
        return "what the format adds around the texts"
    if block.kind is Kind.CALL:
        return "tool calls are never altered"
    if block.kind is Kind.MEDIA:
        return block.note or "goes as it came"
    if block.kind is Kind.OPAQUE:
        return "goes as it came: signed, cited, or of a kind that is never altered"
    if block.verbatim and block.type in (BlockType.SYSTEM, BlockType.DEVELOPER):
        return "instructions are never rewritten"
    if block.verbatim:
        return "the question is never rewritten"
    return "one of the newest turns" if block.must_keep else "nothing to cut"

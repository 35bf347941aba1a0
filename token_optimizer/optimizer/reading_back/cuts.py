"""What is missing of a prompt, by block, in few words: from it a reader finds the text in the original.

Before: the prompt as it came, and as it is sent
After:  CutBlock(("b3",), "logs", "...[… 1,459 lines left out #482193]...", ...), one for each block
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property
from typing import overload

from token_optimizer.models import OUTSIDE, Block, CutBlock, Kind, Origin, Prompt
from token_optimizer.optimizer.attempts import Attempt
from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.contract.trace import FROZEN, Ledger
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.optimizer.markers import shown_handles
from token_optimizer.ports import SentMessage

_NEVER = frozenset({Kind.FRAMING, Kind.OPAQUE, Kind.MEDIA})


class Cuts(Sequence[CutBlock]):
    """What is missing in the prompt that an attempt sends: found where somebody asks, as few answers do. To
    another process go the cuts alone."""

    def __init__(self, attempt: Attempt, history: ConversationHistory, stages: Iterable[Stage]) -> None:
        known = () if attempt.compaction is not None else history.known
        self._finder = CutFinder(attempt.original, attempt.after, known, attempt.ledger, stages)

    @cached_property
    def _cuts(self) -> tuple[CutBlock, ...]:
        return self._finder.cuts()

    @overload
    def __getitem__(self, at: int) -> CutBlock: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[CutBlock, ...]: ...

    def __getitem__(self, at: int | slice) -> CutBlock | tuple[CutBlock, ...]:
        return self._cuts[at]

    def __len__(self) -> int:
        return len(self._cuts)

    def __reduce__(self) -> tuple[type, tuple[tuple[CutBlock, ...]]]:
        return tuple, (self._cuts,)


class CutFinder:
    """Finds what is missing in `after`; `known` has what earlier turns sent, the ledger what this one did."""

    def __init__(
        self,
        original: Prompt,
        after: Prompt,
        known: Sequence[SentMessage],
        ledger: Ledger,
        stages: Iterable[Stage],
    ) -> None:
        self._original = original
        self._after = after
        self._known = known
        self._ledger = ledger
        self._stages = tuple(stages)

    @cached_property
    def _left(self) -> Set[str]:
        return {block.id for block in self._after.blocks}

    @cached_property
    def _apart(self) -> Set[int]:
        return {block.message for block in self._original.blocks if block.turn < 0}

    def cuts(self) -> tuple[CutBlock, ...]:
        """A cut for every block that shows handles, or lost something by a lossy rule without one."""
        originals = {block.id: at for at, block in enumerate(self._original.blocks)}
        found = []
        named: set[str] = set()
        for block in self._after.blocks:
            if block.origin is Origin.MARKER:
                of_turns = self._dropped_messages(block)
                named.update(of_turns)
                found.append(CutBlock(of_turns, self._stage_of_turns(block), block.content, block.markers))
            elif block.id in originals and self._lost_something(block):
                run = self._run_from(block, originals[block.id])
                named.update(run)
                found.append(CutBlock(run, self._stage_of(block), block.content, block.markers))
        gone = (
            block for block in self._original.blocks if block.id not in self._left and block.id not in named
        )
        return (*found, *self._dropped(gone))

    def _lost_something(self, block: Block) -> bool:
        if block.kind in _NEVER:
            return False
        was_cut = block.original_content is not None if block.frozen else block.id in self._ledger.cut
        return bool(shown_handles(block)) or was_cut

    def _dropped_messages(self, marker: Block) -> tuple[str, ...]:
        """The ids of the blocks of the messages in whose place the marker stands."""
        gone = self._after.gone_messages
        numbers = set()
        number = marker.message - 1
        # What belongs to no turn stays, and the run of dropped messages goes on before it.
        while number > OUTSIDE and (number in gone or number in self._apart):
            numbers.add(number)
            number -= 1
        return tuple(
            block.id
            for block in self._original.blocks
            if block.message in numbers & gone and block.kind not in _NEVER and block.content
        )

    def _run_from(self, block: Block, at: int) -> tuple[str, ...]:
        """The block, and those behind it that went with it, where one marker stands for several."""
        if len(block.markers) != 1 or block.markers[0].unit != block.kind.value:
            return (block.id,)
        run = self._original.blocks[at : at + block.markers[0].count]
        is_run = all(one.slot == block.slot and one.id not in self._left for one in run[1:])
        return tuple(one.id for one in run) if is_run else (block.id,)

    def _dropped(self, gone: Iterable[Block]) -> Iterator[CutBlock]:
        for block in gone:
            if block.kind in _NEVER or block.message in self._after.gone_messages:
                continue
            stage = self._stage_named(self._reason_of_dropped(block))
            if stage is not None and stage.lossy and block.content.strip():
                yield CutBlock((block.id,), stage.name)

    def _stage_of(self, block: Block) -> str:
        name = self._ledger.stage.get(block.id, "")
        if name and name != FROZEN.name:
            return name
        stage = self._stage_named(block.note)
        return stage.name if stage is not None else name

    def _stage_of_turns(self, marker: Block) -> str:
        """The stage that wrote a marker for dropped messages; one that was sent before keeps no reason of its
        own, but the messages do."""
        name = self._ledger.stage.get(marker.id, "")
        if name and name != FROZEN.name:
            return name
        before = self._known[: marker.message]
        reasons = (sent.why for message in before if message.gone for sent in message.blocks if sent.why)
        stage = self._stage_named(next(reasons, ""))
        return stage.name if stage is not None else name

    def _reason_of_dropped(self, block: Block) -> str:
        if block.message != OUTSIDE and block.message < len(self._known):
            sent = self._known[block.message].blocks
            return sent[block.place].why if block.place < len(sent) else ""
        return self._ledger.reason.get(block.id, "")

    def _stage_named(self, reason: str) -> Stage | None:
        """The stage that gave a reason, which begins with the stage's own."""
        return next((stage for stage in self._stages if reason.startswith(stage.reason)), None)

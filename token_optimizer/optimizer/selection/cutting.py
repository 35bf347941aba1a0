"""The blocks of a prompt that may be cut, each with its passages, and the prompt with only some of these."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import NamedTuple

from token_optimizer.models import Block, BlockType, Kind, Marker, Passage, Prompt, quoted, value_class
from token_optimizer.optimizer.code.sparse_numbers import with_all_numbers, with_sparse_numbers
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.conversation.turns.dropped_turns import without_turns
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import cut_marker, with_text, without_own_references
from token_optimizer.optimizer.prose.directives import directive_spans_in, hands_over
from token_optimizer.optimizer.relevance.names import name_facts
from token_optimizer.optimizer.retrieval.stats import is_retrieved
from token_optimizer.optimizer.selection.candidate_table import Frame
from token_optimizer.optimizer.selection.last_line import last_block_said, last_line_spans

# A text that says repeated things once says them again where only some are left.
_MIN_SHARE = 0.4

FindPassages = Callable[[str, str | None, tuple[Marker, ...]], list[Passage]]
KeepPassages = Callable[[MarkedText, Sequence[Passage], frozenset[int]], MarkedText]
WriteBlock = Callable[[int, frozenset[int]], Block]
# A shorter paragraph, as a title is, speaks of what the next one does.
_MIN_PARAGRAPH_CHARS = 200
# Who said more than this in a turn is not quoted from it: what stood between would be missing without a word.
_MAX_CARRIED_TOKENS = 150
_SHOWN = frozenset({Kind.CODE, Kind.LOG})
_MAX_SHOWN_TOKENS = 200
# The head of a part of one text, and not of a text by itself: "## Returns", "INVESTIGATIONS".
_MAX_HEAD_CHARS = 80
_SECTION_HEAD = re.compile(r"\s*(?:#{1,6} |[A-Z][A-Z &/-]{2,60}:?\n)")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Cutter:
    """How one kind of text is cut: `passages(text, query, markers)` names what may go, and `keep(text,
    passages, kept)` writes the text with only the kept ones, by index, and a marker for every gap.

    `ranked` passages are worth more the more they have to do with the query. `neighbor_weight` is the share
    of that which their neighbours get, `feedback_weight` what further words of the most relevant passages
    count, `synonym_weight` what words near those of the query count, and `topic_weight` what it counts to
    stand in a stretch of passages that have to do with the query.
    A `whole` text goes as a whole where none of its passages is kept. What is cut `from_original` is the text
    as it was before lossless rules; `gapless` texts have one line for all that is gone. What a long text says
    as a whole is told `by_paragraph`. An `example` is nobody's own word.
    With `telling`, only words of the query count that most of them do not have: examples repeat their task's.
    The names that a passage mentions are facts of it, each mention worth the `name_weight`. Some passages of
    an `answering` text are known to answer the query, with or without its words.
    """

    passages: FindPassages
    keep: KeepPassages
    ranked: bool = False
    neighbor_weight: float = 0.0
    feedback_weight: float = 0.0
    synonym_weight: float = 0.0
    topic_weight: float = 0.0
    whole: bool = False
    from_original: bool = False
    gapless: bool = False
    by_paragraph: bool = False
    example: bool = False
    name_weight: float = 0.0
    telling: bool = False
    answering: bool = False


class _Opened(NamedTuple):
    """A block that has a cutter and passages."""

    at: int
    block: Block
    source: MarkedText
    cutter: Cutter
    passages: list[Passage]
    texts: Sequence[str]

    def written(self) -> Sequence[str]:
        """The text of each passage as it is written."""
        wrapper = self.block.wrapper
        return [quoted(text, wrapper.quoting) for text in self.texts] if wrapper else self.texts


@value_class
class CuttableBlock:
    """A block that may be cut, at its index in the prompt, with its passages and the text and the tokens of
    each.

    `frame` names the old turn or the document that is opened by the first passage kept of it. Passages with
    `directives` go with their turn alone, whose marker repeats them, and so does a last line that may be
    asked. `is_own_words`: a user said it.
    """

    at: int
    block: Block
    source: MarkedText
    cutter: Cutter
    passages: list[Passage]
    texts: Sequence[str]
    tokens: Sequence[int]
    frame: Frame | None
    directives: frozenset[int]
    is_own_words: bool

    @property
    def has_sparse_numbers(self) -> bool:
        """Whether a line's number is left out where it can be counted."""
        return self.block.tool_result and len(self.source.text) > len(self.block.content)

    def facts(self, place: int) -> Mapping[str, float]:
        """What the passage says, with the names that it mentions."""
        weight = self.cutter.name_weight
        return {**self.passages[place].facts, **(name_facts(self.texts[place], weight) if weight else {})}

    def title(self) -> str:
        """What stands before the first passage, and around the text."""
        return self._around + self.source.text[: self.passages[0].start]

    def head(self) -> str:
        """The beginning of the text, with what stands around it."""
        return self._around + self.source.text[:_MAX_HEAD_CHARS]

    @property
    def _around(self) -> str:
        return self.block.wrapper.before if self.block.wrapper else ""

    def sections(self) -> Sequence[int]:
        """The numbers of passages in a row that speak of one thing: of all, or of each paragraph."""
        if not self.cutter.by_paragraph or _BLANK_LINE.search(self.source.text) is None:
            return (len(self.passages),)
        found, start, size = [], 0, 0
        for number, text in enumerate(self.texts, 1):
            size += len(text)
            if size >= _MIN_PARAGRAPH_CHARS and _ends_paragraph(text):
                found.append(number - start)
                start, size = number, 0
        return [*found, len(self.passages) - start] if start < len(self.passages) else found


def cuttable_blocks(
    prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None], turns: Iterable[int]
) -> list[CuttableBlock]:
    """The blocks that have a cutter and passages; `turns` are those that may go as a whole."""
    opened = list(_opened(prompt, cutter_of))
    # One call for all of them: a call costs more than a short text.
    counts = iter(context.count([text for one in opened for text in one.written()]))
    droppable, keywords = set(turns), context.config.directive_keywords
    shown = _shown_in_own_words(prompt)
    last = last_block_said(prompt)

    def kept_spans(one: _Opened) -> Sequence[tuple[int, int]]:
        directives = directive_spans_in(one.block, one.source.text, keywords)
        is_last = last is not None and one.block.id == last.id
        return (*directives, *last_line_spans(one.source.text)) if is_last else directives

    return [
        CuttableBlock(
            *one,
            _passage_tokens(one, counts),
            _frame_of(one, droppable),
            _overlapping(one.passages, kept_spans(one)),
            one.block.id in shown or _is_own_words(one.block, one.cutter),
        )
        for one in opened
    ]


def _opened(prompt: Prompt, cutter_of: Callable[[Block], Cutter | None]) -> Iterator[_Opened]:
    for at, block in enumerate(prompt.rest, len(prompt.prefix.sent)):
        if block.verbatim or block.must_keep or block.slot is None:
            continue
        cutter = cutter_of(block)
        if cutter is None:
            continue
        source = _source_of(block, cutter)
        if passages := cutter.passages(source.text, prompt.query, source.markers):
            texts = [source.text[passage.start : passage.end] for passage in passages]
            yield _Opened(at, block, source, cutter, passages, texts)


def _frame_of(opened: _Opened, droppable: Set[int]) -> Frame | None:
    """What is opened by the first passage that is kept: an old turn that may go, or a text that goes as a
    whole."""
    if opened.block.turn in droppable:
        return Frame("turn", opened.block.turn)
    return Frame("text", opened.at) if opened.cutter.whole else None


def _shown_in_own_words(prompt: Prompt) -> frozenset[str]:
    """The ids of short code and output that a user shows while telling more about it: a part of what is
    said."""
    told = Counter[int]()
    shown = []
    for block in prompt.rest:
        if block.is_users_prose:
            told[block.message] += block.tokens
        elif block.type is BlockType.USER and block.kind in _SHOWN and not block.tool_result:
            shown.append(block)
    return frozenset(
        block.id for block in shown if block.tokens <= min(_MAX_SHOWN_TOKENS, told[block.message])
    )


def _is_own_words(block: Block, cutter: Cutter) -> bool:
    """Whether a user said it in the conversation, and not somebody whose text he hands over."""
    return block.is_users_prose and not cutter.example and not hands_over(block.content)


def _source_of(block: Block, cutter: Cutter) -> MarkedText:
    """The text that is cut: that of the block with all its line numbers, or what it was before lossless
    rules."""
    if cutter.from_original and block.original_content:
        return MarkedText(block.original_content)
    has_references = bool(block.markers) and any(one.copy_of for one in block.markers)
    text = without_own_references(block) if has_references else MarkedText.of(block)
    return with_all_numbers(text) if block.tool_result else text


def _overlapping(passages: Sequence[Passage], spans: Sequence[tuple[int, int]]) -> frozenset[int]:
    """The places of the passages that hold a part of one of the spans; both stand in order."""
    places: set[int] = set()
    at = 0
    for start, end in spans:
        while at < len(passages) and passages[at].end <= start:
            at += 1
        for place in range(at, len(passages)):
            if passages[place].start >= end:
                break
            places.add(place)
    return frozenset(places)


def _passage_tokens(opened: _Opened, counts: Iterator[int]) -> list[int]:
    """What each passage costs; less where the block says the same as the text in fewer tokens."""
    tokens = list(islice(counts, len(opened.passages)))
    if opened.source.text is opened.block.content:
        return tokens
    share = min(1.0, max(_MIN_SHARE, opened.block.tokens / max(1, sum(tokens))))
    return [math.ceil(share * count) for count in tokens]


def block_writer(cuttables: Sequence[CuttableBlock], context: Context) -> WriteBlock:
    """Writes a block, by its number, with only the passages in these places; each way once, since from one
    try for a budget to the next most blocks stay as they are."""

    @cache
    def written(number: int, left: frozenset[int]) -> Block:
        cuttable = cuttables[number]
        text = cuttable.cutter.keep(cuttable.source, cuttable.passages, left)
        if cuttable.has_sparse_numbers:
            text = with_sparse_numbers(text)
        return with_text(cuttable.block, text, context.show_handles)

    return written


def cut(
    prompt: Prompt,
    context: Context,
    cuttables: list[CuttableBlock],
    kept: set[tuple[int, int]],
    turns: set[int],
    written: WriteBlock,
) -> Prompt:
    """The prompt with only the passages that are `kept`, by (text, place), each block as it is `written`, and
    without those of the `turns` of which none is, but for the user's own words. What is written is not
    counted yet."""
    blocks: list[Block | None] = list(prompt.blocks)
    places: dict[int, set[int]] = {}
    for number, place in kept:
        places.setdefault(number, set()).add(place)
    carried = _carried(cuttables, places, turns)
    empty_turns = turns - {cuttables[number].block.turn for number in places if number not in carried}
    words = {cuttables[number].block.id: _said(cuttables[number], left) for number, left in carried.items()}
    runs: list[list[CuttableBlock]] = []
    for number, cuttable in enumerate(cuttables):
        left = cuttable.directives.union(places.get(number, ()))
        if cuttable.block.turn in empty_turns or len(left) == len(cuttable.passages):
            continue
        if not left and is_retrieved(cuttable.block):
            blocks[cuttable.at] = None  # nobody misses what never came
            continue
        if cuttable.cutter.whole and not left:
            if not (runs and _follows(runs[-1][-1], cuttable)):
                runs.append([])
            runs[-1].append(cuttable)
            continue
        blocks[cuttable.at] = written(number, left)
    for run in runs:
        _leave_out(blocks, run, context)
    shorter = prompt.but(blocks=tuple([block for block in blocks if block is not None]))
    return without_turns(shorter, empty_turns, context, words)


def _carried(
    cuttables: Sequence[CuttableBlock], places: Mapping[int, Set[int]], turns: Set[int]
) -> dict[int, Set[int]]:
    """The user's own words, by number, that stay without their turn, each with the places of its passages:
    where nothing but a few of them is kept of it, opening it would cost more than it says."""
    if not turns:
        return {}
    answered = {cuttable.block.turn for cuttable in cuttables if not cuttable.is_own_words}
    opened = {cuttables[number].block.turn for number in places if not cuttables[number].is_own_words}
    said = Counter[int]()
    for number, left in places.items():
        said[cuttables[number].block.turn] += sum(cuttables[number].tokens[place] for place in left)
    opened.update(turn for turn, tokens in said.items() if tokens > _MAX_CARRIED_TOKENS)
    return {
        number: own.directives.union(left)
        for number, left in places.items()
        if (own := cuttables[number]).is_own_words
        and own.frame is not None
        and own.block.turn in answered - opened
    }


def _said(cuttable: CuttableBlock, left: Set[int]) -> list[MarkedText]:
    """What stays of the words, a text for each run of passages. All of them have the markers around, too: a
    reference in them must hold where it stands now."""
    spans: list[tuple[int, int]] = []
    for place in sorted(left):
        start, end = cuttable.passages[place].start, cuttable.passages[place].end
        if spans and spans[-1][1] == start:
            start = spans.pop()[0]
        spans.append((start, end))
    if len(left) == len(cuttable.passages):
        spans = [(0, len(cuttable.source.text))]
    parts = [cuttable.source.part(*span) for span in spans]
    return [part.part(*part.stripped_span(" \n")) for part in parts]


def _follows(before: CuttableBlock, cuttable: CuttableBlock) -> bool:
    """Whether the block stands right behind the one before, in the same text."""
    return before.at == cuttable.at - 1 and before.block.slot == cuttable.block.slot


def _leave_out(blocks: list[Block | None], run: list[CuttableBlock], context: Context) -> None:
    """One marker in the place of neighbouring texts that go as a whole."""
    first = run[0]
    gone = "".join(cuttable.source.text for cuttable in run)
    are_sections = all(_SECTION_HEAD.match(cuttable.head()) for cuttable in run)
    marker = cut_marker("section" if are_sections else first.block.kind.value, len(run), gone)
    blocks[first.at] = with_text(first.block, joined([marker, "\n\n"]), context.show_handles)
    for cuttable in run[1:]:
        blocks[cuttable.at] = None


def _ends_paragraph(text: str) -> bool:
    """Whether a blank line stands in the space at the end of the text."""
    end = len(text.rstrip())
    return end < len(text) and _BLANK_LINE.search(text, end) is not None

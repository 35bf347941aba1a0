"""Chooses which passages of the bulk stay when a prompt is over its hard budget.

Every kind of bulk has a cutter that names its passages and what each is worth. The choice is one over the
whole prompt: a lazy greedy cover, which takes the passage with the most new worth per token first. Facts
count once, so the objective is submodular, and greedy choice by worth per token is the usual approximation
for it under a knapsack (Leskovec et al., Cost-effective Outbreak Detection in Networks, KDD 2007).

What a passage costs depends on what is kept already: a marker less where it closes a gap, a marker more
where it opens one, and the whole frame of an old turn or a document if it is the first that stays of it.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import chain, islice

from token_optimizer.models import Block, Kind, Passage, Prompt
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.conversation.dropped_turns import droppable_turns, framing_left, without_turns
from token_optimizer.optimizer.prose.directives import directives_in
from token_optimizer.optimizer.relevance.bm25 import bm25, bm25_near, stems
from token_optimizer.optimizer.relevance.salience import fixed_facts, salient, token_values
from token_optimizer.optimizer.retrieval.retrieve import is_retrieved

# What a marker costs where a run of passages is left out.
MARKER_TOKENS = 7
_ATTEMPTS = 5
# A choice that costs by so much more or less than was reckoned is reckoned anew.
_FAR = 0.15
# A text that says repeated things once says them again where only some are left.
_MIN_SHARE = 0.4
# What the passage that is most relevant to the query is worth.
_RELEVANCE_VALUE = 2.0
# The value grows with the length of a passage and a little more: a long one leaves less to be guessed.
_LENGTH_POWER = 1.15
_USUAL_TOKENS = 25
# The share that the relevance of the whole text has in that of its passages.
_WHOLE_SHARE = 0.5
# What the marker of a cut ends with.
_CUT_MARKS = (" left out]", " more like the line above]")

Keep = Callable[[str, Sequence[Passage], frozenset[int]], str]


@dataclass(frozen=True, slots=True)
class Cutter:
    """How one kind of text is cut: `passages(text, query)` names what may go, and `keep(text, passages,
    kept)` writes the text with only the kept ones, by index, and a marker for every gap.

    `ranked` passages are worth more the more they have to do with the query, and `reach` is the share of it
    that their neighbours get, `feedback` what the words of the most relevant ones add. A `whole` text goes as
    a whole where none of its passages is kept. What is cut `from_original` is the text as it was before
    lossless rules; `gapless` texts say once what is gone.
    """

    passages: Callable[[str, str | None], list[Passage]]
    keep: Keep
    ranked: bool = False
    reach: float = 0.0
    feedback: float = 0.0
    near: float = 0.0
    whole: bool = False
    from_original: bool = False
    gapless: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be kept: its text's number, its place there, and the frame it stands in."""

    text: int
    place: int
    tokens: int
    value: float
    facts: dict[str, float]
    frame: str = ""
    gap_tokens: int = MARKER_TOKENS


@dataclass(frozen=True, slots=True)
class _Bulk:
    """A block that may be cut, with its passages and what each counts; those with `orders` go with their
    turn alone, whose marker repeats them."""

    at: int
    block: Block
    text: str
    cutter: Cutter
    passages: list[Passage]
    frame: str = ""
    tokens: Sequence[int] = ()
    orders: frozenset[int] = frozenset()

    def texts(self) -> list[str]:
        return [self.text[passage.start : passage.end] for passage in self.passages]


def fit_to_budget(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> Prompt:
    """The prompt with the least of its bulk left out so that it fits; unchanged where it fits already."""
    if context.tokens_over(prompt) <= 0 or context.budget_tokens is None:
        return prompt
    turns = droppable_turns(prompt)
    bulks = _bulks(prompt, context, cutter_of, turns)
    if not bulks:
        return prompt
    candidates = _candidates(prompt, bulks)
    frames = _frames(bulks, turns)
    covered = fixed_facts(prompt, {bulk.at for bulk in bulks})
    least = _cut(prompt, context, bulks, set(), set(turns))
    available = -_tokens_over(least, context)
    whole = available + _tokens_over(prompt, context)
    best, best_used, room, too_much = least, 0, available, 0
    for attempt in range(_ATTEMPTS):
        if room <= 0:
            break
        kept = choose(candidates, room, frames, covered)
        cut = _cut(prompt, context, bulks, kept, set(turns))
        used = available + _tokens_over(cut, context)
        if best_used < used <= available:
            best, best_used = cut, used
        if used <= available and (used >= (1 - _FAR) * available or len(kept) == len(candidates)):
            break
        too_much = room if used > available else too_much
        room = _next_room(room, used, available, whole, attempt)
        room = min(room, too_much - 1) if too_much else room
    return best


def _next_room(room: int, used: int, available: int, whole: int, attempt: int) -> int:
    """The room to try next, after a choice for `room` came to `used` of the tokens that are available."""
    if used >= whole:
        # What was left out was worth less than saying the rest at length: how far off it was is not known.
        return room // 2
    if abs(used - available) > _FAR * available:
        # Written together, passages may cost less or more than each by itself.
        return room * available // max(used, 1)
    # The choice stays the same until a whole passage no longer fits, so each step is a larger one.
    return room - ((used - available + MARKER_TOKENS) << attempt)


def _tokens_over(prompt: Prompt, context: Context) -> int:
    """As the context counts, but exact: two blocks of one text can count a token more than the text does."""
    shared: dict[int, list[Block]] = {}
    total = framing_left(prompt) - (context.budget_tokens or 0)
    for block in prompt.blocks:
        if block.slot is not None:
            shared.setdefault(block.slot, []).append(block)
        elif block.kind is not Kind.FRAMING:
            total += block.tokens
    total += sum(blocks[0].tokens for blocks in shared.values() if len(blocks) == 1)
    split = ["".join([block.content for block in blocks]) for blocks in shared.values() if len(blocks) > 1]
    return total + sum(context.count(split))


def choose(
    candidates: Sequence[Candidate], room_tokens: int, frames: dict[str, int], covered: Set[str] = frozenset()
) -> set[tuple[int, int]]:
    """The (text, place) pairs worth keeping within so many tokens; `frames` says what opening each costs."""
    return _Choice(candidates, frames, covered).kept_within(room_tokens)


class _Choice:
    """The state of one greedy choice."""

    def __init__(self, candidates: Sequence[Candidate], frames: dict[str, int], covered: Set[str]) -> None:
        self._candidates = candidates
        self._closed = dict(frames)
        self._covered = set(covered)
        self._kept: set[tuple[int, int]] = set()
        self._index = {(item.text, item.place): number for number, item in enumerate(candidates)}
        self._members: dict[str, list[int]] = {}
        for number, item in enumerate(candidates):
            if item.frame in frames:
                self._members.setdefault(item.frame, []).append(number)
        self._heap = [(-self._worth(item), number) for number, item in enumerate(candidates)]
        heapq.heapify(self._heap)

    def kept_within(self, room_tokens: int) -> set[tuple[int, int]]:
        while self._heap and room_tokens > 0:
            worth, number = heapq.heappop(self._heap)
            item = self._candidates[number]
            if (item.text, item.place) in self._kept or item.value < 0:
                continue
            now = -self._worth(item)
            if self._heap and now > self._heap[0][0] and now > worth:
                heapq.heappush(self._heap, (now, number))
                continue
            cost = self._cost(item)
            if cost <= room_tokens:
                room_tokens -= cost
                self._take(item)
        return self._kept

    def _worth(self, item: Candidate) -> float:
        """New worth per token; markers count too, or only crumbs would be kept."""
        new = item.value + sum(weight for fact, weight in item.facts.items() if fact not in self._covered)
        return new / max(self._cost(item), item.tokens // 2, 1)

    def _cost(self, item: Candidate) -> int:
        """Tokens that the prompt grows by when the passage is kept."""
        frame = self._closed.get(item.frame)
        if frame is not None:
            return item.tokens + frame + 2 * item.gap_tokens
        if not item.gap_tokens:
            return item.tokens
        before = (item.text, item.place - 1)
        after = (item.text, item.place + 1)
        opens = (before in self._index and before not in self._kept) + (
            after in self._index and after not in self._kept
        )
        return item.tokens + (opens - 1) * item.gap_tokens

    def _take(self, item: Candidate) -> None:
        self._kept.add((item.text, item.place))
        self._covered.update(item.facts)
        cheaper: Iterable[int] = (
            self._index[near]
            for near in ((item.text, item.place - 1), (item.text, item.place + 1))
            if near in self._index
        )
        if item.frame in self._closed:
            del self._closed[item.frame]
            cheaper = self._members[item.frame]
        for number in cheaper:
            other = self._candidates[number]
            if (other.text, other.place) not in self._kept:
                heapq.heappush(self._heap, (-self._worth(other), number))


def _bulks(
    prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None], turns: Iterable[int]
) -> list[_Bulk]:
    found = []
    droppable = set(turns)
    for at, block in enumerate(prompt.blocks):
        if block.verbatim or block.must_keep or block.slot is None:
            continue
        cutter = cutter_of(block)
        if cutter is None:
            continue
        text = (block.original_content if cutter.from_original else None) or block.content
        if passages := cutter.passages(text, prompt.query):
            frame = f"turn {block.turn}" if block.turn in droppable else f"text {at}" if cutter.whole else ""
            orders = (
                n for n, item in enumerate(passages) if directives_in(block, text[item.start : item.end])
            )
            found.append(_Bulk(at, block, text, cutter, passages, frame, orders=frozenset(orders)))
    # One call for all of them: a call costs more than a short text.
    counts = iter(context.count([text for bulk in found for text in bulk.texts()]))
    return [replace(bulk, tokens=_passage_tokens(bulk, counts)) for bulk in found]


def _passage_tokens(bulk: _Bulk, counts: Iterator[int]) -> list[int]:
    """What each passage costs; less where the block says the same as the text in fewer tokens."""
    tokens = list(islice(counts, len(bulk.passages)))
    if bulk.text is bulk.block.content:
        return tokens
    share = min(1.0, max(_MIN_SHARE, bulk.block.tokens / max(1, sum(tokens))))
    return [math.ceil(share * count) for count in tokens]


def _candidates(prompt: Prompt, bulks: list[_Bulk]) -> list[Candidate]:
    relevance = _relevance(prompt, bulks)
    by_token = token_values(prompt, [bulk.block for bulk in bulks])
    weights = salient(prompt, {bulk.at: bulk.passages for bulk in bulks})
    return [
        Candidate(
            number,
            index,
            tokens,
            passage.value + by_token[number] * tokens + _relevance_value(relevance[number][index], tokens),
            {fact: weight * weights.get(fact, 1.0) for fact, weight in passage.facts.items()},
            bulk.frame,
            0 if bulk.cutter.gapless else MARKER_TOKENS,
        )
        for number, bulk in enumerate(bulks)
        for index, (passage, tokens) in enumerate(zip(bulk.passages, bulk.tokens, strict=True))
    ]


def _relevance_value(relevance: float, tokens: int) -> float:
    return _RELEVANCE_VALUE * relevance * (tokens / _USUAL_TOKENS) ** _LENGTH_POWER if relevance else 0.0


def _relevance(prompt: Prompt, bulks: list[_Bulk]) -> list[list[float]]:
    """The relevance of every passage of ranked bulk; 0 for all others."""
    query = prompt.query or ""
    ranked = [bulk for bulk in bulks if bulk.cutter.ranked]
    words = stems([text for bulk in ranked for text in bulk.texts()])
    scores = iter(_passage_scores(prompt, ranked, words))
    several = len(ranked) > 1
    each = iter(words)
    # A title is no passage, but says what all of them speak of.
    titles = stems([bulk.text[: bulk.passages[0].start] for bulk in ranked])
    texts = [
        [*title, *chain.from_iterable(islice(each, len(bulk.passages)))]
        for title, bulk in zip(titles, ranked, strict=True)
    ]
    wholes = iter(bm25(query, texts) if several else [0.0])
    found = []
    for bulk in bulks:
        if not bulk.cutter.ranked:
            found.append([0.0] * len(bulk.passages))
            continue
        whole = _WHOLE_SHARE * next(wholes)
        spread = _spread([next(scores) for _ in bulk.passages], bulk.cutter.reach)
        found.append([whole + score for score in spread])
    return found


def _passage_scores(prompt: Prompt, ranked: list[_Bulk], words: list[list[str]]) -> list[float]:
    """How much each passage, given by its `words`, has to do with the query, without its neighbours."""
    feedback = [bulk.cutter.feedback for bulk in ranked for _ in bulk.passages]
    scores = bm25(prompt.query or "", words, feedback)
    shares = [bulk.cutter.near for bulk in ranked for _ in bulk.passages]
    if prompt.meaning is None or not any(shares):
        return scores
    others = bm25_near(prompt.meaning.near_words, words)
    return [score + share * other for score, share, other in zip(scores, shares, others, strict=True)]


def _spread(scores: list[float], reach: float) -> list[float]:
    """The scores, each with a share of what its neighbours have."""
    if not reach:
        return scores
    padded = [0.0, 0.0, *scores, 0.0, 0.0]
    return [
        padded[at] + reach * (padded[at - 1] + padded[at + 1]) + reach**2 * (padded[at - 2] + padded[at + 2])
        for at in range(2, len(scores) + 2)
    ]


def _frames(bulks: list[_Bulk], turns: dict[int, int]) -> dict[str, int]:
    """What keeping anything of an old turn or a document costs beside the passage itself."""
    frames: dict[str, int] = {f"turn {turn}": tokens for turn, tokens in turns.items()}
    for bulk in bulks:
        if bulk.frame.startswith("turn"):
            frames[bulk.frame] += MARKER_TOKENS - sum(bulk.tokens)
        elif bulk.frame:
            frames[bulk.frame] = bulk.block.tokens - sum(bulk.tokens)
    return {frame: max(tokens, 0) for frame, tokens in frames.items()}


def _cut(
    prompt: Prompt, context: Context, bulks: list[_Bulk], kept: set[tuple[int, int]], turns: set[int]
) -> Prompt:
    blocks: list[Block | None] = list(prompt.blocks)
    places: dict[int, set[int]] = {}
    for number, place in kept:
        places.setdefault(number, set()).add(place)
    empty_turns = turns - {bulks[number].block.turn for number in places}
    run: list[_Bulk] = []
    for number, bulk in enumerate(bulks):
        left = bulk.orders.union(places.get(number, ()))
        if bulk.block.turn in empty_turns or len(left) == len(bulk.passages):
            continue
        if not left and is_retrieved(bulk.block):
            blocks[bulk.at] = None  # nobody misses what never came
            continue
        if bulk.cutter.whole and not left:
            follows = run and run[-1].at == bulk.at - 1 and run[-1].block.slot == bulk.block.slot
            run = [*run, bulk] if follows else [bulk]
            _leave_out(blocks, run)
            continue
        text = bulk.cutter.keep(bulk.text, bulk.passages, left)
        blocks[bulk.at] = replace(bulk.block, content=text)
    cut = replace(prompt, blocks=tuple(block for block in blocks if block is not None))
    return _recounted(without_turns(cut, empty_turns), prompt, context)


def _leave_out(blocks: list[Block | None], run: list[_Bulk]) -> None:
    """One marker in the place of neighbouring texts that go as a whole."""
    first = run[0]
    unit = f"{first.block.kind.value}s" if len(run) > 1 else first.block.kind.value
    blocks[first.at] = replace(first.block, content=f"[… {len(run)} {unit} left out]\n\n")
    for bulk in run[1:]:
        blocks[bulk.at] = None


def _recounted(cut: Prompt, before: Prompt, context: Context) -> Prompt:
    """The prompt with the tokens of changed blocks; a block that grew goes back as it was."""
    known = {block.id: block for block in before.blocks}
    blocks = list(cut.blocks)
    changed = [
        at
        for at, block in enumerate(blocks)
        if block.id not in known or block.content != known[block.id].content
    ]
    for at, tokens in zip(changed, context.count([blocks[at].content for at in changed]), strict=True):
        old = known.get(blocks[at].id)
        grew = old is not None and tokens >= old.tokens
        blocks[at] = old if old is not None and grew else replace(blocks[at], tokens=tokens)
    return replace(cut, blocks=tuple(blocks))


def was_cut(text: str) -> bool:
    """Whether the text has the marker of a cut."""
    return any(mark in text for mark in _CUT_MARKS)


def keep_passages(text: str, passages: Sequence[Passage], kept: frozenset[int], unit: str = "line") -> str:
    """The text with the kept passages, and one marker for each run of others, counting its lines."""
    out: list[str] = []
    end = gap_start = 0
    gap = 0
    for index, passage in enumerate(passages):
        out.append(text[end : passage.start])
        end = passage.end
        if index in kept:
            if gap:
                out.append(_marker(text[gap_start : passages[index - 1].end], gap, unit))
                gap = 0
            out.append(text[passage.start : passage.end])
        else:
            gap_start = gap_start if gap else passage.start
            gap += 1
    if gap:
        out.append(_marker(text[gap_start : passages[-1].end], gap, unit))
    out.append(text[end:])
    return "".join(out)


def keep_sentences(text: str, passages: Sequence[Passage], kept: frozenset[int]) -> str:
    """The text with the kept passages, and one marker for each run of others, counting passages."""
    return keep_passages(text, passages, kept, "passage")


def _marker(gap: str, passages: int, unit: str) -> str:
    count = max(1, len(gap.splitlines())) if unit == "line" else passages
    plural = "s" if count != 1 else ""
    return f"[… {count:,} {unit}{plural} left out]" + ("\n" if gap.endswith("\n") else "")

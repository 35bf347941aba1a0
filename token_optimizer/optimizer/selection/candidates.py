"""The worth of each passage of the cuttable blocks: its own, and by what it has to do with the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice, repeat
from operator import add
from typing import TypeVar

from token_optimizer.models import Prompt
from token_optimizer.optimizer.relevance.bm25 import (
    Mentions,
    SearchedTexts,
    Synonyms,
    mentions,
    with_feedback,
    words_of,
)
from token_optimizer.optimizer.relevance.salience import (
    NOTHING_BEFORE,
    NamesBefore,
    fixed_facts,
    salient,
    token_values,
)
from token_optimizer.optimizer.relevance.words import stems, stems_of
from token_optimizer.optimizer.selection.choice import Candidate, Frame, choose
from token_optimizer.optimizer.selection.cutting import CuttableBlock, Cutter

T = TypeVar("T")

# What the passage that is most relevant to the query is worth.
_RELEVANCE_VALUE = 2.0
# The value grows with the length of a passage and a little more: a long one leaves less to be guessed.
_LENGTH_POWER = 1.15
_USUAL_TOKENS = 25
# The share that the relevance of the whole text has in that of its passages.
_WHOLE_SHARE = 0.3
# The share that a passage's relevance has when it is read below its title.
_TITLED_SHARE = 0.4
# So many passages before and behind one tell whether its stretch is about the query.
_TOPIC_REACH = 20
# A token of the user's own words is worth more than one of anything else.
_OWN_TOKEN_VALUE = 10.0


def candidates_of(
    prompt: Prompt,
    cuttables: list[CuttableBlock],
    gap_tokens: int,
    before: NamesBefore = NOTHING_BEFORE,
) -> list[Candidate]:
    """Every passage that may go as a candidate; its text's number is that of its block among the `cuttables`.
    A gap costs a marker of `gap_tokens`. Directives stay, in their turn or behind its marker. What is known
    of the blocks `before` is not read again."""
    relevance = _relevance(prompt, cuttables)
    by_token = token_values(prompt, [cuttable.block for cuttable in cuttables])
    weights = salient(prompt, {cuttable.at: cuttable.passages for cuttable in cuttables}, before)
    by_length = _length_values(cuttables)
    return [
        Candidate(
            number,
            index,
            tokens,
            passage.value
            + by_token[number] * tokens
            + _RELEVANCE_VALUE * relevance[number][index] * by_length[tokens],
            {fact: weight * weights.get(fact, 1.0) for fact, weight in passage.facts.items()},
            cuttable.frame,
            0 if cuttable.cutter.gapless else gap_tokens,
        )
        for number, cuttable in enumerate(cuttables)
        for index, (passage, tokens) in enumerate(zip(cuttable.passages, cuttable.tokens, strict=True))
        if index not in cuttable.directives
    ]


def covered_facts(
    prompt: Prompt, cuttables: Sequence[CuttableBlock], before: NamesBefore = NOTHING_BEFORE
) -> set[str]:
    """The facts that stay whatever is cut: of blocks that may not be, and of directives."""
    directives = (cuttable.passages[place] for cuttable in cuttables for place in cuttable.directives)
    fixed = fixed_facts(prompt, {cuttable.at for cuttable in cuttables}, before)
    return fixed.union(*[passage.facts for passage in directives])


def _length_values(cuttables: Sequence[CuttableBlock]) -> dict[int, float]:
    """What a passage is worth by its tokens."""
    sizes = {tokens for cuttable in cuttables for tokens in cuttable.tokens}
    return {tokens: (tokens / _USUAL_TOKENS) ** _LENGTH_POWER for tokens in sizes}


def own_words_first(
    candidates: list[Candidate],
    cuttables: Sequence[CuttableBlock],
    frames: Mapping[Frame, int],
    own_tokens: int,
    *,
    in_part: bool,
) -> list[Candidate]:
    """The candidates, with what users said themselves before all else, within so many tokens. What is more
    than that comes first `in_part`, by its worth, or not at all."""
    own = {(item.text, item.place): item for item in candidates if cuttables[item.text].is_own_words}
    is_whole = sum(item.tokens for item in own.values()) <= own_tokens
    if not is_whole and not in_part:
        return candidates
    first = own.keys() if is_whole else choose(list(own.values()), own_tokens, frames)

    def raised(item: Candidate) -> Candidate:
        if (item.text, item.place) not in first:
            return item
        # Where all of them stay, such words open no turn: they can follow the marker of one that goes.
        frame = None if is_whole else item.frame
        return item._replace(value=item.value + _OWN_TOKEN_VALUE * item.tokens, frame=frame)

    return [raised(item) for item in candidates] if first else candidates


def frames_of(cuttables: list[CuttableBlock], turns: Mapping[int, int], gap_tokens: int) -> dict[Frame, int]:
    """What keeping anything of an old turn or a document costs beside the passage itself."""
    frames = {Frame("turn", turn): tokens for turn, tokens in turns.items()}
    for cuttable in cuttables:
        if cuttable.frame is None:
            continue
        around = gap_tokens if cuttable.frame.kind == "turn" else cuttable.block.tokens
        frames[cuttable.frame] = frames.get(cuttable.frame, 0) + around - sum(cuttable.tokens)
    return {frame: max(tokens, 0) for frame, tokens in frames.items()}


def _relevance(prompt: Prompt, cuttables: list[CuttableBlock]) -> list[list[float]]:
    """The relevance of every passage of ranked texts; 0 for all others."""
    ranked = [cuttable for cuttable in cuttables if cuttable.cutter.ranked]
    texts = _RankedTexts.of(prompt, ranked)
    scores = iter(_titled_scores(texts))
    wholes = iter(_section_scores(texts))
    alone = [list(islice(scores, len(cuttable.passages))) for cuttable in ranked]
    topics = iter(_topic_scores(alone, [cuttable.cutter.topic_weight for cuttable in ranked]))
    of_each = iter(alone)
    found = []
    for cuttable in cuttables:
        size = len(cuttable.passages)
        if not cuttable.cutter.ranked:
            found.append([0.0] * size)
            continue
        near = _with_neighbors(next(of_each), cuttable.cutter.neighbor_weight)
        own = map(add, near, next(topics))
        whole = chain.from_iterable(repeat(_WHOLE_SHARE * next(wholes), size) for size in cuttable.sections())
        found.append([score + more for score, more in zip(own, whole, strict=True)])
    return found


@dataclass(frozen=True, slots=True)
class _RankedTexts:
    """The ranked texts with the stems of each passage and each title, and what these mention of the query and
    its synonyms. A title is no passage, but says what all of them speak of."""

    asked: frozenset[str]
    synonyms: Synonyms
    ranked: list[CuttableBlock]
    words: list[list[str]]
    titles: list[list[str]]
    mentioned: list[Mentions]
    in_titles: list[Mentions]

    @classmethod
    def of(cls, prompt: Prompt, ranked: list[CuttableBlock]) -> _RankedTexts:
        asked = frozenset(stems_of(prompt.query or ""))
        synonyms = prompt.meaning.synonyms if prompt.meaning is not None else {}
        wanted = asked | words_of(synonyms)
        words = stems([text for cuttable in ranked for text in cuttable.texts()])
        titles = stems([cuttable.title() for cuttable in ranked])
        found, in_titles = mentions(words, wanted), mentions(titles, wanted)
        return cls(asked, synonyms, ranked, words, titles, found, in_titles)

    def per_passage(self, of_texts: Sequence[T]) -> list[T]:
        """What each text has, for each of its passages."""
        pairs = zip(of_texts, self.ranked, strict=True)
        return [one for one, cuttable in pairs for _ in cuttable.passages]


def _section_scores(texts: _RankedTexts) -> list[float]:
    """How much each section of each text has to do with the query, in order; nothing where there is one."""
    each = iter(zip(texts.mentioned, texts.words, strict=True))
    mentioned, lengths = [], []
    for in_title, title, cuttable in zip(texts.in_titles, texts.titles, texts.ranked, strict=True):
        for size in cuttable.sections():
            found = list(islice(each, size))
            mentioned.append((*in_title, *chain.from_iterable(one for one, _ in found)))
            lengths.append(len(title) + sum(len(words) for _, words in found))
    if len(mentioned) <= 1:
        return [0.0] * len(mentioned)
    return SearchedTexts(mentioned, lengths).scores(texts.asked)


def _titled_scores(texts: _RankedTexts) -> list[float]:
    """How much each passage has to do with the query, by itself and as it is read below its title; without
    its neighbours."""
    cutters = texts.per_passage([cuttable.cutter for cuttable in texts.ranked])
    words, lengths = texts.words, list(map(len, texts.words))
    if not any(texts.titles):
        return _scores(texts, cutters, texts.mentioned, lengths, lambda: words)
    titles = texts.per_passage(texts.titles)
    mentioned = [*texts.mentioned, *map(add, texts.mentioned, texts.per_passage(texts.in_titles))]
    lengths += [length + len(title) for length, title in zip(lengths, titles, strict=True)]
    # Together: a word that all passages have is no match beside one that a single title has.
    both = _scores(
        texts, [*cutters, *cutters], mentioned, lengths, lambda: [*words, *map(add, words, titles)]
    )
    return [
        (1 - _TITLED_SHARE) * alone + _TITLED_SHARE * below
        for alone, below in zip(both[: len(words)], both[len(words) :], strict=True)
    ]


def _scores(
    texts: _RankedTexts,
    cutters: Sequence[Cutter],
    mentioned: Sequence[Mentions],
    lengths: Sequence[int],
    words: Callable[[], Sequence[Sequence[str]]],
) -> list[float]:
    """How much each passage has to do with the query, as its cutter searches. All its words are only looked
    at where a cutter has a `feedback_weight`."""
    searched = SearchedTexts(mentioned, lengths)
    scores = searched.scores(texts.asked)
    feedback = [cutter.feedback_weight for cutter in cutters]
    if any(feedback):
        scores = with_feedback(scores, words(), feedback)
    weights = [cutter.synonym_weight for cutter in cutters]
    if not texts.synonyms or not any(weights):
        return scores
    synonyms = searched.scores_with_synonyms(texts.synonyms)
    return [score + weight * other for score, weight, other in zip(scores, weights, synonyms, strict=True)]


def _topic_scores(scores: Sequence[list[float]], weights: Sequence[float]) -> list[list[float]]:
    """How much each passage of each text stands where the text has to do with the query: people speak of a
    thing for a while, and not each time in its words. The best stretch of all has the text's weight."""
    smooth = [
        _smoothed(_smoothed(of_text)) if weight else [0.0] * len(of_text)
        for of_text, weight in zip(scores, weights, strict=True)
    ]
    best = max(map(max, filter(None, smooth)), default=0.0) or 1.0
    return [
        [weight * score / best for score in of_text] for of_text, weight in zip(smooth, weights, strict=True)
    ]


def _smoothed(scores: Sequence[float]) -> list[float]:
    """The mean of the scores around each."""
    sums = [0.0, *accumulate(scores)]
    spans = (
        (max(0, at - _TOPIC_REACH), min(len(scores), at + _TOPIC_REACH + 1)) for at in range(len(scores))
    )
    return [(sums[end] - sums[start]) / (end - start) for start, end in spans]


def _with_neighbors(scores: list[float], weight: float) -> list[float]:
    """The scores, each with a share of what its neighbours have."""
    if not weight:
        return scores
    padded = [0.0, 0.0, *scores, 0.0, 0.0]
    return [
        padded[at]
        + weight * (padded[at - 1] + padded[at + 1])
        + weight**2 * (padded[at - 2] + padded[at + 2])
        for at in range(2, len(scores) + 2)
    ]

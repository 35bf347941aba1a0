"""The worth of each passage of the cuttable blocks: its own, and by what it has to do with the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, repeat

from token_optimizer.models import Prompt
from token_optimizer.optimizer.relevance.bm25 import bm25, bm25_with_synonyms
from token_optimizer.optimizer.relevance.salience import salient, token_values
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.optimizer.selection.choice import Candidate, Frame, choose
from token_optimizer.optimizer.selection.cutting import CuttableBlock

# What the passage that is most relevant to the query is worth.
_RELEVANCE_VALUE = 2.0
# The value grows with the length of a passage and a little more: a long one leaves less to be guessed.
_LENGTH_POWER = 1.15
_USUAL_TOKENS = 25
# The share that the relevance of the whole text has in that of its passages.
_WHOLE_SHARE = 0.3
# The share that a passage's relevance has when it is read below its title.
_TITLED_SHARE = 0.4
# A token of the user's own words is worth more than one of anything else.
_OWN_TOKEN_VALUE = 10.0


def candidates_of(prompt: Prompt, cuttables: list[CuttableBlock], gap_tokens: int) -> list[Candidate]:
    """Every passage as a candidate; its text's number is that of its block among the `cuttables`. A gap costs
    a marker of `gap_tokens`."""
    relevance = _relevance(prompt, cuttables)
    by_token = token_values(prompt, [cuttable.block for cuttable in cuttables])
    weights = salient(prompt, {cuttable.at: cuttable.passages for cuttable in cuttables})
    return [
        Candidate(
            number,
            index,
            tokens,
            passage.value + by_token[number] * tokens + _relevance_value(relevance[number][index], tokens),
            {fact: weight * weights.get(fact, 1.0) for fact, weight in passage.facts.items()},
            cuttable.frame,
            0 if cuttable.cutter.gapless else gap_tokens,
        )
        for number, cuttable in enumerate(cuttables)
        for index, (passage, tokens) in enumerate(zip(cuttable.passages, cuttable.tokens, strict=True))
    ]


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
    if sum(item.tokens for item in own.values()) <= own_tokens:
        # Such words open no turn: they can follow the marker of one that goes.
        first = {place: replace(item, frame=None) for place, item in own.items()}
    elif in_part:
        first = {place: own[place] for place in choose(list(own.values()), own_tokens, frames)}
    else:
        return candidates
    for place, item in first.items():
        first[place] = replace(item, value=item.value + _OWN_TOKEN_VALUE * item.tokens)
    return [first.get((item.text, item.place), item) for item in candidates]


def frames_of(cuttables: list[CuttableBlock], turns: Mapping[int, int], gap_tokens: int) -> dict[Frame, int]:
    """What keeping anything of an old turn or a document costs beside the passage itself."""
    frames = {Frame("turn", turn): tokens for turn, tokens in turns.items()}
    for cuttable in cuttables:
        if cuttable.frame is None:
            continue
        around = gap_tokens if cuttable.frame.kind == "turn" else cuttable.block.tokens
        frames[cuttable.frame] = frames.get(cuttable.frame, 0) + around - sum(cuttable.tokens)
    return {frame: max(tokens, 0) for frame, tokens in frames.items()}


def _relevance_value(relevance: float, tokens: int) -> float:
    return _RELEVANCE_VALUE * relevance * (tokens / _USUAL_TOKENS) ** _LENGTH_POWER if relevance else 0.0


def _relevance(prompt: Prompt, cuttables: list[CuttableBlock]) -> list[list[float]]:
    """The relevance of every passage of ranked texts; 0 for all others."""
    query = prompt.query or ""
    ranked = [cuttable for cuttable in cuttables if cuttable.cutter.ranked]
    words = stems([text for cuttable in ranked for text in cuttable.texts()])
    # A title is no passage, but says what all of them speak of.
    titles = stems([cuttable.title() for cuttable in ranked])
    scores = iter(_titled_scores(prompt, ranked, words, titles))
    wholes = iter(_section_scores(query, ranked, words, titles))
    found = []
    for cuttable in cuttables:
        if not cuttable.cutter.ranked:
            found.append([0.0] * len(cuttable.passages))
            continue
        own = _with_neighbors([next(scores) for _ in cuttable.passages], cuttable.cutter.neighbor_weight)
        whole = chain.from_iterable(repeat(_WHOLE_SHARE * next(wholes), size) for size in cuttable.sections())
        found.append([score + more for score, more in zip(own, whole, strict=True)])
    return found


def _section_scores(
    query: str, ranked: list[CuttableBlock], words: list[list[str]], titles: list[list[str]]
) -> list[float]:
    """How much each section of each text has to do with the query, in order; nothing where there is one."""
    each = iter(words)
    texts = [
        [*title, *chain.from_iterable(islice(each, size))]
        for title, cuttable in zip(titles, ranked, strict=True)
        for size in cuttable.sections()
    ]
    return bm25(query, texts) if len(texts) > 1 else [0.0] * len(texts)


def _titled_scores(
    prompt: Prompt, ranked: list[CuttableBlock], words: list[list[str]], titles: list[list[str]]
) -> list[float]:
    """How much each passage has to do with the query, by itself and as it is read below its title; without
    its neighbours."""
    owners = [cuttable for cuttable in ranked for _ in cuttable.passages]
    if not any(titles):
        return _passage_scores(prompt, owners, words)
    above = (title for title, cuttable in zip(titles, ranked, strict=True) for _ in cuttable.passages)
    titled = [[*own, *title] for own, title in zip(words, above, strict=True)]
    # Together: a word that all passages have is no match beside one that a single title has.
    both = _passage_scores(prompt, [*owners, *owners], [*words, *titled])
    return [
        (1 - _TITLED_SHARE) * alone + _TITLED_SHARE * below
        for alone, below in zip(both[: len(words)], both[len(words) :], strict=True)
    ]


def _passage_scores(prompt: Prompt, owners: list[CuttableBlock], words: list[list[str]]) -> list[float]:
    """How much each passage, given by its `words`, has to do with the query, as its owner is searched."""
    scores = bm25(prompt.query or "", words, [owner.cutter.feedback_weight for owner in owners])
    weights = [owner.cutter.synonym_weight for owner in owners]
    if prompt.meaning is None or not any(weights):
        return scores
    synonyms = bm25_with_synonyms(prompt.meaning.synonyms, words)
    return [score + weight * other for score, weight, other in zip(scores, weights, synonyms, strict=True)]


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

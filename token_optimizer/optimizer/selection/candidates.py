"""The worth of each passage of the cuttable blocks: its own, and by what it has to do with the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from operator import attrgetter

import numpy as np

from token_optimizer.models import Passage, Prompt
from token_optimizer.optimizer.relevance.asked.acronyms import acronyms_of
from token_optimizer.optimizer.relevance.asked.answers import answer_shares, has_answer_forms
from token_optimizer.optimizer.relevance.asked.ranges import numbers_meant
from token_optimizer.optimizer.relevance.bm25 import (
    Scores,
    Synonyms,
    scores,
    scores_with_synonyms,
    with_feedback,
    words_of,
)
from token_optimizer.optimizer.relevance.mentions import Mentions
from token_optimizer.optimizer.relevance.names import names_in
from token_optimizer.optimizer.relevance.salience import (
    NOTHING_BEFORE,
    NamesBefore,
    calls_tools,
    fixed_facts,
    is_agents_run,
    salient,
    token_values,
)
from token_optimizer.optimizer.relevance.words import is_english, stems_in, stems_of, stems_of_word
from token_optimizer.optimizer.selection.candidate_table import (
    NO_FRAME,
    CandidateTable,
    FactTable,
    Frame,
    Mask,
)
from token_optimizer.optimizer.selection.choice import GreedyChoice
from token_optimizer.optimizer.selection.cutting import CuttableBlock
from token_optimizer.optimizer.selection.references import may_refer, with_references
from token_optimizer.text.numbered_words import Numbers, Occurrences, words_of_texts

# What the passage that is most relevant to the query is worth.
_RELEVANCE_VALUE = 2.0
# The value grows with the length of a passage and a little more: a long one leaves less to be guessed.
_LENGTH_POWER = 1.15
_USUAL_TOKENS = 25
# What a passage gains by having a day, a time or an amount where the question asks for one.
_ANSWER_SHARE = 0.25
# The share that the relevance of the whole text has in that of its passages.
_WHOLE_SHARE = 0.3
# What a section of more passages is about says less of each of them.
_USUAL_SECTION = 24
# The share that a passage's relevance has when it is read below its title.
_TITLED_SHARE = 0.4
# So many passages before and behind one tell whether its stretch is about the query.
_TOPIC_REACH = 20
# A word that more of the passages have is common, where so many others are mentioned.
_MIN_COMMON, _COMMON_SHARE, _MIN_RARE = 2, 0.2, 2
# A token of the user's own words is worth more than one of anything else.
_OWN_TOKEN_VALUE = 10.0
_PASSAGES, _TOKENS = attrgetter("passages"), attrgetter("tokens")
_VALUE, _FACTS = attrgetter("value"), attrgetter("facts")
_START, _END = attrgetter("start"), attrgetter("end")


def candidates_of(
    prompt: Prompt,
    cuttables: list[CuttableBlock],
    gap_tokens: int,
    before: NamesBefore = NOTHING_BEFORE,
) -> CandidateTable:
    """Every passage that may go as a candidate; its text's number is that of its block among the `cuttables`.
    A gap costs a marker of `gap_tokens`. Directives stay, in their turn or behind its marker. What is known
    of the blocks `before` is not read again."""
    sizes = np.array([len(cuttable.passages) for cuttable in cuttables], np.int64)
    texts = np.repeat(np.arange(len(cuttables)), sizes)
    passages = list(chain.from_iterable(map(_PASSAGES, cuttables)))
    tokens = np.fromiter(chain.from_iterable(map(_TOKENS, cuttables)), np.int64, len(passages))
    words = _words_of(prompt, cuttables, sizes, passages)
    relevance = _relevance(prompt, cuttables, sizes, words)
    by_token = np.array(token_values(prompt, [cuttable.block for cuttable in cuttables]))
    own_values = np.fromiter(map(_VALUE, passages), float, len(passages))
    frame_names = list(dict.fromkeys(cuttable.frame for cuttable in cuttables if cuttable.frame is not None))
    frame_of: dict[Frame | None, int] = {frame: number for number, frame in enumerate(frame_names)}
    table = CandidateTable(
        texts,
        np.arange(len(texts)) - np.repeat(np.cumsum(sizes) - sizes, sizes),
        tokens,
        own_values + by_token[texts] * tokens + _RELEVANCE_VALUE * relevance * _length_values(tokens),
        _facts(prompt, cuttables, list(map(_FACTS, passages)), texts, words, before),
        np.array([frame_of.get(cuttable.frame, NO_FRAME) for cuttable in cuttables], np.int64)[texts],
        frame_names,
        np.array([0 if cuttable.cutter.gapless else gap_tokens for cuttable in cuttables], np.int64)[texts],
    )
    return table.where(_is_free(cuttables, sizes))


def _facts(
    prompt: Prompt,
    cuttables: Sequence[CuttableBlock],
    said: Sequence[Mapping[str, float]],
    texts: Numbers,
    words: Occurrences[str],
    before: NamesBefore,
) -> FactTable:
    """What the passages say, names by how likely they are needed next; `said` has the facts of each passage,
    `texts` the number of its text, and `words` are those of all."""
    name_weights = np.array([cuttable.cutter.name_weight for cuttable in cuttables], float)[texts]
    facts = FactTable.of(said).with_names(names_in(words), name_weights)
    places = np.array([cuttable.at for cuttable in cuttables], np.int64)[texts]
    return facts.weighed(salient(prompt, facts.names, facts.numbers, places[facts.owners], before))


def _words_of(
    prompt: Prompt, cuttables: Sequence[CuttableBlock], sizes: Numbers, passages: Sequence[Passage]
) -> Occurrences[str]:
    """The words of all passages of which they count."""
    if prompt.meaning is not None and all(map(_is_read, cuttables)):
        # As a rule the words of all of these blocks were found for what the query means.
        starts, ends = (np.fromiter(map(of, passages), np.int64, len(passages)) for of in (_START, _END))
        found = prompt.meaning.words.of_parts([one.source.text for one in cuttables], sizes, starts, ends)
        if found is not None:
            return found
    return words_of_texts(list(chain.from_iterable(map(_read_texts, cuttables))))


def _is_read(cuttable: CuttableBlock) -> bool:
    """Whether the words of the passages count."""
    return cuttable.cutter.ranked or cuttable.cutter.name_weight > 0


def _read_texts(cuttable: CuttableBlock) -> Sequence[str]:
    """The texts of the passages of which the words count; empty texts in the place of all others."""
    return cuttable.texts if _is_read(cuttable) else [""] * len(cuttable.texts)


def _is_free(cuttables: Sequence[CuttableBlock], sizes: Numbers) -> Mask:
    """Which passages hold no directive."""
    is_free = np.ones(int(sizes.sum()), bool)
    for cuttable, end in zip(cuttables, np.cumsum(sizes).tolist(), strict=True):
        if cuttable.directives:
            is_free[[end - len(cuttable.passages) + place for place in cuttable.directives]] = False
    return is_free


def covered_facts(
    prompt: Prompt, cuttables: Sequence[CuttableBlock], before: NamesBefore = NOTHING_BEFORE
) -> set[str]:
    """The facts that stay whatever is cut: of blocks that may not be, and of directives."""
    fixed = fixed_facts(prompt, {cuttable.at for cuttable in cuttables}, before)
    directed = [cuttable.facts(place) for cuttable in cuttables for place in cuttable.directives]
    return fixed.union(*directed)


def _length_values(tokens: Numbers) -> Scores:
    """What passages are worth by their tokens."""
    sizes, places = np.unique(tokens, return_inverse=True)
    # Powers of arrays differ in their last digits from processor to processor.
    values = np.array([(size / _USUAL_TOKENS) ** _LENGTH_POWER for size in sizes.tolist()], float)
    return values[places]


def own_words_first(
    candidates: CandidateTable,
    cuttables: Sequence[CuttableBlock],
    frames: Mapping[Frame, int],
    own_tokens: int,
    *,
    in_part: bool,
) -> CandidateTable:
    """The candidates, with what users said themselves before all else, within so many tokens. What is more
    than that comes first `in_part`, by its worth, or not at all."""
    is_own = np.array([cuttable.is_own_words for cuttable in cuttables], bool)[candidates.texts]
    is_whole = int(candidates.tokens[is_own].sum()) <= own_tokens
    if not is_whole and not in_part:
        return candidates
    is_first = is_own.copy()
    if not is_whole:
        own = GreedyChoice(candidates.where(is_own), frames).worths_within(own_tokens)
        is_first[is_own] = candidates.where(is_own).are_among(own)
    if not is_first.any():
        return candidates
    # Where all of them stay, such words open no turn: they can follow the marker of one that goes.
    unframed = is_first if is_whole else np.zeros(len(candidates), bool)
    return candidates.raised(is_first * (_OWN_TOKEN_VALUE * candidates.tokens), unframed=unframed)


def frames_of(cuttables: list[CuttableBlock], turns: Mapping[int, int], gap_tokens: int) -> dict[Frame, int]:
    """What keeping anything of an old turn or a document costs beside the passage itself."""
    frames = {Frame("turn", turn): tokens for turn, tokens in turns.items()}
    for cuttable in cuttables:
        if cuttable.frame is None:
            continue
        around = gap_tokens if cuttable.frame.kind == "turn" else cuttable.block.tokens
        frames[cuttable.frame] = frames.get(cuttable.frame, 0) + around - sum(cuttable.tokens)
    return {frame: max(tokens, 0) for frame, tokens in frames.items()}


def _relevance(
    prompt: Prompt, cuttables: list[CuttableBlock], sizes: Numbers, words: Occurrences[str]
) -> Scores:
    """The relevance of every passage of ranked texts; 0 for all others. `words` are those of all passages."""
    is_ranked = np.array([cuttable.cutter.ranked for cuttable in cuttables], bool)
    found = np.zeros(int(sizes.sum()))
    if is_ranked.any():
        ranked = [cuttable for cuttable in cuttables if cuttable.cutter.ranked]
        texts = _RankedTexts.of(prompt, ranked, words.of_texts(np.repeat(is_ranked, sizes)))
        alone = _titled_scores(texts)
        near = _with_neighbors(alone, texts)
        near = near + _ANSWER_SHARE * _answer_shares(prompt.query or "", ranked, len(near))
        of_ranked = near + _topic_scores(alone, texts) + _WHOLE_SHARE * _section_scores(texts)
        found[np.repeat(is_ranked, sizes)] = with_references(of_ranked, list(map(_referring_texts, ranked)))
    return found


def _answer_shares(query: str, ranked: Sequence[CuttableBlock], passages: int) -> Scores:
    """What sentences have of that by which a question of this form is answered; there are so many passages
    in all."""
    if not has_answer_forms(query):
        return np.zeros(passages)
    shares = [
        answer_shares(query, cuttable.texts)
        if cuttable.cutter.neighbor_weight
        else [0.0] * len(cuttable.texts)
        for cuttable in ranked
    ]
    return np.array(list(chain.from_iterable(shares)), float)


def _referring_texts(cuttable: CuttableBlock) -> tuple[int, Sequence[str]]:
    """How many passages there are, and those that may refer to each other: sentences, no lines or records."""
    refers = cuttable.cutter.neighbor_weight and may_refer(cuttable.source.text)
    return len(cuttable.texts), cuttable.texts if refers else ()


@dataclass(frozen=True, slots=True)
class _RankedTexts:
    """The ranked texts with the numbers of their passages, what finds the stems of each passage, those of
    each title, and what they mention of the query and its synonyms. A title is no passage, but says what all
    of them speak of."""

    asked: Mapping[str, float]
    synonyms: Synonyms
    ranked: list[CuttableBlock]
    sizes: Numbers
    stems: Callable[[], Occurrences[str]]
    title_stems: Occurrences[str]
    mentioned: Mentions
    in_titles: Mentions

    @classmethod
    def of(cls, prompt: Prompt, ranked: list[CuttableBlock], words: Occurrences[str]) -> _RankedTexts:
        query = prompt.query or ""
        # Words of an agent's own have the initials of constants in the sources that it reads.
        acronyms = {} if is_agents_run(prompt) else acronyms_of(query, words.values)
        # Of a part of a file that it reads, each line is one that it sees.
        numbers = [] if calls_tools(prompt) else numbers_meant(query)
        asked = {**dict.fromkeys([*stems_of(query), *numbers], 1.0), **acronyms}
        synonyms = prompt.meaning.synonyms if prompt.meaning is not None else {}
        wanted = words_of(synonyms).union(asked)
        title_stems = stems_in(words_of_texts([cuttable.title() for cuttable in ranked]))
        sizes = np.array([len(cuttable.passages) for cuttable in ranked], np.int64)
        mentioned = Mentions.in_words(words, stems_of_word, wanted)
        in_titles = Mentions.among(title_stems, wanted)
        if all(cuttable.cutter.telling for cuttable in ranked):
            asked = _telling(asked, mentioned)
        elif not calls_tools(prompt) and not is_english(query):
            asked = _without_common(asked, mentioned)
        stems = cache(partial(stems_in, words))
        return cls(asked, synonyms, ranked, sizes, stems, title_stems, mentioned, in_titles)

    def mentions(self, wanted: Set[str]) -> Mentions:
        """What the passages mention of these words."""
        return Mentions.among(self.stems(), wanted)

    def titled_mentions(self, wanted: Set[str]) -> Mentions:
        """What the passages mention of these words, and what they do below their titles."""
        mentioned, in_titles = self.mentions(wanted), Mentions.among(self.title_stems, wanted)
        return mentioned.followed_by(mentioned.beside(in_titles.repeated(self.sizes)))

    def words_of(self, at: int) -> list[str]:
        """The stems of a passage."""
        return self.stems().of_text(at)

    def titled_words(self, at: int) -> list[str]:
        """The stems of a passage, or, from as many on as there are, of one below its title."""
        passages = self.mentioned.texts
        if at < passages:
            return self.words_of(at)
        title = int(np.searchsorted(np.cumsum(self.sizes), at - passages, side="right"))
        return self.words_of(at - passages) + self.title_stems.of_text(title)

    def per_passage(self, of_texts: Sequence[float]) -> Scores:
        """What each text has, for each of its passages."""
        return np.repeat(np.array(of_texts, float), self.sizes)


def _telling(asked: Mapping[str, float], mentioned: Mentions) -> dict[str, float]:
    """The words that most passages do not have: the others tell none from another."""
    seen = _texts_with(mentioned)
    return {word: times for word, times in asked.items() if 2 * seen[word] <= mentioned.texts}


def _without_common(asked: dict[str, float], mentioned: Mentions) -> dict[str, float]:
    """The words without those that many passages have: in a language whose function words are not known,
    they are these. All of them where hardly another one is mentioned."""
    seen = _texts_with(mentioned)
    most = max(_MIN_COMMON, _COMMON_SHARE * mentioned.texts)
    rare = {word: times for word, times in asked.items() if seen[word] <= most}
    return rare if sum(seen[word] > 0 for word in rare) >= _MIN_RARE else asked


def _texts_with(mentioned: Mentions) -> dict[str, int]:
    """How many of the passages have each word."""
    seen = np.bincount(mentioned.word_numbers, minlength=len(mentioned.words)).tolist()
    return dict(zip(mentioned.words, seen, strict=True))


def _section_scores(texts: _RankedTexts) -> Scores:
    """How much the section of each passage has to do with the query; nothing where there is one section."""
    in_sections = [cuttable.sections() for cuttable in texts.ranked]
    of_texts = np.array(list(map(len, in_sections)), np.int64)
    sizes = np.array(list(chain.from_iterable(in_sections)), np.int64)
    if len(sizes) <= 1:
        return np.zeros(int(sizes.sum()))
    sections = texts.mentioned.joined(sizes).beside(texts.in_titles.repeated(of_texts))
    return np.repeat(
        scores(sections, texts.asked) * np.minimum(1.0, _USUAL_SECTION / np.maximum(sizes, 1)), sizes
    )


def _titled_scores(texts: _RankedTexts) -> Scores:
    """How much each passage has to do with the query, by itself and as it is read below its title; without
    its neighbours."""
    # What stands above records is said of all of them.
    has_titles = not all(cuttable.cutter.answering for cuttable in texts.ranked)
    if not has_titles or not texts.in_titles.lengths.any():
        return _scores(texts, texts.mentioned, texts.words_of, texts.mentions, 1)
    titled = texts.mentioned.beside(texts.in_titles.repeated(texts.sizes))
    # Together: a word that all passages have is no match beside one that a single title has.
    both = _scores(texts, texts.mentioned.followed_by(titled), texts.titled_words, texts.titled_mentions, 2)
    alone, below = np.split(both, 2)
    return (1 - _TITLED_SHARE) * alone + _TITLED_SHARE * below


def _scores(
    texts: _RankedTexts,
    mentioned: Mentions,
    words_of_text: Callable[[int], Sequence[str]],
    mentions_of: Callable[[Set[str]], Mentions],
    times: int,
) -> Scores:
    """How much each passage has to do with the query, as its cutter searches, where the passages stand so
    many `times` among the `mentioned`. All their words are only looked at where a cutter has a
    `feedback_weight`."""
    found = scores(mentioned, texts.asked)
    feedback = texts.per_passage([cuttable.cutter.feedback_weight for cuttable in texts.ranked])
    if feedback.any():
        found = with_feedback(found, words_of_text, mentions_of, np.tile(feedback, times))
    weights = texts.per_passage([cuttable.cutter.synonym_weight for cuttable in texts.ranked])
    if not texts.synonyms or not weights.any():
        return found
    return found + np.tile(weights, times) * scores_with_synonyms(mentioned, texts.synonyms)


def _topic_scores(alone: Scores, texts: _RankedTexts) -> Scores:
    """How much each passage of each text stands where the text has to do with the query: people speak of a
    thing for a while, and not each time in its words. The best stretch of all has the text's weight."""
    weights = texts.per_passage([cuttable.cutter.topic_weight for cuttable in texts.ranked])
    if not weights.any():
        return weights
    parts = np.split(alone, np.cumsum(texts.sizes)[:-1])
    smooth = np.concatenate([_smoothed(_smoothed(part)) for part in parts]) * (weights > 0)
    return weights * smooth / (float(smooth.max()) or 1.0)


def _smoothed(of_text: Scores) -> Scores:
    """The mean of the scores around each."""
    sums = np.concatenate(([0.0], np.cumsum(of_text)))
    places = np.arange(len(of_text))
    starts = np.maximum(places - _TOPIC_REACH, 0)
    ends = np.minimum(places + _TOPIC_REACH + 1, len(of_text))
    means: Scores = (sums[ends] - sums[starts]) / (ends - starts)
    return means


def _with_neighbors(alone: Scores, texts: _RankedTexts) -> Scores:
    """The scores, each with a share of what its neighbours in the text have."""
    weights = texts.per_passage([cuttable.cutter.neighbor_weight for cuttable in texts.ranked])
    # Two zeros stand before each text, and behind the last.
    places = np.arange(len(alone)) + 2 * np.repeat(np.arange(1, len(texts.sizes) + 1), texts.sizes)
    padded = np.zeros(len(alone) + 2 * len(texts.sizes) + 2)
    padded[places] = alone
    nearest, next_but_one = (padded[places - far] + padded[places + far] for far in (1, 2))
    return alone + weights * nearest + weights**2 * next_but_one

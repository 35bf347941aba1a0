"""The extractive summarizer: which sentences stay, and that what stays is as it was."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.choice.summaries import MIN_GAIN, compared_cases
from tests.benchmarks.cases.made import FAMILIES
from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.errors import ConfigError
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer, passages_of
from token_optimizer.optimizer.relevance.text_rank import rank_matrix, text_ranks
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.text.counting import token_counts

TOWN = " ".join(
    [
        "The old mill on the river closed after the great flood of the spring.",
        "Many families left the valley in the years that followed that flood.",
        "The weather in the hills is mild and the winters are rather short.",
        "A baker from the coast opened a shop near the bridge and sold bread.",
        "Children still walk along the river when the school day is over.",
        "The council plans a museum in the empty mill to bring visitors back.",
        "Farmers of the valley grow barley and keep a few sheep on the slopes.",
        "In the evening the square fills with people who talk about the day.",
    ]
)
MARKER = re.compile(r"\[… \d+ passages? left out\]\n?")


def _compressed(text: str, ratio: float = 0.4, query: str | None = None, **fields: object) -> Block:
    return ExtractiveSummarizer().compress(Block(text, **fields), ratio, query)


def test_it_keeps_whole_sentences_and_marks_what_is_gone() -> None:
    block = _compressed(TOWN)
    assert token_counts([block.content])[0] <= 0.5 * token_counts([TOWN])[0]
    assert MARKER.search(block.content)
    for sentence in MARKER.sub("\n", block.content).split("\n"):
        assert sentence in TOWN
    assert (block.compressed, block.original_content) == (True, TOWN)
    assert block.tokens == token_counts([block.content])[0]


@pytest.mark.parametrize(
    ("query", "answer"),
    [("Who sells bread?", "baker from the coast"), ("What do farmers grow?", "grow barley")],
)
def test_what_the_question_asks_about_stays(query: str, answer: str) -> None:
    assert answer in _compressed(TOWN, 0.3, query).content


@pytest.mark.parametrize(
    "sentence",
    [
        "You MUST return the keys to the keeper of the house.",
        "The sluice is opened by open_gate in the cellar.",
        "Ask for order ZX-4711 at the counter of the shop.",
        "The plan lies in plans/mill.txt on the shelf.",
        "The gauge answers 404 on days without water.",
    ],
)
def test_orders_and_identifiers_stay_whatever_the_ratio(sentence: str) -> None:
    halves = TOWN.split(" A baker")
    text = f"{halves[0]} {sentence} A baker{halves[1]}"
    for ratio in (0.0, 0.2, 0.5):
        assert sentence in _compressed(text, ratio).content


def test_a_year_is_no_code() -> None:
    text = TOWN.replace("of the spring", "of 1904")
    assert "1904" not in _compressed(text, 0.15, "What do farmers grow?").content


def test_a_transcript_is_cut_by_the_line() -> None:
    lines = [f"Speaker {letter}: {line}" for letter, line in zip("ABABABAB", TOWN.split(". "), strict=True)]
    block = _compressed("\n".join(lines), 0.4, "Who sells bread?", kind=Kind.TRANSCRIPT)
    kept = [line for line in block.content.split("\n") if not MARKER.match(line)]
    assert set(kept) < set(lines)
    assert any("sold bread" in line for line in kept)


@pytest.mark.parametrize("fields", [{"must_keep": True}, {"verbatim": True}])
def test_what_must_stay_stays(fields: dict[str, bool]) -> None:
    block = Block(TOWN, **fields)
    assert ExtractiveSummarizer().compress(block, 0.1) is block


@pytest.mark.parametrize("text", ["", "One sentence alone.", "def run(): pass"])
def test_what_cannot_become_smaller_is_left_alone(text: str) -> None:
    block = Block(text)
    assert ExtractiveSummarizer().compress(block, 0.5) is block


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_ratio_out_of_range_is_named(ratio: float) -> None:
    with pytest.raises(ConfigError, match=f"ratio must be between 0 and 1, not {ratio}"):
        ExtractiveSummarizer().compress(Block(TOWN), ratio)


def test_without_numpy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "token_optimizer.optimizer.relevance.text_rank", None)
    with pytest.raises(ConfigError, match=r"pip install 'token-optimizer\[compression\]'"):
        ExtractiveSummarizer()


@given(any_text, st.floats(0, 1), st.sampled_from(list(Kind)))
def test_never_more_tokens_the_same_each_time_and_nothing_made_up(
    text: str, ratio: float, kind: Kind
) -> None:
    block = Block(f"{text}\n{TOWN}", kind=kind)
    first = ExtractiveSummarizer().compress(block, ratio)
    assert first == ExtractiveSummarizer().compress(block, ratio)
    assert token_counts([first.content])[0] <= token_counts([block.content])[0]
    at = 0
    for part in MARKER.split(first.content):
        at = block.content.index(part, at) + len(part)


@pytest.mark.long
def test_it_beats_chance_on_our_own_docs() -> None:
    cases = [{**case, "family": "docs"} for case in FAMILIES["docs_questions"]()]
    rows = compared_cases(cases)
    assert len(rows) >= 20
    assert sum(row.with_query for row in rows) >= MIN_GAIN * sum(row.chance for row in rows)


class _Stems:
    """What sumy asks of a tokenizer, with the optimizer's stems as words."""

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(stems([sentence])[0])


@pytest.mark.parametrize(
    "passages", [["Yes."], ["Yes.", "", "Yes."], [*TOWN.split(". "), "The mill, the mill."]]
)
def test_the_ranks_are_sumys(passages: list[str]) -> None:
    # Here, since nltk comes with it: every worker of a test run would wait half a second for both.
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.summarizers.text_rank import TextRankSummarizer

    document = ObjectDocumentModel([Paragraph([Sentence(passage, _Stems()) for passage in passages])])
    theirs = TextRankSummarizer()._create_matrix(document)
    assert np.allclose(theirs, rank_matrix(stems(passages)), atol=1e-12)
    ratings = TextRankSummarizer().rate_sentences(document)
    assert text_ranks(passages) == pytest.approx(
        [ratings[sentence] / max(ratings.values()) for sentence in document.sentences]
    )


def test_the_passages_of_a_document_begin_after_its_title() -> None:
    block = Block(f"Document 1: The valley\n{TOWN}", kind=Kind.DOCUMENT)
    assert passages_of(block)[0].start > 0
    assert ExtractiveSummarizer().compress(block, 0.3).content.startswith("Document 1: The valley\n")


def test_fenced_code_stays_with_the_name_above_it() -> None:
    edit = "shop.py\n```\n<<<<<<< SEARCH\nprice = 3\n=======\nprice = 4\n>>>>>>> REPLACE\n```\n"
    told = " ".join(f"The walk along the canal took us past bridge number {word}." for word in "abcdefghij")
    block = Block(f"{told}\n\n{edit}\n{told}\n")
    short = ExtractiveSummarizer().compress(block, 0.3)
    assert len(short.content) < len(block.content)
    assert edit in short.content

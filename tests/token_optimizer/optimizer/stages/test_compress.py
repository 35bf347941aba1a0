"""The stage `compress`: what it compresses, which precompressed texts it takes, what it leaves and why."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.token_optimizer.optimizer.compression.llmlingua.models import small_bert
from tests.token_optimizer.optimizer.stories import RISKY, STORY, story, talk
from tests.token_optimizer.runtime.test_latency import Clock
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.models import Block, BlockFate, OptimizationResult
from token_optimizer.optimizer import pipeline
from token_optimizer.optimizer.compression import summarizers
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.optimizer.compression.llmlingua.compressor import (
    EXTRACTIVE,
    MODEL_VARIABLE,
    compressor_name,
    shared_compressor,
)
from token_optimizer.optimizer.compression.precompression_candidates import MIN_TOKENS
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import CompressionKey, Ports, PrecompressedText
from token_optimizer.runtime.background_load import BackgroundLoad
from token_optimizer.runtime.latency import EXTRACTIVE as BY_SENTENCES
from token_optimizer.runtime.latency import Latency, Speeds

BALANCED = OptimizerConfig.preset("balanced")
TASK = " ".join(f"Please describe part {number} of the mill to me." for number in range(30))


def run(messages: Sequence[Mapping[str, Any]], **options: Any) -> OptimizationResult:
    """The messages optimized; `options` may name what the ports hold."""
    config = options.pop("config", BALANCED)
    held = ("memory", "precompressions", "latency")
    ports = Ports(**{name: options.pop(name) for name in held if name in options})
    return optimize_body({"messages": list(messages)}, "openai", config=config, ports=ports, **options)


def fate_of(result: OptimizationResult, message: int = 1) -> BlockFate:
    return result.stats.blocks[message]


def report_of(result: OptimizationResult, name: str = "compress") -> Any:
    return next(report for report in result.stats.stages if report.name == name)


class Precompressions:
    """Compressions that are there already, and how often they were asked for."""

    def __init__(self, made: Mapping[CompressionKey, PrecompressedText]) -> None:
        self.made = made
        self.asked: list[list[CompressionKey]] = []

    def find(self, keys: Sequence[CompressionKey]) -> Mapping[CompressionKey, PrecompressedText]:
        self.asked.append(list(keys))
        return {key: self.made[key] for key in keys if key in self.made}


def test_it_works() -> None:
    result = run(talk(STORY))
    fate = fate_of(result)
    assert (fate.stage, fate.fate) == ("compress", "rewritten")
    assert fate.faithfulness is not None
    assert fate.faithfulness >= BALANCED.faithfulness_threshold
    assert fate.reason == f"compressed: faithfulness {fate.faithfulness:.2f}"
    assert fate.tokens_after < 0.95 * fate.tokens_before
    assert "passages left out]" in result.body["messages"][1]["content"]
    assert result.stats.route == "heuristic+compression"
    assert result.stats.faithfulness_score == pytest.approx(fate.faithfulness)


def test_the_score_is_the_mean_over_the_tokens() -> None:
    result = run(talk(STORY, story(2, 90)))
    first, second = fate_of(result, 1), fate_of(result, 3)
    assert first.faithfulness is not None
    assert second.faithfulness is not None
    total = first.tokens_before * first.faithfulness + second.tokens_before * second.faithfulness
    expected = total / (first.tokens_before + second.tokens_before)
    assert result.stats.faithfulness_score == pytest.approx(expected)


@pytest.mark.parametrize(
    "fields", [{"enable_compression": False}, {"target_reduction": None}, {"target_reduction": 0.0}]
)
def test_it_does_nothing_where_it_is_off_or_nothing_is_missed(fields: dict[str, Any]) -> None:
    result = run(talk(STORY), config=OptimizerConfig.preset("balanced", **fields))
    assert not result.changed
    assert result.stats.route == "heuristic_only"
    assert result.stats.faithfulness_score is None


def test_what_must_stay_stays() -> None:
    messages = [{"role": "system", "content": STORY}, *talk(turns=1), {"role": "user", "content": story(4)}]
    result = run([*messages[:-1], {"role": "assistant", "content": story(3)}, messages[-1]])
    assert not result.changed


def test_short_prose_stays() -> None:
    text = story(1, 6)
    assert fate_of(run(talk(text))).tokens_before < MIN_TOKENS
    assert not run(talk(text)).changed


@pytest.mark.parametrize(("fields", "changed"), [({}, False), ({"tool_result_tokens": 500}, True)])
def test_a_tool_result_is_compressed_above_its_size_alone(fields: dict[str, Any], changed: bool) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": STORY},
        {"role": "user", "content": "What of the horse?"},
    ]
    assert run(messages, config=OptimizerConfig.preset("balanced", **fields)).changed is changed


@pytest.mark.parametrize(("calls", "changed"), [(1, True), (2, False)])
def test_what_a_model_says_between_its_calls_stays(calls: int, changed: bool) -> None:
    made = [
        {"id": f"c{n}", "type": "function", "function": {"name": f"look_{n}", "arguments": "{}"}}
        for n in range(calls)
    ]
    messages = [
        {"role": "user", "content": "Go on."},
        {"role": "assistant", "content": STORY, "tool_calls": made},
        *({"role": "tool", "tool_call_id": call["id"], "content": f"Done: {call['id']}."} for call in made),
        *talk("So.")[1:],
    ]
    assert run(messages).changed is changed
    budget = run(messages, budget_tokens=300)
    assert fate_of(budget).tokens_after < fate_of(budget).tokens_before


def test_a_ratio_that_stays_faithful_is_reached() -> None:
    lenient = OptimizerConfig.preset("balanced", faithfulness_threshold=0.4)
    fate = fate_of(run(talk(STORY), config=lenient))
    assert 0.45 < fate.tokens_after / fate.tokens_before < 0.58


def test_below_the_threshold_the_block_stays_as_it_was_and_says_the_score() -> None:
    result = run(talk(RISKY))
    fate = fate_of(result)
    assert (fate.fate, fate.stage) == ("kept", "")
    assert fate.faithfulness is not None
    assert fate.reason == f"compression would score {fate.faithfulness:.2f}, below 0.85: kept as it was"
    assert not result.changed
    assert (result.stats.faithfulness_score, result.stats.fallback_used) == (None, False)
    assert result.texts_to_precompress == ()


def test_a_block_that_another_rule_shortened_says_both() -> None:
    fate = fate_of(run(talk(RISKY.replace("\n", "   \n\n\n\n"))))
    assert (fate.fate, fate.stage) == ("rewritten", "whitespace")
    assert "spare whitespace" in fate.reason
    assert fate.reason.endswith("below 0.85: kept as it was")


def test_a_second_run_changes_nothing() -> None:
    messages = talk(STORY, story(2))
    once, _ = optimize(messages, config=BALANCED)
    assert once != messages
    assert optimize(once, config=BALANCED)[0] == once


def test_the_next_turn_sends_it_byte_for_byte() -> None:
    memory = InProcessMemory()
    messages = talk(STORY)
    first = run(messages, memory=memory)
    later = [
        *messages,
        {"role": "assistant", "content": "They rest."},
        {"role": "user", "content": "What of the boat?"},
    ]
    second = run(later, memory=memory)
    assert first.body["messages"][1]["content"] != STORY
    assert second.body["messages"][: len(messages)] == first.body["messages"]
    assert fate_of(second).frozen


def test_what_was_precompressed_is_taken_in_one_look() -> None:
    key = CompressionKey.of(STORY, compressor_name(), BALANCED.compression_ratio)
    precompressions = Precompressions({key: PrecompressedText("Made before.", 0.9)})
    result = run(talk(STORY, story(2)), precompressions=precompressions)
    assert result.body["messages"][1]["content"] == "Made before."
    assert fate_of(result).reason == "compressed: by precompression, faithfulness 0.90"
    assert fate_of(result, 3).reason.startswith("compressed: faithfulness")
    assert precompressions.asked == [[key, CompressionKey.of(story(2), EXTRACTIVE, 0.5)]]


def test_sentences_left_out_before_are_not_taken_for_a_document() -> None:
    documents = [{"title": "Mills", "text": STORY}]
    text = f"[1] Mills\n{STORY}\n\n"
    precompressions = Precompressions(
        {CompressionKey.of(text, EXTRACTIVE, 0.5): PrecompressedText("Its title is gone.", 0.95)}
    )
    sent = run(talk(), documents=documents, precompressions=precompressions).body["messages"][-2]["content"]
    assert sent.startswith("[1] Mills\n")
    assert "left out]" in sent


def test_what_was_precompressed_and_lost_too_much_is_not_taken() -> None:
    key = CompressionKey.of(STORY, compressor_name(), BALANCED.compression_ratio)
    result = run(talk(STORY), precompressions=Precompressions({key: PrecompressedText("Made before.", 0.3)}))
    assert fate_of(result).reason.startswith("compressed: faithfulness")


def test_precompressed_needs_no_time() -> None:
    key = CompressionKey.of(STORY, compressor_name(), BALANCED.compression_ratio)
    precompressions = Precompressions({key: PrecompressedText("Made before.", 0.9)})
    result = run(
        talk(STORY, story(2)), precompressions=precompressions, latency=Latency(0, Clock(), Speeds())
    )
    assert fate_of(result).stage == "compress"
    assert fate_of(result, 3).reason.startswith("not compressed: would take about ")


def test_without_time_the_stage_is_skipped_and_says_what_it_would_have_saved() -> None:
    result = run(talk(STORY), latency=Latency(100, Clock(), Speeds()))
    tokens = fate_of(result).tokens_before
    needed = BY_SENTENCES.loading_ms + BY_SENTENCES.ms_per_1k * tokens / 1000
    assert report_of(result).status == "skipped"
    told = f"would take about {needed:.0f} ms, 100 ms are left"
    assert report_of(result).reason == f"{told}; would have saved about {0.15 * tokens:.0f} tokens"
    assert not result.changed


def test_the_largest_go_first_while_there_is_time() -> None:
    clock = Clock()
    speeds = Speeds()
    speeds.measured(BY_SENTENCES, 0, 0.0)
    large, small = fate_of(run(talk(story(2), STORY[:2000])), 1), fate_of(run(talk(STORY[:2000])), 1)
    assert large.tokens_before > small.tokens_before
    room = BY_SENTENCES.ms_per_1k * (large.tokens_before + 10) / 1000
    latency = Latency(room, clock, speeds)
    original = latency.speeds.measured

    def measured(work: Any, tokens: int, ms: float) -> None:
        clock.pass_ms(BY_SENTENCES.ms_per_1k * tokens / 1000)
        original(work, tokens, BY_SENTENCES.ms_per_1k * tokens / 1000)

    speeds.measured = measured  # type: ignore[method-assign]
    result = run(talk(STORY[:2000], story(2)), latency=latency)
    assert fate_of(result, 3).stage == "compress"
    assert fate_of(result, 1).reason.startswith("not compressed: would take about ")


def test_the_look_into_meaning_needs_time_too() -> None:
    documents = [{"title": f"Part {seed}", "text": story(seed)} for seed in range(4)]
    options: dict[str, Any] = {"documents": documents, "budget_tokens": 800}
    rushed = run(talk(turns=1), latency=Latency(10, Clock(), Speeds()), **options)
    assert report_of(rushed, "semantic").status == "skipped"
    assert report_of(rushed, "semantic").reason.endswith("ms, 10 ms are left")
    assert rushed.stats.tokens_after <= 800
    calm = run(talk(turns=1), **options)
    assert report_of(calm, "semantic").status == "ran"
    assert calm.stats.route == "heuristic+semantic"


def test_where_an_order_would_be_lost_the_prompt_goes_without_compression() -> None:
    order = "You MUST answer in French."
    text = f"{STORY} {order}"
    key = CompressionKey.of(text, compressor_name(), BALANCED.compression_ratio)
    precompressions = Precompressions({key: PrecompressedText("Nothing is left of it.", 0.9)})
    messages = talk(text)
    messages[0]["content"] = "Tell me of it all.   \n\n\n\n\nNow."
    messages[1]["role"] = "user"
    result = run(messages, precompressions=precompressions)
    assert order in result.body["messages"][1]["content"]
    assert result.stats.fallback_used
    assert result.stats.fallback_reason == "sent without compression: 1 constraints lost"
    assert result.stats.route == "heuristic_only"
    # The other rules' work stands.
    assert result.changed
    assert fate_of(result, 0).stage == "whitespace"


def test_without_compression_what_was_sent_before_is_still_told() -> None:
    text = f"{STORY} You MUST answer in French."
    key = CompressionKey.of(text, compressor_name(), BALANCED.compression_ratio)
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=1)
    memory = InProcessMemory()
    messages = talk(RISKY.replace("\n", "   \n\n\n\n"))
    run(messages, memory=memory, config=config)
    later = [
        *messages,
        {"role": "assistant", "content": "So."},
        {"role": "user", "content": text},
        {"role": "assistant", "content": "So."},
        {"role": "user", "content": "And?"},
    ]
    precompressions = Precompressions({key: PrecompressedText("Nothing is left of it.", 0.9)})
    result = run(later, memory=memory, config=config, precompressions=precompressions)
    assert result.stats.fallback_reason == "sent without compression: 1 constraints lost"
    assert result.stats.stages[0].name == "frozen"
    assert (fate_of(result).stage, fate_of(result).frozen) == ("frozen", True)
    assert "spare whitespace" in fate_of(result).reason


def test_documents_are_to_be_precompressed_by_a_compressor_that_leaves_out_words_alone(learned: str) -> None:
    documents = [{"title": "Part", "text": story(5)}]
    latency = Latency(0, Clock(), Speeds())
    assert any(
        "Part" in text for text in run(talk(), documents=documents, latency=latency).texts_to_precompress
    )


def test_documents_are_not_to_be_precompressed_where_sentences_would_be_left_out() -> None:
    documents = [{"title": "Part", "text": story(5)}]
    latency = Latency(0, Clock(), Speeds())
    assert run(talk(), documents=documents, latency=latency).texts_to_precompress == ()


def test_the_texts_to_be_precompressed_are_those_that_there_was_no_time_for() -> None:
    messages = talk(STORY, story(2, 80))
    rushed = run(messages, latency=Latency(0, Clock(), Speeds()))
    assert rushed.texts_to_precompress == (story(2, 80), STORY)
    assert run(messages).texts_to_precompress == ()


def test_prose_of_the_newest_turns_is_wanted_by_a_coming_compaction() -> None:
    messages = [
        {"role": "system", "content": story(7)},
        *talk(turns=2)[:-2],
        {"role": "assistant", "content": STORY},
        {"role": "user", "content": TASK},
    ]
    assert run(messages).texts_to_precompress == (STORY,)


def test_what_was_sent_before_is_wanted_still_the_questions_too() -> None:
    memory = InProcessMemory()
    messages = [{"role": "user", "content": TASK}]
    assert run(messages, memory=memory).texts_to_precompress == ()
    later = [*messages, {"role": "assistant", "content": "So."}, {"role": "user", "content": "And?"}]
    assert run(later, memory=memory).texts_to_precompress == (TASK,)


@pytest.mark.parametrize("fields", [{"enable_compression": False}, {"target_reduction": None}])
def test_nothing_is_wanted_where_nothing_would_be_compressed(fields: dict[str, Any]) -> None:
    config = OptimizerConfig.preset("balanced", **fields)
    messages = talk(STORY)
    assert run(messages, config=config, latency=Latency(0, Clock(), Speeds())).texts_to_precompress == ()


def test_what_is_wanted_is_bounded() -> None:
    texts = [story(seed, 12) for seed in range(50)]
    many = run(talk(*texts), latency=Latency(0, Clock(), Speeds()))
    assert len(many.texts_to_precompress) == 32
    long = run(talk(story(1, 1500), story(2, 1400), story(3)), latency=Latency(0, Clock(), Speeds()))
    assert long.texts_to_precompress == (story(1, 1500), story(3))


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of the small LLMLingua-2 model that is the process's compressor."""
    model = str(small_bert())
    monkeypatch.setenv(MODEL_VARIABLE, model)
    shared_compressor.cache_clear()
    yield model
    shared_compressor().close()
    shared_compressor.cache_clear()


@pytest.mark.long
def test_the_learned_compressor_runs_where_there_is_time(learned: str) -> None:
    lenient = OptimizerConfig.preset("balanced", faithfulness_threshold=0.0)
    assert compressor_name() == learned
    result = run(talk(STORY), config=lenient, latency=Latency(600_000, Clock(), Speeds()))
    assert result.body["messages"][1]["content"].endswith("words left out]")
    assert fate_of(result).stage == "compress"


def test_without_the_time_sentences_are_left_out(learned: str) -> None:
    result = run(talk(STORY), latency=Latency(2_000, Clock(), Speeds()))
    assert "passages left out]" in result.body["messages"][1]["content"]
    assert shared_compressor().compressor is not None
    assert not shared_compressor().compressor.is_loaded


def test_the_learned_compressor_never_stops_an_event_loop(learned: str) -> None:
    async def on_the_loop() -> OptimizationResult:
        return run(talk(STORY), latency=Latency(600_000, Clock(), Speeds()))

    result = asyncio.run(on_the_loop())
    assert "passages left out]" in result.body["messages"][1]["content"]
    assert shared_compressor().compressor is not None
    assert not shared_compressor().compressor.is_loaded


def test_the_compressor_is_named() -> None:
    shared_compressor.cache_clear()
    assert compressor_name() == EXTRACTIVE


def test_a_stage_that_cannot_run_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from token_optimizer.errors import ConfigError
    from token_optimizer.optimizer.stages import compress as compress_stage

    def missing() -> Any:
        raise ConfigError("needs a package")

    monkeypatch.setattr(compress_stage, "shared_compressor", missing)
    result = run(talk(STORY))
    assert (report_of(result).status, report_of(result).reason) == ("skipped", "needs a package")


def test_compression_stands_between_the_passages_and_the_oldest_turns() -> None:
    names = [stage.name for stage in pipeline.STAGES]
    assert names[-5:] == ["passages", "target", "results", "compress", "oldest"]


def test_the_config_chooses_the_summarizer() -> None:
    by_rank = ExtractiveSummarizer("luhn")
    config = replace(BALANCED, summarizer="luhn", faithfulness_threshold=0.0, max_latency_ms=60_000)
    result = run(talk(STORY), config=config)
    question = talk()[-1]["content"]
    assert result.body["messages"][1]["content"] == by_rank.compress(Block(STORY), 0.5, question).content


def test_a_summarizer_that_still_loads_is_named_in_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = threading.Event()
    loading = BackgroundLoad("the summarizer kl", lambda: loaded.wait() and ExtractiveSummarizer())
    monkeypatch.setattr(summarizers, "_loading", lambda name: loading)
    config = replace(BALANCED, summarizer="kl", max_latency_ms=500)
    report = report_of(run(talk(STORY), config=config))
    assert (report.status, report.reason) == ("skipped", "the summarizer kl still loads")
    loaded.set()


def test_other_summarizers_neither_take_nor_leave_precompressions() -> None:
    precompressions = Precompressions({})
    config = replace(BALANCED, summarizer="luhn", max_latency_ms=60_000)
    result = run(talk(STORY), config=config, precompressions=precompressions)
    assert precompressions.asked in ([], [[]])
    assert result.texts_to_precompress == ()


def test_what_the_choice_towards_the_target_left_is_not_compressed() -> None:
    texts = [story(seed) for seed in range(2, 8)]
    texts[3] = texts[3].replace(". ", ". The lock keeper of Hedel fed the geese. ", 1)
    sources = "\n".join(f"<source>\n<name>Part {n}</name>\n{text}\n</source>" for n, text in enumerate(texts))
    asked = f"<sources>\n{sources}\n</sources>\n\nWho fed the geese of Hedel?"
    result = run([{"role": "user", "content": asked}])
    sent = result.body["messages"][0]["content"]
    assert "The lock keeper of Hedel fed the geese." in sent
    assert not any(block.stage == "compress" for block in result.stats.blocks)


def test_what_is_handed_in_waits_for_what_is_asked_of_it() -> None:
    told = "\n\n".join(story(number, 60) for number in range(8))
    assert not run([{"role": "user", "content": told}]).changed

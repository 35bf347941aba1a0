"""Hugging Face tokenizers: counts equal those of the tokenizer itself, and no request can choose one."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from token_optimizer import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.tokens import tokenizers
from token_optimizer.tokens.counts import count_texts, count_tokens, is_estimate
from token_optimizer.tokens.tokenizers import tokenizer_of, use_tokenizer, use_tokenizers_of_environment

LOG = "2026-11-22 10:00:01 ERROR gateway connection to 10.0.0.5 was refused\n" * 40
MODEL = "llama-3-8b"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, Path]:
    """A small tokenizer of the usual kind, which cuts long texts and wraps them, as such files often say."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, special_tokens=["<s>"])
    tokenizer.train_from_iterator([LOG], trainer)
    file = tmp_path_factory.mktemp("model") / "tokenizer.json"
    plain = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 0)])
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(file))
    return plain, file


@pytest.fixture(autouse=True)
def none_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizers, "_BY_PREFIX", {})


def test_it_works(own: tuple[Tokenizer, Path]) -> None:
    plain, file = own
    assert is_estimate(MODEL)
    use_tokenizer("llama-3", file.parent)
    assert not is_estimate(MODEL)
    assert count_tokens(LOG, MODEL) == len(plain.encode(LOG).ids) != count_tokens(LOG, "gpt-4o")
    assert count_tokens(LOG, "mistral") == count_tokens(LOG, "gpt-4o")


@given(text=st.text(max_size=200))
def test_any_text_counts_as_the_tokenizer_counts_it(own: tuple[Tokenizer, Path], text: str) -> None:
    plain, file = own
    if tokenizer_of(MODEL) is None:
        use_tokenizer(MODEL, file)
    readable = text.encode("utf-8", "replace").decode()
    assert count_tokens(text, MODEL) == len(plain.encode(readable).ids)


def test_a_lone_surrogate_counts_as_the_character_it_is_sent_as(own: tuple[Tokenizer, Path]) -> None:
    use_tokenizer(MODEL, own[1])
    assert count_texts(["a\ud800b", "x"], MODEL) == count_texts(["a?b", "x"], MODEL)


def test_the_longest_prefix_counts(own: tuple[Tokenizer, Path]) -> None:
    use_tokenizer("llama", "someone/not-there")
    use_tokenizer("llama-3", own[1])
    assert tokenizer_of("llama-3-8b") is not None
    assert tokenizer_of("llama-2-7b") is None


def test_a_whole_prompt_is_counted_with_it(own: tuple[Tokenizer, Path]) -> None:
    use_tokenizer(MODEL, own[1])
    body = {"model": MODEL, "messages": [{"role": "user", "content": LOG}]}
    stats = optimize_body(body, "openai", config=OptimizerConfig.preset("safe")).stats
    assert not stats.estimated
    assert stats.tokens_before == count_tokens(LOG, MODEL) + 7


def test_a_request_opens_no_file(own: tuple[Tokenizer, Path]) -> None:
    body = {"model": str(own[1]), "messages": [{"role": "user", "content": "hello"}]}
    assert optimize_body(body, "openai", config=OptimizerConfig.preset("safe")).stats.estimated


@pytest.mark.parametrize("source", ["/nowhere/llama", "./llama", "~/not/there", "a/b/c", "llama.json"])
def test_a_path_that_is_not_there_is_named(source: str) -> None:
    with pytest.raises(ConfigError, match=source):
        use_tokenizer("llama", source)
    assert tokenizer_of("llama") is None


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds no tokenizer"):
        use_tokenizer("llama", tmp_path)


def test_without_the_hub_counts_stay_estimates(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    caplog.set_level(logging.WARNING)
    use_tokenizer("qwen", "Qwen/Qwen2.5-7B-Instruct")
    for thread in threading.enumerate():
        if thread.name == "tokenizer-from-hub":
            thread.join()
    assert is_estimate("qwen-max")
    assert "Qwen/Qwen2.5-7B-Instruct could not be had" in caplog.text


def test_the_hubs_cache_on_the_machine_is_used(
    own: tuple[Tokenizer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, bool]] = []

    def cached(name: str, file: str, **options: bool) -> str:
        asked.append(options)
        return str(own[1])

    monkeypatch.setattr("huggingface_hub.hf_hub_download", cached)
    tokenizer = tokenizers.ModelTokenizer("Qwen/Qwen2.5-7B-Instruct")
    tokenizer.fetch()
    assert tokenizer.count(["hello"]) == [len(own[0].encode("hello").ids)]
    assert asked == [{"local_files_only": True}]


def test_the_environment_names_them(own: tuple[Tokenizer, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTIMIZER_TOKENIZERS", f" llama-3={own[1].parent} , phi={own[1]},")
    use_tokenizers_of_environment()
    assert not is_estimate("llama-3-8b")
    assert not is_estimate("phi-4")


@pytest.mark.parametrize("entry", ["llama-3", "=x", "llama-3="])
def test_an_entry_without_a_source_is_named(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv("OPTIMIZER_TOKENIZERS", entry)
    with pytest.raises(ConfigError, match=entry):
        use_tokenizers_of_environment()

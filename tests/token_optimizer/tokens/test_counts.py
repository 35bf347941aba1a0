"""Token counts equal tiktoken's."""

from __future__ import annotations

import gzip
import hashlib
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.bodies import LOG, ROWS, openai_body
from token_optimizer.tokens.counts import count_body, count_texts, count_tokens, encoding_name, is_estimate
from token_optimizer.tokens.openai_counts import openai_counts

_RANKS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
MODELS = {"gpt-4o": "o200k_base", "gpt-4": "cl100k_base"}


@pytest.fixture(scope="module")
def tiktoken_offline(tmp_path_factory: pytest.TempPathFactory):
    """tiktoken with its ranks taken from the bpe-openai package, where it would download them."""
    import bpe_openai
    import tiktoken

    folder = tmp_path_factory.mktemp("ranks")
    for name in MODELS.values():
        packed = Path(bpe_openai.__file__).parent / "data" / f"{name}.tiktoken.gz"
        key = hashlib.sha1(_RANKS.format(name).encode()).hexdigest()
        (folder / key).write_bytes(gzip.decompress(packed.read_bytes()))
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    yield tiktoken
    del os.environ["TIKTOKEN_CACHE_DIR"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "text", ["", "Hello", LOG, ROWS, "naïve 日本語 🧠🧠 \t\n\r\n <|endoftext|> 1250000", "a" * 5000]
)
def test_it_works(tiktoken_offline, model: str, text: str) -> None:
    encoding = tiktoken_offline.get_encoding(MODELS[model])
    assert count_tokens(text, model) == len(encoding.encode_ordinary(text))


@given(text=st.text(max_size=300))
def test_any_text_counts_as_tiktoken_counts_it(tiktoken_offline, text: str) -> None:
    for model, name in MODELS.items():
        encoding = tiktoken_offline.get_encoding(name)
        assert count_tokens(text, model) == len(encoding.encode_ordinary(text))


@pytest.mark.parametrize("model", MODELS)
def test_characters_that_are_new_count_as_tiktoken_counts_them(tiktoken_offline, model: str) -> None:
    # What Python's Unicode, which is of 2021, knows already, all know. Beyond this plane nothing is a letter.
    new = [chr(code) for code in range(0x34000) if unicodedata.category(chr(code)) == "Cn"]
    texts = [f"{character}:A" for character in new]
    encoding = tiktoken_offline.get_encoding(MODELS[model])
    assert openai_counts(texts, MODELS[model]) == [len(encoding.encode_ordinary(text)) for text in texts]


def test_many_texts_count_as_each_alone() -> None:
    texts = [LOG, "x", ROWS * 20, ""]
    assert count_texts(texts, "gpt-4o") == [count_tokens(text, "gpt-4o") for text in texts]


def test_a_lone_surrogate_counts_as_the_character_it_is_sent_as() -> None:
    assert count_tokens("a\ud800b", "gpt-4o") == count_tokens("a?b", "gpt-4o")


@pytest.mark.parametrize(
    ("model", "name", "estimate"),
    [
        ("gpt-4o-mini", "o200k_base", False),
        ("gpt-4-turbo", "cl100k_base", False),
        ("gpt-5.4", "o200k_base", False),
        ("o3-mini", "o200k_base", False),
        ("claude-opus-4", "o200k_base", True),
        ("llama3:8b", "o200k_base", True),
    ],
)
def test_the_encoding_of_a_model(model: str, name: str, estimate: bool) -> None:
    assert (encoding_name(model), is_estimate(model)) == (name, estimate)


def test_a_body_counts_its_texts_calls_tools_and_framing() -> None:
    body = {"messages": [{"role": "user", "content": "Hello there"}]}
    assert count_body(body, "openai", "gpt-4o") == count_tokens("Hello there", "gpt-4o") + 4 + 3
    without_tools = {key: value for key, value in openai_body().items() if key != "tools"}
    difference = count_body(openai_body(), "openai", "gpt-4o") - count_body(without_tools, "openai", "gpt-4o")
    assert difference > 60

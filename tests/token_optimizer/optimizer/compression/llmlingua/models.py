"""Small models of LLMLingua-2's two architectures, with weights of chance: all but the choice is real."""

from __future__ import annotations

import fcntl
import os
import string
from pathlib import Path

CHARACTERS = string.ascii_letters + string.digits + string.punctuation
_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "num_labels": 2,
    # Wide, so that the words get different chances.
    "initializer_range": 0.5,
}


def small_bert() -> Path:
    """A BERT that knows single characters, made once for all workers of a run: to import what makes it takes
    four seconds. By the folder's name llmlingua by itself knows no architecture."""
    folder = Path(os.environ["OPTIMIZER_STATE_DIR"]) / "characters"
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder if folder.exists() else _make_bert(folder)


def _make_bert(folder: Path) -> Path:
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    pieces = [*CHARACTERS, *(f"##{letter}" for letter in CHARACTERS if letter.isalnum())]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    tokenizer = BertTokenizerFast(
        vocab={piece: number for number, piece in enumerate(vocabulary)}, do_lower_case=False
    )
    tokenizer.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=512, **_SIZES)
        BertForTokenClassification(config).save_pretrained(folder)
    return folder


def make_xlm_roberta(folder: Path) -> Path:
    """An XLM-RoBERTa that knows single characters."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForTokenClassification, XLMRobertaTokenizer

    special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary = [*special, ("▁", -2.0), *((letter, -3.0) for letter in CHARACTERS), ("<mask>", 0.0)]
    XLMRobertaTokenizer(vocab=vocabulary).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        config = XLMRobertaConfig(
            vocab_size=len(vocabulary), max_position_embeddings=514, pad_token_id=1, **_SIZES
        )
        XLMRobertaForTokenClassification(config).save_pretrained(folder)
    return folder

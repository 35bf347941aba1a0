"""BERTScore (Zhang et al., 2020): each token has the most similar one of the other text, as an F1.

The token vectors are those of the packaged MiniLM, in context. A text of 1,000 tokens takes about half a
second on a CPU, so this is for measuring and not for requests.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from token_optimizer.optimizer.embeddings.bert import BertEncoder
from token_optimizer.optimizer.embeddings.models import (
    PACKAGED_MODEL,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    find_model,
)
from token_optimizer.text.counting import encodable

# What the model reads at once, beside the two tokens it puts around it.
_WINDOW_TOKENS = 254
_ROWS_AT_ONCE = 1000


def bert_score(original: str, compressed: str) -> float:
    """The F1 of the best cosine of each token, from 0 to 1; 1.0 where neither text has a token."""
    before, after = _token_vectors(original), _token_vectors(compressed)
    if not len(before) or not len(after):
        return float(len(before) == len(after))
    recall, precision = _mean_best(before, after), _mean_best(after, before)
    return max(0.0, min(1.0, 2 * recall * precision / (recall + precision)))


def _mean_best(wanted: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    best = [
        (wanted[start : start + _ROWS_AT_ONCE] @ found.T).max(axis=1)
        for start in range(0, len(wanted), _ROWS_AT_ONCE)
    ]
    # Above zero, so that the F1 has a denominator.
    return max(1e-6, float(np.concatenate(best).mean()))


def _token_vectors(text: str) -> NDArray[np.float32]:
    """The normalised vectors of the text's tokens, window by window."""
    tokenizer, network = _tokenizer_and_network()
    first, last = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
    tokens = tokenizer.encode(encodable(text), add_special_tokens=False).ids
    windows = [tokens[start : start + _WINDOW_TOKENS] for start in range(0, len(tokens), _WINDOW_TOKENS)]
    rows = [network.token_vectors([first, *window, last])[1:-1] for window in windows]
    found = np.concatenate([np.empty((0, network.words.shape[1]), dtype=np.float32), *rows])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@cache
def _tokenizer_and_network() -> tuple[Any, BertEncoder]:
    from tokenizers import Tokenizer

    folder = find_model(PACKAGED_MODEL).folder
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_truncation()
    config = orjson.loads((folder / "config.json").read_bytes())
    return tokenizer, BertEncoder.read(folder / WEIGHTS_FILE, config)

"""BERTScore (Zhang et al., 2020): each token has the most similar one of the other text, as an F1.

The token vectors are those of the packaged MiniLM, in context. A text of 1,000 tokens takes about a second on
a CPU, so this is for measuring and not for requests. Needs torch and transformers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings.models import PACKAGED_MODEL, find_model
from token_optimizer.text import encodable

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
    tokenizer, model = _tokenizer_and_model()
    import torch

    tokens = tokenizer.encode(encodable(text), add_special_tokens=False, verbose=False)
    windows = [tokens[start : start + _WINDOW_TOKENS] for start in range(0, len(tokens), _WINDOW_TOKENS)]
    rows = []
    for window in windows:
        framed = [[tokenizer.cls_token_id, *window, tokenizer.sep_token_id]]
        with torch.inference_mode():
            hidden = model(torch.tensor(framed)).last_hidden_state[0, 1:-1]
        rows.append(torch.nn.functional.normalize(hidden, dim=1).numpy())
    return np.concatenate(rows) if rows else np.empty((0, 0), dtype=np.float32)


@cache
def _tokenizer_and_model() -> tuple[Any, Any]:
    try:
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise ConfigError(
            "bertscore needs the package transformers: pip install 'token-optimizer[semantic]'"
        ) from error
    folder = str(find_model(PACKAGED_MODEL).folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return tokenizer, AutoModel.from_pretrained(folder, local_files_only=True).eval()

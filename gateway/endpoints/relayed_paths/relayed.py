"""Which requests are relayed to a provider as they came.

They go out with the key of the whole project. So what uses a model is relayed, and what the caller needs for
that: its own files, batches and responses. What manages the provider's account is not: keys, users,
fine-tuning, what is deleted, and whatever a provider may add.
"""

from __future__ import annotations

import re

_ID = r"[^/]{1,200}"
_RELAYED = {
    "GET": (
        rf"models(?:/{_ID}){{0,2}}",
        rf"(?:messages/)?batches(?:/{_ID}(?:/results)?)?",
        rf"files(?:/{_ID}(?:/content)?)?",
        rf"responses/{_ID}(?:/input_items)?",
        rf"videos/{_ID}(?:/content)?",
    ),
    "POST": (
        "completions",
        "embeddings",
        "moderations",
        "rerank",
        "messages/count_tokens",
        f"audio/{_ID}",
        f"images/{_ID}",
        "videos",
        "files",
        rf"uploads(?:/{_ID}/(?:parts|complete|cancel))?",
        rf"(?:messages/)?batches(?:/{_ID}/cancel)?",
        rf"responses/(?:input_tokens|compact|{_ID}/cancel)",
    ),
    "DELETE": (f"responses/{_ID}",),
}
_PATTERNS = {method: re.compile("|".join(paths)) for method, paths in _RELAYED.items()}


def is_relayed(method: str, path: str) -> bool:
    """Whether the request goes to the provider; `path` begins with `/v1/`."""
    pattern = _PATTERNS.get("GET" if method == "HEAD" else method)
    return pattern is not None and pattern.fullmatch(path.removeprefix("/v1/")) is not None

"""How long a prefix has to be for a provider to cache it. A shorter one is not refused, only not cached."""

from __future__ import annotations

# By what a model's name contains; Anthropic's other models take the default.
_BY_NAME = {
    "claude-opus-5": 512,
    "claude-fable-5": 512,
    "claude-mythos-5": 512,
    "claude-opus-4-7": 2048,
    "claude-3-5-haiku": 2048,
    "claude-3-haiku": 2048,
    "claude-opus-4-6": 4096,
    "claude-opus-4-5": 4096,
    "claude-haiku-4-5": 4096,
}
_DEFAULT = 1024


def least_cacheable_tokens(model: str) -> int:
    """The shortest prefix that is cached."""
    # Bedrock, Vertex and others put their own names around it, and some write a version with a dot.
    name = model.lower().replace(".", "-")
    return next((tokens for part, tokens in _BY_NAME.items() if part in name), _DEFAULT)

"""The fidelity matrix as a table, for docs/translation.md: `python -m tests.gateway.translation.matrix`."""

from __future__ import annotations

from tests.gateway.translation.features import FEATURES, PAIRS, Feature, of

_NAMES = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "gemini": "Gemini",
    "bedrock": "Bedrock",
    "responses": "Responses",
}
_CALLERS = {"openai": "chat", "anthropic": "messages", "responses": "responses"}


def table() -> str:
    """A row for each feature, a column for each dialect and the kind of provider that it goes to."""
    heads = [f"{_CALLERS[caller]} → {_NAMES[kind]}" for caller, kind in PAIRS]
    rows = [[feature.name, *(_cell(feature, *pair) for pair in PAIRS)] for feature in FEATURES]
    lines = [["", *heads], ["---"] * (len(heads) + 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(feature: Feature, caller: str, kind: str) -> str:
    if caller not in feature.asks or kind in feature.without:
        return ""
    if caller in feature.refused.get(kind, {}):
        return "refused"
    return "left out" if of(feature.left_out.get(kind, ""), caller) else "yes"


if __name__ == "__main__":
    print(table())

"""A prompt of which a config loses a line: three turns, of which the oldest does not fit."""

from __future__ import annotations

import json

from optimizer_app.configs.values import ConfigValues
from optimizer_app.models.configs.regression_case import CaseTexts
from optimizer_app.models.prompts.playground_example import ExampleTexts

NEEDED = "The deploy key is kept in vault 7421."
BODY = {
    "model": "gpt-4o",
    "messages": [
        {"role": "user", "content": "Where is the deploy key?"},
        {"role": "assistant", "content": f"{NEEDED} " + "Nothing else is known of it so far. " * 40},
        {"role": "user", "content": "What is the weather?"},
        {"role": "assistant", "content": "It rains."},
        {"role": "user", "content": "What is 2 + 2?"},
    ],
}
BODY_TEXT = json.dumps(BODY)
CASE = CaseTexts(ExampleTexts("openai", BODY_TEXT), NEEDED)
# Leaves no room for the oldest answer.
TIGHT = ConfigValues("safe", {"max_input_tokens": 60, "safety_margin_tokens": 0, "keep_last_n_turns": 1})
ROOMY = ConfigValues("safe", {"keep_last_n_turns": 9})

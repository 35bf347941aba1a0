"""What importing the package imports: nothing heavy before the first client or prompt."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import token_optimizer

HEAVY = (
    "anthropic",
    "genai_prices",
    "httpx",
    "llmlingua",
    "nltk",
    "numpy",
    "openai",
    "psycopg",
    "pydantic",
    "redis",
    "requests",
    "sumy",
    "tiktoken",
    "tokenizers",
    "torch",
)
PROGRAM = """
import json, sys
import token_optimizer
alone = [name for name in sys.modules if name.startswith("token_optimizer.")]
dir(token_optimizer)
from token_optimizer import AsyncTokenOptimizer, Block, BlockType, OptimizerConfig, TokenOptimizer, wrap
OptimizerConfig(max_input_tokens=8000).check()
print(json.dumps([alone, list(sys.modules)]))
"""


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    alone, loaded = json.loads(done.stdout)

    assert alone == []
    assert set(HEAVY) & set(loaded) == set()
    assert "token_optimizer.optimizer.pipeline" not in loaded


def test_every_name_is_there_and_listed() -> None:
    names: dict[str, object] = {}
    exec("from token_optimizer import *", names)

    assert set(token_optimizer.__all__) <= set(names) & set(dir(token_optimizer))
    assert all(getattr(token_optimizer, name) is names[name] for name in token_optimizer.__all__)
    assert "tokens" in dir(token_optimizer)
    assert token_optimizer.tokens.count_tokens("What is a token?", "gpt-4o") == 5


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(AttributeError, match="'token_optimizer' has no attribute 'TokenOptimiser'"):
        token_optimizer.TokenOptimiser  # noqa: B018

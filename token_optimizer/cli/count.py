"""`token-optimizer count`: tokens of a prompt, by model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from token_optimizer.cli.reading import Given, read_given
from token_optimizer.tokens.counts import count_body, count_tokens, is_estimate

DEFAULT_MODEL = "gpt-4o"


def add_count(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> Callable[..., int]:
    """The command's arguments."""
    parser = commands.add_parser("count", help="count the tokens of a prompt, by model")
    parser.add_argument("file", metavar="FILE", help="a body, messages or text; - is the standard input")
    parser.add_argument("--model", action="append", help=f"may be given more than once ({DEFAULT_MODEL})")
    return run


def run(options: argparse.Namespace) -> int:
    """Print a line for each model: the number alone where there is one; after a ≈ where it is estimated."""
    given = read_given(options.file)
    models = options.model or [str(given.body.get("model") or DEFAULT_MODEL)]
    for model in models:
        count = f"{'≈' if is_estimate(model) else ''}{tokens_of(given, model)}"
        sys.stdout.write(f"{count}\n" if len(models) == 1 else f"{count}\t{model}\n")
    return 0


def tokens_of(given: Given, model: str) -> int:
    """Tokens of what was given; a plain text counts without what a message adds around it."""
    if given.kind == "text":
        return count_tokens(given.body["messages"][0]["content"], model)
    return count_body(given.body, given.dialect, model)

"""The commands of `token-optimizer`, and how they end.

0  done
1  a file or config cannot be used; the reason is on the standard error
2  wrong arguments
3  done, but a prompt is over its budget, or lost what must stay
130, 141  interrupted; nobody reads the output any more
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from token_optimizer.cli.bench.command import add_bench
from token_optimizer.cli.completion import PROGRAM, add_completion
from token_optimizer.cli.compress import add_compress
from token_optimizer.cli.count import add_count
from token_optimizer.cli.errors import InputError
from token_optimizer.cli.replay.command import add_replay
from token_optimizer.cli.service import add_demo, add_manage, add_up
from token_optimizer.errors import TokenOptimizerError

FAILED, INTERRUPTED, PIPE_CLOSED = 1, 130, 141
_COMMANDS = (
    add_compress,
    add_count,
    add_bench,
    add_replay,
    add_up,
    add_demo,
    add_manage,
    add_completion,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _options(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except (InputError, TokenOptimizerError) as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
        return FAILED
    except BrokenPipeError:
        # What is left in the buffer must not be written again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command; `rest` is for the service's own commands, which know what it means."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and not options.takes_rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        PROGRAM, description="Makes LLM prompts smaller, and runs the gateway that does."
    )
    parser.set_defaults(takes_rest=False)
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in _COMMANDS:
        run = add(commands)
        list(commands.choices.values())[-1].set_defaults(run=run)
    return parser


def _version() -> str:
    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "not installed"

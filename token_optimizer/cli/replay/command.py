"""`token-optimizer replay`: what recorded requests would have cost."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from token_optimizer.cli.count import DEFAULT_MODEL
from token_optimizer.cli.settings import add_config_options, count


def add_replay(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> Callable[..., int]:
    """The command's arguments."""
    parser = commands.add_parser("replay", help="tell what recorded requests would have cost")
    parser.add_argument("logs", nargs="+", metavar="LOGS", help="files or folders; - is the standard input")
    parser.add_argument("--html", metavar="FILE", help="write one page that stands alone")
    parser.add_argument("--json", action="store_true", help="print all sums as JSON")
    parser.add_argument("--budget", type=count, metavar="TOKENS", help="at most so many tokens a request")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help=f"of requests that name none ({DEFAULT_MODEL})"
    )
    add_config_options(parser)
    return run


def run(options: argparse.Namespace) -> int:
    """Replay all requests, then print their sums, and write the page where one is wanted."""
    # Imported here: with it comes all of the optimizer, which other commands do without.
    from token_optimizer.cli.replay.run import replay_logs

    return replay_logs(options)

"""`token-optimizer bench`: what a config leaves of prompts, and of what must stay in them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from token_optimizer.cli.count import DEFAULT_MODEL
from token_optimizer.cli.errors import NOT_MET
from token_optimizer.cli.progress import shown_progress
from token_optimizer.cli.settings import add_config_options, config_of, count

if TYPE_CHECKING:
    from token_optimizer.cli.bench.scoring import Score


def add_bench(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> Callable[..., int]:
    """The command's arguments."""
    parser = commands.add_parser("bench", help="tell whether prompts keep what their answers need")
    parser.add_argument("cases", metavar="DIR", help="a folder of cases, or one file of them")
    parser.add_argument("--budget", type=count, metavar="TOKENS", help="at most so many tokens a case")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"of cases that name none ({DEFAULT_MODEL})")
    add_config_options(parser)
    parser.add_argument("--json", action="store_true", help="print every case as JSON")
    return run


def run(options: argparse.Namespace) -> int:
    """Score every case; the code says whether all kept what must stay, within their budgets."""
    # Imported here: with it comes all of the optimizer, which other commands do without.
    from token_optimizer.cli.bench.report import as_json, report

    scores = list(_scores(options))
    sys.stdout.write(as_json(scores) if options.json else report(scores))
    return 0 if all(score.is_good for score in scores) else NOT_MET


def _scores(options: argparse.Namespace) -> Iterator[Score]:
    from token_optimizer.cli.bench.cases import cases_of
    from token_optimizer.cli.bench.scoring import Scorer

    scorer = Scorer(config_of(options), options.model, options.budget)
    for case in shown_progress(cases_of(options.cases), "cases"):
        yield scorer.score(case)

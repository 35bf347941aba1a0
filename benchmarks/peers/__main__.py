"""Other compressors on the cases of `benchmarks.quality`, each in an environment of its own.

    python -m benchmarks.peers --data DIR --folder DIR [--only NAME ...] [--family NAME ...] [--cases N]
                               [--markdown FILE]

Environments are made under the folder, outside the tree; what cannot be installed or run is listed with the
reason. Removed: of all tokens. Kept: what the question needs, as the mean of the cases' shares. Seconds are
CPU time of all threads, for all cases. LLMLingua-2 needs weights from a hub: `benchmarks.compressors` and the
stage `compress` measure it where they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import groupby, islice
from pathlib import Path

from benchmarks.cases.scoring import Case, load_cases
from benchmarks.peers.answers import outcome_of
from benchmarks.peers.peer import PEERS
from benchmarks.peers.report import as_markdown


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    cases = chosen_cases(options.data, options.family, options.cases)
    chosen = [peer for peer in PEERS if not options.only or peer.name in options.only]
    table = as_markdown([outcome_of(peer, cases, options.folder.resolve()) for peer in chosen])
    print(table)
    if options.markdown:
        options.markdown.write_text(table)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--folder", type=Path, required=True, help="where environments are kept")
    parser.add_argument("--only", nargs="*", default=[], help="names of compressors, as the table has them")
    parser.add_argument("--family", nargs="*", default=[], help="only these families")
    parser.add_argument("--cases", type=int, help="so many of each family, the first ones")
    parser.add_argument("--markdown", type=Path, help="write the tables into this file")
    return parser.parse_args(arguments)


def chosen_cases(data: Path, families: Sequence[str], most: int | None) -> list[Case]:
    """The cases of these families, or of all, in order of family."""
    cases = [case for case in load_cases(data) if not families or case["family"] in families]
    cases.sort(key=lambda case: case["family"])
    grouped = groupby(cases, key=lambda case: case["family"])
    return [case for _, group in grouped for case in islice(group, most)]


if __name__ == "__main__":
    main()

"""The adapters in their frameworks: each in an environment of its own, against a provider on a local socket.

    python -m benchmarks.adapters [--folder DIR] [--only NAME ...] [--markdown FILE]

The library is built as a wheel and installed with the extra of each. A program of the framework runs twice,
without the adapter and with it; the provider answers with the facts that it finds in the prompt.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.adapters.adapters import ADAPTERS
from benchmarks.adapters.library import built_wheel
from benchmarks.adapters.running import Outcome, outcome_of

_HEAD = "| Adapter | Version | Tokens, without → with | Same answer |\n|---|---|---|---|"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where environments are kept")
    parser.add_argument("--only", nargs="*", default=[], help="names of adapters, as the table has them")
    parser.add_argument("--markdown", type=Path, help="write the table into this file")
    options = parser.parse_args(arguments)
    folder = (options.folder or Path(tempfile.mkdtemp(prefix="token-optimizer-adapters-"))).resolve()
    wheel = built_wheel(folder / "wheel")
    chosen = [adapter for adapter in ADAPTERS if not options.only or adapter.name in options.only]
    table = as_markdown([outcome_of(adapter, wheel, folder) for adapter in chosen])
    print(table)
    if options.markdown:
        options.markdown.write_text(table)


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """The adapters that ran as a table, the others below it with the reason."""
    rows = [
        f"| {found.name} | {found.version} | {found.tokens_before:,} → {found.tokens_after:,} "
        f"| {'yes' if found.same_answer else '**no**'} |"
        for found in outcomes
        if not found.trouble
    ]
    troubles = [f"- {found.name}: {found.trouble}" for found in outcomes if found.trouble]
    return "\n".join([_HEAD, *rows, *(["", "Not run here:", "", *troubles] if troubles else [])]) + "\n"


if __name__ == "__main__":
    main()

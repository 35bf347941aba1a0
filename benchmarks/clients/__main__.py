"""Real clients, from their own packages, against the gateway and a scripted provider on a local socket.

    python -m benchmarks.clients [--folder DIR] [--only NAME ...] [--markdown FILE]

Each client runs the same session twice: straight to the scripted provider, and through the gateway. Compared
are the results that it comes to, the bodies that it sends with those that the provider gets, and whether each
body begins as the one before it. Packages are installed into environments of their own under the folder,
outside the tree; what cannot be installed or run is listed with the reason.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.clients.families import CLIENTS
from benchmarks.clients.report import as_markdown
from benchmarks.clients.runner import run_clients


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where environments and recorded bodies are kept")
    parser.add_argument("--only", nargs="*", default=[], help="names of clients, as the table has them")
    parser.add_argument("--markdown", type=Path, help="write the table into this file")
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="token-optimizer-clients-"))
    chosen = [client for client in CLIENTS if not options.only or client.name in options.only]
    table = as_markdown(asyncio.run(run_clients(chosen, folder.resolve())))
    print(table)
    if options.markdown:
        options.markdown.write_text(table)


if __name__ == "__main__":
    main()

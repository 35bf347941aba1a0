"""Builds the image from what is committed, and runs it as docker-compose.yml and deploy/kubernetes/ say.

    python -m benchmarks.image [--folder FOLDER]

As root, on a machine with buildah, podman, runc, netavark, aardvark-dns, iptables, catatonit and debootstrap
(Debian's packages); no daemon and no registry is needed. Ten minutes and 4 GB the first time. FOLDER, which
is kept, makes the next times shorter; without it nothing stays. Ends with 1 where something does not work.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.image import building, compose
from benchmarks.image.engine import Engine
from benchmarks.image.kubernetes import pods_work
from benchmarks.packages.environments import Failed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where images and layers are kept for the next time")
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="token-optimizer-image-"))
    engine = Engine.made(folder.resolve())
    try:
        _try_all(engine)
    except Failed as error:
        print(f"FAILED: {error}", flush=True)
        return 1
    finally:
        engine.end_all()
        if options.folder is None:
            engine.remove()
    return 0


def _try_all(engine: Engine) -> None:
    checkout = building.committed_files(engine.folder)
    version = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["version"]
    _step("base", lambda: building.take_base(engine, checkout))
    _step("build", lambda: building.build_first(engine, checkout))
    _step("build again", lambda: building.build_again(engine, checkout, version))
    _step("contents", lambda: building.check_contents(engine, version))
    parts = compose.Compose.made(engine, checkout)
    _step("other images", lambda: building.take_standins(engine, parts.standins))
    _step("compose", lambda: compose.start_all(parts))
    _step("confined", lambda: compose.are_confined(parts))
    _step("a request", lambda: compose.answers(parts))
    _step("SIGTERM", lambda: compose.end(parts, [*parts.own_parts, "proxy"]))
    _step("Kubernetes", lambda: pods_work(parts))
    _step("SIGTERM", lambda: compose.end(parts, ["valkey", "postgres"]))


def _step(name: str, take: Callable[[], str]) -> None:
    started = perf_counter()
    print(f"{name:<14}", end="", flush=True)
    seen = take()
    print(f"{perf_counter() - started:6.1f} s  {seen}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

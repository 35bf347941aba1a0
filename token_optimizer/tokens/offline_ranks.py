"""tiktoken with its ranks taken from the bpe-openai package, where it would download them."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import tiktoken

_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_VARIABLE = "TIKTOKEN_CACHE_DIR"


@contextmanager
def offline_encoding(name: str = "o200k_base") -> Iterator[tiktoken.Encoding]:
    """The encoding, with nothing fetched."""
    packed = _data_folder() / f"{name}.tiktoken.gz"
    before = os.environ.get(_VARIABLE)
    with tempfile.TemporaryDirectory() as folder:
        address = _ADDRESS.format(name).encode()
        # tiktoken names its files so; nothing is kept secret by it.
        name_there = hashlib.sha1(address, usedforsecurity=False).hexdigest()
        (Path(folder) / name_there).write_bytes(gzip.decompress(packed.read_bytes()))
        os.environ[_VARIABLE] = folder
        try:
            yield tiktoken.get_encoding(name)
        finally:
            del os.environ[_VARIABLE]
            if before is not None:
                os.environ[_VARIABLE] = before


def _data_folder() -> Path:
    """Where the package keeps its ranks; importing it would take most of a second."""
    spec = find_spec("bpe_openai")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"

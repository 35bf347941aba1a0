"""Reads cases, a line of JSON each, and writes what a compressor made of each with the CPU seconds it took.

The standard library alone: it runs in the environment of each compressor, on any Python that these take.
"""

import contextlib
import json
import os
import sys
import time


def answer_cases(compress):
    """`compress` takes a case and gives its `messages` and `tools`. Whatever else it prints is left out."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers, contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            answers.write(json.dumps(_answered(json.loads(line), compress)) + "\n")
            answers.flush()


def _answered(case, compress):
    started = time.process_time()
    try:
        sent = compress(case)
    except Exception as error:  # A compressor that fails leaves the prompt as it was, and the table says so.
        sent = {**case, "error": f"{type(error).__name__}: {error}"[:200]}
    seconds = time.process_time() - started
    kept = {name: sent.get(name) for name in ("messages", "tools", "error")}
    return {**kept, "seconds": seconds}

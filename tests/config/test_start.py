"""What a process has once it has started: nothing that only few of them need, and a collector at work until
it ends."""

from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = """
import gc, json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
def imported():
    return sorted({name.partition(".")[0] for name in sys.modules})
import config
starting = gc.isenabled()
import django
django.setup()
any_process, at_work, kept = imported(), gc.isenabled(), gc.get_freeze_count()
import gateway.app
print(json.dumps([starting, at_work, kept, any_process, imported()]))
"""
# What was registered first is called last, when the interpreter is about to look for garbage.
_END = """
import atexit, gc, os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
atexit.register(lambda: print(len(gc.get_objects())))
import django
django.setup()
gc.unfreeze()
"""


def test_a_process_starts_with_little_and_looks_for_garbage_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    starting, at_work, kept, any_process, server = json.loads(done.stdout.splitlines()[-1])
    assert (starting, at_work) == (False, True)
    assert kept > 100_000
    assert not {"genai_prices", "pydantic", "torch", "openai", "anthropic"} & set(any_process)
    assert not {"mcp", "mcp_types", "jsonschema", "torch", "openai", "anthropic"} & set(server)


def test_a_process_that_ends_looks_through_nothing_once_more() -> None:
    done = subprocess.run([sys.executable, "-c", _END], capture_output=True, text=True, check=True)
    # That list itself and the like.
    assert int(done.stdout) < 100

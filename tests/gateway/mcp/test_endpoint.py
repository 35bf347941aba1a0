"""What /mcp costs those who do not ask it."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
import django
django.setup()
import gateway.app
print([name for name in sys.modules if name.partition(".")[0] in ("mcp", "mcp_types")])
"""


def test_the_package_is_not_imported_before_somebody_asks() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"

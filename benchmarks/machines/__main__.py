"""Two machines on one PostgreSQL and one Valkey: `python -m benchmarks.machines`; four minutes.

Two whole instances (`manage.py up`) with ports and state folders of their own. Printed is what held; what did
not ends it with status 1.
"""

from __future__ import annotations

import sys
import time

from benchmarks.machines.checks import CHECKS, Missed
from benchmarks.machines.site import SETTLE_SECONDS, running_site


def main() -> int:
    with running_site() as site:
        time.sleep(SETTLE_SECONDS)
        for check in CHECKS:
            try:
                print(f"{check.__name__:>13}  {check(site)}", flush=True)
            except Missed as missed:
                print(f"{check.__name__:>13}  MISSED {missed}", flush=True)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

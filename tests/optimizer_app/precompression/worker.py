"""A process that takes a batch and hangs over it, for tests that kill it."""

from __future__ import annotations

import time

import django

if __name__ == "__main__":
    django.setup()

    from optimizer_app.precompression import work

    def hang(*_: object) -> None:
        print("working", flush=True)
        time.sleep(600)

    work._work_on = hang
    work.compress_due()

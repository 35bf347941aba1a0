"""A journal and its recorder, as the traces have them."""

from tests.optimizer_app.traces.conftest import journal_dir, recording

__all__ = ["journal_dir", "recording"]

"""The project, journal and recorder of the traces' tests."""

from tests.optimizer_app.traces.conftest import journal_dir, project, recording

__all__ = ["journal_dir", "project", "recording"]

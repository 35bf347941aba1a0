"""Why a command ends early."""

from __future__ import annotations


class InputError(Exception):
    """A file cannot be read, or holds no prompt; the message names the file."""

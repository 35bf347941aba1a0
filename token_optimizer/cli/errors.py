"""Why a command ends early, and the code of one that ends with less than was asked of it."""

from __future__ import annotations

# The work is done, and the prompt is over its budget, or lost what must stay.
NOT_MET = 3


class InputError(Exception):
    """A file cannot be read, or holds no prompt; the message names the file."""

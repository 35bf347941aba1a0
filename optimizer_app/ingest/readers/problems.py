"""Why a file cannot be read."""

from __future__ import annotations


class UnreadableDocument(Exception):
    """A file that has no text for us; the message says why, in words for people."""

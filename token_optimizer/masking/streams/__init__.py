"""Streams with the originals in the place of placeholders, event by event."""

"""Compressing ahead of need: what the next turn of a conversation will want is made after the answer."""

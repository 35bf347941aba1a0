"""Turns: which are dropped, kept whole, protected, or examples of a form."""

"""Texts that are kept, encrypted: what requests said."""

"""Stored state, and the one door into the library for the Django side."""

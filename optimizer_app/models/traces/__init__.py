"""Traces and what is told of them: events, sums, feedback, saved filters."""

"""Conversations that go through untouched, and what that tells of those that do not.

groups.py      which conversations are held out
outcome.py     what came of a request, as both groups are compared by
sums.py        what is known of both groups: sums
measures.py    those of their requests, in SQL
feedback.py    those of what was said of them
statistics.py  differences with their intervals
comparison.py  both groups side by side, in words
"""

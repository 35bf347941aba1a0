"""Conversations that go through untouched, and what that tells of those that do not.

groups.py      which conversations are held out
outcome.py     what came of a request, as both groups are compared by
measures.py    sums of both groups, in SQL
statistics.py  differences with their intervals
comparison.py  both groups side by side, in words
"""

"""Figures over many requests, as the pages show them.

window.py          which requests: the filters and the time of the query
overview.py        what they came to
blocks.py          what rules cut from their blocks
money.py           what they were billed, and what was saved on them
holdout.py         both groups of a holdout side by side
precompression.py  what was compressed in the background for them
"""

"""What rules cut from the blocks of many requests, and what of that was wanted again afterwards.

sums.py    by rule and kind of block, from rollups
blocks.py  the blocks themselves, of a bounded number of requests: it costs the same whatever is stored
"""

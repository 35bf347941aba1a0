"""What rules cut from the blocks of many requests, and what of that was wanted again afterwards.

sums.py    by rule and kind of block
blocks.py  the blocks themselves
picked.py  the requests that are looked at

PostgreSQL takes the blocks apart: they are a list in each trace. A bounded number of requests is looked at,
so that it costs the same whatever is stored.
"""

"""What many requests were billed, and what was saved on them.

sums.py   by rule, key, tag, model, provider or day
tags.py   by the values of one of the tags that clients give requests
drifts.py models whose tokens providers count otherwise than we do
focus.py  the same bills in the columns of FOCUS, for tools that gather costs
"""

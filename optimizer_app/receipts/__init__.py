"""What each request was billed, and what it would have been billed without us.

bill.py            the lines of a bill: each kind of token, its price, the money
saving.py          gross, net and what the provider's cache has to do with it
without_us.py      the usage that the original would have had
original_cache.py  the provider's cache as the original conversations would have left it, in Valkey
rules.py           what each rule saved, less what was wanted again
drift.py           how far the provider's counts are from ours, learned for each model
receipt.py         all of it, as a value and as the column of a trace
"""

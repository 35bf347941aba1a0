"""`token-optimizer replay`: what recorded requests would have cost.

command.py   the command's arguments
run.py       from the files to what is printed and written
replaying.py each request through the optimizer and both caches, as it would have been sent
costs.py     what the input of a request costs at its model's prices
totals.py    the sums: of all, by rule, by session
report.py    the sums as tables of text
page.py      the sums as one page of HTML
"""

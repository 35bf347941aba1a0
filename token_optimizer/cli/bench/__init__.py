"""`token-optimizer bench`: prompts with what their answers need, and what a config leaves of both.

command.py   the arguments, and how it ends
cases.py     the cases of a folder
matching.py  whether a text still holds what is needed
scoring.py   what became of a case
report.py    the table, and the same as JSON
"""

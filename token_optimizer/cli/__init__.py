"""The command line, `token-optimizer`: one file for each command, and what they share.

main.py        the commands and their exit codes
compress.py    `compress`: a prompt made smaller
count.py       `count`: tokens by model
replay/        `replay`: what recorded requests would have cost
completion.py  `completion`: the shell's completion
reading.py     what a file holds: a request body, messages or plain text
settings.py    the config that a preset, a file and a budget come to
tables.py      rows as columns of text
line_diff.py   which lines went
"""

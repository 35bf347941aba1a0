"""The command line, `token-optimizer`: one file for each command, and what they share.

main.py        the commands and their exit codes
compress.py    `compress`: a prompt made smaller
count.py       `count`: tokens by model
bench/         `bench`: whether prompts keep what their answers need
replay/        `replay`: what recorded requests would have cost
service.py     `up`, `demo` and `manage`: the service's own commands
completion.py  `completion`: the shell's completion
reading.py     what a file holds: a request body, messages or plain text
settings.py    the config that a preset, a file and a budget come to
progress.py    how far a command is, on a terminal
tables.py      rows as columns of text
line_diff.py   which lines went
"""

"""A version of a config on its way to everybody.

errors.py   why it does not go there
cases.py    regression cases: what should have stayed
runs.py     the cases under a config, and the last result of each
publish.py  publishing to all or to a share, after the cases have been run
sides.py    what the live version and that of a share came to, side by side
"""

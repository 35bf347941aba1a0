"""Changes of a config that what happened speaks for.

signals.py    what happened: cuts wanted again, feedback, failing cases, the holdout
changes.py    which change each signal speaks for
proposals.py  proposals made, tested, taken, dismissed
"""

"""Routes of projects: which providers serve a model, under which name, and who follows when one fails.

change.py    adding, changing, ordering and removing routes
patterns.py  which models a pattern fits
lookup.py    where a model would go
errors.py    why a change was refused
"""

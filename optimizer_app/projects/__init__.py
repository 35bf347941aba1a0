"""Projects with their settings, keys and use.

create.py    a new project with its default config
settings.py  name, default config and receiver of events
keys.py      keys, whose secret is known only when they are made
usage.py     what requests came by each, and what they saved
errors.py    why a change was refused
"""

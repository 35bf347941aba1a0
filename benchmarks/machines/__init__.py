"""Two whole instances on one PostgreSQL and one Valkey: whether one misses what the other does.

site.py    both instances with their servers, a provider and a receiver of events
checks.py  what must hold
"""

"""Two whole instances on one PostgreSQL and one Valkey: whether one misses what the other does.

site.py       both instances with their servers, a provider and a receiver of events
checks.py     what must hold
sentinels.py  one instance whose Valkey loses its primary
replica.py    one instance with a replica that stops, and dies
"""

"""PostgreSQL and Valkey from their wheels.

postgres.py  the embedded PostgreSQL, with pgvector
accounts.py  the system user that PostgreSQL runs as when root starts it
valkey.py    the embedded Valkey
running.py   both, started side by side and stopped in order
"""

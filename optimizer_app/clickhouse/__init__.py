"""Traces in ClickHouse, for instances with so many that PostgreSQL should keep those of a few days only.

client.py      the server that CLICKHOUSE_URL names, and whether it answers
schema.py      its table, whose columns are those of `RequestTrace`
copying.py     takes traces there that PostgreSQL has stored: each one, and once
conditions.py  filters of Django as SQL of ClickHouse
rows.py        traces that are read there
stored.py      traces wherever they are, and the port that readers of traces go by
scores.py      what callers said of traces, wherever these are
"""

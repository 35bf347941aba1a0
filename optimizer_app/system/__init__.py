"""How the instance's parts are: facts, and for each part in trouble what that means and what to do.

report.py    all parts, each asked within a short time
part.py      what is said of a part
servers.py   PostgreSQL and Valkey
cluster.py   the cluster of Valkey
clickhouse.py  the ClickHouse that traces are copied to
workers.py   the web workers, the background workers with their queues, and the schedule
models.py    the models that embed and compress
records.py   the journal, the traces and the outbox of events
machine.py   the disk, and the versions of all
"""

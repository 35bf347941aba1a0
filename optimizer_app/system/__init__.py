"""How the instance's parts are: facts, and for each part in trouble what that means and what to do.

report.py    all parts, each asked within a short time
part.py      what is said of a part
servers.py   PostgreSQL and Valkey
workers.py   the web workers and the background workers with their queues
models.py    the models that embed and compress
records.py   the journal of traces and the outbox of events
machine.py   the disk, and the versions of all
"""

"""What background work of every kind needs.

wake.py          asks a Celery worker to look for due work now
connections.py   database connections of threads outside Django's requests
heartbeat.py     when a worker last took a task from each queue, and when the schedule was last at it
health.py        asks that for the health checks of containers
schedule.py      the schedule that queues the tasks, which a clock that is set back does not stop
schedule_lease.py  which machine's schedule does so
valkey.py        clients of Valkey that give up early
leases.py        rows that one worker holds for a time
machine_lock.py  work that one process of a machine, or so many, do at a time
"""

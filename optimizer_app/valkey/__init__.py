"""Where Valkey is, and clients of it: one server, or the primary that Sentinels name.

address.py   the URL of a primary among Sentinels, and the same for Celery and Channels
cluster.py   the URL of a cluster, and clients of it
clients.py   clients for threads, for event loops, and for Django's cache, of one server or a primary
traffic.py   which of both has what grows with the number of requests
held.py      a connection for short questions that every request asks
values.py    many values at once over such connections, on one server or on a cluster

A cluster is for that alone: neither Celery nor Channels nor Django's cache talks to one.
"""

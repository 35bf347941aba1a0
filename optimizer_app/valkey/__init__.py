"""Where Valkey is, and clients of it: one server, or the primary that Sentinels name.

address.py   the URL of a primary among Sentinels, and the same for Celery and Channels
clients.py   clients for threads, for event loops, and for Django's cache

A cluster is none of it: neither Celery nor Channels nor Django's cache talks to one.
"""

"""Pages and the management API read traces and rollups from a replica of the database, where there is one.

router.py      which reads go there
middleware.py  whose do: those of requests that change nothing
lag.py         whether the replica is up to date enough
"""

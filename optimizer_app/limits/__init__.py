"""What a key or a project may use, and what it has used.

values.py    the bounds as a value, read from and set on a row
windows.py   the last minute and what runs now, counted in Valkey for all workers and machines alike
script_connection.py  one connection to Valkey that only runs scripts, for the path of requests
cluster_scripts.py    the same for each node of a cluster
path_lines.py  lines that name the endpoints that may be asked
spending.py  the bill of the present day or month, from the traces
warnings.py  the event of a budget that is nearly spent
holders.py   a key and its project, with all of these
present.py   how much of its limits one uses now, for people
"""

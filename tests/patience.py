"""How long a test waits for what must come.

Only a fault takes so long: a machine that is busy with other work takes longer than one that is not.
"""

PATIENCE_SECONDS = 300

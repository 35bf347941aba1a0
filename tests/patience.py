"""How long a test waits for what must come.

Only a fault takes so long: a machine that is busy with other work takes longer than one that is not.
"""

PATIENCE_SECONDS = 300

# For one step on a page, behind which no process has to start. On two cores with ten processes at work the
# longest walk over pages, of a hundred steps, took 25 seconds.
STEP_PATIENCE_SECONDS = 60

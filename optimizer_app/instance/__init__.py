"""PostgreSQL and Valkey from their wheels, and the one supervisor over every process: `manage.py up`.

    state.py       what an instance keeps: secrets, passwords and ports, in a file that only its owner reads
    children.py    starting processes that end with their parent, and ending those of a crashed start
    accounts.py    the system user that PostgreSQL runs as when root starts it
    postgres.py    the embedded PostgreSQL
    valkey.py      the embedded Valkey
    servers.py     both, started side by side and stopped in order
    supervisor.py  keeps the web workers, Celery and the databases alive until a signal ends them
    web.py         one web worker on the supervisor's socket

Nothing here needs Django to be set up.
"""

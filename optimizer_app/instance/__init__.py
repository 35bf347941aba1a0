"""One instance of the service under one supervisor: `manage.py up`.

servers/       PostgreSQL and Valkey from their wheels
state.py       secrets, passwords and ports, in a file that only its owner reads
prepare.py     schema, partitions and static files, brought up to this version
bootstrap.py   the first admin, project, key and providers
greeting.py    what a start prints
children.py    processes that end with their parent, and leftovers of a crashed start
workers.py     the command lines of the web workers, Celery and the embedding process
web.py         one web worker on the supervisor's socket
supervisor.py  keeps all of them alive until a signal ends it
"""

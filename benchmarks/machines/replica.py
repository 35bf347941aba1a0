"""A replica that stops replaying, and then dies: `python -m benchmarks.machines.replica`; two minutes.

Printed is how long a page of an instance takes until it shows what was just answered, and how it is served
where the replica is gone.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import requests

from benchmarks.machines.site import KEY, SETTLE_SECONDS, folder_of
from optimizer_app.instance.servers.postgres import wheel_binaries
from optimizer_app.instance.servers.running import running_servers
from optimizer_app.instance.state import DATABASE_SUPERUSER, LOOPBACK, InstanceState, free_port
from tests.optimizer_app.instance.whole.running_instance import Instance, start_instance
from tests.optimizer_app.traces.records import eventually
from tests.patience import PATIENCE_SECONDS

PASSWORD = "a long pass phrase"
PAGES_AFTER_DEATH = 20


class Replica:
    """The replica's process and its port."""

    def __init__(self, primary: InstanceState, folder: Path) -> None:
        self.primary, self.folder, self.port = primary, folder, free_port()
        with self._connection(primary.postgres_port) as connection:
            self.home, rules = connection.execute(
                "SELECT current_setting('data_directory'), current_setting('hba_file')"
            ).fetchone()
            with Path(rules).open("a") as file:
                file.write(f"\nhost replication all {LOOPBACK}/32 scram-sha-256\n")
            connection.execute("SELECT pg_reload_conf()")
        self._as_owner(
            "pg_basebackup", f"--host={LOOPBACK}", f"--port={primary.postgres_port}",
            f"--username={DATABASE_SUPERUSER}", f"--pgdata={folder}/data",
            "--write-recovery-conf", "--checkpoint=fast",
        ).wait()  # fmt: skip
        settings = [
            f"port={self.port}",
            f"listen_addresses={LOOPBACK}",
            "unix_socket_directories=",
            "max_connections=200",
        ]
        self.process = self._as_owner("postgres", "-D", f"{folder}/data", *(f"-c{each}" for each in settings))
        eventually(self._answers)

    @property
    def url(self) -> str:
        return self.primary.database_url.replace(f":{self.primary.postgres_port}/", f":{self.port}/")

    def ask(self, query: str) -> None:
        with self._connection(self.port) as connection:
            connection.execute(query)

    def _answers(self) -> bool:
        try:
            self.ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _connection(self, port: int) -> psycopg.Connection:
        login = {"user": DATABASE_SUPERUSER, "password": self.primary.postgres_password}
        return psycopg.connect(host=LOOPBACK, port=port, dbname="postgres", autocommit=True, **login)

    def _as_owner(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """As the user whose the primary's files are: PostgreSQL refuses to run as root."""
        owner = os.stat(self.home)
        os.chown(self.folder, owner.st_uid, owner.st_gid)
        return subprocess.Popen(
            [wheel_binaries() / program, *arguments],
            cwd=self.folder,
            user=owner.st_uid,
            group=owner.st_gid,
            env={**os.environ, "PGPASSWORD": self.primary.postgres_password},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="token-optimizer-replica-") as top:
        folders = [folder_of(Path(top), name) for name in ("servers", "replica", "instance")]
        with running_servers(folders[0]) as servers, _replica(servers, folders[1]) as replica:
            environment = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
            instance = start_instance(
                folders[2],
                DATABASE_REPLICA_URL=replica.url,
                OPTIMIZER_BOOTSTRAP_KEY=KEY,
                OPTIMIZER_ADMIN_PASSWORD=PASSWORD,
                **environment,
            )
            try:
                instance.wait_until_up()
                time.sleep(SETTLE_SECONDS)
                _try(instance, replica)
            finally:
                instance.process.terminate()
                instance.process.wait()


@contextmanager
def _replica(servers: InstanceState, folder: Path) -> Iterator[Replica]:
    replica = Replica(servers, folder)
    try:
        yield replica
    finally:
        replica.process.kill()
        replica.process.wait()


def _try(instance: Instance, replica: Replica) -> None:
    browser = _signed_in(instance)
    print(f"a page shows a request after {_shown_after(instance, browser):.1f} s")
    replica.ask("SELECT pg_wal_replay_pause()")
    print(f"while nothing is replayed, after {_shown_after(instance, browser):.1f} s")
    replica.ask("SELECT pg_wal_replay_resume()")
    print(f"when it goes on, after {_shown_after(instance, browser):.1f} s")
    replica.process.kill()
    replica.process.wait()
    answers = [
        browser.get(f"{instance.url}/requests", timeout=PATIENCE_SECONDS) for _ in range(PAGES_AFTER_DEATH)
    ]
    seconds = max(answer.elapsed.total_seconds() for answer in answers)
    good = sum(answer.ok for answer in answers)
    print(f"after its death {good} of {PAGES_AFTER_DEATH} pages are served, the slowest in {seconds:.1f} s")


def _signed_in(instance: Instance) -> requests.Session:
    browser = requests.Session()
    url = f"{instance.url}/login"
    form = browser.get(url, timeout=PATIENCE_SECONDS).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None
    login = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    browser.post(url, data=login, headers={"referer": url}, timeout=PATIENCE_SECONDS).raise_for_status()
    return browser


def _shown_after(instance: Instance, browser: requests.Session) -> float:
    """Seconds from a request's answer until the list of requests has it."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi."}]}
    url, headers = f"{instance.url}/v1/chat/completions", {"authorization": f"Bearer {KEY}"}
    answer = requests.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS)
    began, trace_id = time.monotonic(), answer.headers["x-optimizer-trace-id"]
    eventually(lambda: trace_id in browser.get(f"{instance.url}/requests", timeout=PATIENCE_SECONDS).text)
    return time.monotonic() - began


if __name__ == "__main__":
    main()

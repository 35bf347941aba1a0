"""A database of the first version that was in use, brought up to this one with all that it holds."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import psycopg
from django.utils import timezone

from optimizer_app.models.keys.api_key import all_scopes
from optimizer_app.trace_ids import first_id_at, new_trace_id
from optimizer_app.traces.partitions import partition_name
from tests.servers.live_server import PROJECT_ROOT

FIRST = "0005_compressions"
ROWS = """
INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,
  is_active, date_joined) VALUES (7, '!', false, 'ann', '', '', '', false, true, now());
INSERT INTO optimizer_app_project (id, name, hash_secret, created_at)
  VALUES ('{project}', 'support', 'secret', now());
INSERT INTO optimizer_app_project_members (project_id, user_id) VALUES ('{project}', 7);
INSERT INTO optimizer_app_optimizationconfig (id, project_id, name, preset, fields, is_default, version,
  updated_at)
  VALUES ('{config}', '{project}', 'agents', 'balanced', '{{"keep_last_n_turns": 4}}', true, 3, now());
INSERT INTO optimizer_app_apikey (id, project_id, name, shown_prefix, hash, created_at)
  VALUES ('{key}', '{project}', 'ci', 'tok_abcd', '{hash}', now());
INSERT INTO optimizer_app_provider (id, project_id, name, kind, base_url, encrypted_secret, trusted,
  created_at)
  VALUES (gen_random_uuid(), '{project}', 'openai', 'openai', 'https://api.openai.com/v1', 'x', false, now());
CREATE TABLE {partition} PARTITION OF optimizer_app_requesttrace FOR VALUES FROM ('{first}') TO ('{end}');
INSERT INTO optimizer_app_requesttrace (id, project_id, api_key_id, created_at, dialect, provider, model,
  config_name, config_version, stream, status, error, route, tokens_before, tokens_after, tokens_estimated,
  cache_hit, fallback_used, fallback_reason, compacted, over_budget, latency_ms, stages, blocks)
  VALUES ('{trace}', '{project}', '{key}', now(), 'openai', 'openai', 'gpt-4o', 'agents', 3, false, 'ok', '',
  'heuristic_only', 900, 300, false, false, false, '', false, '', 5, '[]', '[]');
"""


def test_what_it_holds_is_there_afterwards(empty_database: str, tmp_path: Path) -> None:
    manage(empty_database, tmp_path, "migrate", "auth")
    manage(empty_database, tmp_path, "migrate", "optimizer_app", FIRST)
    names = {name: uuid.uuid4() for name in ("project", "config", "key", "hash")}
    with psycopg.connect(empty_database) as older:
        older.execute(ROWS.format(**names, **todays_partition(), trace=new_trace_id()))

    told = manage(empty_database, tmp_path, "prepare")

    assert "tok_" not in told
    with psycopg.connect(empty_database) as newer:
        assert newer.execute("SELECT user_id, role FROM optimizer_app_project_members").fetchall() == [
            (7, "owner")
        ]
        assert newer.execute("SELECT hash, scopes, allowed_models FROM optimizer_app_apikey").fetchall() == [
            (str(names["hash"]), all_scopes(), [])
        ]
        versions = "SELECT config_id, number, fields FROM optimizer_app_configversion"
        assert newer.execute(versions).fetchall() == [(names["config"], 3, {"keep_last_n_turns": 4})]
        traces = "SELECT project_id, tokens_before, billed_usd, read_backs FROM optimizer_app_requesttrace"
        assert newer.execute(traces).fetchall() == [(names["project"], 900, None, [])]
        assert newer.execute("SELECT count(DISTINCT start) FROM optimizer_app_rollupmark").fetchone() == (1,)
        assert newer.execute("SELECT name, kind FROM optimizer_app_provider").fetchall() == [
            ("openai", "openai")
        ]


def todays_partition() -> dict[str, str]:
    """Its name and bounds, as every version makes them."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first, end = (str(first_id_at(day)) for day in (today, today + timedelta(days=1)))
    return {"partition": partition_name(today.date()), "first": first, "end": end}


def manage(url: str, state_dir: Path, *command: str) -> str:
    """What `manage.py` says, on a database of its own."""
    own = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": url,
        "OPTIMIZER_STATE_DIR": str(state_dir),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT_ROOT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

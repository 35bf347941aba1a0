"""manage.py prepare, and the pieces of it that a whole start does not show."""

import datetime
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from optimizer_app.instance import prepare as prepare_module
from optimizer_app.instance.prepare import (
    COLLECTED_MARK,
    check_valkey_cluster,
    collect_static_files,
    with_short_waits,
)
from optimizer_app.models import Project
from optimizer_app.traces.partitions import partition_days
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import PROJECT_ROOT, database_url


@pytest.mark.django_db
def test_it_prepares_and_repeating_it_changes_nothing(settings) -> None:
    settings.ADMIN_PASSWORD = settings.BOOTSTRAP_KEY = ""
    first, second = StringIO(), StringIO()
    call_command("prepare", stdout=first)
    call_command("prepare", stdout=second)
    assert "tok_" in first.getvalue()
    assert "tok_" not in second.getvalue()
    assert Project.objects.count() == 1
    assert timezone.now().date() + datetime.timedelta(days=1) in partition_days()


def test_two_that_start_at_once_take_turns(empty_database: str, tmp_path: Path) -> None:
    started = [prepare_apart(empty_database, tmp_path / str(number)) for number in range(2)]
    told = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], told
    assert sum("tok_" in output for output in told) == 1


def test_a_table_that_is_not_free_is_tried_again(transactional_db: None, monkeypatch) -> None:
    monkeypatch.setattr(prepare_module, "LOCK_WAIT", "10ms")
    tried = []

    def change() -> None:
        tried.append(None)
        if len(tried) == 3:
            other.rollback()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE optimizer_app_project ALTER name SET NOT NULL")

    with psycopg.connect(database_url()) as other:
        other.execute("SELECT name FROM optimizer_app_project")
        with_short_waits(change, pause_seconds=0.0)
    assert len(tried) == 3
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def prepare_apart(url: str, state_dir: Path) -> subprocess.Popen[str]:
    """`manage.py prepare` of another instance on the database."""
    own = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": url,
        "OPTIMIZER_STATE_DIR": str(state_dir),
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "prepare"],
        cwd=PROJECT_ROOT,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_static_files_are_collected_again_only_when_one_changed(settings, tmp_path: Path) -> None:
    source, root = tmp_path / "source", tmp_path / "root"
    source.mkdir()
    (source / "own.css").write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], root
    settings.STATIC_FROM_SOURCE = False
    collect_static_files()
    assert (root / "own.css").read_text() == "a {}"
    (root / "own.css").unlink()
    collect_static_files()
    assert not (root / "own.css").exists()
    (source / "own.css").write_text("b, i {}")
    collect_static_files()
    assert (root / "own.css").read_text() == "b, i {}"
    assert (root / COLLECTED_MARK).exists()


def test_a_cluster_that_is_away_is_named_without_its_password(settings, unused_tcp_port: int) -> None:
    settings.VALKEY_CLUSTER_URL = f"redis+cluster://:s3cret-word@127.0.0.1:{unused_tcp_port}"
    with pytest.raises(ImproperlyConfigured, match="VALKEY_CLUSTER_URL: the cluster of") as refused:
        check_valkey_cluster()
    assert "s3cret-word" not in str(refused.value)

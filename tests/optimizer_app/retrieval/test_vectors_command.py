"""`manage.py vectors` at a small size, beside the rows of others."""

from __future__ import annotations

import io
import re
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from optimizer_app import store_trial
from optimizer_app.management.commands import vectors
from optimizer_app.store_trial import SCHEMA, trial_tables
from token_optimizer.storage.blocks import StoredBlock, put_blocks


def _printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("vectors", *arguments, stdout=out)
    return out.getvalue()


def _schemas() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [SCHEMA])
        return int(cursor.fetchone()[0])


def _rows() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT owner, content, xmin::text FROM blocks")
        return cursor.fetchall()


def test_it_works_and_leaves_others_alone(transactional_db: None, empty_store: None) -> None:
    with connection.cursor() as cursor:
        put_blocks(cursor, "somebody", [StoredBlock("theirs", tokens=1)])
    before = _rows()
    printed = _printed("--sizes", "1200", "--texts", "30", "--questions", "5")
    assert "1,200 vectors: loaded in" in printed
    rows = re.findall(r"^\| (vectors|hybrid), (99|1) %.*\| ([\d.]*) \| (\d+) \|.*$", printed, re.MULTILINE)
    assert [(kind, share) for kind, share, *_ in rows] == [
        ("vectors", "99"), ("hybrid", "99"), ("vectors", "1"), ("hybrid", "1"),
    ]  # fmt: skip
    assert all(float(recall) >= 0.9 for kind, _, recall, _ in rows if kind == "vectors")
    assert (_rows(), _schemas()) == (before, 0)


def test_a_trial_that_failed_leaves_nothing(transactional_db: None) -> None:
    def fail() -> None:
        with trial_tables(vectors._configured_url()):
            assert _schemas() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _schemas() == 0


def test_only_one_at_a_time(transactional_db: None) -> None:
    with trial_tables(vectors._configured_url()), pytest.raises(CommandError, match="another trial runs"):
        _printed("--sizes", "10")


def test_what_a_killed_trial_left_is_dropped(transactional_db: None) -> None:
    url = vectors._configured_url()
    with psycopg.connect(url) as other:
        other.execute(f"CREATE SCHEMA {store_trial.SCHEMA}")
    with trial_tables(url) as own:
        assert own.execute("SELECT count(*) FROM blocks").fetchone() == (0,)
    assert _schemas() == 0


@pytest.mark.parametrize("size", ["0", "-5", "many"])
def test_sizes_that_are_none(size: str) -> None:
    with pytest.raises(CommandError, match="whole number"):
        _printed("--sizes", size)

"""manage.py prepare, and the pieces of it that a whole start does not show."""

import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from optimizer_app.instance.prepare import COLLECTED_MARK, collect_static_files
from optimizer_app.models import Project
from optimizer_app.traces.partitions import partition_days


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

"""The readers of config/env.py: what they take, and how they refuse the rest."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import env

NAME = "OPTIMIZER_TEST_VALUE"


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch):
    return lambda text, name=NAME: monkeypatch.setenv(name, text)


def refusal(read, *arguments, **named) -> str:
    with pytest.raises(ImproperlyConfigured) as raised:
        read(NAME, *arguments, **named)
    return str(raised.value)


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_unset_and_empty_values_are_the_default(value, empty: str | None) -> None:
    if empty is not None:
        value(empty)
    assert env.text(NAME, "fallback") == "fallback"
    assert env.integer(NAME, 7) == 7
    assert env.seconds(NAME, 1.5) == 1.5
    assert env.boolean(NAME, default=True) is True
    assert env.words(NAME, ("a",)) == ["a"]
    assert env.url(NAME, "http://host") == "http://host"
    assert env.folder(NAME, Path("/nowhere")) == Path("/nowhere")


def test_a_secret_comes_from_its_file(value, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    value(str(tmp_path / "secret"), f"{NAME}_FILE")
    assert env.text(NAME) == "from a file"


def test_value_and_file_at_once_are_refused(value, tmp_path: Path) -> None:
    value("one")
    value(str(tmp_path), f"{NAME}_FILE")
    assert refusal(env.text) == f"set {NAME} or {NAME}_FILE, not both"


def test_a_missing_secret_file_is_named(value) -> None:
    value("/nowhere/secret", f"{NAME}_FILE")
    assert (
        refusal(env.text)
        == f"{NAME}_FILE names /nowhere/secret, which cannot be read: No such file or directory"
    )


def test_integers(value) -> None:
    value(" 42 ")
    assert env.integer(NAME, 1, min_value=1, max_value=65535) == 42
    assert refusal(env.integer, 1, max_value=10) == f"{NAME} must be at most 10, not 42"
    assert refusal(env.integer, 1, min_value=50) == f"{NAME} must be at least 50, not 42"
    assert refusal(env.integer, 1, min_value=1, max_value=9) == f"{NAME} must be between 1 and 9, not 42"
    value("eighty")
    assert refusal(env.integer, 1) == f"{NAME} must be a whole number, not 'eighty'"


@pytest.mark.parametrize(("text", "meant"), [("1", True), ("Yes", True), ("off", False), ("FALSE", False)])
def test_booleans(value, text: str, meant: bool) -> None:
    value(text)
    assert env.boolean(NAME, default=not meant) is meant


def test_a_word_that_is_no_boolean_is_refused(value) -> None:
    value("maybe")
    assert "not 'maybe'" in refusal(env.boolean, default=False)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf"])
def test_seconds_must_be_positive(value, text: str) -> None:
    value(text)
    assert NAME in refusal(env.seconds, 1.0)


def test_words_are_separated_by_commas(value) -> None:
    value("a.example, b.example,,")
    assert env.words(NAME) == ["a.example", "b.example"]


def test_a_folder_may_not_be_a_file(value, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    value(str(tmp_path / "file"))
    assert refusal(env.folder, tmp_path) == f"{NAME} must name a folder, but {tmp_path}/file is a file"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ftp://host/s3cret", "must begin with http:// or https://"),
        ("http:///s3cret", "names no host"),
        ("http://user:s3cret@host:eighty/", "cannot be read as a URL: its host or port is wrong"),
        ("http://user:s3cret@[host/", "cannot be read as a URL: its host or port is wrong"),
    ],
)
def test_a_wrong_url_is_named_without_its_content(value, text: str, said: str) -> None:
    value(text)
    refused = refusal(env.url)
    assert refused == f"{NAME} {said}"
    assert "s3cret" not in refused


def test_a_cluster_is_named_or_is_none(value) -> None:
    assert env.valkey_cluster(NAME) == ""
    value("rediss+cluster://:pass-word@host-a:6379,host-b")
    assert env.valkey_cluster(NAME) == "rediss+cluster://:pass-word@host-a:6379,host-b"
    for wrong in ("redis://:pass-word@host", "redis+cluster://:pass-word@host:port"):
        value(wrong)
        assert "pass-word" not in refusal(env.valkey_cluster)


def test_a_database_url(value) -> None:
    value("postgres://me:p%40ss@db.example/my%20name?sslmode=require")
    assert env.database(NAME) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "my name",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": 5432,
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_url_needs_a_name(value) -> None:
    value("postgres://me:s3cret@db.example:6432")
    assert "must end in the name of a database" in refusal(env.database)
    value("mysql://me:s3cret@db.example/name")
    assert refusal(env.database) == f"{NAME} must begin with postgres:// or postgresql://"


def test_fernet_keys(value) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    value(f"{keys[0]}, {keys[1]}")
    assert env.fernet_keys(NAME) == tuple(keys)
    value(f"{keys[0]},a-secret-that-is-no-key")
    told = refusal(env.fernet_keys)
    assert told.startswith(f"{NAME} must be 32 random bytes")
    assert "a-secret" not in told


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"A": "1"}, "B and C must be set, too, where A is"),
        ({"A": "1", "C_FILE": "/dev/null"}, "B and C must be set, too, where A is"),
        ({"B": "1", "C": "2"}, "A must be set, too, where B and C are"),
    ],
)
def test_what_belongs_together_is_not_half_set(monkeypatch, given: dict[str, str], said: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{said}$"):
        env.check_together("A", "B", "C")


def test_what_belongs_together_is_all_set_or_not_at_all(monkeypatch) -> None:
    env.check_together("A", "B")
    monkeypatch.setenv("A", "1")
    monkeypatch.setenv("B", "2")
    env.check_together("A", "B")

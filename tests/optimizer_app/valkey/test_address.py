"""URLs of a primary among Sentinels."""

from __future__ import annotations

import pytest

from optimizer_app.valkey.address import sentinel_address

URL = "redis+sentinel://app:p%40ss@one:26380,two,[::1]:26381/main/2?sentinel_password=theirs"


def test_it_works() -> None:
    found = sentinel_address(URL)
    assert found is not None
    assert found.sentinels == (("one", 26380), ("two", 26379), ("::1", 26381))
    assert (found.primary, found.database) == ("main", 2)
    assert found.login == {"username": "app", "password": "p@ss"}
    assert found.sentinel_login == {"password": "theirs"}
    assert "p@ss" not in repr(found)
    assert "theirs" not in repr(found)


def test_celery_and_channels_get_it_in_their_forms() -> None:
    found = sentinel_address(URL)
    assert found is not None
    one, two, _ = found.broker_url.split(";")
    assert (one, two) == ("sentinel://app:p%40ss@one:26380/2", "sentinel://app:p%40ss@two:26379/2")
    assert found.broker_options["master_name"] == "main"
    assert found.broker_options["sentinel_kwargs"]["password"] == "theirs"
    assert found.channel_host["password"] == "p@ss"


@pytest.mark.parametrize("url", ["redis://host/0", "rediss://host/0", "unix:///run/valkey.sock"])
def test_one_server_is_no_sentinel(url: str) -> None:
    assert sentinel_address(url) is None


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("redis+sentinel://:secret@host:26379", "names no primary"),
        ("redis+sentinel://:secret@host:26379/main/one", "number of a database, not 'one'"),
        ("redis+sentinel://:secret@host:port/main", "'host:port'"),
        ("redis+sentinel://:secret@host,/main", "without a host"),
    ],
)
def test_what_is_wrong_is_named_without_the_password(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="a") as refused:
        sentinel_address(url)
    assert complaint in str(refused.value)
    assert "secret" not in str(refused.value)

"""URLs of clusters."""

from __future__ import annotations

import pytest

from optimizer_app.valkey.cluster import cluster_address


def test_it_works() -> None:
    found = cluster_address("redis+cluster://app:p%40ss@one:7001,two,[::1]:7002")
    assert found is not None
    assert found.nodes == (("one", 7001), ("two", 6379), ("::1", 7002))
    assert found.first_url == "redis://app:p%40ss@one:7001"
    assert "p%40ss" not in repr(found)


def test_with_tls_and_what_redis_py_takes() -> None:
    found = cluster_address("rediss+cluster://[::1]/0?ssl_ca_certs=/etc/ca.pem")
    assert found is not None
    assert found.first_url == "rediss://[::1]:6379?ssl_ca_certs=/etc/ca.pem"


@pytest.mark.parametrize("url", ["", "redis://host/0", "redis+sentinel://host/primary/0"])
def test_others_are_no_cluster(url: str) -> None:
    assert cluster_address(url) is None


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("redis+cluster://:secret@host/1", "names a database"),
        ("redis+cluster://:secret@host:port", "'host:port'"),
        ("redis+cluster://:secret@host,", "names a node without a host"),
    ],
)
def test_what_is_wrong_is_named_without_the_password(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        cluster_address(url)
    assert "secret" not in str(refused.value)

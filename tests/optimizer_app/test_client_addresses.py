"""By which address a client is counted."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from optimizer_app.client_addresses import counted_address


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::5", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9%eth0", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        ("no address", None),
    ],
)
def test_it_works(host: str, counted: str | None) -> None:
    assert counted_address(host) == counted


@pytest.mark.parametrize("value", ["10.0.0.0/40", "10.0.0.7/24", "proxy"])
def test_the_proxies_are_addresses_or_networks(monkeypatch, value: str) -> None:
    monkeypatch.setenv("OPTIMIZER_TRUSTED_PROXIES", f"10.0.0.7, {value}")
    with pytest.raises(ImproperlyConfigured, match=f"OPTIMIZER_TRUSTED_PROXIES must be .* not '{value}'"):
        env.networks("OPTIMIZER_TRUSTED_PROXIES")

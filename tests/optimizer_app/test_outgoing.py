"""Which URLs that people enter may be called."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer_app.outgoing import UnsafeUrl, check_outgoing_url

INNER = [
    "127.0.0.1:5432", "10.0.0.1", "192.168.1.1", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]",
    "100.64.0.1", "[fec0::1]", "[2002:7f00:1::]",
]  # fmt: skip
NEVER = [
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "[::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::ffff:169.254.169.254]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[::ffff:0:169.254.169.254]",
    "[2001:0:4136:e378:8000:63bf:5601:5601]",
    "240.0.0.1",
    "255.255.255.255",
    "[2002:a9fe:a9fe::]",
]


@pytest.mark.parametrize("host", NEVER)
@pytest.mark.parametrize("allowed", [True, False])
def test_metadata_and_reserved_addresses_are_refused(settings: Any, host: str, allowed: bool) -> None:
    settings.ALLOW_PRIVATE_URLS = allowed
    with pytest.raises(UnsafeUrl):
        check_outgoing_url(f"http://{host}/")


@pytest.mark.parametrize("host", INNER)
def test_private_networks_are_called_where_the_settings_say_so(settings: Any, host: str) -> None:
    settings.ALLOW_PRIVATE_URLS = True
    check_outgoing_url(f"http://{host}/")
    settings.ALLOW_PRIVATE_URLS = False
    with pytest.raises(UnsafeUrl, match="OPTIMIZER_ALLOW_PRIVATE_URLS"):
        check_outgoing_url(f"http://{host}/")


@pytest.mark.parametrize("host", ["1.1.1.1", "[2606:4700::1111]", "[64:ff9b::101:101]"])
def test_public_addresses_are_called(settings: Any, host: str) -> None:
    settings.ALLOW_PRIVATE_URLS = False
    check_outgoing_url(f"https://{host}/v1")

"""Where a provider lies, and whether it may be called: judged at the very address."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from gateway.callers.routing import ProviderRoute
from gateway.errors import UpstreamFailed
from optimizer_app.models import Provider
from optimizer_app.outgoing import METADATA_HOSTS, UnsafeUrl, check_outgoing_address
from optimizer_app.providers.addresses import base_url_of

_PREFIX_IN_BASE_URL = {Provider.Kind.OPENAI: "/v1", Provider.Kind.ANTHROPIC: ""}


def base_urls(provider: ProviderRoute) -> Sequence[str]:
    """The URLs that the provider's own ones may begin with: as configured, and as its kind has it."""
    default = base_url_of(provider.kind, "", provider.region)
    return [url.rstrip("/") for url in (provider.base_url, default) if url]


def prefix_in_base_url(provider: ProviderRoute) -> str:
    """The part of our paths that the provider's base URL has already."""
    return _PREFIX_IN_BASE_URL.get(Provider.Kind(provider.kind), "")


def joined_url(provider: ProviderRoute, path: str) -> str:
    """Where a path of ours (`/v1/…`, with its query) lies at the provider, joined as its SDK does."""
    base = base_url_of(provider.kind, provider.base_url, provider.region)
    return base + path.removeprefix(prefix_in_base_url(provider))


def check_host(provider: ProviderRoute) -> None:
    """Refuse what the resolver never sees: addresses written as numbers, and metadata names."""
    host = (urlsplit(provider.base_url).hostname or "").rstrip(".").lower()
    try:
        if host in METADATA_HOSTS:
            raise UnsafeUrl(f"{host} is a metadata service")
        check_outgoing_address(ipaddress.ip_address(host.split("%")[0]), host)
    except UnsafeUrl as error:
        raise UpstreamFailed(f"provider {provider.name!r} must not be called: {error}") from error
    except ValueError:
        # A name: the resolver judges it.
        return

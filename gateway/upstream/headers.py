"""Which headers travel on: from the client to the provider, and from the provider to the client."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.callers.routing import ProviderRoute
from gateway.errors import Unauthorized, UpstreamFailed
from gateway.requests.client import Headers
from optimizer_app.providers.addresses import key_headers

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Set anew for the request that is sent.
_OURS = frozenset({"host", "content-length", "accept-encoding", "expect"})
# Keys: the provider gets its own. Cookies belong to this service's pages.
_CREDENTIALS = frozenset({"authorization", "x-api-key", "api-key", "x-provider-authorization", "cookie"})
# What a proxy in front of us says about the client.
_FROM_PROXIES = frozenset({"forwarded", "via", "x-real-ip"})
_NOT_UPSTREAM = HOP_BY_HOP | _OURS | _CREDENTIALS | _FROM_PROXIES
_NOT_UPSTREAM_PREFIXES = ("x-optimizer-", "x-forwarded-")
# These speak of the provider's origin or connection, not of ours.
_NOT_DOWNSTREAM = HOP_BY_HOP | {
    "content-length",
    "date",
    "server",
    "set-cookie",
    "alt-svc",
    "strict-transport-security",
    # Their origin would be ours.
    "clear-site-data",
    "service-worker-allowed",
    # SDKs follow redirects with the key that they have, which is ours.
    "location",
    "content-location",
}
_DECODED = _NOT_DOWNSTREAM | {"content-encoding"}
_READABLE_ENCODINGS = frozenset({"gzip", "deflate", "identity"})


def request_headers(
    received: Headers, secret: str, provider: ProviderRoute, *, plain: bool, unpacked: bool = False
) -> Headers:
    """The headers to send upstream, without the caller's `secret` in any of them.

    `plain` asks for an answer that is not compressed. `unpacked`: the request's body is not any more.
    """
    last = dict(received)
    stays = _NOT_UPSTREAM | named_by_connection(received) if "connection" in last else _NOT_UPSTREAM
    if unpacked and "content-encoding" in last:
        stays |= {"content-encoding"}
    passed = [header for header in received if header[0] not in stays and _goes_upstream(*header, secret)]
    encodings = "identity" if plain else _readable_encodings(last.get("accept-encoding", ""))
    own_key = last.get("x-provider-authorization", "").strip()
    sent = [*passed, ("accept-encoding", encodings), *credentials(provider, own_key)]
    return sent if provider.headers == () else _with_own(sent, provider)


def named_by_connection(headers: Headers) -> frozenset[str]:
    """The headers that `Connection` names: like itself, they are for the next hop alone."""
    named = [value for name, value in headers if name == "connection"]
    return frozenset(word.strip().lower() for value in named for word in value.split(","))


def _goes_upstream(name: str, value: str, secret: str) -> bool:
    return not name.startswith(_NOT_UPSTREAM_PREFIXES) and secret not in value


def _readable_encodings(accepted: str) -> str:
    """Of what the client accepts, what we can read too."""
    offers = [offer.strip() for offer in accepted.split(",")]
    readable = [offer for offer in offers if offer.partition(";")[0].lower() in _READABLE_ENCODINGS]
    return ", ".join(readable) or "identity"


def credentials(provider: ProviderRoute, own_key: str) -> Headers:
    """The provider's key, or the caller's own, in the header which that provider reads."""
    if not own_key and provider.needs_caller_key:
        raise Unauthorized(f"provider {provider.name!r} needs a key of yours, in X-Provider-Authorization")
    if not own_key and provider.secret is None:
        raise UpstreamFailed(f"the stored key of provider {provider.name!r} cannot be read; enter it again")
    return key_headers(provider.kind, bare_key(own_key) or as_bytes(provider.secret or ""))


def _with_own(headers: Headers, provider: ProviderRoute) -> Headers:
    """The headers with those that the provider is set up with, which stand in place of others."""
    if provider.headers is None:
        raise UpstreamFailed(
            f"the stored headers of provider {provider.name!r} cannot be read; enter them again"
        )
    own = [(name.lower(), as_bytes(value)) for name, value in provider.headers]
    names = {name for name, _ in own}
    return [*(header for header in headers if header[0] not in names), *own]


def as_bytes(stored: str) -> str:
    """A stored text as headers are held: each character is one of the bytes that are sent, of its UTF-8."""
    return stored if stored.isascii() else stored.encode().decode("latin-1")


def bare_key(authorization: str) -> str:
    """The key of `Bearer sk-…` or `sk-…`."""
    scheme, _, rest = authorization.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else authorization


def answer_headers(received: Iterable[tuple[str, str]], *, decoded: bool) -> Headers:
    """The provider's headers for the client. `decoded`: the body was unpacked on the way."""
    headers = [(name.lower(), value) for name, value in received]
    dropped = _DECODED if decoded else _NOT_DOWNSTREAM
    if any(name == "connection" for name, _ in headers):
        dropped |= named_by_connection(headers)
    return [(name, value) for name, value in headers if name not in dropped]

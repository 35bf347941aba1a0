"""URLs of the provider in its answers, pointed at the gateway.

SDKs fetch such URLs with the key that they have, which is ours: a batch's results, the next page of a list,
the target of a redirect. So none of them may lead a client past the gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import orjson

from gateway.requests.body import json_object
from gateway.requests.client import Client, Headers
from gateway.routing import ProviderRoute
from gateway.upstream.addresses import base_urls, joined_url, prefix_in_base_url

_LINK_HEADERS = frozenset({"location", "content-location"})
# SDKs fetch these whatever their host is.
_FETCHED_BY_SDKS = frozenset({"results_url"})
_CONTENTS = ("/content", "/results")


def has_links(path: str) -> bool:
    """Whether answers at a path hold URLs to mend: batches and files, but not what those contain."""
    of_batches_or_files = path.startswith(("/v1/messages/batches", "/v1/batches", "/v1/files"))
    return of_batches_or_files and not path.endswith(_CONTENTS)


@dataclass(frozen=True, slots=True)
class ProviderLinks:
    """The URLs of one provider as a client of the gateway is to see them."""

    provider: ProviderRoute
    client: Client

    def mended(self, body: bytes) -> bytes:
        """A JSON body with its URLs of the provider replaced; all else stays byte for byte."""
        payload = json_object(body)
        for url, replacement in dict(self._replacements(payload)).items():
            body = _replaced(body, url, replacement)
        return body

    def mended_headers(self, headers: Headers) -> Headers:
        """Those of the headers that redirect to the provider, pointed at the gateway. Others are left out."""
        asked = joined_url(self.provider, self.client.target)
        targets = [(name, urljoin(asked, value)) for name, value in headers if name.lower() in _LINK_HEADERS]
        mended = [(name.lower(), self._at_gateway(target)) for name, target in targets]
        return [(name, target) for name, target in mended if target is not None]

    def _replacements(self, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, list):
            for item in value:
                yield from self._replacements(item)
        elif isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, str) and item.startswith(("http://", "https://")):
                    replacement = self._at_gateway(item)
                    if replacement is None and name in _FETCHED_BY_SDKS:
                        replacement = self._by_id(value)
                    if replacement is not None:
                        yield item, replacement
                else:
                    yield from self._replacements(item)

    def _at_gateway(self, url: str) -> str | None:
        """The gateway's URL for one of the provider's; None for all others."""
        for base in base_urls(self.provider):
            if url.startswith((base + "/", base + "?")):
                return self.client.origin + prefix_in_base_url(self.provider) + url[len(base) :]
        return None

    def _by_id(self, batch: dict[str, Any]) -> str:
        """Where the gateway has the results of a batch."""
        return f"{self.client.origin}/v1/messages/batches/{batch.get('id', '')}/results"


def _replaced(body: bytes, url: str, replacement: str) -> bytes:
    """The body with one text replaced wherever it is a whole JSON string, slashes escaped or not."""
    old, new = orjson.dumps(url), orjson.dumps(replacement)
    return body.replace(old, new).replace(old.replace(b"/", rb"\/"), new)

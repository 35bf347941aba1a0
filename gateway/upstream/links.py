"""URLs of the provider in its answers, pointed at the gateway.

SDKs fetch such URLs with the key that they have, which is ours: a batch's results, the next page of a list,
the target of a redirect. So none of them may lead a client past the gateway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import orjson

from gateway.callers.routing import ProviderRoute
from gateway.requests.bodies.body import json_object
from gateway.requests.client import Client, Headers
from gateway.upstream.addresses import base_urls, joined_url, prefix_in_base_url

_LINK_HEADERS = frozenset({"location", "content-location"})
# SDKs fetch these whatever their host is.
_FETCHED_BY_SDKS = frozenset({"results_url"})
_URL_STRING = re.compile(rb'"https?:(?:[^"\\]++|\\.)*+"', re.DOTALL)
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
        replacements = dict(self._replacements(json_object(body)))
        return _replaced(body, replacements) if replacements else body

    def mended_headers(self, headers: Headers) -> Headers:
        """Those of the headers that redirect to the provider, pointed at the gateway. Others are left out."""
        asked = joined_url(self.provider, self.client.target)
        targets = [(name, urljoin(asked, value)) for name, value in headers if name.lower() in _LINK_HEADERS]
        mended = [(name.lower(), self._at_gateway(target)) for name, target in targets]
        return [(name, target) for name, target in mended if target is not None]

    def _replacements(self, payload: Any) -> Iterator[tuple[str, str]]:
        left = [payload]
        while left:
            value = left.pop()
            if isinstance(value, list):
                left += value
            elif isinstance(value, dict):
                left += value.values()
                yield from self._replacements_in(value)

    def _replacements_in(self, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for name, item in value.items():
            if isinstance(item, str) and item.startswith(("http://", "https://")):
                replacement = self._at_gateway(item)
                if replacement is None and name in _FETCHED_BY_SDKS:
                    replacement = self._by_id(value)
                if replacement is not None:
                    yield item, replacement

    def _at_gateway(self, url: str) -> str | None:
        """The gateway's URL for one of the provider's; None for all others."""
        for base in base_urls(self.provider):
            if url.startswith((base + "/", base + "?")):
                return self.client.origin + prefix_in_base_url(self.provider) + url[len(base) :]
        return None

    def _by_id(self, batch: dict[str, Any]) -> str:
        """Where the gateway has the results of a batch."""
        return f"{self.client.origin}/v1/messages/batches/{batch.get('id', '')}/results"


def _replaced(body: bytes, replacements: Mapping[str, str]) -> bytes:
    """The body with texts replaced wherever they are whole JSON strings."""

    def replaced(found: re.Match[bytes]) -> bytes:
        replacement = replacements.get(orjson.loads(found[0]))
        return found[0] if replacement is None else orjson.dumps(replacement)

    return _URL_STRING.sub(replaced, body)

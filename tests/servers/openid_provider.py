"""A provider of OpenID Connect on a loopback socket, which lets everybody in as the claims say."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.provider.mock_dialects import dump
from tests.servers.local_server import LocalServer, Received, Wire

CLIENT_ID, CLIENT_SECRET = "optimizer", "a secret of the client"


class OpenIdProvider(LocalServer):
    """`claims` are added to those of the next ID token; `key` signs it."""

    def __init__(self) -> None:
        super().__init__()
        self.key = self.published = RSAKey.generate_key(2048, {"kid": "1"})
        self.claims: dict[str, Any] = {"sub": "4711", "preferred_username": "ada"}
        self.nonce = ""

    def allow(self, location: str) -> dict[str, str]:
        """What the browser brings back from the page that `location` leads to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        self.nonce = asked["nonce"]
        return {"code": "the code", "state": asked["state"]}

    def answer(self, request: Received, wire: Wire) -> None:
        known = {
            "/.well-known/openid-configuration": self._configuration,
            "/keys": lambda: {"keys": [self.published.as_dict(private=False)]},
            "/token": self._token,
        }
        wire.send(200, dump(known[urlsplit(request.path).path]()))

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _token(self) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": self.nonce}
        token = jwt.encode({"alg": "RS256", "kid": "1"}, {**usual, **self.claims}, self.key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}

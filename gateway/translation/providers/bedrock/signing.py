"""Requests to Amazon, signed by botocore with an access key (SigV4)."""

from __future__ import annotations

from gateway.callers.routing import ProviderRoute
from gateway.requests.client import Headers
from gateway.upstream.addresses import joined_url
from optimizer_app.providers.addresses import DEFAULT_REGION

_SERVICE = "bedrock"


def signed(provider: ProviderRoute, path: str, headers: Headers, body: bytes) -> Headers:
    """The headers with a signature by the provider's access key, in place of its secret."""
    # Most gateways never talk to Bedrock, and botocore takes a tenth of a second to import.
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    others = [header for header in headers if header[0] != "authorization"]
    of_request = {name: value for name, value in others if _is_signed(name)}
    request = AWSRequest("POST", joined_url(provider, path), of_request, body)
    credentials = Credentials(provider.access_key_id, provider.secret or "")
    SigV4Auth(credentials, _SERVICE, provider.region or DEFAULT_REGION).add_auth(request)
    made = [
        (name.lower(), value) for name, value in request.headers.items() if name.lower() not in of_request
    ]
    return [*others, *made]


def _is_signed(name: str) -> bool:
    """Headers that say what is asked; a session's token is among Amazon's own."""
    return name == "content-type" or name.startswith("x-amz-")

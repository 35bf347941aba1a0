"""The ASGI entry: who answers which path.

/v1/*, /healthz, /readyz, /metrics, and the lifespan   the gateway, ahead of Django's slower handler
/static/*                                              Starlette's StaticFiles
websockets                                             Channels
all else                                               Django
"""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from starlette.types import Receive, Scope, Send

django_application = get_asgi_application()

# Both import models, so they come after Django is set up.
from config.static import static_files  # noqa: E402
from dashboard.live.routing import websocket_urlpatterns  # noqa: E402
from dashboard.live.same_origin import SameOrigin  # noqa: E402
from dashboard.shell.bounded_body import BoundedBody  # noqa: E402
from dashboard.shell.session_user import known_as  # noqa: E402
from gateway.app import application as gateway_application  # noqa: E402
from gateway.requests.paths import is_gateway_path  # noqa: E402
from optimizer_app.instance.bounds.bounded_requests import BoundedRequests  # noqa: E402

STATIC_PREFIX = "/static/"

# One form of files, some of which may be as large as a file may be.
MAX_UPLOAD_BYTES = 256 * 1024**2

pages_application = BoundedBody(django_application, {"/documents/upload": MAX_UPLOAD_BYTES}, known_as)
websocket_application = AllowedHostsOriginValidator(
    SameOrigin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
)
static_application = static_files()


def _application_for(scope: Scope) -> Any:
    if scope["type"] == "lifespan":
        return gateway_application
    path = scope["path"]
    if is_gateway_path(path):
        return gateway_application
    if scope["type"] == "websocket":
        return websocket_application
    return static_application if path.startswith(STATIC_PREFIX) else pages_application


async def _routed(scope: Scope, receive: Receive, send: Send) -> None:
    await _application_for(scope)(scope, receive, send)


application = BoundedRequests(_routed)

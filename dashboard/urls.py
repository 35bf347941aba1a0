"""Page addresses: each page has its own, in its folder.

To add a page, copy the folder of a neighbour (`configs/` is the plainest), its folders of the same name in
`templates/dashboard/` and `tests/dashboard/`, and its stylesheet in `static/css/pages/`; then add a line here
and a line in `shell/navigation.py`.
"""

from __future__ import annotations

from dashboard.account.urls import urlpatterns as account
from dashboard.audit.urls import urlpatterns as audit
from dashboard.blocks.urls import urlpatterns as blocks
from dashboard.configs.urls import urlpatterns as configs
from dashboard.conversation.urls import urlpatterns as conversation
from dashboard.documents.urls import urlpatterns as documents
from dashboard.events.urls import urlpatterns as events
from dashboard.holdout.urls import urlpatterns as holdout
from dashboard.members.urls import urlpatterns as members
from dashboard.money.urls import urlpatterns as money
from dashboard.overview.urls import urlpatterns as overview
from dashboard.playground.urls import urlpatterns as playground
from dashboard.precompression.urls import urlpatterns as precompression
from dashboard.prices.urls import urlpatterns as prices
from dashboard.projects.urls import urlpatterns as projects
from dashboard.prompts.urls import urlpatterns as prompts
from dashboard.proposals.urls import urlpatterns as proposals
from dashboard.providers.urls import urlpatterns as providers
from dashboard.replays.urls import urlpatterns as replays
from dashboard.request.urls import urlpatterns as request
from dashboard.requests.urls import urlpatterns as requests
from dashboard.routes.urls import urlpatterns as routes
from dashboard.system.urls import urlpatterns as system
from dashboard.tokens.urls import urlpatterns as tokens

app_name = "dashboard"

urlpatterns = [
    *overview,
    *requests,
    *request,
    *conversation,
    *blocks,
    *events,
    *money,
    *configs,
    *holdout,
    *proposals,
    *prompts,
    *documents,
    *playground,
    *replays,
    *precompression,
    *projects,
    *members,
    *providers,
    *routes,
    *tokens,
    *audit,
    *prices,
    *system,
    *account,
]

"""What pages do, the management API does: each address of a page beside its operation, or why it has none."""

from __future__ import annotations

import pytest

from dashboard.urls import urlpatterns
from optimizer_app.api.operations import collections

OPERATIONS = {
    "overview": "GET overview",
    "requests": "GET traces",
    "save_view": "POST views",
    "change_view": "PATCH views/{id}, DELETE views/{id}",
    "request": "GET traces/{id}",
    "request_json": "GET traces/{id}",
    "request_blocks": "GET traces/{id}",
    "request_text": "GET captures/{id}",
    "delete_texts": "DELETE captures/{id}",
    "conversation": "GET traces",
    "comparison": "GET traces/{id}/against",
    "blocks": "GET blocks",
    "cut_blocks": "GET blocks/cut",
    "events": "GET events, GET event-destinations",
    "event": "GET events/{id}",
    "resend_event": "POST events/{id}/resend",
    "test_receiver": "POST event-destinations/{id}/test",
    "rotate_receiver_secret": "POST event-destinations/{id}/rotate-secret",
    "money": "GET money, GET money/rules, GET money/drift",
    "money_csv": "GET money, GET money/rules",
    "money_focus": "GET money/focus",
    "configs": "GET configs",
    "new_config": "POST configs",
    "config": "GET configs/{id}, GET configs/{id}/versions, GET configs/{id}/shares",
    "config_draft": "GET configs/{id}/draft, PUT configs/{id}/draft",
    "discard_draft": "DELETE configs/{id}/draft",
    "rebase_draft": "POST configs/{id}/rebase-draft",
    "try_patterns": "POST configs/try-patterns",
    # Stored prompts are tried by a replay that sends nothing, and regression cases under the draft.
    "try_config": "POST configs/{id}/try, POST replays, POST configs/{id}/run-cases",
    "publish_config": "POST configs/{id}/publish",
    "publish_share": "POST configs/{id}/publish-share",
    "roll_back_share": "POST configs/{id}/roll-back-share",
    "run_cases": "POST configs/{id}/run-cases",
    "keep_block": "POST configs/{id}/keep-block",
    "new_case": "POST regression-cases",
    "delete_case": "DELETE regression-cases/{id}",
    "config_version": "GET configs/{id}/versions, POST configs/{id}/roll-back",
    "export_config": "GET configs/{id}/export",
    "import_config": "PUT configs/{id}/draft",
    "default_config": "POST configs/{id}/make-default",
    "delete_config": "DELETE configs/{id}",
    "holdout": "GET holdout",
    "proposals": "GET tuning-proposals",
    "proposal": "GET tuning-proposals/{id}",
    "accept_proposal": "POST tuning-proposals/{id}/accept",
    "dismiss_proposal": "POST tuning-proposals/{id}/dismiss",
    "look_for_proposals": "POST tuning-proposals",
    "prompts": "GET prompts",
    "new_prompt": "POST prompts",
    "prompt": "GET prompts/{id}, POST prompts/{id}/render",
    "prompt_draft": "GET prompts/{id}/draft, PUT prompts/{id}/draft",
    "discard_prompt_draft": "DELETE prompts/{id}/draft",
    "rebase_prompt_draft": "POST prompts/{id}/rebase-draft",
    "publish_prompt": "POST prompts/{id}/publish, POST prompts/{id}/cost",
    "prompt_version": "GET prompts/{id}/versions, POST prompts/{id}/roll-back",
    "delete_prompt": "DELETE prompts/{id}",
    "documents": "GET documents, POST documents/search",
    "upload": "POST documents",
    "delete_document": "DELETE documents/{id}",
    "document_action": (
        "POST documents/{id}/cancel, POST documents/{id}/retry, POST documents/{id}/embed-again"
    ),
    "playground": "POST playground, GET examples, POST examples, DELETE examples/{id}",
    "playground_ask": "POST playground/ask",
    "replays": "GET replays",
    "new_replay": "POST replays, POST replays/cost, POST examples/from-request",
    "replay": "GET replays/{id}",
    "replay_result": "GET replays/{id}/results",
    "cancel_replay": "POST replays/{id}/cancel",
    "delete_replay": "DELETE replays/{id}",
    "precompression": "GET precompression",
    "projects": "GET projects, GET projects/usage",
    "new_project": "POST projects",
    "project": "GET projects/{id}, GET keys, GET captures",
    "change_project": "PATCH projects/{id}",
    "delete_project_texts": "POST captures/delete-all",
    "new_key": "POST keys",
    "key": "GET keys/{id}, PATCH keys/{id}",
    "rotate_key": "POST keys/{id}/rotate",
    "revoke_key": "DELETE keys/{id}",
    "members": "GET members, GET invitations",
    "invite": "POST invitations",
    "set_role": "PATCH members/{id}",
    "remove_member": "DELETE members/{id}",
    "revoke_invitation": "DELETE invitations/{id}",
    "audit": "GET audit",
    "audit_csv": "GET audit",
    "providers": "GET providers",
    "new_provider": "POST providers",
    "provider": "GET providers/{id}, PATCH providers/{id}",
    "test_provider": "POST providers/{id}/test",
    "remove_provider": "DELETE providers/{id}",
    "routes": "GET routes, GET routes/for-model, GET providers/{id}/health",
    "new_route": "POST routes",
    "route": "GET routes/{id}, PATCH routes/{id}",
    "move_route": "POST routes/{id}/move",
    "remove_route": "DELETE routes/{id}",
    "tokens": "GET tokens",
    "new_token": "POST tokens",
    "revoke_token": "DELETE tokens/{id}",
    "prices": "GET prices",
    "price": "GET prices/{model}, PUT prices/{model}",
    "price_rules": "PUT model-rules/{model}, DELETE model-rules/{model}",
    "remove_price": "DELETE prices/{model}",
    "system": "GET system",
}
# A page's own form of what stands above, or an act of the person at the browser.
WITHOUT = {
    "overview_csv": "the figures of the overview",
    "requests_csv": "the list, page by page",
    "new_requests": "the list since a moment",
    "compare_with": "leads to the comparison of two requests",
    "theme": "a cookie of the browser",
    "login": "tokens take the place of sessions",
    "login_code": "tokens take the place of sessions",
    "oidc": "tokens take the place of sessions",
    "oidc_callback": "tokens take the place of sessions",
    "logout": "tokens take the place of sessions",
    "invitation": "an invitation is for a person, who signs in",
}
# Sessions, second steps and passwords change by the hand of their owner alone.
OF_THE_ACCOUNT = "account"


def addresses() -> dict[str, str]:
    return {str(pattern.name): str(pattern.pattern) for pattern in urlpatterns if pattern.name}


@pytest.fixture(scope="module")
def operations() -> set[str]:
    found = (row for rows in collections().values() for row in rows)
    return {f"{row.method} {row.path.removeprefix('/api/').rstrip('/')}" for row in found}


def test_every_page_has_its_operation_or_a_reason() -> None:
    of_pages = {name for name, path in addresses().items() if not path.startswith(OF_THE_ACCOUNT)}
    assert of_pages == OPERATIONS.keys() | WITHOUT.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_operations_are_there(name: str, operations: set[str]) -> None:
    assert set(OPERATIONS[name].split(", ")) <= operations

"""Signing in by a provider of OpenID Connect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from joserfc.jwk import RSAKey

from optimizer_app.models import Identity, SecondFactor
from tests.dashboard.pages import page_text
from tests.servers.openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider


@pytest.fixture
def provider(settings: Any) -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as running:
        settings.OIDC_ISSUER = running.url
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NEW_ACCOUNTS = True
        yield running


@pytest.fixture
def known(member: User, provider: OpenIdProvider) -> Identity:
    return Identity.objects.create(user=member, issuer=provider.url, subject="4711")


def sign_in(client: Client, provider: OpenIdProvider, **changed: str) -> Any:
    """All the way to the provider and back; what comes back may be changed."""
    begun = client.get("/login/oidc?next=/requests")
    assert begun["Location"].startswith(f"{provider.url}/authorize?")
    return client.get("/login/oidc/callback", {**provider.allow(begun["Location"]), **changed})


def test_somebody_known_signs_in(client: Client, provider: OpenIdProvider, known: Identity) -> None:
    assert "/login/oidc?next=" in page_text(client, "/login")
    assert sign_in(client, provider)["Location"] == "/requests"
    assert client.session["_auth_user_id"] == str(known.user_id)


def test_somebody_new_gets_an_account_without_a_project(
    client: Client, provider: OpenIdProvider, db: None
) -> None:
    sign_in(client, provider)
    user = User.objects.get(username="ada")
    assert not user.has_usable_password()
    assert not user.memberships.exists()
    assert Identity.objects.get().user == user


def test_a_name_that_is_taken_is_nobodys_way_in(
    client: Client, provider: OpenIdProvider, member: User
) -> None:
    provider.claims["preferred_username"] = "member"
    sign_in(client, provider)
    assert client.session["_auth_user_id"] != str(member.pk)


def test_no_accounts_are_made_where_that_is_off(
    client: Client, provider: OpenIdProvider, settings: Any, db: None
) -> None:
    settings.OIDC_NEW_ACCOUNTS = False
    assert sign_in(client, provider)["Location"] == "/login"
    assert not User.objects.exists()
    assert "Nobody here is connected with that account." in page_text(client, "/login")


def test_an_account_is_connected_and_disconnected(
    as_member: Client, member: User, provider: OpenIdProvider
) -> None:
    assert sign_in(as_member, provider)["Location"] == "/account"
    identity = Identity.objects.get(user=member)
    assert provider.url in page_text(as_member, "/account")
    as_member.post(f"/account/identities/{identity.pk}/remove")
    assert not Identity.objects.exists()


def test_another_ones_account_is_not_taken(
    as_admin: Client, provider: OpenIdProvider, known: Identity
) -> None:
    sign_in(as_admin, provider)
    assert "Somebody else is connected with that account." in page_text(as_admin, "/account")
    assert as_admin.post(f"/account/identities/{known.pk}/remove").status_code == 404
    assert Identity.objects.get() == known


def test_a_second_factor_is_asked_for_here_too(
    client: Client, provider: OpenIdProvider, known: Identity
) -> None:
    SecondFactor.begin(known.user)
    SecondFactor.objects.update(confirmed=True)
    assert sign_in(client, provider)["Location"] == "/login/code"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://elsewhere.example"}, {"aud": "another client"}, {"exp": 1}, {"nonce": "old"}],
    ids=lambda claims: next(iter(claims)),
)
def test_a_token_that_is_not_for_us_lets_nobody_in(
    client: Client, provider: OpenIdProvider, known: Identity, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    assert sign_in(client, provider)["Location"] == "/login"
    assert "_auth_user_id" not in client.session


def test_a_signature_of_somebody_else_lets_nobody_in(
    client: Client, provider: OpenIdProvider, known: Identity
) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "1"})
    assert sign_in(client, provider)["Location"] == "/login"
    assert "_auth_user_id" not in client.session


def test_an_answer_that_nobody_asked_for_lets_nobody_in(
    client: Client, provider: OpenIdProvider, known: Identity
) -> None:
    assert sign_in(client, provider, state="made up")["Location"] == "/login"
    assert "_auth_user_id" not in client.session


def test_it_is_off_unless_an_issuer_is_named(client: Client, db: None) -> None:
    assert client.get("/login/oidc").status_code == 404
    assert "/login/oidc" not in page_text(client, "/login")


def test_a_provider_that_is_down_is_said_to_be(client: Client, settings: Any, db: None) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    assert client.get("/login/oidc")["Location"] == "/login"
    assert "The provider does not answer." in page_text(client, "/login")

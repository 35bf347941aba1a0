"""The lines to copy: for each client, in the dialect that the project's providers speak."""

from __future__ import annotations

import json
import tomllib

import pytest
from django.template.loader import render_to_string
from django.test import Client as Browser

from dashboard.connecting.clients import CLIENTS, Client
from optimizer_app.models import Project
from optimizer_app.providers.change import ProviderValues, add_provider
from tests.dashboard.pages import page_text

FILLED = {"gateway_url": "http://gateway.example:8000", "key_text": "tok_secret"}


def lines(key: str, dialect: str = "openai") -> str:
    return render_to_string(f"dashboard/connecting/{key}.html", {**FILLED, "dialect": dialect})


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_every_client_gets_address_and_key(client: Client, dialect: str) -> None:
    text = lines(client.key, dialect)
    assert FILLED["gateway_url"] in text
    assert FILLED["key_text"] in text


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_every_tab_is_a_link_that_works_without_scripts(
    as_admin: Browser, project: Project, client: Client
) -> None:
    page = page_text(as_admin, f"/?client={client.key}")
    assert f'href="?client={client.key}#connect" aria-current="true">{client.label}</a>' in page
    assert page.count('aria-current="true"') == 2  # this tab, and the range


def test_an_unknown_client_is_the_first(as_admin: Browser, project: Project) -> None:
    assert "curl http://testserver/v1/chat/completions" in page_text(as_admin, "/?client=telnet")


def test_the_dialect_is_that_of_the_providers(as_admin: Browser, project: Project) -> None:
    add_provider(project, ProviderValues("claude", "anthropic", "", "sk-x"))
    assert "curl http://testserver/v1/messages" in page_text(as_admin, "/")
    page = page_text(as_admin, "/?client=codex")
    assert "Codex needs a provider of kind OpenAI, and there is none yet." in page
    add_provider(project, ProviderValues("house", "openai", "", "sk-x"))
    assert "there is none yet" not in page_text(as_admin, "/?client=codex")


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_python_lines_are_python(dialect: str) -> None:
    for key in ("python", "langchain"):
        compile(lines(key, dialect), key, "exec")


def test_settings_are_what_their_readers_take() -> None:
    config = tomllib.loads(lines("codex").partition("# then")[0])
    assert config["model_providers"][config["model_provider"]]["wire_api"] == "responses"
    settings = json.loads(lines("opencode").partition("\n")[2])
    assert settings["provider"]["token-optimizer"]["options"]["apiKey"] == "tok_secret"

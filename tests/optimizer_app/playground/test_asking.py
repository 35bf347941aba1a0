"""A provider asked with a prompt: its answer as it comes, and its bill."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from optimizer_app.models import Project, Provider
from optimizer_app.playground.asking import Bill, NotAnswered, Question, answer, question_to
from optimizer_app.playground.prompt import TrialPrompt, prompt_of_text
from optimizer_app.routes.change import RouteValues, TargetValues, add_route
from tests.provider.mock_provider import MockProvider, Reply, ToolCall

SECRET = "sk-of-the-project"
BODY = TrialPrompt({"messages": [{"role": "user", "content": "Hi"}]}, "openai")
PLAIN = prompt_of_text("What is two and two?")


@pytest.fixture
def provider() -> Iterator[MockProvider]:
    with MockProvider() as running:
        yield running


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(name="ci-agent")


def add(project: Project, mock: MockProvider, kind: str, **fields: Any) -> Provider:
    url = mock.url if kind == "anthropic" else mock.openai_url
    row = Provider(project=project, name=kind, kind=kind, base_url=url, **fields)
    row.set_secret(SECRET)
    row.save()
    return row


def asked(project: Project, prompt: TrialPrompt = PLAIN, model: str = "gpt-4o") -> Question:
    return question_to(project, prompt, prompt.body, model)


def whole(question: Question) -> tuple[str, Bill]:
    *texts, bill = answer(question)
    assert isinstance(bill, Bill)
    return "".join(map(str, texts)), bill


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
def test_it_works(project: Project, provider: MockProvider, dialect: Any) -> None:
    add(project, provider, "anthropic" if dialect == "anthropic" else "openai")
    key = "input" if dialect == "responses" else "messages"
    prompt = TrialPrompt({key: [{"role": "user", "content": "What is two and two?"}]}, dialect)
    provider.script(Reply(text="Four.", prompt_tokens=1_000_000))
    text, bill = whole(asked(project, prompt))
    assert text == "Four."
    assert bill.input_tokens == 1_000_000
    assert bill.usd is not None
    assert bill.usd > Decimal("2.5")
    received = provider.requests[0]
    assert received.json["stream"] is True
    assert received.json["model"] == "gpt-4o"
    assert SECRET in received.headers.get("authorization", received.headers.get("x-api-key"))


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
def test_a_call_of_a_tool_is_told(project: Project, provider: MockProvider, dialect: Any) -> None:
    add(project, provider, "anthropic" if dialect == "anthropic" else "openai")
    key = "input" if dialect == "responses" else "messages"
    prompt = TrialPrompt({key: [{"role": "user", "content": "Read it."}]}, dialect)
    provider.script(Reply(text="I read.", tool_calls=(ToolCall("read_file", '{"path": "a.py"}'),)))
    assert whole(asked(project, prompt))[0] == 'I read.\n→ read_file {"path": "a.py"}'


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
def test_an_answer_that_ends_early_is_not_taken_for_whole(
    project: Project, provider: MockProvider, dialect: Any
) -> None:
    add(project, provider, "anthropic" if dialect == "anthropic" else "openai")
    key = "input" if dialect == "responses" else "messages"
    prompt = TrialPrompt({key: [{"role": "user", "content": "Hi"}]}, dialect)
    provider.script(Reply(cut_after=3))
    with pytest.raises(NotAnswered, match="broke off"):
        list(answer(asked(project, prompt)))


def test_the_built_in_echo_answers_where_there_is_no_provider(project: Project) -> None:
    question = asked(project)
    assert question.is_echo
    text, bill = whole(question)
    assert text.startswith("Echo: received ")
    assert bill.usd == 0


def test_a_plain_text_goes_to_the_provider_that_there_is(project: Project, provider: MockProvider) -> None:
    add(project, provider, "anthropic")
    question = asked(project, model="claude-sonnet-4-5")
    assert question.dialect == "anthropic"
    assert whole(question)[0] == Reply().text
    assert provider.requests[0].json["max_tokens"] == 1024


def test_a_body_is_not_sent_in_another_dialect(project: Project, provider: MockProvider) -> None:
    add(project, provider, "anthropic")
    body = TrialPrompt({"messages": [{"role": "user", "content": "Hi"}]}, "openai")
    with pytest.raises(NotAnswered, match="no provider for bodies of openai"):
        asked(project, body)


def test_usage_is_not_asked_for_where_the_provider_refuses_that(
    project: Project, provider: MockProvider
) -> None:
    add(project, provider, "openai", asks_for_stream_usage=False)
    assert whole(asked(project))[1] == Bill(None, None, None)
    assert "stream_options" not in provider.requests[0].json


def test_a_refusal_is_told_without_the_key(project: Project, provider: MockProvider) -> None:
    add(project, provider, "openai")
    provider.script(Reply(status=401, message=f"no such key: {SECRET}"))
    with pytest.raises(NotAnswered) as raised:
        list(answer(asked(project)))
    assert str(raised.value) == "The provider answered 401: no such key: …"


def test_a_provider_that_is_not_there_is_said(project: Project, provider: MockProvider) -> None:
    row = add(project, provider, "openai")
    row.base_url = "http://127.0.0.1:1"
    row.save()
    with pytest.raises(NotAnswered, match="could not be reached"):
        list(answer(asked(project)))


def test_an_address_that_must_not_be_called_is_not(project: Project, provider: MockProvider) -> None:
    row = add(project, provider, "openai")
    Provider.objects.filter(pk=row.pk).update(base_url="http://169.254.169.254/v1")
    with pytest.raises(NotAnswered, match="The provider must not be called"):
        list(answer(asked(project)))


def test_a_route_leads_to_its_provider_and_model(project: Project, provider: MockProvider) -> None:
    add(project, provider, "openai")
    add(project, provider, "anthropic")
    with MockProvider() as other:
        second = Provider.objects.create(
            project=project, name="second", kind="openai", base_url=other.openai_url, trusted=True
        )
        claude = project.providers.get(kind="anthropic")
        targets = (TargetValues(claude, "", 1), TargetValues(second, "mini", 0))
        add_route(project, RouteValues("gpt-*", targets))
        whole(asked(project, BODY))
        assert other.requests[0].json["model"] == "mini"
    assert provider.requests == []

    add_route(project, RouteValues("o3", (TargetValues(claude, "", 1),)))
    with pytest.raises(NotAnswered, match="The route of o3 leads to no provider for bodies of openai"):
        asked(project, BODY, "o3")
    # A plain text is a body in both dialects.
    whole(asked(project, PLAIN, "o3"))
    assert provider.requests[0].path == "/v1/messages"

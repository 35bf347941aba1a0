"""The model asked with both prompts: the price before, the answers after."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from dashboard.playground.answers import Questions, answer_lines
from optimizer_app.models import Project, Provider, RequestTrace
from optimizer_app.playground.asking import question_to
from optimizer_app.playground.prompt import prompt_of_text
from tests.dashboard.pages import one_line
from tests.dashboard.playground.test_views import TEXT, post, tried
from tests.provider.mock_provider import MockProvider, Reply


@pytest.fixture
def provider(project: Project) -> Iterator[MockProvider]:
    with MockProvider() as running:
        row = Provider(project=project, name="ours", kind="openai", base_url=running.openai_url)
        row.set_secret("sk-ours")
        row.save()
        yield running


def test_the_price_is_said_before(as_member: Client, provider: MockProvider) -> None:
    page = tried(as_member, model="gpt-4o")
    assert "ours gets both: about $0.0" in page
    assert "No price of nobody-knows is known here." in tried(as_member, model="nobody-knows")
    assert provider.requests == []


def test_without_a_provider_echo_answers(as_member: Client, project: Project) -> None:
    assert "The built-in echo answers both. Nothing is billed." in tried(as_member)


def test_without_scripts_both_answers_stand_on_the_page(as_member: Client, provider: MockProvider) -> None:
    provider.default = Reply(text="The disk is full.", prompt_tokens=1_000)
    page = tried(as_member, do="ask-1", model="gpt-4o")
    assert page.count("The disk is full.</pre>") == 2
    assert page.count("1,000 tokens in, ") == 2
    sizes = sorted(len(request.raw) for request in provider.requests)
    assert sizes[0] < sizes[1]
    assert not RequestTrace.objects.exists()


def test_a_refusal_stands_where_the_answer_would(as_member: Client, provider: MockProvider) -> None:
    provider.default = Reply(status=429, message="slow down")
    assert tried(as_member, do="ask-1").count("The provider answered 429: slow down</p>") == 2


def test_a_project_whose_provider_does_not_fit_says_so(as_member: Client, provider: MockProvider) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": TEXT}]})
    page = tried(as_member, kind="anthropic", text=body)
    assert "The project has no provider for bodies of anthropic." in page
    assert 'value="ask-1"' not in page


@pytest.fixture
def questions(project: Project) -> Questions:
    prompt = prompt_of_text(TEXT)
    question = question_to(project, prompt, prompt.body, "gpt-4o")
    return {"original": question, "sent": question}


async def test_answers_come_as_lines(questions: Questions) -> None:
    lines = [json.loads(line) async for line in answer_lines(questions)]
    for side in questions:
        parts = [line for line in lines if line["side"] == side]
        assert "".join(part.get("text", "") for part in parts).startswith("Echo: received ")
        assert parts[-1]["bill"].endswith("out: $0.00")


def test_what_has_to_be_corrected_first_is_a_400(as_member: Client, project: Project) -> None:
    assert post(as_member, "/playground/ask", do="ask-1", text="").status_code == 400
    assert post(as_member, "/playground/ask", do="ask-3").status_code == 400
    assert as_member.get("/playground/ask").status_code == 405
    assert one_line(post(as_member, "/playground/ask", text="").content.decode()).startswith("The prompt or")

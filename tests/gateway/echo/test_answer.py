"""Without any provider, echo answers: offline, in both dialects, with true numbers."""

from __future__ import annotations

from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from token_optimizer.tokens.counts import count_body, count_tokens


def test_openai(echo_account: Account) -> None:
    answer = echo_account.openai.chat.completions.create(model=MODEL, messages=HI)
    text = answer.choices[0].message.content or ""

    assert "Say hi." in text
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == count_body({"messages": HI}, "openai", MODEL)
    assert answer.usage.completion_tokens == count_tokens(text, MODEL)
    assert f"{answer.usage.prompt_tokens} tokens" in text
    stats = answer.optimizer_stats  # type: ignore[attr-defined]
    assert echo_account.trace(stats["trace_id"])["provider"] == "echo"


def test_openai_stream(echo_account: Account) -> None:
    client = echo_account.openai
    chunks = list(client.chat.completions.create(model=MODEL, messages=HI, stream=True))
    asked = list(
        client.chat.completions.create(
            model=MODEL, messages=HI, stream=True, stream_options={"include_usage": True}
        )
    )

    assert "Say hi." in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert all(chunk.usage is None for chunk in chunks)
    assert asked[-1].usage is not None
    assert asked[-1].usage.prompt_tokens == count_body({"messages": HI}, "openai", MODEL)


def test_anthropic(echo_account: Account) -> None:
    client = echo_account.anthropic
    answer = client.messages.create(model=CLAUDE, max_tokens=9, system="Be brief.", messages=HI)

    assert "system: Be brief." in answer.content[0].text  # type: ignore[union-attr]
    body = {"system": "Be brief.", "messages": HI}
    assert answer.usage.input_tokens == count_body(body, "anthropic", CLAUDE)


def test_anthropic_stream(echo_account: Account) -> None:
    with echo_account.anthropic.messages.stream(model=CLAUDE, max_tokens=9, messages=HI) as stream:
        message = stream.get_final_message()

    assert "Say hi." in message.content[0].text  # type: ignore[union-attr]
    assert message.stop_reason == "end_turn"


def test_a_huge_prompt_is_not_sent_back_whole(echo_account: Account) -> None:
    content = " ".join(f"word{number}" for number in range(50_000))
    body = {"model": MODEL, "messages": [{"role": "user", "content": content}]}
    answer = echo_account.post("/v1/chat/completions", body)

    assert answer.status_code == 200
    assert answer.json()["usage"]["prompt_tokens"] > 50_000
    assert "more characters" in answer.json()["choices"][0]["message"]["content"]
    assert len(answer.content) < 20_000


def test_off_mode(echo_account: Account) -> None:
    off = {"x-optimizer-mode": "off"}
    answer = echo_account.post("/v1/chat/completions", {"model": MODEL, "messages": HI}, headers=off)
    assert "Say hi." in answer.json()["choices"][0]["message"]["content"]
    assert echo_account.post("/v1/chat/completions", data=b"no json", headers=off).status_code == 400


def test_parts_and_odd_bodies(echo_account: Account) -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "a part"}, {"type": "image_url"}, "odd"]},
        {"role": "tool", "content": None},
        {},
    ]
    off = {"x-optimizer-mode": "off"}
    answer = echo_account.post("/v1/chat/completions", {"model": 5, "messages": messages}, headers=off)

    assert "a part" in answer.json()["choices"][0]["message"]["content"]


def test_models(echo_account: Account) -> None:
    assert [model.id for model in echo_account.openai.models.list()] == ["echo"]
    assert [model.id for model in echo_account.anthropic.models.list()] == ["echo"]


def test_count_tokens(echo_account: Account) -> None:
    count = echo_account.anthropic.messages.count_tokens(model=CLAUDE, messages=HI)
    assert count.input_tokens == count_body({"messages": HI}, "anthropic", CLAUDE)
    for raw in (b"[]", b'{"messages":5}', b"x"):
        assert echo_account.post("/v1/messages/count_tokens", data=raw).status_code == 400


def test_paths_that_only_a_provider_knows(echo_account: Account) -> None:
    answer = echo_account.post("/v1/embeddings", {"model": "m", "input": "x"})
    assert answer.status_code == 404
    assert "POST /v1/embeddings" in answer.json()["error"]["message"]

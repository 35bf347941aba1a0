"""Keys of messages: each stands for all before it, whoever's they are."""

from __future__ import annotations

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.conversation.keys import (
    conversation_salt,
    message_keys,
    prompt_digest,
    request_key,
)

CONFIG = OptimizerConfig()
SALT = conversation_salt(CONFIG, None, "gpt-4o")
ASKED = {"role": "user", "content": "Which port?"}
ANSWERED = {"role": "assistant", "content": "8080."}


def _keys(*messages: dict[str, object], salt: bytes = SALT, **around: object) -> list[str]:
    return message_keys({"messages": list(messages), **around}, "openai", salt)


def test_a_longer_conversation_keeps_its_keys() -> None:
    assert _keys(ASKED, ANSWERED)[:1] == _keys(ASKED)


def test_a_change_is_seen_in_all_keys_after_it() -> None:
    changed = _keys({**ASKED, "content": "Which host?"}, ANSWERED)
    assert set(changed).isdisjoint(_keys(ASKED, ANSWERED))


def test_tools_and_the_owner_are_part_of_every_key() -> None:
    salts = [
        conversation_salt(CONFIG, 900, "gpt-4o"),
        conversation_salt(CONFIG, None, "gpt-4"),
        conversation_salt(CONFIG, None, "gpt-4o", "secret"),
        conversation_salt(OptimizerConfig(dedupe_window=3), None, "gpt-4o"),
    ]
    keys = [_keys(ASKED), _keys(ASKED, tools=[{"name": "t"}]), *(_keys(ASKED, salt=salt) for salt in salts)]
    assert len({key for each in keys for key in each}) == len(keys)


def test_cache_marks_may_move() -> None:
    marked = {**ASKED, "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]}
    assert _keys(marked) == _keys({**ASKED, "content": [{"type": "text", "text": "a"}]})


def test_a_request_has_a_key_of_its_own_for_each_question() -> None:
    assert request_key("k", "") != request_key("k", "q") != "k"


def test_a_digest_names_a_prompt_of_its_owner() -> None:
    body = {"model": "gpt-4o", "messages": [ASKED]}

    def digest(secret: str = "secret", asked: object = None, **fields: object) -> int:
        return prompt_digest({**body, **fields}, "openai", secret, asked)

    assert digest(temperature=0.5, stream=True) == digest()
    others = [
        digest(model="gpt-4"),
        digest(messages=[ASKED, ANSWERED]),
        digest(tools=[{"name": "t"}]),
        digest(secret="another"),
        digest(asked=["a question"]),
    ]
    assert len({digest(), *others}) == 6
    assert all(-(2**63) <= each < 2**63 for each in others)

"""What is remembered of texts: counts and splits are those of a first look, and no text is held."""

from __future__ import annotations

from benchmarks.cases.conversations import conversation
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.text.cache import TextCache, forget_texts, key_of, remembered
from token_optimizer.tokens.counts import count_texts

TEXT = "connection to 10.0.0.5 was refused; " * 20


def test_it_works() -> None:
    seen: TextCache[int] = TextCache(2)
    assert seen.get(key_of(TEXT, "count")) is None
    seen.put(key_of(TEXT, "count"), 7)
    assert seen.get(key_of(TEXT, "count")) == 7


def test_the_oldest_value_goes_first() -> None:
    seen: TextCache[int] = TextCache(2)
    for number in range(3):
        seen.put(key_of(str(number), "count"), number)
    assert [seen.get(key_of(str(number), "count")) for number in range(3)] == [None, 1, 2]


def test_the_oldest_values_go_where_their_texts_are_long() -> None:
    seen: TextCache[int] = TextCache(10, max_chars=10)
    for text in ("aaaa", "bbb", "cc", "bbb"):
        seen.put(key_of(text, "count"), len(text))
    seen.put(key_of("dddd", "count"), 4)
    known = [seen.get(key_of(text, "count")) for text in ("aaaa", "bbb", "cc", "dddd")]
    assert known == [None, 3, 2, 4]
    seen.put(key_of("e" * 11, "count"), 11)
    assert seen.get(key_of("dddd", "count")) is seen.get(key_of("e" * 11, "count")) is None
    seen.put(key_of("aaaa", "count"), 4)
    assert seen.get(key_of("aaaa", "count")) == 4


def test_a_full_cache_forgets_its_oldest_values_many_at_once() -> None:
    seen: TextCache[int] = TextCache(80)
    keys = [key_of(str(number), "count") for number in range(81)]
    seen.put_many(zip(keys, range(81), strict=True))
    assert seen.get_many(keys) == [*[None] * 11, *range(11, 81)]
    seen.put(keys[0], 0)
    assert seen.get_many(keys) == [0, *[None] * 10, *range(11, 81)]


def test_all_is_forgotten_when_asked() -> None:
    seen: TextCache[int] = TextCache(2)
    seen.put(key_of(TEXT, "count"), 7)
    forget_texts()
    assert seen.get(key_of(TEXT, "count")) is None


def test_a_function_looks_once_at_a_text() -> None:
    looked: list[str] = []

    @remembered(2)
    def has_digits(text: str) -> bool:
        looked.append(text)
        return any(map(str.isdigit, text))

    assert [has_digits(text) for text in ("a1", "ab", "a1", "ab")] == [True, False, True, False]
    assert looked == ["a1", "ab"]


def test_aspects_and_texts_are_told_apart_and_no_text_is_in_a_key() -> None:
    keys = {key_of(text, aspect) for text in (TEXT, TEXT + "!", "\ud800") for aspect in ("count", "split")}
    assert len(keys) == 6
    assert all(isinstance(key, int) for key in keys)


def test_counts_of_seen_and_new_texts_keep_their_order() -> None:
    first = count_texts([TEXT, "short", TEXT + "new"], "gpt-4o")
    again = count_texts([TEXT + "new", TEXT * 2, "short", TEXT], "gpt-4o")
    assert (again[0], again[2], again[3]) == (first[2], first[1], first[0])
    assert count_texts([TEXT], "gpt-4") != [0]


def test_a_seen_prompt_has_the_same_blocks() -> None:
    body = {
        "messages": [*conversation(3_000), {"role": "user", "content": f"Look:\n\n```\n{TEXT}\n```\nWhy?"}]
    }
    first, again = canonicalize(body, "openai"), canonicalize(body, "openai")
    assert [(block.kind, block.content) for block in first.blocks] == [
        (block.kind, block.content) for block in again.blocks
    ]
    assert len(first.blocks) > len(body["messages"]) + 1

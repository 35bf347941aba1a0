"""What was used last is held, the rest is let go."""

from __future__ import annotations

from token_optimizer.runtime.lru_cache import LRUCache


def test_it_works() -> None:
    recent: LRUCache[str] = LRUCache(10)
    recent.put("a", "one", 3)
    recent.put("b", "two", 3)
    assert recent.get_many(["a", "b", "c"]) == ["one", "two", None]


def test_the_one_used_longest_ago_goes() -> None:
    recent: LRUCache[str] = LRUCache(10)
    for key in "abc":
        recent.put(key, key, 3)
    recent.get_many(["a"])
    recent.put("d", "d", 3)
    assert recent.get_many(["a", "b", "c", "d"]) == ["a", None, "c", "d"]


def test_what_is_put_again_counts_once() -> None:
    recent: LRUCache[str] = LRUCache(10)
    recent.put("a", "a", 6)
    recent.put("b", "b", 4)
    recent.put("a", "larger", 6)
    assert recent.get_many(["a", "b"]) == ["larger", "b"]


def test_what_is_larger_than_all_room_is_not_held() -> None:
    recent: LRUCache[str] = LRUCache(10)
    recent.put("a", "a", 11)
    recent.put("b", "b", 10)
    assert recent.get_many(["a", "b"]) == [None, "b"]


def test_dropped_and_forgotten_ones_give_their_room_back() -> None:
    recent: LRUCache[str] = LRUCache(10)
    recent.put("a", "a", 10)
    recent.drop("a")
    recent.drop("never there")
    recent.put("b", "b", 10)
    assert recent.get_many(["a", "b"]) == [None, "b"]
    recent.forget()
    recent.put("c", "c", 5)
    recent.put("d", "d", 5)
    assert recent.get_many(["b", "c", "d"]) == [None, "c", "d"]


def test_of_many_that_are_put_at_once_the_last_are_held() -> None:
    recent: LRUCache[str] = LRUCache(10)
    recent.put_many((key, key, 3) for key in "abcde")
    assert recent.get_many(list("abcde")) == [None, None, "c", "d", "e"]
    assert recent.get("c") == "c"
    recent.put_many([("f", "f", 3), ("f", "larger", 4)])
    assert recent.get_many(list("cdef")) == ["c", None, "e", "larger"]

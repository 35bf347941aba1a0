"""A provider's cache, run by hand over prompts of a few segments."""

import pytest

from token_optimizer.models import PromptSegment
from token_optimizer.prompt_cache.rules import FIVE_MINUTES, HALF_HOUR, HOUR, TEN_MINUTES, cache_rules
from token_optimizer.prompt_cache.simulation import CacheUse, simulate

CLAUDE, OLD_GPT, NEW_GPT = map(cache_rules, ("claude-sonnet-4-5", "gpt-4o", "gpt-5.6"))


class Entries(dict):
    def get_many(self, keys):
        return [self.get(key) for key in keys]

    set_many = dict.update


def prompt(*tokens, marks=(), everywhere=0):
    """Segments of so many tokens, with breakpoints: {place: lifetime}."""
    marks = dict(marks)
    return [
        PromptSegment(f"key {place}", count, marks.get(place, everywhere))
        for place, count in enumerate(tokens)
    ]


@pytest.fixture
def entries():
    return Entries()


class TestAnthropic:
    def test_without_a_breakpoint_nothing_is_cached(self, entries):
        assert simulate(prompt(5000, 10), CLAUDE, entries, at=0) == CacheUse()

    def test_the_next_turn_reads_what_was_written_and_writes_the_rest(self, entries):
        first = simulate(prompt(2000, 500, marks={1: FIVE_MINUTES}), CLAUDE, entries, at=0)
        second = simulate(prompt(2000, 500, 70, 30, marks={3: FIVE_MINUTES}), CLAUDE, entries, at=60)

        assert (first, second) == (CacheUse(0, 2500), CacheUse(2500, 100))

    def test_what_stands_behind_the_last_breakpoint_is_new_each_time(self, entries):
        same = prompt(2000, 500, marks={0: FIVE_MINUTES})

        assert [simulate(same, CLAUDE, entries, at=at) for at in (0, 1)] == [
            CacheUse(0, 2000),
            CacheUse(2000),
        ]

    def test_a_prefix_below_the_least_length_is_not_kept(self, entries):
        short = prompt(1000, 23, marks={1: FIVE_MINUTES})

        assert [simulate(short, CLAUDE, entries, at=at) for at in (0, 1)] == [CacheUse(), CacheUse()]

    def test_it_is_the_providers_count_that_is_long_enough(self, entries):
        short = prompt(1000, marks={0: FIVE_MINUTES})

        assert simulate(short, CLAUDE, entries, at=0, tokens_per_counted=1.1) == CacheUse(0, 1100)

    def test_reading_keeps_an_entry_alive(self, entries):
        same = prompt(2000, marks={0: FIVE_MINUTES})
        used = [simulate(same, CLAUDE, entries, at=at).read_tokens for at in (0, 290, 580, 881)]

        assert used == [0, 2000, 2000, 0]

    def test_lifetimes_are_billed_apart(self, entries):
        mixed = prompt(3000, 1000, 500, marks={0: HOUR, 1: FIVE_MINUTES})
        first, soon, later = (simulate(mixed, CLAUDE, entries, at=at) for at in (0, 10, 3000))

        assert first == CacheUse(0, 1000, 3000)
        assert soon == CacheUse(4000)
        assert later == CacheUse(3000, 1000)

    def test_an_entry_is_found_up_to_twenty_blocks_before_a_breakpoint(self, entries):
        simulate(prompt(2000, marks={0: FIVE_MINUTES}), CLAUDE, entries, at=0)

        near = prompt(2000, *[10] * 19, marks={19: FIVE_MINUTES})
        far = prompt(2000, *[10] * 20, marks={20: FIVE_MINUTES})
        assert simulate(far, CLAUDE, Entries(entries), at=1) == CacheUse(0, 2200)
        assert simulate(near, CLAUDE, entries, at=1) == CacheUse(2000, 190)

    def test_two_at_once_do_not_read_each_other(self, entries):
        same = prompt(2000, marks={0: FIVE_MINUTES})

        assert [simulate(same, CLAUDE, entries, at=5) for _ in range(2)] == [CacheUse(0, 2000)] * 2

    def test_running_a_prompt_again_comes_to_the_same(self, entries):
        same = prompt(2000, marks={0: FIVE_MINUTES})
        used = [simulate(same, CLAUDE, entries, at=at) for at in (0, 100, 0, 100, 500, 500)]

        assert used == [CacheUse(0, 2000), CacheUse(2000)] * 2 + [CacheUse(0, 2000)] * 2

    def test_a_prompt_that_is_run_late_is_still_read_by_later_ones(self, entries):
        same = prompt(2000, marks={0: FIVE_MINUTES})
        simulate(same, CLAUDE, entries, at=200)
        simulate(same, CLAUDE, entries, at=100)

        assert simulate(same, CLAUDE, entries, at=150) == CacheUse(2000)


class TestOpenAI:
    def test_every_prefix_is_cached_in_whole_steps(self, entries):
        simulate(prompt(1000, 300, everywhere=TEN_MINUTES), OLD_GPT, entries, at=0)
        branch = [*prompt(1000, 300, everywhere=TEN_MINUTES), PromptSegment("other", 400, TEN_MINUTES)]

        assert simulate(branch, OLD_GPT, entries, at=1).read_tokens == 1280

    def test_an_entry_ends_after_a_while(self, entries):
        same = prompt(2000, everywhere=TEN_MINUTES)
        used = [simulate(same, OLD_GPT, entries, at=at).read_tokens for at in (0, 600, 1201)]

        assert used == [0, 1920, 0]

    def test_a_very_long_conversation_is_found_by_its_newest_messages(self, entries):
        simulate(prompt(*[100] * 500, everywhere=TEN_MINUTES), OLD_GPT, entries, at=0)
        longer = prompt(*[100] * 503, everywhere=TEN_MINUTES)

        assert simulate(longer, OLD_GPT, entries, at=1).read_tokens == 50_000 // 128 * 128
        assert len(entries) < 200

    def test_newer_models_write_up_to_the_newest_message(self, entries):
        first = simulate(prompt(2000, 50, marks={1: HALF_HOUR}), NEW_GPT, entries, at=0)
        second = simulate(prompt(2000, 50, 500, marks={2: HALF_HOUR}), NEW_GPT, entries, at=1700)

        assert (first, second) == (CacheUse(0, 2050), CacheUse(2050, 500))

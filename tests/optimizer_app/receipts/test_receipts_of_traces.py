"""The receipts of traces as they are stored: turns of a conversation, run through the provider's cache.

claude-sonnet-4-5: $3 a million input tokens, $0.30 read from the cache, $3.75 written for five minutes,
$6 for an hour, $15 of output. gpt-4o: $2.50, $1.25 from the cache, $10 of output.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from optimizer_app.models import Event, Project, TokenDrift
from optimizer_app.receipts import original_cache
from optimizer_app.receipts.receipt import Receipt
from optimizer_app.traces.record import BreakpointRecord, ProviderCall, ReadBackRecord, ReReadRecord
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record
from token_optimizer.models import PromptSegment
from token_optimizer.prompt_cache.rules import FIVE_MINUTES, TEN_MINUTES

AT = datetime.now(UTC)
CLAUDE = "claude-sonnet-4-5"
OURS = BreakpointRecord("newest_turn", "5m")
NOTHING_CUT = [
    {"id": "1", "type": "user", "kind": "prose", "fate": "kept", "frozen": False, "stage": "", "reason": "",
     "tokens_before": 1000, "tokens_after": 1000, "turn": 0},
]  # fmt: skip


@pytest.fixture
def project(transactional_db, empty_cache):
    return Project.objects.create(name="ours")


@pytest.fixture
def recorded(project):
    def record(**fields):
        """The trace and the receipt of a request."""
        segments = [part._replace(key=f"{project.id} {part.key}") for part in fields.pop("segments", ())]
        made = new_record(project.id, **{"created_at": AT, **fields}, segments=segments)
        store([made])
        trace = project.traces.get(pk=made.id)
        return trace, Receipt.from_dict(trace.receipt)

    return record


def chain(*tokens, lifetime=0, last=0, name="key"):
    """Segments of so many tokens, with a breakpoint after each, or after the last one."""
    segments = [PromptSegment(f"{name} {place}", count, lifetime) for place, count in enumerate(tokens)]
    return [*segments[:-1], segments[-1]._replace(lifetime_seconds=last or lifetime)]


def lines(bill):
    return {line.kind: (line.tokens, line.usd) for line in bill.lines}


def claude(**fields):
    return {"model": CLAUDE, "dialect": "anthropic", "provider": "anthropic", **fields}


def test_a_bill_has_a_line_for_each_kind_of_token(recorded):
    trace, receipt = recorded(
        **claude(
            usage_input_tokens=1000,
            usage_cached_tokens=500,
            usage_cache_write_tokens=300,
            usage_cache_write_1h_tokens=100,
            usage_output_tokens=40,
            usage_reasoning_tokens=30,
        )
    )

    assert lines(receipt.billed) == {
        "input": (200, Decimal("0.0006")),
        "cache_read": (500, Decimal("0.00015")),
        "cache_write": (200, Decimal("0.00075")),
        "cache_write_1h": (100, Decimal("0.0006")),
        "output": (40, Decimal("0.0006")),
        "reasoning": (30, Decimal("0.00045")),
    }
    assert receipt.billed.usd == trace.billed_usd == Decimal("0.0027")


def test_the_original_is_cached_as_its_own_conversation(recorded):
    """4,000 tokens came, 2,000 were sent and written; then 4,100 came, and 2,100 were sent, 2,000 read."""
    _, first = recorded(
        **claude(
            tokens_before=4000, tokens_after=2000, usage_input_tokens=2000, usage_cached_tokens=0,
            usage_cache_write_tokens=2000, segments=chain(3000, 1000, last=FIVE_MINUTES),
        )
    )  # fmt: skip
    trace, second = recorded(
        **claude(
            created_at=AT + timedelta(seconds=60), tokens_before=4100, tokens_after=2100,
            usage_input_tokens=2100, usage_cached_tokens=2000, usage_cache_write_tokens=100,
            segments=chain(3000, 1000, 100, last=FIVE_MINUTES),
        )
    )  # fmt: skip

    assert first.without_us is not None
    assert lines(first.without_us)["cache_write"] == (4000, Decimal("0.015"))
    assert second.without_us is not None
    assert lines(second.without_us)["cache_read"] == (4000, Decimal("0.0012"))
    assert lines(second.without_us)["cache_write"] == (100, Decimal("0.000375"))
    assert second.is_simulated
    # 2,000 tokens at list price, of which nine tenths would have been discounted
    assert trace.gross_usd == Decimal("0.006")
    assert trace.net_usd == second.without_us.usd - second.billed.usd == Decimal("0.0006")
    assert second.cache_effect_usd == Decimal("0.0054")


def test_a_conversation_that_paused_is_written_anew(recorded):
    sent = claude(
        tokens_before=4000, tokens_after=2000, usage_input_tokens=2000, usage_cached_tokens=0,
        usage_cache_write_tokens=2000, segments=chain(4000, last=FIVE_MINUTES),
    )  # fmt: skip
    recorded(**sent)
    _, later = recorded(**sent, created_at=AT + timedelta(minutes=6))

    assert lines(later.without_us)["cache_write"] == (4000, Decimal("0.015"))


def test_another_model_does_not_share_the_cache(recorded):
    sent = claude(
        tokens_before=4000, tokens_after=2000, usage_input_tokens=2000, usage_cached_tokens=0,
        segments=chain(4000, last=FIVE_MINUTES),
    )  # fmt: skip
    recorded(**sent)
    _, other = recorded(**{**sent, "model": "claude-sonnet-4-6"}, created_at=AT + timedelta(seconds=1))

    assert "cache_read" not in lines(other.without_us)


def test_openai_caches_in_steps_and_bills_no_writes(recorded):
    first = chain(2000, 100, lifetime=TEN_MINUTES)
    recorded(
        tokens_before=2100, tokens_after=600, usage_input_tokens=600, usage_cached_tokens=0, segments=first
    )
    _, second = recorded(
        created_at=AT + timedelta(seconds=5), tokens_before=2300, tokens_after=800, usage_input_tokens=800,
        usage_cached_tokens=0, segments=chain(2000, 100, 200, lifetime=TEN_MINUTES),
    )  # fmt: skip

    assert {kind: tokens for kind, (tokens, _) in lines(second.without_us).items()} == {
        "input": 2300 - 2048,
        "cache_read": 2048,
        "output": 20,
    }


def test_a_provider_that_says_nothing_of_its_cache_is_taken_to_have_none(recorded):
    sent = {
        "tokens_before": 2300, "tokens_after": 800, "usage_input_tokens": 800,
        "segments": chain(2300, lifetime=TEN_MINUTES),
    }  # fmt: skip
    recorded(**sent)
    trace, second = recorded(**sent, created_at=AT + timedelta(seconds=5))

    assert "cache_read" not in lines(second.without_us)
    assert trace.net_usd == trace.gross_usd


def test_what_was_sent_as_it_came_saved_nothing(recorded):
    """Whatever the provider's cache did: it is billed in full, and no saving is shown."""
    trace, receipt = recorded(
        **claude(
            tokens_before=1000, tokens_after=1000, blocks=NOTHING_CUT, usage_input_tokens=1200,
            usage_cached_tokens=700, usage_cache_write_tokens=100, segments=chain(1000, last=FIVE_MINUTES),
        )
    )  # fmt: skip

    assert (trace.gross_usd, trace.net_usd) == (0, 0)
    assert receipt.without_us == receipt.billed


def test_a_compaction_that_lost_the_discount_shows_a_loss(recorded):
    """The original would have been read from the cache; what was sent anew was written."""
    recorded(**claude(tokens_before=4000, tokens_after=4000, blocks=NOTHING_CUT, usage_input_tokens=4000,
                      usage_cache_write_tokens=4000, segments=chain(4000, last=FIVE_MINUTES)))  # fmt: skip
    trace, receipt = recorded(
        **claude(
            created_at=AT + timedelta(seconds=5), tokens_before=4000, tokens_after=3300, compacted=True,
            usage_input_tokens=3300, usage_cached_tokens=0, usage_cache_write_tokens=3300,
            segments=chain(4000, last=FIVE_MINUTES),
        )
    )  # fmt: skip

    assert trace.net_usd == Decimal("0.0012") - Decimal("0.012375")
    assert sum(saving.net_usd for saving in receipt.rules) == pytest.approx(trace.net_usd)


def test_a_discount_by_breakpoints_of_ours_has_a_line_of_its_own(recorded):
    """The client set none, so that its conversation would not have been cached at all."""
    sent = claude(
        tokens_before=2000, tokens_after=2000, blocks=NOTHING_CUT, usage_input_tokens=2000,
        usage_cached_tokens=2000, segments=chain(2000), breakpoints_added=[OURS],
    )  # fmt: skip
    trace, receipt = recorded(**sent)

    assert "cache_read" not in lines(receipt.without_us)
    assert receipt.breakpoints_usd == Decimal("0.0054")
    assert (receipt.cache_effect_usd, trace.net_usd) == (0, Decimal("0.0054"))


def test_the_net_is_gross_less_the_cache_effect_and_reading_back_with_our_breakpoints(recorded):
    calls = [
        {"input_tokens": 2000, "cached_tokens": 0, "cache_write_tokens": 2000, "output_tokens": 30},
        {"input_tokens": 3000, "cached_tokens": 2000, "cache_write_tokens": 1000, "output_tokens": 50},
    ]
    _, receipt = recorded(
        **claude(
            tokens_before=4000, tokens_after=2000, usage_input_tokens=5000, breakpoints_added=[OURS, OURS],
            segments=chain(4000), provider_calls=[ProviderCall(**call) for call in calls],
            read_backs=[ReadBackRecord(1, "000001", True, "1", "logs", 900)],
        )
    )  # fmt: skip

    assert receipt.net_usd == (
        receipt.gross_usd - receipt.cache_effect_usd + receipt.breakpoints_usd - receipt.read_back_usd
    )
    assert receipt.net_usd == receipt.without_us.usd - receipt.billed.usd


def test_what_rules_saved_adds_up_to_the_net(recorded):
    calls = [ProviderCall(300, 0, 0, 10), ProviderCall(900, 200, 0, 20)]
    trace, receipt = recorded(
        provider_calls=calls,
        usage_input_tokens=1200,
        read_backs=[ReadBackRecord(1, "1", True, "1", "logs", 500)],
    )
    by_rule = {saving.rule: saving for saving in receipt.rules}

    assert sum(saving.gross_usd for saving in receipt.rules) == trace.gross_usd
    assert sum(saving.net_usd for saving in receipt.rules) == pytest.approx(trace.net_usd)
    assert by_rule["logs"].read_back_usd == trace.read_back_usd
    assert (by_rule["logs"].kind, by_rule["logs"].tokens, by_rule["dedupe"].tokens) == ("log", 600, 100)


def test_a_tool_that_was_called_again_is_charged_to_the_rule_that_cut_its_result(recorded):
    _, receipt = recorded(re_reads=[ReReadRecord("read_file", "logs", 2, 400, "1")])
    by_rule = {saving.rule: saving for saving in receipt.rules}

    assert by_rule["logs"].re_read_usd == pytest.approx(Decimal("0.001"), rel=Decimal("0.05"))
    assert by_rule["dedupe"].re_read_usd == 0


def test_what_was_sent_before_is_still_the_saving_of_the_rule_that_cut_it(recorded):
    frozen = {"fate": "rewritten", "frozen": True, "stage": "frozen", "type": "tool", "turn": 0}
    reason = "as it was sent before: spare whitespace and repeats taken out"
    block = {
        "id": "1",
        "kind": "prose",
        "reason": reason,
        "tokens_before": 800,
        "tokens_after": 100,
        **frozen,
    }
    _, receipt = recorded(blocks=[block])

    assert [saving.rule for saving in receipt.rules] == ["whitespace"]


def test_a_request_that_nobody_answered_has_no_receipt(recorded, project):
    made = new_record(project.id, provider="", usage_input_tokens=None, usage_output_tokens=None)
    store([made])

    assert project.traces.get(pk=made.id).receipt is None


def test_a_bill_that_never_came_is_estimated(recorded):
    _, receipt = recorded(status="interrupted", usage_input_tokens=None, usage_output_tokens=None)

    assert (receipt.is_estimated, receipt.without_us, receipt.net_usd) == (True, None, None)
    assert lines(receipt.billed)["input"][0] == 300


def test_storing_again_comes_to_the_same_receipt(project):
    sent = {
        "tokens_before": 2300, "tokens_after": 800, "usage_input_tokens": 800, "usage_cached_tokens": 0,
        "segments": chain(2300, lifetime=TEN_MINUTES, name=f"{project.id}"),
    }  # fmt: skip
    made = [new_record(project.id, **sent, created_at=AT + timedelta(seconds=number)) for number in range(2)]
    store(made)
    receipts = [trace.receipt for trace in project.traces.order_by("created_at")]
    project.traces.all().delete()
    store(made)

    again = [trace.receipt for trace in project.traces.order_by("created_at")]
    assert [receipt["without_us"] for receipt in again] == [receipt["without_us"] for receipt in receipts]
    assert lines(Receipt.from_dict(again[1]).without_us)["cache_read"][0] == 2176


@pytest.mark.parametrize("at_once", [1, 2_000])
def test_requests_that_are_stored_together_find_what_those_before_them_left(project, monkeypatch, at_once):
    monkeypatch.setattr(original_cache, "_AT_ONCE", at_once)
    segments = chain(1500, 1500, lifetime=TEN_MINUTES, name=f"{project.id}")
    sent = {"tokens_before": 3000, "tokens_after": 2000, "usage_input_tokens": 2000, "usage_cached_tokens": 0}
    turns = [sent | {"segments": segments[:1]}, sent | {"segments": segments}, sent | {"segments": segments}]

    # The order is that in which they came.
    store(
        [
            new_record(project.id, **turn, created_at=AT + timedelta(seconds=place))
            for place, turn in reversed([*enumerate(turns)])
        ]
    )

    receipts = [Receipt.from_dict(trace.receipt) for trace in project.traces.order_by("created_at")]
    assert [lines(receipt.without_us).get("cache_read", (0,))[0] for receipt in receipts] == [0, 1408, 2944]


@pytest.fixture
def only_read(settings):
    """The address of Valkey for one who may not write."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    # The server is everybody's who tests.
    name = f"reader of {client.connection_pool.connection_kwargs['db']}".replace(" ", "-")
    client.acl_setuser(
        name, enabled=True, passwords=["+secret"], keys=["*"], commands=["+@read", "+@connection"]
    )
    parts = urlsplit(settings.REDIS_URL)
    yield urlunsplit(parts._replace(netloc=f"{name}:secret@{parts.hostname}:{parts.port}"))
    client.acl_deluser(name)
    client.close()


def test_where_valkey_takes_nothing_what_it_held_is_told_all_the_same(recorded, settings, only_read):
    sent = {"tokens_before": 2000, "tokens_after": 1000, "usage_input_tokens": 1000, "usage_cached_tokens": 0}
    segments = chain(2000, 500, lifetime=TEN_MINUTES)
    recorded(**sent, segments=segments[:1])
    settings.REDIS_URL = only_read

    receipts = [
        recorded(**sent, segments=segments, created_at=AT + timedelta(seconds=later))[1] for later in (1, 2)
    ]

    assert [receipt.is_simulated for receipt in receipts] == [True, False]
    assert lines(receipts[0].without_us)["cache_read"][0] == 1920


def test_without_valkey_the_original_is_taken_to_be_cached_as_what_was_sent(recorded, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    _, receipt = recorded(
        tokens_before=2000, tokens_after=1000, usage_input_tokens=1000, usage_cached_tokens=500,
        segments=chain(2000, lifetime=TEN_MINUTES),
    )  # fmt: skip

    assert not receipt.is_simulated
    assert lines(receipt.without_us)["cache_read"][0] == 1000


class TestDrift:
    """The provider counts a fifth more than we do."""

    SENT = {"tokens_before": 2000, "tokens_after": 1000, "usage_input_tokens": 1200}

    def test_what_was_cut_is_counted_as_the_provider_does(self, recorded):
        trace, receipt = recorded(**self.SENT)

        assert receipt.tokens_per_counted == pytest.approx(1.2)
        assert trace.gross_usd == Decimal("0.003")
        assert sum(line.tokens for line in receipt.without_us.lines if line.kind == "input") == 2400

    def test_it_is_learned_over_requests(self, recorded):
        recorded(**self.SENT)
        _, receipt = recorded(**{**self.SENT, "usage_input_tokens": 1000})

        assert receipt.tokens_per_counted == pytest.approx(1.1)

    def test_it_is_the_models_own(self, recorded):
        recorded(**self.SENT)
        _, other = recorded(**{**self.SENT, "usage_input_tokens": 1000, "model": "gpt-4.1"})

        assert other.tokens_per_counted == 1

    def test_an_alarm_is_sent_once(self, project):
        far = [new_record(project.id, **self.SENT) for _ in range(19)]
        store(far)
        assert not Event.objects.filter(event_type="token_drift").exists()

        for _ in range(2):
            store([new_record(project.id, **self.SENT)])

        event = Event.objects.get(event_type="token_drift")
        assert event.payload["drift"] == {
            "model": "gpt-4o",
            "requests": 20,
            "counted_tokens": 20_000,
            "billed_tokens": 24_000,
            "share": 0.2,
        }
        assert TokenDrift.objects.get().requests == 21

    def test_no_alarm_within_five_percent(self, project):
        store([new_record(project.id, **{**self.SENT, "usage_input_tokens": 1049}) for _ in range(25)])

        assert not Event.objects.filter(event_type="token_drift").exists()

    def test_what_the_provider_counted_for_us_says_nothing(self, project):
        store([new_record(project.id, **self.SENT, blocks=[], route="bypass")])

        assert not TokenDrift.objects.exists()

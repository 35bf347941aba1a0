"""What a marker's handle stands for, read from the original prompt."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import (
    LOG,
    ROWS,
    TOOL,
    anthropic_body,
    openai_body,
    responses_body,
)
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.models import Dialect, OptimizationResult
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.reading_back.originals import MAX_TOKENS, OriginalReader, reader_of
from token_optimizer.optimizer.reading_back.tool import tool_of
from token_optimizer.ports import Ports
from token_optimizer.text.counting import token_counts

BALANCED = OptimizerConfig.preset("balanced")
ALWAYS = OptimizerConfig.preset("balanced", read_back="always")
_MARKER = re.compile(r"\[[^\[\]]*? #(\d{6})\](\n?)")
_SENTENCES = " ".join(f"Sentence {n} speaks of the matter of day {n} at length." for n in range(400))


def _run(body: dict[str, Any], dialect: Dialect = "openai", **options: Any) -> OptimizationResult:
    ports = options.pop("ports", Ports(answers_read_back=True))
    return optimize_body(body, dialect, config=options.pop("config", BALANCED), ports=ports, **options)


def _texts(result: OptimizationResult, dialect: Dialect = "openai") -> str:
    return json.dumps(result.body[conversation_key(dialect)], ensure_ascii=False)


def _contents(result: OptimizationResult) -> list[str]:
    return [message["content"] for message in result.body["messages"] if isinstance(message["content"], str)]


def _handles(text: str) -> list[str]:
    return [found.group(1) for found in _MARKER.finditer(text)]


def _filled(text: str, reader: OriginalReader) -> str:
    """The text with what each of its markers stands for in its place; what is read may have markers again."""
    while _handles(text):
        text = _MARKER.sub(lambda found: reader.read(found.group(1)).text, text)
    return text


def test_it_works() -> None:
    body = openai_body()
    result = _run(body)
    sent = result.body["messages"][3]["content"]
    assert len(_handles(sent)) > 1
    assert _filled(sent, reader_of(result, body, "openai")) == LOG
    read = reader_of(result, body, "openai").read(_handles(sent)[0])
    assert (read.found, read.block, read.stage) == (True, "b3", "logs")
    assert read.tokens == token_counts([read.text])[0]


@pytest.mark.parametrize("written", ["482193", "#482193", " #482193 ", "[… 3 lines left out #482193]"])
def test_a_handle_is_known_in_every_writing(written: str) -> None:
    body = openai_body()
    result = _run(body)
    handle = _handles(result.body["messages"][3]["content"])[1]
    reader = reader_of(result, body, "openai")
    assert reader.read(written.replace("482193", handle)) == reader.read(handle)


def test_a_handle_in_a_frozen_block_is_read_on_later_turns() -> None:
    ports = Ports(memory=InProcessMemory(), answers_read_back=True)
    first = openai_body()
    sent = _run(first, ports=ports).body["messages"][3]["content"]
    answer = {"role": "assistant", "content": "It lost its lease."}
    later = {**first, "messages": [*first["messages"], answer, {"role": "user", "content": "And then?"}]}
    result = _run(later, ports=ports)
    assert result.body["messages"][3]["content"] == sent
    reader = reader_of(result, later, "openai")
    assert _filled(sent, reader) == LOG
    assert reader.read(_handles(sent)[0]).stage == "logs"


def test_another_process_reads_from_what_little_crosses() -> None:
    body = openai_body()
    result = _run(body)
    crossed = pickle.loads(pickle.dumps(result))
    handle = _handles(_texts(result))[0]
    assert reader_of(crossed, body, "openai").read(handle) == reader_of(result, body, "openai").read(handle)
    assert len(pickle.dumps(result.cuts)) < 2 * len(result.body["messages"][3]["content"].encode())


def test_dropped_turns_are_read_whole_each_message_named() -> None:
    turns = [
        {"role": role, "content": f"{role} says {number}: {_SENTENCES[number * 300 : number * 300 + 2_000]}"}
        for number in range(12)
        for role in ("user", "assistant")
    ]
    body = {
        "model": "gpt-4o",
        "messages": [*turns, {"role": "user", "content": "What now?"}],
        "tools": [TOOL],
    }
    result = _run(body, budget_tokens=2_500)
    marker = next(text for text in _contents(result) if "older messages left out" in text)
    read = reader_of(result, body, "openai").read(_handles(marker)[0])
    named = re.match(r"\[message (\d+) \(user\):\]\nuser says (\d+): ", read.text)
    assert named is not None
    assert int(named.group(1)) == 2 * int(named.group(2)) + 1
    assert re.search(r"\n\[message \d+ \(assistant\):\]\nassistant says \d+: ", read.text)
    assert read.stage in ("oldest", "passages")


def test_a_json_text_that_was_written_anew_is_read_as_it_was() -> None:
    body = openai_body()
    rows = [{"id": n, "name": f"part {n}", "price": f"{n % 7}.50"} for n in range(300)]
    body["messages"][3]["content"] = json.dumps(rows, indent=2)
    result = _run(body, budget_tokens=2_000)
    sent = result.body["messages"][3]["content"]
    reader = reader_of(result, body, "openai")
    assert _filled(f"[all #{_handles(sent)[0]}]", reader) == body["messages"][3]["content"]


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        (openai_body(), "openai"),
        (anthropic_body(), "anthropic"),
        ({**responses_body(), "store": False}, "responses"),
    ],
)
def test_every_handle_of_every_dialect_is_read(body: dict[str, Any], dialect: Dialect) -> None:
    body = json.loads(json.dumps(body).replace(json.dumps(ROWS)[1:-1], json.dumps(LOG)[1:-1]))
    result = _run(body, dialect, budget_tokens=2_000)
    handles = _handles(_texts(result, dialect))
    reader = reader_of(result, body, dialect)
    assert handles
    assert all(reader.read(handle).found for handle in handles)
    assert result.body["tools"][-1] == tool_of(dialect)
    assert result.stats.tokens_after <= 2_000
    assert sum(block.tokens_after for block in result.stats.blocks) == result.stats.tokens_after


def test_a_long_reading_is_bounded_and_its_own_markers_can_be_read() -> None:
    log = "\n".join(f"{line} tick {number}" for number, line in enumerate([*LOG.split("\n")] * 6))
    body = openai_body()
    body["messages"][3]["content"] = log
    body["messages"][5]["content"] = "Say hello."
    result = _run(body)
    sent = result.body["messages"][3]["content"]
    reader = reader_of(result, body, "openai")
    longest = max((reader.read(handle) for handle in _handles(sent)), key=lambda read: read.tokens)
    inner = _handles(longest.text)
    assert MAX_TOKENS / 2 < longest.tokens < 1.1 * MAX_TOKENS
    assert inner
    assert not set(inner) & set(_handles(sent))
    assert _filled(sent, reader) == log


def test_words_beside_a_handle_choose_what_is_read_of_it() -> None:
    log = "\n".join(f"{line} tick {number}" for number, line in enumerate([*LOG.split("\n")] * 6))
    body = openai_body()
    body["messages"][3]["content"] = log
    body["messages"][5]["content"] = "Say hello."
    result = _run(body)
    reader = reader_of(result, body, "openai")
    reads = {handle: reader.read(handle) for handle in _handles(result.body["messages"][3]["content"])}
    longest = max(reads, key=lambda handle: reads[handle].tokens)
    inside = reader.read(_handles(reads[longest].text)[0]).text.split("\n")[3]
    number = inside.rpartition(" ")[2]
    assert inside not in reads[longest].text
    assert inside in reader.read(f"#{longest} tick {number}").text


def test_words_find_the_passages_that_hold_them() -> None:
    body = openai_body()
    result = _run(body)
    read = reader_of(result, body, "openai").read("tick 137")
    assert (read.found, read.stage) == (True, "logs")
    assert read.text.startswith("[left out of message 4 (tool) before, asked for now:]\n")
    assert "tick 137 finished" in read.text
    assert read.tokens < 1_600


def test_a_json_text_without_lines_is_read_in_its_rows() -> None:
    rows = [
        {"id": n, "name": f"part {n * 7919}", "text": f"of shelf {n % 13} in hall {n % 5}"}
        for n in range(900)
    ]
    body = openai_body()
    body["messages"][3]["content"] = json.dumps(rows, separators=(",", ":"))
    result = _run(body, budget_tokens=2_500)
    reader = reader_of(result, body, "openai")
    by_words = reader.read(f"part {600 * 7919}")
    assert json.dumps(rows[600], separators=(",", ":"))[1:-1] in by_words.text
    assert by_words.tokens < 1_700
    handle = _handles(result.body["messages"][3]["content"])[0]
    by_handle = reader.read(f"{handle} part {600 * 7919}")
    assert json.dumps(rows[600], separators=(",", ":")) in by_handle.text
    assert MAX_TOKENS / 2 < by_handle.tokens < 1.3 * MAX_TOKENS


@pytest.mark.parametrize("what", ["123456", "#999999", "giraffe savannah", "", "  "])
def test_a_miss_says_that_all_else_is_there(what: str) -> None:
    """An agent that gets an error runs its tool again, is cut again, and asks again."""
    body = openai_body()
    read = reader_of(_run(body), body, "openai").read(what)
    assert not read.found
    assert "Nothing was left out" in read.text
    assert "nothing more to read, here or by another tool" in read.text
    assert reader_of(_run(body), body, "openai").read(what) == read


def test_where_nothing_was_cut_the_tool_is_there_all_the_same() -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "tools": [TOOL]}
    result = _run(body)
    assert result.body["tools"][-1] == tool_of("openai")
    assert not result.cuts
    assert not reader_of(result, body, "openai").read("482193").found


def test_off_means_that_the_tool_is_never_seen() -> None:
    """A marker with a handle that no tool reads makes a model look for one."""
    never = OptimizerConfig.preset("balanced", read_back="never")
    for result in (
        _run(openai_body(), config=never),
        _run(openai_body(), ports=Ports()),
        _run({**openai_body(), "tools": [*openai_body()["tools"], tool_named("read_back")]}),
    ):
        assert not result.reads_back
        assert "left out]" in _texts(result)
        assert not _handles(_texts(result))
        assert not result.cuts


def tool_named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}


def test_a_small_hard_budget_has_no_room_for_the_tool() -> None:
    assert not _run(openai_body(), budget_tokens=1_000).reads_back


def test_prose_that_was_compressed_is_read_sentence_by_sentence() -> None:
    body = openai_body()
    body["messages"][3]["content"] = _SENTENCES
    result = _run(body, budget_tokens=2_500)
    sent = result.body["messages"][3]["content"]
    reader = reader_of(result, body, "openai")
    assert _handles(sent)
    assert all(_filled(f"[x #{handle}]", reader).strip() in _SENTENCES for handle in _handles(sent))


def test_optimize_answers_for_those_who_run_their_own_loop() -> None:
    body = openai_body()
    messages, stats = optimize(body["messages"], body["tools"], config=ALWAYS)
    handle = _handles(messages[3]["content"])[0]
    assert stats.tools is not None
    assert stats.tools[-1] == tool_of("openai")
    assert "scheduler tick" in stats.read_back(handle)
    assert stats.reads[0].stage == "logs"
    assert stats.as_dict()["read_back"] == [
        {"what": handle, "found": True, "stage": "logs", "tokens": stats.reads[0].tokens}
    ]
    (logs,) = (stage for stage in stats.stages if stage.name == "logs")
    assert logs.tokens_read_back == stats.reads[0].tokens
    assert logs.as_dict()["tokens_read_back"] == logs.tokens_read_back


def test_optimize_shows_no_handles_unless_it_is_asked_to() -> None:
    body = openai_body()
    messages, stats = optimize(body["messages"], body["tools"])
    assert not _handles(messages[3]["content"])
    assert len(stats.tools or ()) == 1
    with pytest.raises(LookupError, match="set read_back to 'always'"):
        stats.read_back("482193")


def test_what_optimize_returned_may_come_again_with_the_tool() -> None:
    body = openai_body()
    messages, stats = optimize(body["messages"], body["tools"], config=ALWAYS)
    again, more = optimize(messages, stats.tools, config=ALWAYS)
    assert again == messages
    assert more.tools == stats.tools

"""Entries of logs that take several lines stay or go as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from token_optimizer import optimize
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import kind_of, message_pieces
from token_optimizer.optimizer.logs.entries import end_of_last, entry_ends
from token_optimizer.optimizer.logs.lines import is_log
from token_optimizer.text.counting import token_counts
from token_optimizer.text.lines import lines_of


def clock(number: int) -> str:
    return f"{6 + number // 60:02}:{number % 60:02}:11"


def slow_query(number: int) -> str:
    return (
        f"# Time: 2026-03-09T{clock(number)}.{number * 7919 % 1000:03}Z\n"
        f"# User@Host: web[web] @ app{number % 4} [10.0.0.{number % 4}]  Id: {number * 31}\n"
        f"# Query_time: 1.{number * 17 % 100:02}4182  Lock_time: 0.000021 Rows_examined: {number * 881}\n"
        f"SET timestamp={1772000000 + number};\n"
        f"SELECT * FROM {('orders', 'visits', 'carts')[number % 3]} WHERE id = {number * 13};"
    )


def audited(number: int) -> str:
    event = f"msg=audit({1772000000 + number}.118:{8000 + number}):"
    return (
        f'type=SYSCALL {event} arch=c000003e syscall=257 success=yes auid=1000 comm="cron" key="x"\n'
        f'type=CWD {event} cwd="/"\n'
        f'type=PATH {event} item=0 name="/etc/{("hosts", "localtime")[number % 2]}" inode={number * 31}\n'
        f"type=PROCTITLE {event} proctitle=2F7573{number:04X}"
    )


def event_record(number: int) -> str:
    return (
        f"Log Name:      System\nSource:        {('Kernel-General', 'DNS Client')[number % 2]}\n"
        f"Date:          2026-03-09 {clock(number)}\nEvent ID:      {(16, 1014)[number % 2]}\n"
        f"Computer:      SRV-{number % 3}\nDescription:\nThe service entered the running state.\n"
    )


def request(number: int) -> str:
    said = f"2026-03-09 {clock(number)},118 INFO  [worker-{number % 7}] shop.web - GET /items/{number * 31}"
    return (
        f"{said}\n    params: {{page={number % 9}, size=20}}\n    user: u{number * 17}"
        if number % 2
        else said
    )


SLOWEST = (
    "# Time: 2026-03-09T06:30:59.441Z\n# User@Host: report[report] @ bi7 [10.0.9.9]  Id: 77\n"
    "# Query_time: 312.441902  Lock_time: 0.000021 Rows_examined: 88120441\nSET timestamp=1772000030;\n"
    "SELECT a.*, b.total FROM archive a JOIN billing b ON b.ref LIKE a.ref ORDER BY b.total;"
)
OPENED = (
    'type=SYSCALL msg=audit(1772000030.511:8030): syscall=257 success=no auid=1007 comm="vim" key="shadow"\n'
    'type=CWD msg=audit(1772000030.511:8030): cwd="/home/mallory"\n'
    'type=PATH msg=audit(1772000030.511:8030): item=0 name="/etc/shadow" inode=881\n'
    "type=PROCTITLE msg=audit(1772000030.511:8030): proctitle=76696D002F"
)
RETRIED = (
    "Log Name:      System\nSource:        disk\nDate:          2026-03-09 06:30:59\nEvent ID:      153\n"
    "Computer:      SRV-9\nDescription:\nThe IO operation at block 0x2a11 for Disk 3 was retried.\n"
)
REJECTED = (
    "2026-03-09 06:30:59,118 ERROR [worker-3] shop.pay - order rejected by risk engine\n"
    "    order: 88123\n    rule: velocity-7\n    score: 0.97\n    ip: 203.0.113.40"
)
LOGS = {
    "slow queries": (slow_query, SLOWEST, "Which query is the slowest by far?"),
    "audited": (audited, OPENED, "Who tried to open /etc/shadow, and from which directory?"),
    "records": (event_record, RETRIED, "Which disk has problems, and when?"),
    "values": (request, REJECTED, "Why was the order rejected?"),
}


def log_of(name: str) -> str:
    usual, odd, _ = LOGS[name]
    return "\n".join([odd if number == 30 else usual(number) for number in range(80)])


def messages_of(name: str, *, by_tool: bool) -> list[dict[str, object]]:
    log, query = log_of(name), LOGS[name][2]
    if not by_tool:
        return [{"role": "user", "content": f"{log}\n\n{query}"}]
    call = {"id": "c", "type": "function", "function": {"name": "get_logs", "arguments": "{}"}}
    return [
        {"role": "user", "content": query},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": log},
    ]


@pytest.mark.parametrize("budget_share", [None, 0.4])
@pytest.mark.parametrize(
    ("name", "by_tool"),
    [(name, by_tool) for name in LOGS for by_tool in (False, True) if by_tool or name != "records"],
)
def test_what_is_asked_for_stays_with_the_whole_of_its_entry(
    name: str, by_tool: bool, budget_share: float | None
) -> None:
    messages = messages_of(name, by_tool=by_tool)
    budget = int(token_counts([log_of(name)])[0] * budget_share) if budget_share else None
    optimized, report = optimize(messages, budget_tokens=budget)
    assert report.tokens_after < 0.6 * report.tokens_before
    assert LOGS[name][1].strip() in "\n".join(str(message["content"]) for message in optimized)


@pytest.mark.parametrize("name", ["slow queries", "values"])
def test_lines_with_a_time_that_stand_a_few_lines_apart_make_a_log(name: str) -> None:
    assert kind_of(log_of(name)) is Kind.LOG


def test_the_lines_of_the_last_entry_belong_to_the_log() -> None:
    log = log_of("slow queries")
    logs = [piece.raw for piece in message_pieces(f"{log}\n\nWhich query is slow?") if piece.kind is Kind.LOG]
    assert [raw.strip() for raw in logs] == [log]


@pytest.mark.parametrize("period", range(2, 7))
@pytest.mark.parametrize("times", [13, 60, 121, 240, 480])
def test_a_log_with_others_between_its_lines_is_one_by_the_share_of_both(period: int, times: int) -> None:
    def lines(logged: int) -> str:
        told = ["2026-03-01 10:00:00 said"] * logged + ["what else there is, {}"] * (period - logged)
        return "\n".join(line.format("x" * (at % 97)) for at, line in enumerate(told * times))

    assert is_log(lines(period - 1)) or period < 3
    assert not is_log("\n".join(["others tell, {}".format("y" * at) for at in range(period * times)]))


@pytest.mark.parametrize(
    "others",
    [
        "\n".join(f"name: Ana {n}\nstatus: active\ncreated: 2026-03-01 10:00:{n:02}" for n in range(40)),
        "\n\n".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\nWe {'go ' * n}on" for n in range(1, 40)),
        "\n".join(f"2026-03-01 10:00:{n:02}\nAna {'went ' * n}\nand {'stayed ' * n}" for n in range(40)),
    ],
    ids=["records", "subtitles", "notes"],
)
def test_records_subtitles_and_notes_are_no_entries(others: str) -> None:
    assert not is_log(others)


def ends_of(text: str) -> dict[int, int]:
    return entry_ends(lines_of(text))


def test_where_most_lines_have_a_time_only_indented_ones_belong_to_an_entry() -> None:
    usual = [f"2026-03-01 10:00:{n:02} sent {n}" for n in range(40)]
    usual[20:20] = ["  order: 8", "  ip: 10.0.0.1", "[runner:error] the image is gone", "", "  (end)"]
    assert ends_of("\n".join(usual)) == {19: 22}


@pytest.mark.parametrize("lines", [21, 60])
def test_long_entries_are_not_kept_together(lines: int) -> None:
    entry = ["2026-03-01 10:00:00 dump", *(f"  {n}: x" for n in range(lines))]
    assert ends_of("\n".join(entry * 8)) == {}


def test_blank_lines_are_no_end_of_an_entry() -> None:
    assert ends_of("\n".join(["2026-03-01 10:00:00 got", "  a: 1", "", ""] * 6)) == dict(
        zip(range(0, 24, 4), range(2, 26, 4), strict=True)
    )


def end_of(lines: Sequence[str], at: int) -> int:
    return end_of_last([f"{line}\n" for line in lines], at)


def test_what_is_said_first_behind_the_last_entry_is_no_part_of_it() -> None:
    log = ["10:00:01 got", "for 7 items", "10:00:02 got"]
    assert end_of([*log, "for 9 items", "  indented", "Why is that so?"], 2) == 5
    assert end_of([*log, "", "for 9 items"], 2) == 3
    assert end_of(log, 2) == 3

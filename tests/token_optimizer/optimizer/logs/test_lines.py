"""Which outputs of programs are reports, and so logs."""

import pytest

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import kind_of
from token_optimizer.optimizer.logs.lines import is_log, is_report

REPORTS = {
    "plan": "\n".join(f"module.net[{n % 5}]: Still destroying... [{n}0s elapsed]" for n in range(40)),
    "events": "\n".join(
        f"{n}m   Normal   Scheduled   pod/web-7f9c{n:02}d   Placed on node-{n}" for n in range(40)
    ),
    "warnings": "\n".join(
        f"src\\A{n}.cs(12,{n}): warning CS0168: The variable is never used" for n in range(40)
    ),
    "coverage": "\n".join(
        f"App\\Order{n}\n  Methods: {n}.00% ( 2/ 3)  Lines: {n}.12% ( 3/ 9)" for n in range(30)
    ),
    "layers": "\n".join(
        f"{n:012x}: {done}" for n in range(990, 1015) for done in ("Waiting", "Pull complete")
    ),
    "a test run": "\n".join(
        [*["." * 60] * 8, "Failures:", "", "  1) opens at dawn", "       expected: 5", "            got: 6"]
        + [f"  Running test_{n} ... ok ({n}ms)" for n in range(40)]
    ),
    "steps": "\n".join(f"{n * 64}K ........ ........ {n}% {n % 7}.2M {60 - n}s" for n in range(50)),
}
# By what writes such lines.
STAMPED = {
    "a kernel": "[  {n:3}.000{n:03}] usb 2-1: new device number {n}",
    "a store": "41:M 03 Feb 2026 10:00:{n:02} * {n} keys were written",
    "a level in brackets": "[INF] 10:00:{n:02} the pump answered {n}",
    "a thread before the time": "(pool-2) 2026-02-03 10:00:{n:02} the pump answered {n}",
    "a number before the time": "<134>1 2026-02-03T10:00:{n:02}.000Z core ntpd {n} - the clock slewed",
    "a pod before the line": "[pod/pump-7f9c/main] Feb 03 10:00:{n:02} core pumpd[{n}]: the pump answered",
    "a service before the line": "pump-1       | 2026-02-03 10:00:{n:02} the pump answered {n}",
    "entries of Docker": '{{"log":"the pump answered {n}","stream":"stdout","at":"{n}"}}',
    "workers of a test run": "[gw{n}] [ {n}%] PASSED tests/test_pump.py::test_flow_{n}",
}
OTHERS = {
    "listing": "\n".join(f"-rw-r--r-- 1 ana staff {n} Nov 28 20:00 page_{n}.md" for n in range(40)),
    "hits": "\n".join(f"src/mod{n}.py:{n}:    return total_{n}" for n in range(40)),
    "settings": "\n".join(f"- name: item{n}\n  port: {n}\n  host: h{n}" for n in range(20)),
    "diff": "\n".join(f"+    check(of={n})" for n in range(40)),
    "table": "\n".join(f"| row {n} | {n} | {n * n} |" for n in range(40)),
    "statements": "\n".join(f"INSERT INTO seats VALUES ({n}, 'row {n}');" for n in range(40)),
    "shares": "\n".join(f"src/mod{n}.py   {n}   {n % 3}   {100 - n % 5}%" for n in range(40)),
    "values": "\n".join(f"{n} {n * 3.5}" for n in range(40)),
}


@pytest.mark.parametrize("name", REPORTS)
def test_what_reports_one_thing_after_another_is_a_log(name):
    assert is_report(REPORTS[name])


@pytest.mark.parametrize("name", ["plan", "layers", "a test run", "steps"])
def test_reports_with_the_marks_of_a_source_are_logs(name):
    assert kind_of(REPORTS[name]) is Kind.LOG


@pytest.mark.parametrize("name", STAMPED)
def test_lines_with_a_stamp_are_a_log(name):
    assert is_log("\n".join(STAMPED[name].format(n=n) for n in range(40)))


@pytest.mark.parametrize("name", OTHERS)
def test_lists_listings_and_settings_are_none(name):
    assert not is_report(OTHERS[name])


def test_the_sections_of_a_job_are_a_log_with_their_escape_codes() -> None:
    steps = (
        f"\x1b[0Ksection_start:17{n}:step_{n}\r\x1b[0KRunning {n}\n$ make t{n}\nok t{n} {n}ms\n"
        f"section_end:17{n}:step_{n}\r\x1b[0K\n"
        for n in range(20)
    )
    assert is_log("".join(steps))

"""What is kept of logs under a hard budget. The samples are made here, in the forms that real tools write."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text, hostile_lines
from token_optimizer import optimize
from token_optimizer.optimizer.logs.passages import keep_log_lines, log_passages
from token_optimizer.optimizer.logs.patterns import Details, mine_patterns
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import cut_marker
from token_optimizer.optimizer.prose.repeats import collapsed
from token_optimizer.text.counting import token_counts
from token_optimizer.text.lines import count_lines

Usual = Callable[[random.Random, int], str]
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PACKAGES = ["orm", "http", "queue", "zip", "tls", "yaml", "regex", "dates", "cache", "auth", "mail", "forms"]


def clock(number: int) -> str:
    return f"{10 + number // 3600}:{number // 60 % 60:02}:{number % 60:02}"


def kubernetes(some: random.Random, number: int) -> str:
    said = some.choice(['"Reconciled volume"', '"Probe succeeded"', '"SyncLoop UPDATE"'])
    pod = f"shop/cart-{some.randrange(999)}"
    return f'I0301 {clock(number)}.118203 1 kubelet.go:{some.randrange(900)}] {said} pod="{pod}"'


def nginx(some: random.Random, number: int) -> str:
    request = f'"GET /api/items/{some.randrange(9999)} HTTP/1.1" 200 {some.randrange(9999)} "-" "Mozilla/5.0"'
    return f"10.0.3.{some.randrange(255)} - - [01/Mar/2026:{clock(number)} +0000] {request}"


def java(some: random.Random, number: int) -> str:
    return f"2026-03-01 {clock(number)},118 INFO  [exec-{some.randrange(20)}] c.e.Orders - Order {number}"


def go(some: random.Random, number: int) -> str:
    return f'time="2026-03-01T{clock(number)}Z" level=info msg="handled request" dur={some.randrange(99)}ms'


def json_lines(some: random.Random, number: int) -> str:
    return f'{{"ts":"2026-03-01T{clock(number)}Z","level":"info","msg":"sent","ms":{some.randrange(99)}}}'


def systemd(some: random.Random, number: int) -> str:
    said = some.choice(
        [f"CRON[{number}]: (root) CMD (run-parts)", f"systemd[1]: Started Session {number} of deploy."]
    )
    return f"Mar  1 {clock(number)} web-3 {said}"


def github_actions(some: random.Random, number: int) -> str:
    said = some.choice(
        ["\x1b[32m✓\x1b[0m part{}.test.ts (3 tests)", "Downloading package-{}", "added {} files"]
    )
    return f"2026-03-01T{clock(number)}.0010000Z {said.format(some.randrange(999))}"


def gitlab(some: random.Random, number: int) -> str:
    return some.choice(
        [f"section_start:17{number}:step_{number}", f"Fetching https://gems.example/gem-{number}"]
    )


def jenkins(some: random.Random, number: int) -> str:
    said = some.choice(["[INFO] Tests run: {}, Failures: 0, Errors: 0", "+ cp build/out/mod{}.o dist/"])
    return f"[2026-03-01T{clock(number)}.118Z] {said.format(some.randrange(1, 99))}"


def cargo(some: random.Random, number: int) -> str:
    return f"   Compiling {some.choice(_PACKAGES)}-{some.choice(_PACKAGES)} v{some.randrange(9)}.1.0"


def npm(some: random.Random, number: int) -> str:
    said = some.choice(
        ["npm WARN deprecated {}@2.1.0: moved", "npm http fetch GET 200 https://r.example/{} 31ms"]
    )
    return said.format(some.choice(_PACKAGES))


def pytest_lines(some: random.Random, number: int) -> str:
    return (
        f"tests/{some.choice(_PACKAGES)}/test_some.py::test_case_{number} PASSED [ {number // 15 % 100:2}%]"
    )


def gradle(some: random.Random, number: int) -> str:
    return f"> Task :{some.choice(_PACKAGES)}:{some.choice(['compileJava', 'classes', 'jar'])} UP-TO-DATE"


def webpack(some: random.Random, number: int) -> str:
    return (
        f"[{number % 100:3}%] building {number}/{number + 40} modules ./lib/{some.choice(_PACKAGES)}/index.js"
    )


FAILURES = [
    (
        kubernetes,
        'E0301 10:30:02.118203 1 pod_workers.go:951] "Error syncing" err="CrashLoopBackOff" pod="shop/pay"',
        'I0301 10:30:09.000000 1 kubelet.go:2120] "Container exceeded its memory limit and was OOMKilled"',
    ),
    (
        nginx,
        '10.0.3.9 - - [01/Mar/2026:10:20:01 +0000] "POST /api/pay HTTP/1.1" 502 157 "-" "okhttp/4.9"',
        "2026/03/01 10:20:01 [error] 31#31: *8121 connect() failed (111: Connection refused) to upstream",
    ),
    (
        java,
        "2026-03-01 10:31:00,001 ERROR [exec-4] c.e.Pay - Payment 8812 died",
        "java.lang.IllegalStateException: pool is closed",
        "\tat com.example.Pool.take(Pool.java:71)",
        "\tat com.example.Pay.run(Pay.java:12)",
        "Caused by: java.net.SocketException: reset by peer",
    ),
    (
        go,
        "panic: runtime error: index out of range [3] with length 3",
        "goroutine 81 [running]:",
        "main.(*Server).handle(0xc0000a2000)",
        "\t/src/app/server.go:88 +0x1d4",
    ),
    (
        json_lines,
        '{"ts":"2026-03-01T10:22:00Z","level":"error","msg":"card declined","ms":8}',
        '{"ts":"2026-03-01T10:23:00Z","level":"warn","msg":"balance drifted","ms":3}',
    ),
    (
        systemd,
        "Mar  1 10:21:07 web-3 systemd[1]: shop.service: Main process exited, code=killed, status=9/KILL",
        "Mar  1 10:21:07 web-3 kernel: Out of memory: Killed process 4121 (java) total-vm:812345kB",
    ),
    (
        github_actions,
        "2026-03-01T10:09:01.0010000Z \x1b[31mFAIL\x1b[0m src/cart.test.ts > adds an item",
        "2026-03-01T10:09:01.0010000Z AssertionError: expected 3 to be 4 // Object.is equality",
        "2026-03-01T10:09:02.0010000Z ##[error]Process completed with exit code 1.",
    ),
    (
        gitlab,
        "Failure/Error: expect(user.save).to be true",
        "\x1b[0;31mERROR: Job failed: exit code 1\x1b[0;m",
    ),
    (
        jenkins,
        "[2026-03-01T10:19:58.001Z] [ERROR]   CartTest.adds:41 expected:<3> but was:<4>",
        "[2026-03-01T10:20:03.001Z] Finished: FAILURE",
    ),
    (
        cargo,
        "error[E0382]: borrow of moved value: `name`",
        '  --> src/main.rs:14:20',
        'error: could not compile `shop` (bin "shop") due to 1 previous error',
    ),
    (npm, "npm ERR! code ERESOLVE", "npm ERR! Could not resolve dependency: peer react from widget@2.1.0"),
    (
        pytest_lines,
        "tests/cart/test_total.py::test_rounding FAILED [ 41%]",
        "E       assert Decimal('3.00') == Decimal('2.99')",
    ),
    (gradle, "> Task :shop:compileJava FAILED", "/src/shop/Cart.java:41: error: cannot find symbol"),
    (webpack, "ERROR in ./src/cart.ts 14:2", "Module not found: Error: Can't resolve './prices'"),
]  # fmt: skip


def log_with(usual: Usual, planted: list[str], lines: int = 1_500) -> str:
    some = random.Random(7)
    log = [usual(some, number) for number in range(lines)]
    at = lines * 2 // 3
    return "\n".join([*log[:at], *planted, *log[at:]])


def optimized(log: str, query: str, share: float) -> str:
    """The log as a tool result, cut so that the whole prompt has this share of the log's tokens."""
    call = {"id": "c", "type": "function", "function": {"name": "read_log", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": query},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": log},
    ]
    budget = int(token_counts([log])[0] * share)
    sent, stats = optimize(messages, query=query, budget_tokens=budget)
    assert stats.tokens_after <= budget
    again, _ = optimize(sent, query=query, budget_tokens=budget)
    assert again == sent
    return sent[-1]["content"]


@pytest.mark.parametrize(
    ("usual", "planted"),
    [(usual, planted) for usual, *planted in FAILURES],
    ids=[usual.__name__ for usual, *_ in FAILURES],
)
def test_what_went_wrong_stays_in_a_thirtieth_of_the_log(usual, planted):
    kept = _COLOUR.sub("", optimized(log_with(usual, planted), "Why did it fail?", 1 / 30))
    assert [line for line in planted if _COLOUR.sub("", line) not in kept] == []


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        (
            "What happened to 10.251.7.31? Quote every line about it.",
            [f"Mar  1 10:00:0{n} web-3 dhclient[812]: from 10.251.7.31 try {n}" for n in range(8)],
        ),
        (
            "Tell me everything about sshd[4711]",
            [
                "Mar  1 10:00:01 web-3 sshd[4711]: Accepted publickey for ann",
                "Mar  1 10:02:01 web-3 sshd[4711]: session closed",
            ],
        ),
        (
            "Which steps did request req-8f3a take?",
            [f"Mar  1 10:00:0{n} web-3 shop: step {n} of req-8f3a is done" for n in range(8)],
        ),
        ("Did the thermostat ever report?", ["Mar  1 10:00:01 web-3 hub[9]: thermostat reports 21 degrees"]),
        ("What did user `ann` do?", ["Mar  1 10:00:01 web-3 sudo: ann : COMMAND=/bin/ls"]),
    ],
)  # fmt: skip
def test_all_that_the_query_asks_for_stays(query, lines):
    kept = optimized(log_with(systemd, lines), query, 0.05)
    assert [line for line in lines if line not in kept] == []


def test_one_of_each_rare_pattern_stays_though_it_tells_of_no_trouble():
    rare = [f"Mar  1 10:00:0{n} web-3 {word} the new moon" for n, word in enumerate(["hail", "greet", "see"])]
    kept = optimized(log_with(systemd, rare), "What is this log about?", 0.05)
    assert [line for line in rare if line not in kept] == []


def alarm(line: str) -> float:
    return mine_patterns([line])[0].alarm


def test_levels_and_words_of_trouble_are_weighed():
    fatal, error, warning, info = (
        alarm(f"10:00:00 {level} the disk sda1") for level in ("FATAL", "ERROR", "WARN", "INFO")
    )
    assert fatal >= error > warning > info == 0


@pytest.mark.parametrize(
    "line",
    [
        "TEST-UNEXPECTED-TIMEOUT | a.py | nothing came",
        "[runner:error] Task aborted",
        "SUMMARY: AddressSanitizer: heap-use-after-free",
        "##[error]Process completed",
        "java.net.SocketTimeoutException: x",
        "user root: Permission denied",
        "gave up: connection timed out",
        "exited with exit code 137",
        "03-17 16:13:38.811  1702  2395 E WindowManager: gone",
        "kernel: watchdog: soft lockup, CPU stuck",
        "host unreachable",
        "F401 [*] `os` imported but unused",
        "src/store.py:41:80: E501 Line too long (120 > 88)",
    ],
)
def test_trouble_is_told_by_words_marks_and_codes(line):
    assert alarm(line) >= 0.8


@pytest.mark.parametrize(
    "line",
    [
        "compiled with 0 errors",
        "Failures: 0, Errors: 0, Skipped: 0",
        "errors=0 failed=0",
        "exit code: 0",
        "no errors found",
        "error: null",
        "failover is ready",
        "the terrors of the deep",
        "src/error/fail.py is formatted",
        "I0301 10:00:01.118203 1 kubelet.go:12] Synced",
        "sold to AB123 in Rome",
    ],
)
def test_no_trouble_is_told_where_all_is_well(line):
    assert alarm(line) < 0.5


def test_numbers_paths_and_addresses_make_no_pattern():
    lines = [
        "10:00:01 served /a/b.html to 10.0.0.1 in 15ms id=0xdeadbeef",
        "11:59:59 served /c.html to 10.9.9.9 in 7ms id=0x1",
    ]
    first, second = mine_patterns(lines)
    assert first is second


@pytest.mark.parametrize(
    "form",
    [
        "tests/test_mill.py::test_{} PASSED [ {}%]",
        "test mill::tests::{} ... ok",
        "  ✓ fills the {} sack ({} ms)",
        "--- PASS: Test{} (0.{}s)",
        "ok {1} - {0}",
        "PASS src/{}.test.ts",
    ],
)
def test_all_tests_that_passed_say_the_same(form):
    lines = [form.format(name, at) for at, name in enumerate(_PACKAGES)]
    assert len({pattern.text for pattern in mine_patterns(lines)}) == 1


def test_a_trace_of_go_begins_with_what_happened():
    lines = [
        "INFO all is well",
        "panic: assignment to entry in nil map",
        "[signal SIGSEGV: segmentation violation]",
        "",
        "goroutine 41 [running]:",
        "mill.(*Sack).Fill(0xc000123)",
        "\t/src/sack.go:72 +0x1d",
        "INFO all is well",
    ]
    text = "\n".join(lines)
    passages = [text[passage.start : passage.end] for passage in log_passages(text)]
    assert "\n".join(lines[1:7]) + "\n" in passages


def test_a_zero_is_another_pattern():
    first, second = mine_patterns(["5 errors", "0 errors"])
    assert first is not second


def test_names_make_one_family():
    people = ["ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida", "jon"]
    patterns = mine_patterns([f"Invalid user {name} from 10.0.0.1" for name in people])
    assert len({pattern.text for pattern in patterns}) == len(people)
    assert {pattern.family for pattern in patterns} == {"Invalid user * from #"}


def test_details_are_what_a_line_names():
    details = Details()
    assert (
        details.of_line("10:00:01 sshd[4711]: lost /srv/a from 10.0.0.1 req-8f3a 17")
        == "/srv/a 10.0.0.1 req-8f3a"
    )


def kept_lines(text: str, wanted: Callable[[str], bool]) -> str:
    """The text cut to the passages with a wanted line."""
    passages = log_passages(text)
    kept = [at for at, one in enumerate(passages) if any(map(wanted, text[one.start : one.end].splitlines()))]
    return keep_log_lines(MarkedText(text), passages, frozenset(kept)).text


def test_markers_count_lines_and_what_is_like_the_line_above():
    lines = [
        f"10:{number // 60:02}:{number % 60:02} ERROR disk {number + 1} is full" for number in range(1_200)
    ]
    lines[600] = "10:10:00 INFO the cleaner came"
    text = "\n".join(lines) + "\n"
    assert kept_lines(text, lambda line: line in (lines[0], lines[600], lines[-1])).splitlines() == [
        lines[0],
        "[… 599 lines left out; 1,197 more like the line above]",
        lines[600],
        "[… 598 lines left out]",
        lines[-1],
    ]


def cut_again(log: MarkedText, wanted: Callable[[str], bool]) -> MarkedText:
    """The log, which was cut before, cut to the passages with a wanted line."""
    passages = log_passages(log.text, None, log.markers)
    lines = [log.text[one.start : one.end].splitlines() for one in passages]
    return keep_log_lines(
        log, passages, frozenset(at for at, some in enumerate(lines) if any(map(wanted, some)))
    )


def test_a_marker_of_an_earlier_cut_counts_for_the_lines_it_stands_for():
    log = joined(["INFO one day\n", cut_marker("line", 1_000, "x", 9), "\nINFO two\nERROR three"])
    cut = cut_again(log, lambda line: "three" in line)
    assert cut.text == "[… 1,002 lines left out]\nERROR three"
    assert [marker.count for marker in cut.markers] == [1_002]


def test_no_marker_stands_beside_another():
    earlier = cut_marker("line", 20, "x")
    log = joined(["INFO one day it came\n", earlier, "\nERROR three\n", earlier, "\nINFO went away again"])
    assert cut_again(log, lambda line: line in (earlier.text, "ERROR three")).text.split("\n") == [
        "[… 21 lines left out]",
        "ERROR three",
        "[… 21 lines left out]",
    ]


def test_what_looks_like_a_marker_is_a_line_like_any_other():
    text = "INFO one day it came\n[… 20 lines left out]\n[2 frames left out]\nERROR three\n"
    assert kept_lines(text, lambda line: line == "ERROR three") == "[… 3 lines left out]\nERROR three\n"


def test_a_line_that_says_how_often_it_stands_counts_for_all_of_them():
    text = "INFO one\n" + "ERROR disk 7 is full\n" * 40 + "INFO two\nINFO three\nERROR disk 8 is full\n"
    log = collapsed(text)
    cut = cut_again(log, lambda line: line == "ERROR disk 8 is full")
    assert cut.text == "[… 43 lines left out]\nERROR disk 8 is full\n"
    kept = cut_again(log, lambda line: "INFO t" in line)
    assert kept.text.startswith("[… 41 lines left out]\nINFO two")
    assert lines_meant(cut) == lines_meant(kept) == count_lines(text)


def test_lines_shorter_than_a_marker_stay():
    assert kept_lines("a\nERROR b", lambda line: "ERROR" in line) == "a\nERROR b"


def lines_meant(log: MarkedText) -> int:
    """The lines that the text holds and that its markers stand for."""
    return log.lines_meant(0, len(log.text), count_lines(log.text))


@given(
    st.lists(
        any_text | hostile_lines | st.sampled_from(["INFO x", "\tat a.b(c)", "[… 7 lines left out]"]),
        max_size=40,
    ),
    st.data(),
)
def test_every_line_is_kept_or_counted(lines, data):
    text = MarkedText("\n".join(lines))
    for _ in range(2):
        passages = log_passages(text.text, "what of x?", text.markers)
        assert "".join(text.text[one.start : one.end] for one in passages) == text.text
        kept = data.draw(st.frozensets(st.integers(0, len(passages) - 1))) if passages else frozenset()
        cut = keep_log_lines(text, passages, kept)
        assert lines_meant(cut) == lines_meant(text)
        chosen = [text.part(passages[at].start, passages[at].end) for at in kept]
        assert all(part.text in cut.text for part in chosen if not part.markers)
        text = cut


def trace_passages(trace: list[str]) -> list[tuple[float, str]]:
    """The passages with a line of the trace, each with what it is worth, in a log around it."""
    text = "\n".join([*(f"10:00:00 INFO tick {n}" for n in range(50)), *trace, *["10:00:01 INFO tock"] * 50])
    found = [(one.value, text[one.start : one.end]) for one in log_passages(text)]
    return [(value, passage) for value, passage in found if "tick" not in passage and "tock" not in passage]


PYTHON_TRACE = [
    "Traceback (most recent call last):",
    '  File "a.py", line 3, in f',
    "    f()",
    "KeyError: 'x'",
]
JAVA_TRACE = [
    "java.io.IOException: closed",
    *["\tat com.example.Pool.take(Pool.java:7)"] * 4,
    "Caused by: java.net.SocketException: reset",
    *["\tat com.example.Net.read(Net.java:9)"] * 4,
    "\t... 12 more",
]
NODE_TRACE = ["TypeError: x is no function", "    at run (/src/a.js:3:9)", "    at main (/src/b.js:7:1)"]
SANITIZER_TRACE = [
    "==81==ERROR: AddressSanitizer: heap-use-after-free",
    "    #0 0x55d1 in take /src/pool.cc:71:3",
    "    #1 0x55d2 in main /src/main.cc:12:1",
]


@pytest.mark.parametrize("stamp", ["", "2026-03-01T10:00:00.1234567Z ", "[ci 10:00:00] INFO - "])
@pytest.mark.parametrize("trace", [PYTHON_TRACE, JAVA_TRACE, NODE_TRACE, SANITIZER_TRACE])
def test_a_traceback_is_one_passage(trace, stamp):
    assert [
        passage.rstrip("\n").split("\n") for _, passage in trace_passages([stamp + line for line in trace])
    ] == [[stamp + line for line in trace]]


def test_a_long_traceback_may_lose_its_middle_but_not_its_cause():
    frames = [f"\tat com.example.deep.Stack{number}.call(Stack.java:{number})" for number in range(150)]
    cause = "Caused by: java.net.SocketException: reset"
    passages = trace_passages(["ERROR request died", *frames, cause, *frames, "\t... 12 more"])
    most = max(value for value, _ in passages)
    kept = "".join(passage for value, passage in passages if value == most)
    assert kept.startswith("ERROR request died")
    assert cause in kept
    assert kept.rstrip().endswith("... 12 more")
    assert len(kept.splitlines()) < 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n" * 50_000,
        "x" * 1_000_000,
        "a b " * 250_000,
        "INFO ok\n" * 100_000,
        "".join(f"ERROR {number:b} failed\n".replace("0", "o").replace("1", "i") for number in range(30_000)),
        "Traceback (most recent call last):\n" * 20_000,
        "  at at at at at at\n" * 20_000,
        "error.-" * 80_000,
        "a/" * 300_000,
        "[" * 500_000,
        "\ud800 ERROR \x00\n" * 1_000,
        "50%\r51%\r52%\rERROR\r" * 1_000,
    ],
)
def test_hostile_input_ends(text):
    passages = log_passages(text, "what about x1 and error.-error?")
    assert "".join(text[one.start : one.end] for one in passages) == text
    keep_log_lines(MarkedText(text), passages, frozenset(range(0, len(passages), 3)))


def test_a_name_that_all_lines_hold_asks_for_none_of_them() -> None:
    lines = [f"{clock(n)} edge7 INFO the pump {n} answered in {n % 9} ms" for n in range(200)]
    lines[90] = f"{clock(90)} edge7 ERROR the pump hangs"
    text = "\n".join(lines)
    named, plain = (log_passages(text, query) for query in ("What hangs on edge7?", "What hangs?"))
    assert [one.value for one in named] == [one.value for one in plain]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text, check_never_worse, check_unchanged, hostile_lines
from token_optimizer.optimizer.heuristics import trim_logs
from token_optimizer.optimizer.logs.lines import is_log
from token_optimizer.optimizer.logs.trimming import trimmed_log
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.text.lines import count_lines


def info(number: int) -> str:
    return f"2026-03-01 10:{number // 60 % 60:02}:{number % 60:02} INFO worker-{number} took job {number * 7}"


def log_of(lines: int, **replaced: str) -> list[str]:
    """A log of INFO lines, with some replaced: `at_40="..."`."""
    log = [info(number) for number in range(lines)]
    for name, line in replaced.items():
        log[int(name.removeprefix("at_"))] = line
    return log


def trimmed(lines: list[str], window: int = 2, tail: int = 3, query: str | None = None) -> list[str]:
    text = "\n".join(lines)
    check_never_worse(lambda some: trim_logs(some, window, tail, query), text)
    return trim_logs(text, window, tail, query).split("\n")


def test_errors_and_the_end_stay_and_cuts_are_counted():
    log = log_of(2_000, at_1000="2026-03-01 10:00:00 ERROR disk is full")
    assert trimmed(log) == [
        "[… 998 lines left out]",
        *log[998:1003],
        "[… 994 lines left out]",
        *log[-3:],
    ]


def test_large_counts_have_separators():
    assert trimmed(log_of(4_003))[0] == "[… 4,000 lines left out]"


@pytest.mark.parametrize(
    "line",
    [
        "12:00:01 ERROR no space left",
        "[error] 4321#0: upstream timed out",
        "level=error msg=refused",
        '{"level": "fatal", "msg": "x"}',
        "error: linker `cc` not found",
        "ERROR: no such file",
        "error[E0382]: use of moved value",
        "src/app.ts(3,1): error TS2304: no name",
        "java.lang.NullPointerException: x",
        "ValueError: bad literal",
        "panic: runtime error",
        "FAILED tests/test_a.py::test_b",
        "--- FAIL: TestAdd (0.00s)",
        "npm ERR! code 1",
        "##[error]Process completed with exit code 1.",
        "make: exited with code 2",
        "E       assert 1 == 2",
        "E0301 12:00:01.1 main.go:7] lost",
        "03-17 16:13:38.811  1702  2395 E WindowManager: gone",
        "sshd[24200]: Failed password for root",
        "kernel: Out of memory: killed 4321",
        "Caused by: timeout",
    ],
)
def test_a_line_that_says_something_broke_stays(line):
    assert line in trimmed(log_of(60, at_20=line), window=0)


@pytest.mark.parametrize(
    "line",
    [
        "12:00:01 INFO 0 errors, 0 failed",
        "Errors: 0, Failures: 0, Skipped: 0",
        "compiled with no errors",
        "error: null",
        "ERROR: 0",
        "FAILED=0",
        "12:00:01 INFO error_page is enabled",
        "12:00:01 INFO error handling installed",
        "12:00:01 INFO saved with 0 errors after 3 retries",
        "process exited with code 0",
        "12:00:01 INFO the terror exceptional",
    ],
)
def test_a_line_that_says_all_is_well_goes(line):
    assert line not in trimmed(log_of(60, at_20=line, at_40=line), window=0)


def test_the_first_and_the_last_line_of_trouble_that_came_often_stay():
    denied = [
        f"Mar  1 10:00:{second:02} web-3 shop: permission denied for job {second + 1}" for second in range(50)
    ]
    log = log_of(200)
    assert [line for line in trimmed([*log, *denied, *log], window=0) if "denied" in line] == [
        denied[0],
        denied[-1],
    ]


@pytest.mark.parametrize(
    "query",
    [
        "When was req-8f3a done?",
        'what about "handed over"?',
        "Which box was handed over to the customer?",
        "who is at 10.1.2.3",
    ],
)
def test_what_the_query_asks_for_stays(query):
    line = "10:00:00 INFO req-8f3a handed over from 10.1.2.3"
    another = "10:00:00 INFO req-9c4d handed over from 10.1.2.9"
    log = log_of(300, at_50=line, at_150=another)
    assert line in trimmed(log, window=0, query=query)
    assert line not in trimmed(log, window=0, query="And the weather?")


@pytest.mark.parametrize(
    "line",
    [
        "10:00:00 INFO switched traffic to build 5512",
        "10:00:00 FEHLER Platte voll",
        "10:00:00 [错误] 连接失败",
        '{"level":50,"time":1735689600000,"msg":"x"}',
    ],
)
def test_the_only_line_of_its_pattern_stays_among_many_that_are_alike(line):
    assert line in trimmed(log_of(300, at_50=line), window=0)


def access(number: int, status: int, took: float = 40.0) -> str:
    return f"10:00:{number % 60:02} GET /items/{number} {status} {took + number % 9:.3f} ms - 512"


def test_statuses_of_trouble_and_slow_requests_stay():
    log = [access(number, 200) for number in range(300)]
    log[50] = access(50, 503)
    log[90] = access(90, 200, took=31_000)
    kept = trimmed(log, window=0)
    assert log[50] in kept
    assert log[90] in kept
    assert len(kept) < 12


def test_a_class_of_statuses_is_asked_for():
    log = [access(number, 404 if number % 3 else 200) for number in range(300)]
    log[10], log[11], log[12] = access(10, 302), access(11, 307), access(12, 308)
    kept = trimmed(log, window=0, query="Which requests were answered with a 3xx?")
    assert set(log[10:13]) <= set(kept)


def test_what_stands_beside_a_rare_alarm_stays():
    log = [f"[{number}/300] CC obj/part{number}.o" for number in range(300)]
    log[100:102] = ["main.c:(.text+0x1f): in function `settle'", "undefined reference to `pay'"]
    assert set(log[100:102]) <= set(trimmed(log))


def test_a_name_is_matched_whole_from_its_start():
    assert info(5) not in trimmed(log_of(300), window=0, query="What did xworker-5 do?")
    assert info(5) in trimmed(log_of(300), window=0, query="What did worker-5 do?")


def test_a_word_that_every_line_holds_asks_for_none():
    assert len(trimmed(log_of(300), query="Which worker took most jobs?")) == 4


PYTHON_TRACE = [
    "Traceback (most recent call last):",
    *['  File "a.py", line 3, in f', "    f()"] * 40,
    "KeyError: 'x'",
]
JAVA_TRACE = [
    "10:00:00 ERROR request died",
    "java.io.IOException: closed",
    *["\tat com.example.Pool.take(Pool.java:7)"] * 50,
    "\t... 12 more",
    "Caused by: java.net.SocketException: reset",
    *["\tat com.example.Net.read(Net.java:9)"] * 50,
]


@pytest.mark.parametrize("stamp", ["", "2026-03-01T10:00:00.1234567Z "])
@pytest.mark.parametrize("trace", [PYTHON_TRACE, JAVA_TRACE])
def test_tracebacks_stay_whole(trace, stamp):
    trace = [stamp + line for line in trace]
    log = [*log_of(200), *trace, *log_of(200)]
    kept = trimmed(log, window=1)
    start = kept.index(trace[0])
    assert kept[start : start + len(trace)] == trace
    assert len(kept) < len(trace) + 10


def test_a_narrower_second_cut_adds_up_the_counts():
    log = log_of(500, at_250="ERROR here")
    text = MarkedText("\n".join(log))
    assert trimmed_log(trimmed_log(text, 20, 40), 2, 3).text == trimmed_log(text, 2, 3).text


def test_what_looks_like_a_marker_is_cut_like_any_other_line():
    log = log_of(500, at_250="ERROR here")
    log[100:104] = ["[… 9,000 lines left out]", "[2 frames left out]"] * 2
    assert trimmed(log)[0] == "[… 248 lines left out]"


def test_a_final_newline_is_no_line():
    assert trim_logs("\n".join(log_of(50)) + "\n", 0, 2).split("\n") == [
        "[… 48 lines left out]",
        info(48),
        info(49),
        "",
    ]


@pytest.mark.parametrize("text", ["", "\n", "one line", "a\nb\nc", "\n".join(log_of(5)), "\n" * 30])
def test_what_is_short_stays(text):
    check_unchanged(lambda some: trim_logs(some, 0, 5), text)


@pytest.mark.parametrize(
    "text",
    [
        ("x" * 1_000_000 + "\n") * 3,
        "ERROR\n" * 200_000,
        "at FooException.bar\n" * 100_000,
        "Traceback (most recent call last):\n" + "  File\n" * 200_000,
        " " * 1_000_000 + "\n1",
        "[" * 500_000,
        "error " * 200_000,
        ("a::b.py" * 60 + "\n") * 20_000,
    ],
)
def test_hostile_input_ends(text):
    assert len(trim_logs(text, 10**9, 10**9, "error x1 File")) == len(text)
    trim_logs(text, 1, 1, "error x1 File")
    is_log(text)


@given(st.lists(hostile_lines, max_size=60).map("\n".join), st.integers(0, 3), st.integers(0, 4))
def test_kept_lines_and_those_of_the_markers_are_all_lines(text, window, tail):
    log = MarkedText(text)
    for _ in range(2):
        cut = trimmed_log(log, window, tail)
        counts = [one.lines_meant(0, len(one.text), count_lines(one.text)) for one in (log, cut)]
        assert counts == [count_lines(text)] * 2
        log = cut


log_lines = st.sampled_from(
    [
        "INFO all is well in the house today",
        "ERROR it broke",
        "Traceback (most recent call last):",
        "  File x",
        "KeyError: 1",
        "\tat a.b(c)",
        "job-17 is done",
        "[… 12 lines left out]",
        "[… 1 line left out]",
        "rare event",
        "",
        "\r",
    ]
)


@given(
    st.lists(log_lines | any_text, max_size=60).map("\n".join),
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from([None, "", "what is job-17 doing?", "any rare events?", "“house” today"]),
)
def test_never_worse_and_kept_lines_are_not_altered(text, window, tail, query):
    check_never_worse(lambda some: trim_logs(some, window, tail, query), text)
    kept = [line for line in trim_logs(text, window, tail, query).split("\n") if "left out]" not in line]
    remaining = iter(text.split("\n"))
    assert all(line in remaining for line in kept)


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-01 10:00:00,123 INFO started",
        "Mar  1 10:00:00 host sshd[1]: opened",
        "[Sun Mar 01 10:00:00 2026] [notice] ready",
        "081109 203518 143 INFO dfs.DataNode: received",
        "03-17 16:13:38.811  1702  2395 D PowerManager: held",
        '127.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 5',
        "time=2026-03-01T10:00:00Z level=info msg=ready",
        "2026-03-01T10:00:00.1234567Z ##[group]Run tests",
        "I/ActivityManager( 585): Starting",
        '{"level": "info", "msg": "ready", "ms": 3, "at": 5}',
        "   Compiling serde v1.0.1",
        "npm WARN deprecated left-pad@1.0.0",
        "> Task :app:compileJava UP-TO-DATE",
        "tests/test_a.py::test_b PASSED   [ 41%]",
        "test parses::nested ... ok",
        "[ 41%] Building CXX object a.o",
    ],
)
def test_logs_are_known(line):
    assert is_log("\n".join([line] * 8))


@pytest.mark.parametrize(
    "verdict",
    [
        "tests/test_a.py::test_b \x1b[32mPASSED\x1b[0m  [ 41%]",
        "FAILED tests/test_a.py::test_b - AssertionError",
        "src/store.py:41: error: Returning Any from function",
        "src/store.py:41:7: E501 Line too long",
        "src/main.ts(4,11): error TS2304: Cannot find name 'x'.",
        "error[E0425]: cannot find value `x` in this scope",
        "F401 [*] `os` imported but unused",
        "--- FAIL: TestStore (0.01s)",
        "##[error] exit status 1",
        "make: *** [Makefile:3: all] Error 2",
    ],
)
def test_some_verdicts_mark_what_a_build_printed(verdict):
    printed = "    def size(self):\n        return self._size\nSome words of a tool.\n" * 10
    assert is_log(printed + f"{verdict}\n" * 4)
    assert not is_log(printed + f"{verdict}\n" * 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A paragraph of prose.\n" * 20,
        "CS101 Introduction to programming\nINV001 Acme Corporation, 30 days\n" * 20,
        "# ====== Store ======\ndef test_size():\n    assert size('a.py::b') == 1\n" * 20,
        "def f():\n    return 1\n" * 20,
        '{"level": "x"}',
        "2026-03-01,1.5,sun\n" * 30,
        "2026-03-01 10:00:00,1.5,sun\n" * 30,
        "| 10 | 20 |\n" * 10,
        "1. First\n2. Second\n" * 5,
        "Alice: are you there?\nBob: at 10:30\n" * 10,
    ],
)
def test_other_texts_are_no_logs(text):
    assert not is_log(text)

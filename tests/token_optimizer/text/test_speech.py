"""Heads and cues of transcripts."""

import pytest

from token_optimizer.text.speech import HEAD, is_cue, is_time_cue, is_with_assistant, speaker_of, stands_alone


@pytest.mark.parametrize(
    ("line", "name", "alone"),
    [
        ("Ida Quell: Good morning.", "Ida Quell", False),
        ("[10:04] Ida: Good morning.", "Ida", False),
        ("(00:10:04) Ida: Good morning.", "Ida", False),
        ("**Ida Quell:** Good morning.", "Ida Quell", False),
        ("- Ida : Good morning.", "Ida", False),
        ("11.02.26, 10:04 - Ida Quell: Good morning.", "Ida Quell", False),
        ("**Ida Quell** (00:10:04): Good morning.", "Ida Quell", False),
        ("Ida Quell [10:04]: Good morning.", "Ida Quell", False),
        ("[Ida Quell] 00:10:04", "Ida Quell", True),
        ("Ida Quell, [11.02.26 10:04]", "Ida Quell", True),
        ("Ida Quell — Today at 10:04 AM", "Ida Quell", True),
        ("0:04 | Ida Quell", "Ida Quell", True),
        ("Ida Quell (00:10:04):", "Ida Quell", True),
        ("<v Ida Quell>Good morning.", "Ida Quell", False),
        ("田中：おはようございます", "田中", False),
        ("Ida Quell   0:04", "Ida Quell", True),
        ("Ida Quell  10:04 AM", "Ida Quell", True),
        ("Ida Quell [10:04]", "Ida Quell", True),
        ("[00:04] Ida Quell", "Ida Quell", True),
        ("**Ida Quell (00:10:04)**", "Ida Quell", True),
        ("10:04\tIda Quell\tGood morning.", "Ida Quell", False),
        ("2026-02-11T10:04:00Z | Ida Quell | Good morning.", "Ida Quell", False),
        ("0017 Ida: Good morning.", "Ida", False),
        ('<turn n="3" speaker="Ida Quell">Good morning.</turn>', "Ida Quell", True),
        ('<message from="ida">', "ida", True),
        ("<assistant>Good morning.</assistant>", "assistant", True),
        ("### User", "User", True),
        ("[02/11/2026 10:04 AM] ida_q", "ida_q", True),
    ],
)
def test_heads(line, name, alone):
    head = HEAD.match(line)
    assert head is not None
    assert (speaker_of(head), stands_alone(head)) == (name, alone)


def test_the_longest_head_is_one():
    name = " ".join(["I" + "d" * 40, *["q" * 40] * 4])
    head = HEAD.match(f"  - **11.02.26, 10:04 - **{name}** : Good morning.")
    assert head is not None
    assert speaker_of(head) == name
    alone = HEAD.match(f"- **{name}**{' ' * 12}[10:04]")
    assert alone is not None
    assert stands_alone(alone)


@pytest.mark.parametrize(
    "line",
    [
        "Good morning.",
        "ida: x",
        "[INFO] started",
        "### Results",
        "See https://x.example/a",
        "Ida Quell",
        "12: x",
        "",
    ],
)
def test_other_lines_have_no_head(line):
    assert HEAD.match(line) is None


def test_a_user_and_an_assistant_speak_in_turn():
    assert is_with_assistant(["<user>Good morning.</user>", "<assistant>Good morning.</assistant>"])
    assert is_with_assistant(["**User:** Good morning.", "**Assistant:** Good morning."])
    assert not is_with_assistant(["Ida: Good morning.", "Assistant: Good morning."])
    assert not is_with_assistant(["User: Good morning."])


@pytest.mark.parametrize(
    ("line", "cue", "timed"),
    [
        ("00:01.000 --> 00:02.500", True, True),
        ('12 "Ida Quell" (1034)', True, False),
        ("00:00:01,000 --> 00:00:02,500 align:start", True, True),
        ("0:04", True, True),
        ("  10:04 AM", True, True),
        ("1 minute 9 seconds", True, True),
        ("1 hour, 2 minutes, 9 seconds", True, True),
        ("9 seconds later", False, False),
        ("17", True, False),
        ("WEBVTT", True, False),
        ("a --> b", False, False),
        ("17 boats", False, False),
    ],
)
def test_cues(line, cue, timed):
    assert (is_cue(line), is_time_cue(line)) == (cue, timed)

"""The parts of diffs, of Terraform's plans and of its sources."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.code.changes import change_spans
from token_optimizer.optimizer.code.records import record_passages

NAMES = ["amber", "birch", "cedar", "delta", "ember", "fjord"]
GIT = "".join(
    f"diff --git a/{name}.py b/{name}.py\nindex 1a2b..3c4d 100644\n--- a/{name}.py\n+++ b/{name}.py\n"
    f"@@ -4,3 +4,3 @@ def {name}():\n     first()\n-    wait({at})\n+    wait({at + 40})\n     last()\n"
    for at, name in enumerate(NAMES)
)
PLAIN = "\n".join(line for line in GIT.splitlines() if not line.startswith(("diff", "index"))) + "\n"
PLAN = (
    "Terraform will perform the following actions:\n\n"
    + "\n".join(
        f'  # aws_instance.{name} will be updated in-place\n  ~ resource "aws_instance" "{name}" {{\n'
        f'      ~ ami = "a-{at}" -> "a-{at + 40}"\n'
        '        tags = {\n            "Env" = "prod"\n        }\n    }\n'
        for at, name in enumerate(NAMES)
    )
    + "\nPlan: 0 to add, 6 to change, 0 to destroy.\n"
)
SOURCE = "".join(
    f'# The {name} machine.\nresource "aws_instance" "{name}" {{\n  ami = "a-{at}"\n}}\n\n'
    for at, name in enumerate(NAMES)
)
MAP = "\n".join(f"src/{name}.py:\n⋮\n│class {name.title()}:\n│    def run(self):\n⋮\n" for name in NAMES)


@pytest.mark.parametrize("text", [GIT, PLAIN, PLAN, SOURCE])
def test_each_file_or_resource_is_a_part(text: str) -> None:
    parts = [text[slice(*span)] for span in change_spans(text)]
    assert "".join(parts) in text
    assert [[name for name in NAMES if name in part] for part in parts] == [[name] for name in NAMES]


def test_a_file_of_a_map_stays_below_its_path() -> None:
    parts = [MAP[slice(*span)] for span in change_spans(MAP)]
    assert "".join(parts) == MAP
    assert [part.partition("\n")[0] for part in parts] == [f"src/{name}.py:" for name in NAMES]


def test_what_stands_around_a_plan_is_in_no_part() -> None:
    spans = change_spans(PLAN)
    assert PLAN[: spans[0][0]].startswith("Terraform will perform")
    assert PLAN[spans[-1][1] :].strip() == "Plan: 0 to add, 6 to change, 0 to destroy."
    passages = record_passages(PLAN)
    assert [(passage.start, passage.end) for passage in passages] == spans


@pytest.mark.parametrize("action", ["will be destroyed", "must be replaced"])
def test_what_a_plan_takes_away_is_worth_more_than_what_it_makes(action: str) -> None:
    plan = PLAN.replace("delta will be updated in-place", f"delta {action}")
    best = max(record_passages(plan), key=lambda passage: passage.value)
    assert f"delta {action}" in plan[best.start : best.end]
    messages, _ = optimize([{"role": "user", "content": f"```\n{plan}```\nIs it safe?"}], budget_tokens=150)
    assert f"delta {action}" in messages[0]["content"]
    assert "amber" not in messages[0]["content"]


def test_the_cells_of_a_notebook_are_parts_and_one_answers_what_it_names() -> None:
    cells = [
        f'In [{at}]: df["c{at}"].describe()\nOut[{at}]:\ncount    {900 + at}\nmean     {at * 7.25}\n'
        f"std      {at * 0.4}\nmin      {at}\n\n"
        for at in range(30)
    ]
    text = "".join(cells)
    assert [text[slice(*span)] for span in change_spans(text)] == cells
    sent, stats = optimize([{"role": "user", "content": f"{text}\nWhat is the mean of c15?"}])
    assert stats.compression_ratio < 0.7
    assert cells[15].strip() in sent[0]["content"]


def test_a_long_file_goes_hunk_by_hunk_below_its_head() -> None:
    hunks = "".join(
        f"@@ -{at},9 +{at},9 @@\n" + f" the line {at} of the file\n" * 40 for at in range(100, 700, 100)
    )
    text = f"--- a/long.txt\n+++ b/long.txt\n{hunks}"
    spans = change_spans(text)
    assert len(spans) == 6
    assert text[: spans[0][0]] == "--- a/long.txt\n+++ b/long.txt\n"


@pytest.mark.parametrize("text", ["", "a -> b\n" * 9, 'resource "x" "y" {\n}\n' * 3, "@@ we meet @@\n" * 9])
def test_other_texts_have_no_parts(text: str) -> None:
    assert change_spans(text) == []

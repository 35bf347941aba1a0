"""The same case in every layout, with its question and material unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.cases.scoring import prompt_text, prompt_tokens
from benchmarks.layouts import LAYOUTS, laid_out, main, material_of
from tests.token_optimizer.optimizer.embedded.layouts import ANSWER, PARAGRAPHS, QUESTION

CASE = {
    "id": "baths",
    "family": "baths",
    "messages": [
        {"role": "system", "content": "Answer from the documents."},
        {"role": "user", "content": QUESTION},
    ],
    "documents": [{"title": f"Sheet {n}", "text": text} for n, text in enumerate(PARAGRAPHS)],
    "query": QUESTION,
    "budget_tokens": 400,
    "must_retain": [{"any": [ANSWER]}],
}
NUMBERED = "".join(f"Document [{n}] (Title: S{n}) {text}\n\n" for n, text in enumerate(PARAGRAPHS))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_works(layout: str) -> None:
    case = laid_out(CASE, layout, 0.3)
    assert case is not None
    assert (case["query"], case["documents"]) == (None, None)
    assert case["budget_tokens"] == round(0.3 * prompt_tokens(case))
    assert QUESTION in prompt_text(case)
    assert ANSWER in prompt_text(case)


@pytest.mark.parametrize(
    "content", [f"{NUMBERED}Question: {QUESTION}", f"Meeting transcript:\nAnn: So.\n\nQuestion: {QUESTION}"]
)
def test_material_within_the_message_is_found(content: str) -> None:
    messages = [CASE["messages"][0], {"role": "user", "content": content}]  # type: ignore[index]
    material = material_of({**CASE, "messages": messages, "documents": None})
    assert material is not None
    assert "Question:" not in material.plain()


def test_a_case_of_another_form_is_left_out() -> None:
    assert laid_out({**CASE, "query": None}, "xml", 0.3) is None


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "baths.jsonl").write_text(json.dumps(CASE))
    assert main(["--data", str(tmp_path), "--layout", "xml", "plain"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[1] for row in rows] == ["xml", "plain"]

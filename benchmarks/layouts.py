"""Recall of the same cases when their material stands elsewhere in the prompt, family by family.

    python -m benchmarks.layouts --data DIR [--family NAME ...] [--layout NAME ...] [--limit N] [--misses]

DIR holds .jsonl or .jsonl.gz files with one case a line: see docs/benchmarks.md. Cases with a question and
one piece of material (documents given apart, a transcript, the result of one tool call) are written in every
layout; the optimizer is told neither the question nor what the material is. Ends with 1 where the recall of a
family depends on its layout by more than `--spread` points.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.cases.compressor import compress
from benchmarks.cases.scoring import Case, CaseScore, family_scores, load_cases, prompt_tokens, score_case

_HEADER = ("family", "layout", "cases", "removed %", "macro recall %", "full %", "valid %", "in budget %")
_TRANSCRIPT = "Meeting transcript:\n"
_QUESTION = "\n\nQuestion: "
_NUMBERED = re.compile(
    r"^Document \[\d+\] ?\(Title: (?P<title>[^\n]*?)\) (?P<text>.*?)\s*(?=^Document \[|\n\nQuestion: |\Z)",
    re.MULTILINE | re.DOTALL,
)
_CALL_ID = "call_material"


class Material(NamedTuple):
    """What a case asks, by what instruction, and the texts it asks about, each with a title."""

    instruction: str
    question: str
    texts: Sequence[tuple[str, str]]

    def plain(self) -> str:
        return "\n\n".join(f"{title}\n{text}" if title else text for title, text in self.texts)


Messages = list[dict[str, Any]]


def xml(material: Material) -> Messages:
    parts = [f"<source>\n<name>{title}</name>\n{text}\n</source>" for title, text in material.texts]
    body = "\n".join(["<sources>", *parts, "</sources>"])
    return _asked(material, f"{body}\n\n<question>{material.question}</question>")


def as_json(material: Material) -> Messages:
    rows = [{"title": title, "text": text} for title, text in material.texts]
    return _asked(material, f"Search results:\n{json.dumps(rows, ensure_ascii=False)}\n\n{material.question}")


def fenced(material: Material) -> Messages:
    return _asked(material, f"This is the material:\n\n```\n{material.plain()}\n```\n\n{material.question}")


def system(material: Material) -> Messages:
    body = f"{material.instruction}\n\n### Reference\n\n{material.plain()}\n\n### Style\n\nBe brief."
    return [{"role": "system", "content": body}, {"role": "user", "content": material.question}]


def tool(material: Material) -> Messages:
    function = {"name": "look_up", "arguments": json.dumps({"q": material.question}, ensure_ascii=False)}
    call = {"id": _CALL_ID, "type": "function", "function": function}
    return [
        *_asked(material, material.question),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": _CALL_ID, "content": material.plain()},
    ]


def question_first(material: Material) -> Messages:
    return _asked(material, f"{material.question}\n\nThis is what there is to go by:\n\n{material.plain()}")


def plain(material: Material) -> Messages:
    return _asked(material, f"{material.plain()}\n\nQuestion: {material.question}")


LAYOUTS: Mapping[str, Callable[[Material], Messages]] = {
    "xml": xml,
    "json": as_json,
    "fenced": fenced,
    "system": system,
    "tool": tool,
    "question first": question_first,
    "plain": plain,
}


def _asked(material: Material, text: str) -> Messages:
    return [{"role": "system", "content": material.instruction}, {"role": "user", "content": text}]


def material_of(case: Case) -> Material | None:
    """The material of a case; None where the case has another form."""
    messages, question = case["messages"], case.get("query")
    if not question or messages[0]["role"] != "system":
        return None
    instruction = messages[0]["content"]
    if case.get("documents"):
        texts = [(document["title"], document["text"]) for document in case["documents"]]
        return Material(instruction, question, texts)
    last = messages[-1]
    if len(messages) == 2 and (found := list(_NUMBERED.finditer(last["content"]))):
        return Material(instruction, question, [(match["title"], match["text"]) for match in found])
    if last["role"] == "tool" and len(messages) == 4:
        return Material(instruction, question, [("", last["content"])])
    if len(messages) == 2 and last["content"].startswith(_TRANSCRIPT) and _QUESTION in last["content"]:
        text = last["content"].removeprefix(_TRANSCRIPT).rpartition(_QUESTION)[0]
        return Material(instruction, question, [("", text)])
    return None


def laid_out(case: Case, layout: str, share: float) -> Case | None:
    """The case in the layout, with a budget of this share of its size; None where it has another form."""
    material = material_of(case)
    if material is None:
        return None
    moved = {"messages": LAYOUTS[layout](material), "tools": None, "documents": None}
    fields = {"query": None, "budget_tokens": round(share * prompt_tokens(moved)), "family": layout}
    return {**case, **moved, **fields}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    families: dict[str, list[Case]] = {}
    for case in load_cases(options.data):
        if not options.family or case["family"] in options.family:
            families.setdefault(case["family"], []).append(case)
    print("".join(f"{title:>16}" for title in _HEADER))
    wide = []
    for family, cases in families.items():
        recalls = {}
        for layout in options.layout or LAYOUTS:
            moved = filter(None, (laid_out(case, layout, options.share) for case in cases))
            scores = [score_case(case, compress) for case in islice(moved, options.limit)]
            if scores:
                recalls[layout] = _print_row(family, layout, scores, misses=options.misses)
        if recalls and max(recalls.values()) - min(recalls.values()) > options.spread:
            wide.append(
                f"{family}: macro recall {min(recalls.values()):.1f} to {max(recalls.values()):.1f} %"
            )
    for line in wide:
        print(line, file=sys.stderr)
    return 1 if wide else 0


def _print_row(family: str, layout: str, scores: Sequence[CaseScore], *, misses: bool) -> float:
    row = family_scores(scores)[0]
    shares = (row.reduction, row.macro_recall, row.full, row.valid, row.in_budget or 0.0)
    cells = [family, layout, str(row.cases), *(f"{share:.1f}" for share in shares)]
    print("".join(f"{cell:>16}" for cell in cells), flush=True)
    for score in scores:
        if misses and (score.missed or not score.fits or score.faults):
            lost = [item[:80] for item in score.missed]
            print(f"  {score.id}: {score.tokens_after} of {score.budget_tokens}, lost {lost} {score.faults}")
    return row.macro_recall


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--family", nargs="+", help="only these families")
    parser.add_argument("--layout", nargs="+", choices=LAYOUTS, help="only these layouts")
    parser.add_argument("--limit", type=int, help="at most so many cases of each family")
    parser.add_argument("--share", type=float, default=0.3, help="the budget, as a share of the prompt")
    parser.add_argument("--spread", type=float, default=2.0, help="points that recall may vary by layout")
    parser.add_argument("--misses", action="store_true", help="name what was lost")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

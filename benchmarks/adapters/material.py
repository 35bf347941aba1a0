"""What the programs work on: the session of the clients' benchmark, and documents with one that matters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.clients.material import material

QUESTION = "How often does the payment gateway retry a failed capture?"
_FACT = "The payment gateway retries a failed capture 5 times, and then raises an alarm."
_SENTENCES = 40


def write_material(folder: Path) -> None:
    """All of it as `material.json`."""
    whole = {**material(), "documents": documents(), "document_question": QUESTION}
    (folder / "material.json").write_text(json.dumps(whole, indent=1))


def documents(count: int = 12) -> list[dict[str, Any]]:
    return [{"title": f"service-{number}.md", "text": _text(number)} for number in range(count)]


def _text(number: int) -> str:
    sentences = [
        f"Worker {worker} of service {number} reads queue {number * 100 + worker} and tells its depth hourly."
        for worker in range(_SENTENCES)
    ]
    if number == 7:
        sentences[_SENTENCES // 2] = _FACT
    return " ".join(sentences)

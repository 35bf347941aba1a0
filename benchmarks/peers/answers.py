"""What a compressor makes of the cases, in a process of its own, and the score of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.cases.scoring import Case, CaseScore, score_case
from benchmarks.clients.environments import NotInstalled
from benchmarks.peers.peer import PROGRAMS, Peer

MAX_SECONDS = 3600
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`errors` are those of cases that the compressor failed on, which count as left as they were; `trouble`
    says why there are no scores at all."""

    peer: Peer
    version: str
    scores: Sequence[CaseScore] = ()
    errors: Sequence[str] = ()
    trouble: str = ""


def outcome_of(peer: Peer, cases: Sequence[Case], folder: Path) -> Outcome:
    """Installs the compressor under the folder where it is not there yet, and runs it over the cases."""
    try:
        python, version = _installed(peer, folder)
        answers = _answers(peer, python, cases, folder)
    except NotInstalled as error:
        return Outcome(peer, "", trouble=f"not installed: {error}")
    except subprocess.CalledProcessError as error:
        return Outcome(peer, version, trouble=f"ended with {error.returncode}: {error.stderr.strip()[-200:]}")
    scores = [_scored(case, answer) for case, answer in zip(cases, answers, strict=True)]
    return Outcome(peer, version, scores, [answer["error"] for answer in answers if answer["error"]])


def _installed(peer: Peer, folder: Path) -> tuple[str, str]:
    if peer.environment is None:
        return sys.executable, "this version"
    own = folder / peer.environment.name
    peer.environment.install(own)
    return str(own / "bin/python"), peer.environment.version(own)


def _answers(peer: Peer, python: str, cases: Sequence[Case], folder: Path) -> list[Mapping[str, Any]]:
    """Nothing of this process but the path is in the program's environment, and its home is the folder."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    variables["PYTHONPATH"] = str(ROOT if peer.environment is None else PROGRAMS)
    done = subprocess.run(
        [python, str(peer.path), *peer.settings],
        input="".join(json.dumps(handed_in(case, peer.takes)) + "\n" for case in cases),
        env=variables,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=MAX_SECONDS,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def handed_in(case: Case, takes: Sequence[str]) -> dict[str, Any]:
    """The fields of the case that a compressor takes; its documents, where it takes none, as a message."""
    given = {name: case.get(name) for name in takes}
    if case.get("documents") and "documents" not in takes:
        given["messages"] = with_documents(case["messages"], case["documents"])
    return given


def with_documents(
    messages: Sequence[Mapping[str, Any]], documents: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The messages with the documents as one of the user's before the newest."""
    told = "\n\n".join(
        f"Document [{number}] {document.get('title') or ''}\n{document['text']}"
        for number, document in enumerate(documents, 1)
    )
    return [*messages[:-1], {"role": "user", "content": told}, messages[-1]]


def _scored(case: Case, answer: Mapping[str, Any]) -> CaseScore:
    score = score_case(case, lambda **_: answer)
    return replace(score, latency_ms=1000 * answer["seconds"])

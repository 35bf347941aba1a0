"""Logs of builds that failed early and cleaned up for long: what went wrong stays."""

from __future__ import annotations

from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import kind_of
from token_optimizer.optimizer.pipeline import optimize_body

# By tool: a line of its work, what went wrong, and a line of cleaning up.
BUILDS: dict[str, tuple[str, list[str], str]] = {
    "Gradle": (
        "> Task :lib{}:compileJava UP-TO-DATE",
        ["e: file:///src/main/kotlin/Till.kt:42:17 Unresolved reference: floatOf"],
        "> Task :lib{}:clean",
    ),
    "Bazel": (
        "[{} / 900] Compiling src/part_{}.cc; 3s remote-cache",
        ["src/tide/gauge.cc:88:3: error: no member named 'ebb_ms' in 'Options'"],
        "[{} / 900] Cancelling action {}",
    ),
    "Xcode": (
        "CompileSwift normal arm64 /Users/ci/Quay/View{}.swift (in target 'Quay' from project 'Quay')",
        ["/Users/ci/Quay/Cart.swift:31:22: error: value of type 'Cart' has no member 'sum'"],
        "note: Removed stale file '/Users/ci/Derived/{}.o'",
    ),
    "GitLab": (
        "$ npm run lint -- part{}",
        ["npm ERR! code ELIFECYCLE", "npm ERR! lint: `eslint src/berths`"],
        "Cleaning up project directory and file based variables {}",
    ),
    "Azure": (
        "2026-03-01T10:00:00.12345Z Restored /home/work/1/s/P{}/P{}.csproj.",
        ["2026-03-01T10:05:00.1Z ##[error]Crane.cs(17,9): Error CS0103: The name 'Jib' does not exist"],
        "2026-03-01T10:06:00.1Z ##[section]Finishing: Cleanup {}",
    ),
    "Jenkins, in German": (
        "[Pipeline] sh (part {})",
        ["make: *** [Makefile:27: deploy] Fehler 2", "Verbindung zu db-7.intern verweigert"],
        "[Pipeline] // stage {}",
    ),
    "Maven, in French": (
        "[INFO] Téléchargement de l'artefact {}",
        ["[ERREUR] Impossible de trouver le symbole : méthode marée()"],
        "[INFO] Nettoyage du répertoire {}",
    ),
    "in Japanese": (
        "10:00:00 情報: モジュール{}をコンパイルしました",
        ["10:05:00 エラー: 変数 tide が見つかりません (Quay.java:31)"],
        "10:06:00 情報: 一時ファイル{}を削除しました",
    ),
}


def _log(tool: str) -> str:
    work, wrong, cleaning = BUILDS[tool]
    before = [work.format(number, number) for number in range(200)]
    after = [cleaning.format(number, number) for number in range(200, 500)]
    return "\n".join([*before, *wrong, *after])


@pytest.mark.parametrize("tool", BUILDS)
def test_what_a_build_writes_is_a_log(tool: str) -> None:
    assert kind_of(_log(tool)) is Kind.LOG


@pytest.mark.parametrize("tool", BUILDS)
def test_what_went_wrong_stays_far_from_the_end(tool: str) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "job_log", "arguments": "{}"}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Why did the build fail?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": _log(tool)},
    ]
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body({"messages": messages}, "openai", config=config).stats.tokens_before
    result = optimize_body({"messages": messages}, "openai", config=config, budget_tokens=whole // 8)
    assert result.stats.over_budget == ""
    assert all(line in result.body["messages"][2]["content"] for line in BUILDS[tool][1])

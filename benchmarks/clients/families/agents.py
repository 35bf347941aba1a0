"""Agents for code, as their users start them in a folder: they look at a log and change a file."""

from __future__ import annotations

import json

from benchmarks.clients.client import Client, Run
from benchmarks.clients.environments import NodePackages, PythonPackages
from benchmarks.clients.material import log_text
from benchmarks.clients.script import Answer, Script

TASK = "Look into build.log for the first error, then set RETRIES in settings.py to 5."
SETTINGS = "TIMEOUT = 30\nRETRIES = 3  # attempts\n"
READ, CHANGE = "head -n 400 build.log", "sed -i 's/RETRIES = 3/RETRIES = 5/' settings.py"


def _shell(command: str) -> dict[str, dict[str, object]]:
    """The arguments of the agents' tools that run a command, by their names."""
    described = {"command": command, "description": "Runs a command"}
    return {
        "Bash": described,
        "bash": described,
        "exec_command": {"cmd": command},
        "shell_command": {"command": command},
        "shell": {"command": ["bash", "-c", command]},
    }


CODING = Script(
    (
        Answer(calls=_shell(READ)),
        Answer(calls=_shell(CHANGE)),
        Answer(calls=_shell("cat settings.py")),
        Answer("The payment service failed first; RETRIES is 5 now."),
    ),
    beside="A title",
)
EDIT = """settings.py
```
<<<<<<< SEARCH
RETRIES = 3  # attempts
=======
RETRIES = 5  # attempts
>>>>>>> REPLACE
```
"""
EDITING = Script((Answer(EDIT),))


def _prepare(run: Run) -> None:
    (run.work / "build.log").write_text(log_text())
    (run.work / "settings.py").write_text(SETTINGS)


def _last_line_and_file(printed: str, run: Run) -> str:
    return f"{printed.strip().splitlines()[-1]}\n{_file(run)}"


def _claude_result(printed: str, run: Run) -> str:
    return f"{json.loads(printed)['result']}\n{_file(run)}"


def _file(run: Run) -> str:
    """The file that the session changes."""
    return (run.work / "settings.py").read_text()


def _binary(run: Run, name: str) -> str:
    return str(run.environment / "node_modules/.bin" / name)


def _prepare_codex(run: Run) -> None:
    _prepare(run)
    (run.work / ".codex").mkdir()
    (run.work / ".codex/config.toml").write_text(
        f"""model = "gpt-5-codex"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"

[model_providers.scripted]
name = "scripted"
base_url = "{run.address.origin}/v1"
env_key = "KEY"
wire_api = "responses"
"""
    )


def _prepare_opencode(run: Run) -> None:
    _prepare(run)
    options = {"baseURL": f"{run.address.origin}/v1", "apiKey": run.address.key}
    provider = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"gpt-4o": {}}}
    settings = {"provider": {"scripted": provider}, "autoupdate": False, "share": "disabled"}
    (run.work / "opencode.json").write_text(json.dumps(settings))


CLAUDE_CODE = Client(
    "Claude Code",
    NodePackages(("@anthropic-ai/claude-code",)),
    CODING,
    command=lambda run: [
        _binary(run, "claude"),
        "-p",
        TASK,
        "--output-format",
        "json",
        "--allowedTools",
        "Bash,Read,Edit",
        "--model",
        "claude-sonnet-5",
    ],
    variables=lambda run: {
        "ANTHROPIC_BASE_URL": run.address.origin,
        "ANTHROPIC_API_KEY": run.address.key,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    },
    result=_claude_result,
    prepare=_prepare,
)
CODEX = Client(
    "Codex",
    NodePackages(("@openai/codex",)),
    CODING,
    command=lambda run: [_binary(run, "codex"), "exec", "--skip-git-repo-check", TASK],
    variables=lambda run: {"KEY": run.address.key, "CODEX_HOME": str(run.work / ".codex")},
    result=_last_line_and_file,
    prepare=_prepare_codex,
)
OPENCODE = Client(
    "opencode",
    NodePackages(("opencode-ai",)),
    CODING,
    command=lambda run: [_binary(run, "opencode"), "run", "--model", "scripted/gpt-4o", TASK],
    variables=lambda run: {"OPENCODE_DISABLE_AUTOUPDATE": "1"},
    result=_last_line_and_file,
    prepare=_prepare_opencode,
)
AIDER = Client(
    "aider",
    PythonPackages(("aider-chat",)),
    EDITING,
    command=lambda run: [
        str(run.environment / "bin/aider"),
        "--model",
        "openai/gpt-4o",
        "--message",
        TASK,
        "--yes-always",
        "--no-git",
        "--no-auto-commits",
        "--no-show-model-warnings",
        "--analytics-disable",
        "--no-check-update",
        "--edit-format",
        "diff",
        "settings.py",
        "--read",
        "build.log",
    ],
    variables=lambda run: {
        "OPENAI_API_BASE": f"{run.address.origin}/v1",
        "OPENAI_API_KEY": run.address.key,
    },
    result=lambda printed, run: _file(run),
    prepare=_prepare,
)

AGENTS = (CLAUDE_CODE, CODEX, OPENCODE, AIDER)

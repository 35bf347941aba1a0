"""`token-optimizer completion`: what a shell completes the commands and options by.

The scripts are made from the commands themselves, so that none is missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "token-optimizer"

_BASH = """\
_token_optimizer() {{
  local words
  case "${{COMP_WORDS[1]}}" in
{cases}
    *) words="{commands}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="{commands}"
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _token_optimizer token-optimizer
"""


def add_completion(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> Callable[..., int]:
    """The command's arguments."""
    parser = commands.add_parser("completion", help="print a shell's completion script")
    parser.add_argument("shell", choices=SHELLS)

    def run(options: argparse.Namespace) -> int:
        words = {name: _options(command) for name, command in commands.choices.items()}
        sys.stdout.write(_fish(words) if options.shell == "fish" else _bash(words, options.shell))
        return 0

    return run


def _options(parser: argparse.ArgumentParser) -> list[str]:
    found = [word for action in parser._actions for word in action.option_strings if word.startswith("--")]
    return [*found, *SHELLS] if parser.prog.endswith(" completion") else found


def _bash(words: Mapping[str, Sequence[str]], shell: str) -> str:
    """The script of bash, which zsh runs as well."""
    cases = "\n".join(f'    {name}) words="{" ".join(found)}" ;;' for name, found in words.items())
    script = _BASH.format(cases=cases, commands=" ".join(words))
    if shell == "bash":
        return script
    return f"autoload -Uz compinit bashcompinit && compinit && bashcompinit\n{script}"


def _fish(words: Mapping[str, Sequence[str]]) -> str:
    lines = [f"complete -c {PROGRAM} -n __fish_use_subcommand -a '{' '.join(words)}'"]
    for name, found in words.items():
        seen = f"complete -c {PROGRAM} -n '__fish_seen_subcommand_from {name}'"
        lines += [f"{seen} -l {word[2:]}" if word.startswith("--") else f"{seen} -a {word}" for word in found]
    return "".join(f"{line}\n" for line in lines)

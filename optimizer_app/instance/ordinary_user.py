"""Started by root, an instance goes on as an ordinary user: `setpriv` starts its command again without root's
rights, and for good.

The system's user `token-optimizer` is made where it is missing, and owns the state folder from then on.
Python, the checkout, models or secrets may lie where root alone may look, as under /root: then the right to
read all files is kept, which the readers of documents give up (`optimizer_app/ingest/confined.py`).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from optimizer_app.instance.servers.accounts import (
    SYSTEM_HOME,
    Account,
    service_account,
)

PRIVATE_MASK = 0o077
_FIRST_PORT_FOR_ALL = 1024
# Their numbers in the kernel's bitmaps.
_CAPABILITIES = {"dac_read_search": 2, "setgid": 6, "setuid": 7, "setpcap": 8, "net_bind_service": 10}
_NEEDED_BY_SETPRIV = ("setgid", "setuid", "setpcap")
_NAME_PATHS = ("OPTIMIZER_", "HF_")
_READ, _ENTER = 0o4, 0o1
_COMPILED = SYSTEM_HOME / "pycache"
# What an instance may have in its state folder, which may hold a stranger's files as well.
_OWN_FILES = (
    "secrets.json", ".lock", "celerybeat-schedule*", "journal", "logs", "run", "postgres", "valkey",
)  # fmt: skip


class RootKept(Exception):
    """The rights of root cannot be given up here; the message says why."""


def leave_root(state_dir: Path, *, port: int, needed: Iterable[Path]) -> None:
    """Replace this process by the same command as the ordinary user; nothing where we are no root.

    `needed` are files and folders that the command has to read. RootKept where the machine has no way.
    """
    account = service_account()
    if account is None:
        return
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise RootKept("setpriv, of util-linux, is not installed")
    if not _holds(*_NEEDED_BY_SETPRIV):
        raise RootKept("this container lets root become no other user")
    environment = _environment(os.environ, state_dir)
    try:
        _give_files(state_dir, account)
    except OSError as error:
        raise RootKept(f"{error.filename} cannot be given to another user: {error.strerror}") from None
    closed = [path for path in _all_needed(environment, needed) if not _is_open(path.resolve(), account)]
    kept = _kept_capabilities(port, closed)
    arguments = [setpriv, *_options(account, kept), "--", sys.executable, *sys.argv]
    os.execve(setpriv, arguments, environment)  # noqa: S606


def close_state(state_dir: Path) -> None:
    """Nothing that is written from here on can be read by other users, nor what was before."""
    os.umask(PRIVATE_MASK)
    if os.geteuid() != 0:  # else PostgreSQL's own user has to pass
        state_dir.chmod(0o700)
        for path in _own_files(state_dir):
            path.chmod(path.stat().st_mode & ~PRIVATE_MASK)


def _options(account: Account, kept: list[str]) -> list[str]:
    wanted = ",".join(["-all", *(f"+{name}" for name in kept)])
    sets = [f"--{name}={wanted}" for name in ("bounding-set", "inh-caps", "ambient-caps")]
    return [f"--reuid={account.user}", f"--regid={account.group}", "--clear-groups", "--no-new-privs", *sets]


def _kept_capabilities(port: int, closed: list[Path]) -> list[str]:
    reasons = {}
    if closed:
        reasons["dac_read_search"] = f"{closed[0]} can be read by root alone"
    if port < _FIRST_PORT_FOR_ALL:
        reasons["net_bind_service"] = f"only root listens on port {port}"
    for name, reason in reasons.items():
        if not _holds(name):
            raise RootKept(f"{reason}, and CAP_{name.upper()} is not there to be kept")
    return list(reasons)


def _all_needed(environment: Mapping[str, str], needed: Iterable[Path]) -> list[Path]:
    """Those, Python's own, and whatever a variable names: models, tokenizers, files with secrets."""
    paths = [Path(sys.prefix), Path(sys.base_prefix), *needed]
    for name, value in environment.items():
        if name.startswith(_NAME_PATHS) or name.endswith("_FILE"):
            paths += [Path(part) for part in re.split("[=,]", value) if part.startswith("/")]
    return [path for path in paths if path.exists()]


def _is_open(path: Path, account: Account) -> bool:
    """Whether the account may read the file, or list the folder, and pass through all above it."""
    wanted = _READ | _ENTER if path.is_dir() else _READ
    return _allows(path, wanted, account) and all(_allows(above, _ENTER, account) for above in path.parents)


def _allows(path: Path, wanted: int, account: Account) -> bool:
    found = path.stat()
    return found.st_uid == account.user or found.st_mode & wanted == wanted


def _environment(environment: Mapping[str, str], state_dir: Path) -> dict[str, str]:
    """Root's home is closed; models that lie in it are still found."""
    models = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    own = {"HOME": str(state_dir)}
    if not sys.dont_write_bytecode:  # the checkout is root's
        own["PYTHONPYCACHEPREFIX"] = str(_COMPILED)
    return {"HF_HOME": str(models), **environment, **own}


def _give_files(state_dir: Path, account: Account) -> None:
    for folder in (_COMPILED, state_dir):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        os.chown(folder, account.user, account.group)
    for path in _own_files(state_dir):
        os.chown(path, account.user, account.group, follow_symlinks=False)
        for _, folders, files, descriptor in os.fwalk(path):
            for name in (*folders, *files):
                os.chown(name, account.user, account.group, dir_fd=descriptor, follow_symlinks=False)


def _own_files(state_dir: Path) -> list[Path]:
    return [path for pattern in _OWN_FILES for path in state_dir.glob(pattern) if not path.is_symlink()]


def _holds(*names: str) -> bool:
    """Whether this process has these capabilities."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            held = int(line.split()[1], 16)
            return all(held >> _CAPABILITIES[name] & 1 for name in names)
    return False

"""The system user that an instance runs as when root starts it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SYSTEM_USER = "token-optimizer"
# What this user keeps beside state folders.
SYSTEM_HOME = Path("/var/lib/token-optimizer")
_LAST_RESORT = "nobody"
_OTHERS_MAY_ENTER = 0o001


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group id."""

    user: int
    group: int


def service_account() -> Account | None:
    """The account to run under; None where we are no root, and it is our own."""
    if os.geteuid() != 0:
        return None
    entry = _lookup(SYSTEM_USER) or _created() or _lookup(_LAST_RESORT)
    if entry is None:
        raise RuntimeError(f"nothing here runs as root, and no user {SYSTEM_USER} could be made")
    return Account(entry.pw_uid, entry.pw_gid)


def open_to_others(path: Path) -> bool:
    """Whether other users may pass through the folder and every one above it."""
    return all(folder.stat().st_mode & _OTHERS_MAY_ENTER for folder in (path, *path.parents))


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _created() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return None
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    arguments = [useradd, *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    # When it fails, another start may have made the user meanwhile: the look-up decides.
    subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    return _lookup(SYSTEM_USER)

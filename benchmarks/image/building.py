"""The image, built twice from what is committed: what is in it, and what a second build need not do."""

from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path

from benchmarks.image.engine import Engine
from benchmarks.packages.environments import Failed, run

IMAGE = "token-optimizer"
STANDINS = Path(__file__).parent / "standins"
_BASE_PACKAGES = "ca-certificates,python3,python3-pip,netbase,tzdata"
# Of pip's settings here, those by which it reaches its index.
_INDEX_SETTINGS = ("index-url", "cert", "proxy", "default-timeout")
_FILES_ARE_FROM = 1_700_000_000
# What must not be in an image: history, what tests and measures, and what a clone keeps to itself.
_UNWANTED = (".git", ".venv", "tests", "benchmarks", "state", ".env", "secrets.json")


def committed_files(folder: Path) -> Path:
    """What is committed, in a folder of its own, beside files that must stay out of an image."""
    shutil.rmtree(folder / "checkout", ignore_errors=True)
    archive = folder / "checkout.tar"
    run("git", "archive", "--output", archive, "HEAD")
    shutil.unpack_archive(archive, folder / "checkout", filter="data")
    archive.unlink()
    for path in (folder / "checkout").rglob("*"):
        # Buildah takes a file of another time for another file.
        os.utime(path, (_FILES_ARE_FROM, _FILES_ARE_FROM))
    for name in (".env", "secrets.json", "state/secrets.json", ".venv/pyvenv.cfg", ".git/config"):
        path = folder / "checkout" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("must stay here\n")
    return folder / "checkout"


def take_base(engine: Engine, checkout: Path) -> str:
    """The image that FROM names: pulled, or where no registry is reached, Debian's Python under its name."""
    name = (checkout / "Dockerfile").read_text().split("\n", 1)[0].removeprefix("FROM ")
    full_name = f"docker.io/library/{name}"
    if engine.has(full_name):
        return f"{name}: there from the last time"
    try:
        engine.podman("pull", "--quiet", full_name)
    except Failed:
        root = engine.folder / "base"
        _debian_python(root)
        archive = engine.folder / "base.tar"
        run("tar", "--create", "--file", archive, "--directory", root, ".")
        engine.podman("import", archive, full_name)
        archive.unlink()
        shutil.rmtree(root)
        return f"{name}: made from Debian's packages by debootstrap"
    return f"{name}: pulled"


def _debian_python(root: Path) -> None:
    run("debootstrap", "--variant=minbase", f"--include={_BASE_PACKAGES}", "bookworm", root)
    (root / "usr/bin/python").symlink_to("python3")
    (root / "usr/lib/python3.11/EXTERNALLY-MANAGED").unlink()
    for cache in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / cache)
        (root / cache).mkdir()


def build_first(engine: Engine, checkout: Path) -> str:
    """As a version before."""
    printed = _build(engine, checkout, "0")
    return f"{printed.count('STEP ')} steps, {printed.count('Using cache')} of them from the last time"


def _build(engine: Engine, checkout: Path, version: str) -> str:
    """What buildah prints. Its commands are run in a changed root, on this machine's network and index."""
    revision = run("git", "rev-parse", "HEAD").strip()
    return engine.buildah(
        *("bud", "--layers", "--format", "docker", "--isolation", "chroot", "--network", "host"),
        *_index_mounts(engine),
        *("--build-arg", f"VERSION={version}", "--build-arg", f"REVISION={revision}"),
        *("--tag", f"{IMAGE}:{version}", "--tag", f"{IMAGE}:latest", checkout),
    )


def _index_mounts(engine: Engine) -> list[str | Path]:
    """Pip's way to its index, while an image is built and never in it."""
    found = {}
    for line in run("python3", "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    kept = [f"{name} = {found[name]}" for name in _INDEX_SETTINGS if name in found]
    settings = engine.folder / "pip.conf"
    settings.write_text("\n".join(["[global]", *kept]) + "\n")
    files = {str(settings): "/etc/pip.conf"} | ({found["cert"]: found["cert"]} if "cert" in found else {})
    return [word for here, there in files.items() for word in ("--volume", f"{here}:{there}:ro")]


def build_again(engine: Engine, checkout: Path, version: str) -> str:
    """A new version of the same files takes every layer from before but the labels."""
    printed = _build(engine, checkout, version)
    steps = printed.count("STEP ")
    kept = printed.count("Using cache")
    if "pip install" in printed.split("Using cache", 1)[0] or steps - kept > 6:
        raise Failed(f"the second build kept only {kept} of {steps} steps")
    return f"{kept} of {steps} steps kept from the build before"


def check_contents(engine: Engine, version: str) -> str:
    """Its labels and user, and that nothing is in it that should not be."""
    details = engine.inspected("image", f"{IMAGE}:{version}")
    labels = details["Labels"]
    assert isinstance(labels, dict)
    if labels["org.opencontainers.image.version"] != version or details["User"] != "optimizer":
        raise Failed(f"labels {labels}, user {details['User']}")
    root = Path(engine.podman("image", "mount", f"{IMAGE}:{version}").strip())
    unwanted = [name for name in _UNWANTED if list((root / "app").rglob(name))]
    compiled = (root / "app/config/__pycache__").exists()
    engine.podman("image", "unmount", f"{IMAGE}:{version}")
    if unwanted or not compiled:
        raise Failed(f"in the image: {unwanted}; modules are compiled: {compiled}")
    return f"{int(str(details['Size'])) / 1e6:,.0f} MB; version {version}; none of {', '.join(_UNWANTED)}"


def take_standins(engine: Engine, names: list[str]) -> str:
    """The images of servers that compose names: pulled, or where no registry is reached, made here."""
    missing = [name for name in names if not engine.has(name)]
    if not missing:
        return f"{', '.join(names)}: there from the last time"
    try:
        for name in missing:
            engine.podman("pull", "--quiet", name)
    except Failed:
        tags = [word for name in names for word in ("--tag", name)]
        engine.buildah(
            *("bud", "--format", "docker", "--isolation", "chroot", "--network", "host"), *tags, STANDINS
        )
        return f"{', '.join(names)}: made from the service's own servers and Debian's packages"
    return f"{', '.join(names)}: pulled"
